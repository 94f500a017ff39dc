using System.Globalization;

namespace Automation.Lambda;

/// <summary>Instants as Lambda and SQS write them: milliseconds since 1970, in decimal digits.</summary>
internal static class EpochMilliseconds
{
    private static readonly long s_last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        var reads = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= s_last;
        instant = reads ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return reads;
    }
}

namespace Automation;

/// <summary>Text from outside made fit for a message: short, on one line, and never a Tailscale secret.</summary>
public static class Printable
{
    public const int Longest = 120;

    public static string Of(string? text)
    {
        if (text is null)
        {
            return "(nothing)";
        }

        // "tskey-" begins every Tailscale secret: auth keys, API tokens, OAuth client secrets, access tokens.
        if (text.Contains("tskey-", StringComparison.OrdinalIgnoreCase))
        {
            return "(a Tailscale secret, not shown)";
        }

        var line = string.Create(Math.Min(text.Length, Longest), text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
        return text.Length > Longest ? line + "..." : line;
    }
}

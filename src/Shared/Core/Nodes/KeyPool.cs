using System.Globalization;

namespace Automation.Nodes;

/// <summary>Auth keys for things that are no EC2 instance: reusable, ephemeral, of a short life, one at a time in a parameter that they read.</summary>
public sealed record KeyPool(string Name, string Role, TimeSpan Life)
{
    public const int LongestName = 32;

    /// <summary>Letters, digits and hyphens: what both a parameter's name and a key's description may hold.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= LongestName } && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');

    /// <summary>Tells the keys of one installation from those of another in the same tailnet, whose pools may have the same names.</summary>
    /// <param name="ledger">The ledger's table: it says whose a key is.</param>
    public static string MarkOf(Scope home, string ledger)
    {
        var hash = 2166136261;   // FNV-1a: a description has eight characters left for it
        foreach (var letter in $"{home} {ledger}")
        {
            hash = unchecked((hash ^ letter) * 16777619);
        }

        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}

/// <summary>Names of the parameters of pools, <c>&lt;prefix&gt;/pools/&lt;name&gt;/auth-key</c>, and their descriptions, which say what they hold.</summary>
public static class PoolParameters
{
    private const string DescriptionStart = "auth key ";

    public static string Folder(string prefix) => $"{prefix}/pools";

    public static string Name(string folder, string pool) => $"{folder}/{pool}/{NodeParameters.AuthKey}";

    /// <returns>false where the parameter is no pool's.</returns>
    public static bool TryParse(string? name, string folder, out string pool)
    {
        pool = name is not null && name.StartsWith(folder + "/", StringComparison.Ordinal) ? name[(folder.Length + 1)..].Split('/')[0] : "";
        return KeyPool.IsName(pool) && name == Name(folder, pool);
    }

    /// <summary>Written with the value in one call, so that it is known which key a parameter holds without its being read.</summary>
    public static string DescriptionOf(KeyId key) => DescriptionStart + key;

    /// <returns>null where somebody else wrote it.</returns>
    public static KeyId? KeyOf(string? description) =>
        description is not null && description.StartsWith(DescriptionStart, StringComparison.Ordinal) && KeyId.TryParse(description[DescriptionStart.Length..], out var key)
            ? key
            : null;
}

namespace Automation.Tailscale;

/// <summary>What an OAuth scope allows: a write scope includes reading, and <c>all</c> includes everything.</summary>
internal static class TailscaleScopes
{
    private const string Read = ":read";

    public static bool Permit(IEnumerable<string> granted, string needed) => granted.Any(scope => Permits(scope, needed));

    private static bool Permits(string granted, string needed) =>
        needed.Length == 0
        || granted == needed
        || granted == "all"
        || (needed.EndsWith(Read, StringComparison.Ordinal) && (granted == "all:read" || granted == needed[..^Read.Length]));
}

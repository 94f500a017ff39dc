using System.Collections.Immutable;
using System.Globalization;
using Automation.Network;

namespace Automation.Names;

/// <summary>The domains of the names of IPv4 addresses, which are cut at octets.</summary>
public static class ReverseZones
{
    /// <summary>Up to this many bits before an octet ends, a prefix is written out as several zones: sixteen at the most.</summary>
    private const int MostBits = 4;

    /// <returns>The zones that are exactly the prefix, such as <c>0.10.in-addr.arpa</c> of 10.0.0.0/16; empty where there are none, or too many.</returns>
    public static ImmutableArray<string> Of(Prefix prefix)
    {
        var octets = (prefix.Length + 7) / 8;
        var bits = (octets * 8) - prefix.Length;
        if (prefix.IsIPv6 || octets is 0 or 4 || bits > MostBits)
        {
            return [];
        }

        var first = (uint)prefix.First.Value >> (32 - (octets * 8));
        return [.. Enumerable.Range(0, 1 << bits).Select(step => Zone(first + (uint)step, octets))];
    }

    private static string Zone(uint network, int octets) =>
        string.Concat(Enumerable.Range(0, octets).Select(octet => ((network >> (octet * 8)) & 255).ToString(CultureInfo.InvariantCulture) + ".")) + "in-addr.arpa";
}

using System.Globalization;

namespace Automation.Network;

/// <summary>
/// 4via6: an IPv4 prefix of a site in the form of IPv6, so that VPCs with the same addresses can be told apart.
/// </summary>
/// <remarks>Layout of tailscale/tailscale, net/tsaddr, MapVia: fd7a:115c:a1e0:b1a::/64, 32 bits of site id, 32 bits of IPv4 address.</remarks>
public static class Via6
{
    public static readonly Prefix Range = Prefix.Parse("fd7a:115c:a1e0:b1a::/64");

    private const int IPv4Offset = 96;

    /// <param name="site">1 to 65535.</param>
    public static Prefix Of(int site, Prefix ipv4)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ipv4.IsIPv6, false);
        return Prefix.Of(Of(site, ipv4.First), IPv4Offset + ipv4.Length);
    }

    public static Address Of(int site, Address ipv4) => new(true, Range.First.Value | ((UInt128)(uint)site << 32) | ipv4.Value);

    /// <returns>false where the prefix is no 4via6 prefix of one site.</returns>
    public static bool TryRead(Prefix prefix, out int site, out Prefix ipv4)
    {
        site = 0;
        ipv4 = default;
        if (!Range.Contains(prefix) || prefix.Length < IPv4Offset || (uint)(prefix.First.Value >> 32) > ushort.MaxValue)
        {
            return false;
        }

        site = (int)(uint)(prefix.First.Value >> 32);
        ipv4 = Prefix.Of(new(false, (uint)prefix.First.Value), prefix.Length - IPv4Offset);
        return true;
    }

    /// <summary>The MagicDNS name that clients resolve to the 4via6 form by themselves, such as <c>10-0-1-16-via-7</c>.</summary>
    /// <remarks>tailscale/tailscale, net/dns/resolver: the name answers AAAA only, bare or below the tailnet's domain.</remarks>
    public static string NameOf(int site, Address ipv4) =>
        string.Create(CultureInfo.InvariantCulture, $"{ipv4.ToString().Replace('.', '-')}-via-{site}");
}

using System.Collections.Immutable;

namespace Automation.Network;

/// <summary>Ranges that a subnet router must never advertise, each with its reason and what to do instead.</summary>
public static class RefusedRanges
{
    /// <summary>The Tailscale IPv6 range; the 4via6 range lies inside it and is built by the planner alone.</summary>
    public static readonly Prefix TailscaleIPv6 = Prefix.Parse("fd7a:115c:a1e0::/48");

    private static readonly ImmutableArray<(Prefix Range, string Why)> s_refused =
    [
        (Prefix.Parse("100.64.0.0/10"),   // the shared address space of RFC 6598, where device addresses come from
            "100.64.0.0/10 is where Tailscale's device addresses come from, and routers drop traffic from it: reach these hosts through a load balancer or the Kubernetes operator"),
        (TailscaleIPv6, "fd7a:115c:a1e0::/48 is Tailscale's own range"),
        (Prefix.Parse("169.254.0.0/16"), "169.254.0.0/16 is link-local (instance metadata and the link-local resolver): it must not be reachable from a tailnet"),
        (Prefix.Parse("127.0.0.0/8"), "127.0.0.0/8 is loopback"),
        (Prefix.Parse("224.0.0.0/4"), "224.0.0.0/4 is multicast"),
        (Prefix.Parse("0.0.0.0/8"), "0.0.0.0/8 names no host"),
        (Prefix.Parse("240.0.0.0/4"), "240.0.0.0/4 is reserved"),
        (Prefix.Parse("::/128"), "::/128 names no host"),
        (Prefix.Parse("::1/128"), "::1/128 is loopback"),
        (Prefix.Parse("::ffff:0:0/96"), "::ffff:0:0/96 is IPv4 in the form of IPv6: advertise the IPv4 prefix"),
        (Prefix.Parse("fe80::/10"), "fe80::/10 is link-local"),
        (Prefix.Parse("ff00::/8"), "ff00::/8 is multicast"),
    ];

    /// <returns>Why the prefix is refused; null where it may be advertised.</returns>
    public static string? WhyRefused(Prefix prefix)
    {
        if (prefix.IsDefaultRoute)
        {
            return $"{prefix} is a default route: only an exit node offers it";
        }

        foreach (var (range, why) in s_refused)
        {
            if (range.Overlaps(prefix))
            {
                return why;
            }
        }

        return null;
    }
}

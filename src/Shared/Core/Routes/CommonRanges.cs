using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Ranges that many homes and offices have themselves: clients there meet their own network and not the VPC.</summary>
internal static class CommonRanges
{
    // Home routers' factory settings, and Docker's first bridge.
    private static readonly ImmutableArray<Prefix> s_ranges =
        [Prefix.Parse("192.168.0.0/24"), Prefix.Parse("192.168.1.0/24"), Prefix.Parse("10.0.0.0/24"), Prefix.Parse("172.17.0.0/16")];

    public static void Warn(ImmutableArray<VpcAddresses> addresses, Topology topology, ICollection<Finding> findings)
    {
        foreach (var reached in addresses)
        {
            foreach (var range in s_ranges)
            {
                // A wide prefix that happens to contain the range is no trouble until something in it has such an address.
                var prefix = reached.Plain.Where(prefix => range.Contains(prefix)
                    || (prefix.Contains(range) && topology.SubnetsOf(reached.Service.Vpc.Id).Any(subnet => subnet.Cidrs.Any(range.Overlaps))));
                if (!prefix.IsEmpty)
                {
                    findings.Add(new("common-range", Finding.Warning, reached.Service.Vpc.Id.ToString(), $"{prefix} has addresses of {range}, which many homes and offices use: clients there reach their own network instead. Renumber, or set {VpcTags.Overlap} = via6 on the VPC."));
                }
            }
        }
    }
}

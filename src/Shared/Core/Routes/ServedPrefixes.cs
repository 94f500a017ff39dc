using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>How many routers, and in how many zones, stand behind each prefix.</summary>
internal static class ServedPrefixes
{
    /// <returns>In order of prefix, then of VPC.</returns>
    public static ImmutableArray<ServedPrefix> Of(Routing routing)
    {
        var ofVpcs = routing.Addresses.SelectMany(reached => reached.Service.Servers.SelectMany(server => server.Prefixes.Intersect(reached.Plain).Union(reached.Via6Of(server.Prefixes))
            .Select(prefix => (Prefix: prefix, Vpc: (VpcId?)reached.Service.Vpc.Id, server.Router, server.Direct))));
        var ofOthers = routing.Served.SelectMany(vpc => vpc.Routers).DistinctBy(router => router.Instance.Id)
            .SelectMany(router => routing.OptedIn.Of(router).Prefixes.Select(prefix => (Prefix: prefix, Vpc: (VpcId?)null, Router: router, Direct: false)));
        return
        [
            .. ofVpcs.Concat(ofOthers)
                .GroupBy(share => (share.Prefix, share.Vpc))
                .OrderBy(same => same.Key.Prefix).ThenBy(same => same.Key.Vpc?.ToString(), StringComparer.Ordinal)
                .Select(same => new ServedPrefix(
                    same.Key.Prefix,
                    same.Key.Vpc,
                    [.. same.Where(share => share.Direct).Select(share => share.Router.Instance.Id).Order()],
                    [.. same.Where(share => !share.Direct).Select(share => share.Router.Instance.Id).Order()],
                    [.. same.Where(share => share.Router.Serves).Select(share => Zone(share.Router, routing.Topology)).OfType<string>().Distinct().Order(StringComparer.Ordinal)])),
        ];
    }

    private static string? Zone(Router router, Topology topology) => router.Instance.Subnet is { } subnet ? topology.Subnet(subnet)?.Zone : null;
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>
/// What is behind gateways and is no VPC of ours: VPNs, Direct Connect, appliances, other people's VPCs. Nothing shows whether it answers, so it is
/// advertised only where a person said so.
/// </summary>
internal sealed class OptedIn
{
    private const int MostNamed = 10;

    private readonly Dictionary<InstanceId, Server> _byRouter = [];

    public OptedIn(Snapshot seen, ImmutableArray<ServedVpc> served, Reachability reachability, ICollection<Finding> findings)
    {
        var vpcs = new PrefixTable<VpcId>(served.SelectMany(vpc => vpc.Vpc.Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => (cidr.Prefix, vpc.Vpc.Id))).OrderBy(pair => pair.Id));
        var routers = served.SelectMany(vpc => vpc.Routers).DistinctBy(router => router.Instance.Id).ToImmutableArray();
        var servers = routers.Select(router => new Server(router, Chosen(seen, router, vpcs, reachability, findings), false)).ToImmutableArray();
        foreach (var server in Drains.Relieve(VpcServices.Alike(servers), seen.ObservedAt))
        {
            _byRouter[server.Router.Instance.Id] = server;
        }

        Candidates(seen, routers, reachability, findings);
    }

    public Server Of(Router router) => _byRouter.GetValueOrDefault(router.Instance.Id) ?? new(router, PrefixSet.Empty, false);

    private static PrefixSet Chosen(Snapshot seen, Router router, PrefixTable<VpcId> vpcs, Reachability reachability, ICollection<Finding> findings)
    {
        var chosen = new List<Prefix>();
        foreach (var leg in seen.OptIn.SelectMany(range => reachability.Walk(router, range)).Where(leg => leg.Landing == Landing.Beyond))
        {
            if (RefusedRanges.WhyRefused(leg.Piece) is { } why)
            {
                findings.Add(new("refused-range", Finding.Warning, router.Instance.Id.ToString(), $"{leg.Piece}, opted in, is not advertised: {why}."));
            }
            else if (vpcs.Related(leg.Piece).Any())
            {
                var other = vpcs.Related(leg.Piece).First();
                findings.Add(new("opt-in-overlaps", Finding.Warning, router.Instance.Id.ToString(), $"{leg.Piece} behind {leg.What}, opted in, is not advertised: {other} has addresses of it. Opt in to the rest only."));
            }
            else
            {
                chosen.Add(leg.Piece);
            }
        }

        return PrefixSet.Minimal(chosen);
    }

    private static void Candidates(Snapshot seen, ImmutableArray<Router> routers, Reachability reachability, ICollection<Finding> findings)
    {
        var behind = routers
            .SelectMany(router => reachability.Beyond(router).Select(range => (range.What, range.Range, router.HostName)))
            .Where(candidate => !seen.OptIn.Covers(candidate.Range) && RefusedRanges.WhyRefused(candidate.Range) is null)
            .GroupBy(candidate => candidate.What);
        foreach (var candidates in behind)
        {
            var ranges = PrefixSet.Of(candidates.Select(candidate => candidate.Range));
            findings.Add(new("beyond-gateway", Finding.Info, candidates.Key, $"{PrefixSet.Of(ranges.Take(MostNamed))}{(ranges.Count > MostNamed ? $" and {ranges.Count - MostNamed} more" : "")} behind it {(ranges.Count == 1 ? "is" : "are")} reached by {string.Join(", ", candidates.Select(candidate => candidate.HostName).Distinct().Order(StringComparer.Ordinal))} and belong to no VPC that is looked at: name in OPT_IN_PREFIXES what is to be advertised."));
        }
    }
}

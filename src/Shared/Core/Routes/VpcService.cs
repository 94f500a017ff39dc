using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>A router that is to serve a VPC, and the prefixes of it that it serves.</summary>
/// <param name="Direct">It stands in the VPC; otherwise it stands in for routers of the VPC's own.</param>
public sealed record Server(Router Router, PrefixSet Prefixes, bool Direct)
{
    /// <summary>It is drained, and others serve this: taken from it once they do.</summary>
    public PrefixSet Ceded { get; init; } = PrefixSet.Empty;

    /// <summary>It is drained, and whether others serve this cannot be said now: neither given to it nor taken.</summary>
    public PrefixSet Withheld { get; init; } = PrefixSet.Empty;
}

/// <summary>A VPC and who is to serve it.</summary>
/// <param name="Scope">Where it is looked at: one entry for each VPC, also where several accounts see it.</param>
/// <param name="Servers">In order of their instances.</param>
/// <param name="Waits">Nothing of it is given to a stand-in, or taken from one that still reaches it: its own routers may only blink, or it was not read.</param>
public sealed record VpcService(Scope Scope, Vpc Vpc, ImmutableArray<Server> Servers, bool Waits)
{
    /// <summary>Every prefix that anybody is to serve.</summary>
    public PrefixSet Prefixes { get; } = PrefixSet.Of(Servers.SelectMany(server => server.Prefixes));
}

/// <summary>
/// Who serves each VPC: its own routers while one of them carries traffic; without any, all routers that reach it by peering or transit.
/// All who serve it advertise the same prefixes as far as they reach them, since routers stand in for each other prefix by prefix; one that leaves,
/// or is unhealthy, only those that nobody else does.
/// </summary>
public static class VpcServices
{
    /// <summary>How long a VPC's own routers may be silent before others stand in. Tailscale's own failover takes about 15 seconds.</summary>
    public static readonly TimeSpan Blink = TimeSpan.FromMinutes(5);

    // docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html: 5, at most 50 when asked for
    private const int DefaultMostCidrs = 5;

    internal static ImmutableArray<VpcService> Of(Snapshot seen, ImmutableArray<ServedVpc> served, Reachability reachability, ICollection<Finding> findings)
    {
        var known = new Dictionary<VpcId, ServedVpc>();
        foreach (var vpc in served.OrderBy(vpc => vpc.Routers.IsEmpty))   // of a shared VPC, where its routers are
        {
            known.TryAdd(vpc.Vpc.Id, vpc);
        }

        var own = served.SelectMany(vpc => vpc.Routers.Select(router => (vpc.Vpc.Id, router))).ToLookup(pair => pair.Id, pair => pair.router);
        var reaching = Reaching(served, known, reachability, findings);
        var readScopes = seen.Scopes.Where(scope => scope.Instances.IsComplete && scope.Vpcs.IsComplete).Select(scope => scope.Scope).ToHashSet();
        var services = ImmutableArray.CreateBuilder<VpcService>();
        foreach (var (id, vpc) in known.OrderBy(pair => pair.Key))
        {
            if (vpc.IsOptedOut)
            {
                continue;
            }

            var direct = own[id].DistinctBy(router => router.Instance.Id).ToImmutableArray();
            var carries = direct.Any(router => router.Carries);
            var waits = !carries && (!seen.Devices.IsComplete || !readScopes.Contains(vpc.Scope) || direct.Any(router => MayBlink(seen, router)));
            ImmutableArray<Server> standIns = carries || waits ? [] : [.. reaching.GetValueOrDefault(id, [])];
            if (direct.IsEmpty && standIns.IsEmpty)
            {
                if (waits)
                {
                    services.Add(new(vpc.Scope, vpc.Vpc, [], waits));
                }
                else if (vpc.Vpc.Advertise == "true")
                {
                    findings.Add(new("no-router", Finding.Warning, id.ToString(), "It is tagged tailscale:advertise = true, has no subnet router, and no other router reaches it: start one in it."));
                }

                continue;
            }

            var cidrs = direct.IsEmpty ? PrefixSet.Empty : ServedVpcs.OwnCidrs(vpc.Vpc, findings);
            if (direct.IsEmpty)
            {
                ServedVpcs.OwnCidrs(vpc.Vpc, findings);   // for what it says of them: what is refused is not reached either
            }

            if (vpc.Vpc.Cidrs.Count(cidr => cidr is { Prefix.IsIPv6: false, State: VpcCidr.Associated }) == DefaultMostCidrs)
            {
                findings.Add(new("vpc-cidrs-full", Finding.Info, id.ToString(), $"It has {DefaultMostCidrs} IPv4 CIDRs, as many as AWS gives a VPC unless asked: raise the quota before it needs another."));
            }

            services.Add(new(vpc.Scope, vpc.Vpc, Drains.Relieve(Alike([.. direct.Select(router => new Server(router, cidrs, true)), .. standIns]), seen.ObservedAt), waits));
        }

        return services.ToImmutable();
    }

    /// <summary>Each advertises every prefix of the others that it reaches wholly: then none that is narrower is ever served by fewer.</summary>
    internal static ImmutableArray<Server> Alike(ImmutableArray<Server> servers)
    {
        var all = PrefixSet.Of(servers.SelectMany(server => server.Prefixes));
        return [.. servers.Select(server => server with { Prefixes = all.Where(server.Prefixes.Covers) }).Where(server => !server.Prefixes.IsEmpty || server.Direct).OrderBy(server => server.Router.Instance.Id)];
    }

    private static Dictionary<VpcId, List<Server>> Reaching(ImmutableArray<ServedVpc> served, Dictionary<VpcId, ServedVpc> known, Reachability reachability, ICollection<Finding> findings)
    {
        var reaching = new Dictionary<VpcId, List<Server>>();
        var silent = new SortedDictionary<(VpcId Vpc, VpcId From), SortedSet<SubnetId>>();
        foreach (var router in served.SelectMany(vpc => vpc.Routers))
        {
            if (reachability.Problem(router) is { } problem && router.Instance.Subnet is not null && reachability.Topology.IsComplete)
            {
                findings.Add(new("routes-not-known", Finding.Warning, router.Instance.Id.ToString(), $"What it reaches beyond its VPC cannot be said: {problem}."));
            }

            foreach (var id in reachability.Neighbours(router))
            {
                if (!known.TryGetValue(id, out var far) || far.IsOptedOut)
                {
                    continue;
                }

                if (reachability.Reached(router, far.Vpc, out var mute) is { IsEmpty: false } prefixes)
                {
                    if (!reaching.TryGetValue(id, out var servers))
                    {
                        reaching[id] = servers = [];
                    }

                    servers.Add(new(router, prefixes, false));
                }
                else if (reachability.IsEmpty(id))
                {
                    findings.Add(new("vpc-without-subnets", Finding.Info, id.ToString(), "Routers have routes to it, and it has no subnet, so nobody there could answer: nothing of it is advertised by them."));
                }

                if (!mute.IsEmpty && router.Instance.Vpc is { } from)
                {
                    if (!silent.TryGetValue((id, from), out var subnets))
                    {
                        silent[(id, from)] = subnets = [];
                    }

                    subnets.UnionWith(mute);
                }
            }
        }

        foreach (var ((vpc, from), subnets) in silent)
        {
            findings.Add(new("no-route-back", Finding.Warning, vpc.ToString(), $"Routers of {from} have routes to it, and {string.Join(", ", subnets)} {(subnets.Count == 1 ? "has" : "have")} none back to them, so what is there is not advertised by them: add a route to the addresses of {from}."));
        }

        return reaching;
    }

    // Not connected at this moment, or not yet: others standing in would only come and go.
    private static bool MayBlink(Snapshot seen, Router router) =>
        router.MayBlink(seen.ObservedAt) || (router is { Drain: Drain.None, Device: null } && seen.ObservedAt - router.Instance.LaunchedAt < RoutePlanner.JoinTime);
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>
/// Chooses what answers for each VPC: an inbound endpoint that a route leads to; else the VPC's own resolver, where the VPC has a router of its own;
/// and where the VPC is reached by 4via6 only, the DNS64 resolvers of its routers.
/// </summary>
internal sealed class ResolverChoice
{
    private readonly Dictionary<VpcId, VpcAddresses> _addresses;
    private readonly ILookup<VpcId, ResolverEndpoint> _endpoints;
    private readonly Dictionary<Scope, ScopeSeen> _scopes;
    private readonly HashSet<VpcId> _haveZones;
    private readonly HashSet<VpcId> _lately;
    private readonly bool _routesAreKnown;
    private readonly DateTimeOffset _now;
    private readonly ICollection<PlannedStep> _additions;
    private readonly ICollection<Finding> _findings;
    private readonly Dictionary<(Scope, VpcId), ResolverSet> _chosen = [];

    public ResolverChoice(Snapshot seen, Routing routing, ICollection<PlannedStep> additions, ICollection<Finding> findings)
    {
        (_additions, _findings) = (additions, findings);
        _addresses = routing.Addresses.ToDictionary(reached => reached.Service.Vpc.Id);
        _endpoints = seen.Scopes.SelectMany(scope => scope.Endpoints.Items).DistinctBy(endpoint => endpoint.Id).OrderBy(endpoint => endpoint.Id, StringComparer.Ordinal).ToLookup(endpoint => endpoint.Vpc);
        _scopes = seen.Scopes.DistinctBy(scope => scope.Scope).ToDictionary(scope => scope.Scope);
        _haveZones = [.. seen.Scopes.SelectMany(scope => scope.Zones.Items).Select(zone => zone.Vpc)];
        // A router that went a moment ago is being replaced.
        _now = seen.ObservedAt;
        _lately = [.. seen.Nodes.Items.Where(IsLate).Select(record => record.Vpc).OfType<VpcId>()];
        _routesAreKnown = routing.Topology.IsComplete && seen.Devices.IsComplete && seen.Nodes.IsComplete && seen.Sites.IsComplete;
    }

    public ResolverSet Of(ServedVpc vpc)
    {
        var key = (vpc.Scope, vpc.Vpc.Id);
        return _chosen.TryGetValue(key, out var chosen) ? chosen : _chosen[key] = Choose(vpc);
    }

    public static string Dns64Group(InstanceId instance) => $"dns64:{instance}";

    private ResolverSet Choose(ServedVpc vpc)
    {
        var own = vpc.Resolver.ToString();
        if (vpc.IsOptedOut)
        {
            return ResolverSet.None();
        }

        if (vpc.Vpc.DnsSupport == false || vpc.Vpc.DnsHostNames == false)
        {
            if (_haveZones.Contains(vpc.Vpc.Id) || !vpc.Routers.IsEmpty)
            {
                _findings.Add(new("vpc-dns-off", Finding.Warning, vpc.Vpc.Id.ToString(), "Its resolver answers no private names: switch on enableDnsSupport and enableDnsHostnames."));
            }

            return ResolverSet.None();
        }

        if (vpc.Vpc.DnsSupport is null || vpc.Vpc.DnsHostNames is null || !_scopes[vpc.Scope].Endpoints.IsComplete)
        {
            return ResolverSet.Silent(Through.VpcResolver, own);
        }

        var hidden = Hidden(vpc);
        if (!hidden.IsEmpty && ThroughDns64(vpc, hidden) is { } translating)
        {
            return translating;
        }

        if (ThroughEndpoint(vpc) is { } endpoint)
        {
            return endpoint;
        }

        if (vpc.Routers.IsEmpty)
        {
            return ResolverSet.Silent(Through.VpcResolver, _lately.Contains(vpc.Vpc.Id) ? [own] : []);
        }

        if (!vpc.Wanted.Covers(vpc.Resolver))
        {
            // Of overlapping VPCs, which one is in use cannot be said until all was read.
            return !_routesAreKnown ? ResolverSet.Silent(Through.VpcResolver, own)
                : !hidden.IsEmpty ? ResolverSet.None(Through.Dns64)
                : Uncovered(vpc, own);
        }

        // It answers routers of its own VPC alone, and not those of others to whom they were handed over.
        bool Leads(Func<Server, PrefixSet> by) => _addresses[vpc.Vpc.Id].Service.Servers.Any(server => server.Router.Serves && vpc.Routers.Contains(server.Router) && by(server).Covers(vpc.Resolver));
        return Leads(server => server.Prefixes)
            ? ResolverSet.Of(Through.VpcResolver, [own], [RoutePlanner.Group(vpc.Vpc.Id)])
            : ResolverSet.Silent(Through.VpcResolver, Waits(vpc) || Leads(server => server.Withheld) || vpc.Routers.Any(IsBeingReplaced) ? [own] : []);
    }

    private bool IsLate(NodeRecord record) => record.IsRouter && (record.GoneAt is null || _now - record.GoneAt < RoutePlanner.JoinTime);

    private bool IsBeingReplaced(Router router) => router is { Drain: Drain.Leaving, Record: { } record } && IsLate(record);

    private bool Waits(ServedVpc vpc) => !_addresses.TryGetValue(vpc.Vpc.Id, out var reached) || reached.Service.Waits || !_routesAreKnown;

    private ResolverSet? ThroughEndpoint(ServedVpc vpc)
    {
        ImmutableArray<Address> attached = [.. _endpoints[vpc.Vpc.Id]
            .Where(endpoint => endpoint.Serves)
            .SelectMany(endpoint => endpoint.Addresses)
            .Where(address => address.Status == ResolverAddress.Attached)
            .Select(address => address.Address)
            .Distinct()
            .Order()];
        ImmutableArray<Address> covered = [.. attached.Where(vpc.Wanted.Covers)];
        if (covered.IsEmpty || !_addresses.TryGetValue(vpc.Vpc.Id, out var reached))
        {
            return null;
        }

        // Where routers reach parts of the VPC, the one that reaches the address has to be in service.
        var servers = reached.Service.Servers;
        ImmutableArray<string> answering = [.. covered.Where(address => servers.Any(server => server.Router.Serves && server.Prefixes.Covers(address))).Select(address => address.ToString())];
        return !answering.IsEmpty
            ? ResolverSet.Of(Through.InboundEndpoint, answering, [.. servers.Select(server => server.Router.Instance.Vpc).OfType<VpcId>().Distinct().Order().Select(RoutePlanner.Group)])
            : ResolverSet.Silent(Through.InboundEndpoint, Waits(vpc) ? [.. covered.Select(address => address.ToString())] : []);
    }

    /// <summary>The VPC's IPv4 CIDRs that are reached by 4via6 only: their addresses mean another VPC to clients, or nothing.</summary>
    private PrefixSet Hidden(ServedVpc vpc) => vpc.Site is null || !_routesAreKnown
        ? PrefixSet.Empty
        : PrefixSet.Of(vpc.Vpc.Cidrs
            .Where(cidr => cidr is { State: VpcCidr.Associated, Prefix.IsIPv6: false } && RefusedRanges.WhyRefused(cidr.Prefix) is null && !vpc.Wanted.Covers(cidr.Prefix))
            .Select(cidr => cidr.Prefix));

    /// <returns>null where no router can translate.</returns>
    private ResolverSet? ThroughDns64(ServedVpc vpc, PrefixSet hidden)
    {
        if (!vpc.Routers.Any(router => router.Instance.Dns64))
        {
            _findings.Add(new("dns64-missing", Finding.Warning, vpc.Vpc.Id.ToString(), $"{hidden} of it {(hidden.Count == 1 ? "is" : "are")} reached by 4via6 only, and none of its routers can translate the addresses that its resolver {vpc.Resolver} answers with, {(vpc.Wanted.Covers(vpc.Resolver) ? "so names of hosts there lead elsewhere" : "so no name is forwarded to it")}: set Dns64 = true in the stack of its routers."));
            return null;
        }

        var wanted = new Dns64(vpc.Site!.Value, vpc.Resolver, hidden);
        var (now, later, until) = (new List<string>(), new List<string>(), new List<string>());
        var translating = vpc.Routers.Where(router => router.Instance.Dns64 && router.Serves).ToImmutableArray();
        foreach (var router in translating.Where(router => router.Carries || !translating.Any(other => other.Carries)))
        {
            if (AddressOf(router.Device!) is not { } address)
            {
                continue;
            }

            if (router.Record?.Dns64 == wanted.Mark)
            {
                now.Add(address);
                continue;
            }

            var group = Dns64Group(router.Instance.Id);
            _additions.Add(new(new PlanAction.SetDns64(vpc.Scope, router.Instance.Id, router.HostName, wanted), group, [SitePlanner.Group(vpc.Vpc.Id), RoutePlanner.Recorded(router.Instance.Id)]));
            later.Add(address);
            until.Add(group);
        }

        return now.Count + later.Count > 0
            ? new(Answer.Yes, Through.Dns64, [.. now], [.. later], [RoutePlanner.Group(vpc.Vpc.Id)], [.. until])
            : ResolverSet.Silent(Through.Dns64, [.. vpc.Routers.Select(router => router.Device).OfType<Device>().Select(AddressOf).OfType<string>()]);
    }

    // Clients of a tailnet without IPv4 have IPv6 alone.
    private static string? AddressOf(Device device) => device.Addresses.Order().Select(address => address.ToString()).FirstOrDefault();

    private ResolverSet Uncovered(ServedVpc vpc, string own)
    {
        _findings.Add(new("resolver-not-covered", Finding.Warning, vpc.Vpc.Id.ToString(), $"No route is advertised to its resolver {own}, so no name is forwarded to it."));
        return ResolverSet.None();
    }
}

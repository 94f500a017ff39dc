using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Simulation;

/// <summary>
/// Walks one packet with one destination, hop by hop, there and back, as AWS would carry it. Slow, and plain enough to be believed:
/// every list is searched from its beginning, and nothing is shared with the planner that it is the judge of.
/// </summary>
public sealed class PacketWalk(Snapshot seen)
{
    private readonly Vpc[] _vpcs = [.. seen.Scopes.SelectMany(scope => scope.Vpcs.Items).DistinctBy(vpc => vpc.Id)];
    private readonly Subnet[] _subnets = All(seen, network => network.Subnets);
    private readonly RouteTable[] _tables = All(seen, network => network.RouteTables);
    private readonly Peering[] _peerings = All(seen, network => network.Peerings);
    private readonly TransitAttachment[] _attachments = All(seen, network => network.TransitAttachments);
    private readonly TransitRouteTable[] _gatewayTables = All(seen, network => network.TransitRouteTables);
    private readonly PrefixList[] _lists = All(seen, network => network.PrefixLists);
    private readonly Dictionary<(InstanceId, SubnetId, bool), bool> _answers = [], _meets = [];   // walked once, not once for each address
    private readonly Lazy<Address[]> _edges = new(() => [.. Edges(EveryPrefix(seen))]);

    /// <summary>The way that a packet took from one VPC to another.</summary>
    public enum Way
    {
        Nowhere,

        Peering,

        Gateway,

        PeeredGateway,

        /// <summary>It left to what is no VPC that is looked at: by a gateway, an appliance, or a peering with a stranger.</summary>
        Outside,
    }

    /// <param name="Vpc">Where it arrived; only a VPC that is looked at.</param>
    public readonly record struct Arrival(Way Way, VpcId? Vpc);

    public IReadOnlyList<Vpc> Vpcs => _vpcs;

    public IEnumerable<Subnet> SubnetsOf(VpcId vpc) => _subnets.Where(subnet => subnet.Vpc == vpc);

    public static IEnumerable<Prefix> Associated(Vpc vpc) => vpc.Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => cidr.Prefix);

    public static bool IsRefused(Address address) => RefusedRanges.WhyRefused(Prefix.Of(address, address.Bits)) is not null;

    /// <summary>A packet from a router to an address of a VPC arrives there, and the answer comes back.</summary>
    public bool Reaches(Instance router, Vpc vpc, Address to)
    {
        if (!Associated(vpc).Any(prefix => prefix.Contains(to)) || IsRefused(to))
        {
            return false;
        }

        if (router.Vpc == vpc.Id)
        {
            return true;
        }

        if (SendFrom(router, to).Vpc != vpc.Id)
        {
            return false;
        }

        var subnets = SubnetsOf(vpc.Id).Where(subnet => subnet.Cidrs.Any(prefix => prefix.IsIPv6 == to.IsIPv6)).ToArray();
        var holding = subnets.Where(subnet => subnet.Cidrs.Any(prefix => prefix.Contains(to))).ToArray();
        return holding.Length > 0
            ? holding.All(subnet => Answers(router, vpc, subnet, to.IsIPv6))
            : subnets.Any(subnet => IsMet(router, vpc, subnet, to.IsIPv6) && Answers(router, vpc, subnet, to.IsIPv6));   // nobody is there yet; whoever comes is served as the others
    }

    /// <summary>Where a packet from a router ends.</summary>
    public Arrival SendFrom(Instance router, Address to) =>
        router.Vpc is { } home && _subnets.FirstOrDefault(subnet => subnet.Id == router.Subnet) is { } subnet ? Send(home, subnet, to) : default;

    // Everything in the subnet can answer the router, whichever address its packets come from.
    private bool Answers(Instance router, Vpc vpc, Subnet subnet, bool v6) =>
        _answers.TryGetValue((router.Id, subnet.Id, v6), out var known)
            ? known
            : _answers[(router.Id, subnet.Id, v6)] = AnswersTo(router, vpc, subnet, v6);

    // Some of its addresses are reached: a subnet that never hears the router shows nothing.
    private bool IsMet(Instance router, Vpc vpc, Subnet subnet, bool v6)
    {
        if (!_meets.TryGetValue((router.Id, subnet.Id, v6), out var known))
        {
            known = _edges.Value.Any(edge => edge.IsIPv6 == v6 && subnet.Cidrs.Any(prefix => prefix.Contains(edge)) && SendFrom(router, edge).Vpc == vpc.Id);
            _meets[(router.Id, subnet.Id, v6)] = known;
        }

        return known;
    }

    private bool AnswersTo(Instance router, Vpc vpc, Subnet subnet, bool v6)
    {
        var sources = Sources(router, v6);
        return sources.Count > 0 && sources.All(source => Send(vpc.Id, subnet, source).Vpc == router.Vpc);
    }

    // What its packets come from: its address, or where that is not known every address that it may have, one for each piece of
    // its subnet that some prefix of the network sets apart.
    private List<Address> Sources(Instance router, bool v6)
    {
        if ((v6 ? router.IPv6Address : router.PrivateAddress) is { } known)
        {
            return [known];
        }

        var ranges = _subnets.Where(subnet => subnet.Id == router.Subnet).SelectMany(subnet => subnet.Cidrs).Where(prefix => prefix.IsIPv6 == v6).ToArray();
        return [.. _edges.Value.Where(address => ranges.Any(range => range.Contains(address))).Concat(ranges.Select(range => range.First)).Distinct()];
    }

    /// <summary>The first and the last address of each prefix, and those just outside: between two of them all addresses fare alike.</summary>
    public static IEnumerable<Address> Edges(IEnumerable<Prefix> prefixes) => prefixes.Distinct()
        .SelectMany(prefix => new[]
        {
            prefix.First, prefix.Last, prefix.First with { Value = prefix.First.Value - 1 }, prefix.Last with { Value = prefix.Last.Value + 1 },
        })
        .Where(address => address.IsIPv6 || address.Value <= uint.MaxValue)
        .Distinct();

    /// <summary>Every prefix that decides where a packet goes.</summary>
    public static IEnumerable<Prefix> EveryPrefix(Snapshot seen) =>
        seen.Scopes.SelectMany(scope => scope.Vpcs.Items).SelectMany(vpc => vpc.Cidrs.Select(cidr => cidr.Prefix))
            .Concat(All(seen, network => network.Subnets).SelectMany(subnet => subnet.Cidrs))
            .Concat(All(seen, network => network.RouteTables).SelectMany(table => table.Routes).Where(route => route.Destination is not null).Select(route => route.Destination!.Value))
            .Concat(All(seen, network => network.TransitRouteTables).SelectMany(table => table.Routes).Select(route => route.Destination))
            .Concat(All(seen, network => network.PrefixLists).SelectMany(list => list.Entries))
            .Distinct();

    // ---- one hop after the other

    private Arrival Send(VpcId from, Subnet subnet, Address to)
    {
        var table = _tables.FirstOrDefault(table => table.Subnets.Contains(subnet.Id))
            ?? _tables.FirstOrDefault(table => table.Vpc == from && table.IsMain);
        Route? best = null;
        var (bestLength, bestIsListed) = (-1, false);
        foreach (var route in table?.Routes ?? [])
        {
            foreach (var prefix in route.Destination is { } destination ? [destination] : Entries(route))
            {
                var isListed = route.Destination is null;
                if (prefix.Contains(to) && (prefix.Length > bestLength || (prefix.Length == bestLength && bestIsListed && !isListed)))
                {
                    (best, bestLength, bestIsListed) = (route, prefix.Length, isListed);
                }
            }
        }

        return best is not { State: Route.Active } ? default
            : PeeringId.TryParse(best.Target, out var peering) ? OverPeering(from, peering, to)
            : TransitGatewayId.TryParse(best.Target, out var gateway) ? IntoGateway(from, subnet, gateway, to)
            : best.Target.Split('-')[0] is "vgw" or "eni" && best.Destination is { IsDefaultRoute: false } ? new(Way.Outside, null)
            : default;
    }

    private PrefixSet Entries(Route route) => _lists.FirstOrDefault(list => list.Id == route.PrefixList)?.Entries ?? PrefixSet.Empty;

    // To the far VPC's own addresses and never onward.
    private Arrival OverPeering(VpcId from, PeeringId id, Address to) =>
        _peerings.FirstOrDefault(peering => peering.Id == id) is not { IsActive: true } peering || peering.Across(from) is not { } far ? default
            : Has(far.Vpc, to) ? new(Way.Peering, far.Vpc)
            : _vpcs.All(known => known.Id != far.Vpc) && far.Cidrs.Covers(to) ? new(Way.Outside, null)
            : default;

    private bool Has(VpcId id, Address address) => _vpcs.FirstOrDefault(vpc => vpc.Id == id) is { } vpc && Associated(vpc).Any(prefix => prefix.Contains(address));

    private Arrival IntoGateway(VpcId from, Subnet subnet, TransitGatewayId gateway, Address to)
    {
        var attachment = _attachments.FirstOrDefault(attachment => attachment.Gateway == gateway && IsTo(attachment, from) && attachment.State == TransitAttachment.Available);
        var isInZone = attachment is not null && _subnets.Any(way => attachment.Subnets.Contains(way.Id) && way.Zone == subnet.Zone);
        return attachment is not null && isInZone && (attachment.IPv6 || !to.IsIPv6)
            ? ThroughGateway(attachment.Id, gateway, to, [])
            : default;
    }

    private static bool IsTo(TransitAttachment attachment, VpcId vpc) => attachment.ResourceType == TransitAttachment.ToVpc && attachment.ResourceId == vpc.ToString();

    // It has come in by an attachment: looked up in the table which that one is associated with.
    private Arrival ThroughGateway(TransitAttachmentId by, TransitGatewayId gateway, Address to, ImmutableArray<TransitGatewayId> passed)
    {
        if (passed.Contains(gateway))
        {
            return default;
        }

        // Two accounts may show the same attachment; only the gateway's owner shows the table.
        var association = _attachments.Where(attachment => attachment.Id == by && attachment.Gateway == gateway && attachment.RouteTable is not null).Select(attachment => attachment.RouteTable).FirstOrDefault();
        if (association is null && _gatewayTables.All(table => table.Gateway != gateway))
        {
            return new(Way.Outside, null);   // its account is not looked at
        }

        TransitRoute? best = null;
        foreach (var route in _gatewayTables.FirstOrDefault(table => table.Id == association)?.Routes ?? [])
        {
            if (route.Destination.Contains(to)
                && (best is null || route.Destination.Length > best.Destination.Length || (route.Destination.Length == best.Destination.Length && route.Type == "static" && best.Type != "static")))
            {
                best = route;
            }
        }

        if (best is not { State: Route.Active, Attachments.IsEmpty: false })
        {
            return default;
        }

        // Spread over several, it has arrived only if it does by each of them.
        var ends = best.Attachments.Select(next => OutOfGateway(next, gateway, to, passed.Add(gateway))).ToArray();
        return ends.All(end => end.Vpc == ends[0].Vpc && (end.Way == Way.Outside) == (ends[0].Way == Way.Outside)) ? ends.MaxBy(end => end.Way) : default;
    }

    private Arrival OutOfGateway(TransitAttachmentId by, TransitGatewayId gateway, Address to, ImmutableArray<TransitGatewayId> passed)
    {
        if (_attachments.FirstOrDefault(attachment => attachment.Id == by && attachment.Gateway == gateway) is not { State: TransitAttachment.Available } attachment)
        {
            return default;
        }

        if (attachment.ResourceType == TransitAttachment.ToGateway)
        {
            return TransitGatewayId.TryParse(attachment.ResourceId, out var far) ? ThroughGateway(by, far, to, passed) : default;
        }

        if (attachment.ResourceType != TransitAttachment.ToVpc || !VpcId.TryParse(attachment.ResourceId, out var vpc) || _vpcs.All(known => known.Id != vpc))
        {
            return new(Way.Outside, null);
        }

        return Has(vpc, to) && (attachment.IPv6 || !to.IsIPv6) ? new(passed.Length > 1 ? Way.PeeredGateway : Way.Gateway, vpc) : default;
    }

    private static T[] All<T>(Snapshot seen, Func<NetworkSeen, Seen<T>> part) => [.. seen.Scopes.SelectMany(scope => part(scope.Network).Items)];
}

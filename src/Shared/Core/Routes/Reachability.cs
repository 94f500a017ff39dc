using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>What routers reach beyond their own VPC, by the route tables on the way there and back.</summary>
internal sealed class Reachability
{
    private readonly Topology _topology;
    private readonly Walker _walker;
    private readonly HashSet<VpcId> _subnetsKnown;
    private readonly Outlooks _outlooks;
    private readonly ReturnPaths _returns;
    private readonly Dictionary<Instance, Standpoint> _standpoints = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<VpcId, PrefixTable<Prefix>> _servable = [];
    private readonly HashSet<Finding> _refused = [];

    public Reachability(Snapshot seen, Topology topology)
    {
        _topology = topology;
        _walker = new(topology);
        _outlooks = new(topology, _walker);
        _returns = new(topology, _walker);
        _subnetsKnown = [.. seen.Scopes.Where(scope => scope.Network.Subnets.IsComplete && scope.Network.RouteTables.IsComplete).SelectMany(scope => scope.Vpcs.Items).Select(vpc => vpc.Id)];
    }

    public Topology Topology => _topology;

    /// <summary>The far VPCs that a router has routes to, whether or not they answer, in order.</summary>
    public ImmutableArray<VpcId> Neighbours(Router router) => OutlookOf(router)?.Neighbours ?? [];

    /// <summary>Ranges behind gateways that are no VPC of ours, with what is there.</summary>
    public ImmutableArray<(Prefix Range, string What)> Beyond(Router router) => OutlookOf(router)?.Beyond ?? [];

    /// <summary>Packets to some of a range come from a router into a far VPC, whether or not they are answered.</summary>
    public bool LeadsTo(Router router, VpcId vpc, Prefix range) => OutlookOf(router)?.Vpcs.TryGetValue(vpc, out var pieces) == true && pieces.IsRelated(range);

    /// <summary>A VPC certainly has no subnet.</summary>
    public bool IsEmpty(VpcId vpc) => _subnetsKnown.Contains(vpc) && !_topology.SubnetsOf(vpc).Any();

    /// <summary>Where packets are lost that a router's routes send on their way, and where that cannot be said.</summary>
    public ImmutableArray<Leg> Lost(Router router) => OutlookOf(router)?.Lost ?? [];

    /// <summary>Why a router's routes could not be followed; null where they could.</summary>
    public string? Problem(Router router) =>
        router.Instance.Subnet is not { } subnet || router.Instance.Vpc is null ? "EC2 shows no subnet of it"
        : _topology.Subnet(subnet) is not { } place ? $"{subnet} was not seen"
        : _topology.TableOf(place) is null ? $"no route table of {subnet} was seen"
        : null;

    /// <summary>The part of a range that a router reaches beyond its VPC, and what is there that is no VPC of ours.</summary>
    public IEnumerable<Leg> Walk(Router router, Prefix range) => Place(router) is { } place ? _walker.From(place, range) : [];

    /// <summary>What a router reaches of a far VPC and gets answers from, in prefixes that say exactly that, within each CIDR the fewest.</summary>
    /// <param name="silent">The subnets that have no way back.</param>
    /// <returns>null where it cannot be said: something on the way was not read.</returns>
    public PrefixSet? Reached(Router router, Vpc vpc, out ImmutableArray<SubnetId> silent)
    {
        var standpoint = StandpointOf(router);
        if (!standpoint.Reached.TryGetValue(vpc.Id, out var reached))
        {
            standpoint.Reached[vpc.Id] = reached = (Reach(standpoint, vpc, out var mute), mute);
        }

        silent = reached.Silent;
        return reached.Prefixes;
    }

    private PrefixSet? Reach(Standpoint standpoint, Vpc vpc, out ImmutableArray<SubnetId> silent)
    {
        silent = [];
        if (standpoint is not { Outlook: { } outlook })
        {
            return _topology.IsComplete ? [] : null;
        }

        if (!_topology.IsComplete && (!_subnetsKnown.Contains(vpc.Id) || vpc.Cidrs.Any(cidr => outlook.Unknown.IsRelated(cidr.Prefix))))
        {
            return null;
        }

        if (!outlook.Vpcs.TryGetValue(vpc.Id, out var forward))
        {
            return [];
        }

        List<Prefix>? cut = null;
        List<SubnetId>? mute = null;
        var answering = (IPv4: false, IPv6: false);
        foreach (var subnet in _topology.SubnetsOf(vpc.Id))
        {
            foreach (var cidr in subnet.Cidrs)
            {
                if (!forward.IsRelated(cidr))
                {
                    continue;
                }

                switch (_returns.Of(subnet, standpoint.Place!.Vpc, standpoint.Sources(cidr.IsIPv6)))
                {
                    case ReturnPath.Unknown when !_topology.IsComplete:
                        return null;
                    case ReturnPath.Arrives when cidr.IsIPv6:
                        answering.IPv6 = true;
                        break;
                    case ReturnPath.Arrives:
                        answering.IPv4 = true;
                        break;
                    default:
                        (cut ??= []).Add(cidr);
                        (mute ??= []).Add(subnet.Id);
                        break;
                }
            }
        }

        silent = mute is null ? [] : [.. mute.Distinct()];
        var silence = cut is null ? null : PrefixTable<Prefix>.OfThemselves(PrefixSet.Of(cut));
        var reached = new List<Prefix>();
        foreach (var cidr in Servable(vpc).Prefixes)
        {
            if (cidr.IsIPv6 ? answering.IPv6 : answering.IPv4)
            {
                // Within each CIDR by itself: the VPC's own routers advertise CIDR by CIDR, and only the same prefix fails over.
                var pieces = forward.Split(cidr);
                if (silence is null && pieces is [{ By: not null } whole])
                {
                    reached.Add(whole.Piece);
                    continue;
                }

                reached.AddRange(PrefixSet.Minimal(pieces.Where(match => match.By is not null)
                    .SelectMany(match => silence is null ? [match.Piece] : silence.Split(match.Piece).Where(rest => rest.By is null).Select(rest => rest.Piece))));
            }
        }

        return PrefixSet.Of(reached);
    }

    private PrefixTable<Prefix> Servable(Vpc vpc)
    {
        if (!_servable.TryGetValue(vpc.Id, out var cidrs))
        {
            _servable[vpc.Id] = cidrs = PrefixTable<Prefix>.OfThemselves(ServedVpcs.OwnCidrs(vpc, _refused));
        }

        return cidrs;
    }

    private Subnet? Place(Router router) => StandpointOf(router).Place;

    private Outlook? OutlookOf(Router router) => StandpointOf(router).Outlook;

    private Standpoint StandpointOf(Router router)
    {
        if (!_standpoints.TryGetValue(router.Instance, out var standpoint))
        {
            var place = PlaceOf(router);
            _standpoints[router.Instance] = standpoint = place is null
                ? new(null, null, [], [])
                : new(place, _outlooks.From(place), Around(router, place, isIPv6: false), Around(router, place, isIPv6: true));
        }

        return standpoint;
    }

    private ImmutableArray<PacketSource> Around(Router router, Subnet place, bool isIPv6) =>
        [.. Sources(router, place, isIPv6).Select(addresses => new PacketSource(addresses, _topology.Vpc(place.Vpc) is { } vpc ? _topology.Cidrs(vpc).Covering(addresses) : null))];

    private Subnet? PlaceOf(Router router) =>
        router.Instance.Subnet is { } id && router.Instance.Vpc is { } vpc && _topology.Subnet(id) is { } subnet && subnet.Vpc == vpc ? subnet : null;

    /// <summary>How answers from a piece of a far VPC come back to a router.</summary>
    /// <returns><c>ok</c>, or what is wrong.</returns>
    public string Back(Router router, VpcId vpc, Prefix piece)
    {
        var standpoint = StandpointOf(router);
        if (standpoint is not { Place: { } place })
        {
            return "the router's subnet was not seen";
        }

        var subnets = _topology.SubnetsOf(vpc).Where(subnet => subnet.Cidrs.Any(cidr => cidr.Overlaps(piece))).ToImmutableArray();
        if (subnets.IsEmpty)
        {
            return Reached(router, _topology.Vpc(vpc)!, out _) is { IsEmpty: false } ? "ok" : $"no subnet of {vpc} has a way back";
        }

        foreach (var subnet in subnets)
        {
            if (_returns.Of(subnet, place.Vpc, standpoint.Sources(piece.IsIPv6)) != ReturnPath.Arrives)
            {
                var lost = standpoint.Sources(piece.IsIPv6).SelectMany(source => _walker.From(subnet, source.Addresses)).FirstOrDefault(leg => leg.Vpc != place.Vpc);
                return $"{subnet.Id}: {(lost.Trail is null ? "the router has no address of that family" : lost.What.Length == 0 ? $"it leads to {lost.Vpc}" : lost.What)}";
            }
        }

        return "ok";
    }

    /// <summary>What the far side sees a router's packets come from: it masks its clients with its own address.</summary>
    internal static IEnumerable<Prefix> Sources(Router router, Subnet place, bool isIPv6) =>
        (isIPv6 ? router.Instance.IPv6Address : router.Instance.PrivateAddress) is { } address
            ? [Prefix.Of(address, address.Bits)]
            : place.Cidrs.Where(cidr => cidr.IsIPv6 == isIPv6);

    /// <summary>What matters of where a router stands.</summary>
    /// <param name="Place">null where its subnet was not seen.</param>
    /// <param name="IPv4">What its packets come from.</param>
    private sealed record Standpoint(Subnet? Place, Outlook? Outlook, ImmutableArray<PacketSource> IPv4, ImmutableArray<PacketSource> IPv6)
    {
        /// <summary>What was found before, by the far VPC.</summary>
        public Dictionary<VpcId, (PrefixSet? Prefixes, ImmutableArray<SubnetId> Silent)> Reached { get; } = [];

        public ImmutableArray<PacketSource> Sources(bool isIPv6) => isIPv6 ? IPv6 : IPv4;
    }
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Where packets come out.</summary>
internal enum Landing
{
    /// <summary>In a VPC that has the address.</summary>
    Vpc,

    /// <summary>Behind a gateway, at something that is no VPC of ours: a VPN, Direct Connect, an appliance, somebody else's VPC.</summary>
    Beyond,

    /// <summary>At nobody, and so it is meant: no route, or one that a router does not advertise.</summary>
    Nowhere,

    /// <summary>At nobody, because something on the way is not in service or not known.</summary>
    Broken,

    /// <summary>In a gateway's blackhole: set on purpose, or left by an attachment that has gone.</summary>
    Blackhole,

    /// <summary>It cannot be said: something on the way was not read.</summary>
    Unknown,
}

/// <summary>A piece of a range, and where packets to it come out.</summary>
/// <param name="Vpc">The VPC, where it is one.</param>
/// <param name="What">In words: what is behind the gateway, or why packets go nowhere.</param>
internal readonly record struct Leg(Prefix Piece, Landing Landing, VpcId? Vpc, string What, Trail Trail)
{
    /// <summary>Somebody sent packets this way, and they do not come out where it can be said.</summary>
    public bool IsLost => Landing is Landing.Broken or Landing.Blackhole or Landing.Unknown;
}

/// <summary>What packets pass on their way, from the last thing back to the first.</summary>
/// <param name="By">The line of the table that they take from there; null where it is no table.</param>
internal sealed record Trail(Trail? Before, string Resource, Prefix? By = null)
{
    // The way on from where others have come by as well; its last thing is this one.
    private Trail? _on;

    public IEnumerable<Trail> FromStart() => (Before?.FromStart() ?? []).Concat(_on?.FromStart() ?? [this]);

    public static Trail Join(Trail before, Trail on) => new(before, on.Resource, on.By) { _on = on };

    public override string ToString() => By is { } prefix ? $"{Resource} {prefix}" : Resource;
}

/// <summary>Sends all packets of a range on their way at once, and divides the range wherever their ways part.</summary>
internal sealed class Walker(Topology topology)
{
    private readonly Dictionary<(TransitGatewayId, TransitRouteTableId?, Prefix), List<Leg>> _behind = [];
    private readonly Dictionary<TransitAttachment, HashSet<string>?> _zones = new(ReferenceEqualityComparer.Instance);

    /// <summary>From a subnet, by longest match, as far as the packets go.</summary>
    public List<Leg> From(Subnet subnet, Prefix range)
    {
        var legs = new List<Leg>(1);
        if (topology.TableOf(subnet) is not { } table)
        {
            legs.Add(new(range, Landing.Unknown, null, $"the route table of {subnet.Id} was not seen", new(null, subnet.Id.ToString())));
            return legs;
        }

        foreach (var match in table.Lines.Split(range))
        {
            var trail = new Trail(null, table.Id.ToString(), match.By);
            if (table.Uncertain is { } why)
            {
                legs.Add(new(match.Piece, Landing.Unknown, null, $"{table.Id}: {why}", trail));
            }
            else if (match.By is null)
            {
                legs.Add(new(match.Piece, Landing.Nowhere, null, $"{table.Id} has no route for it", trail));
            }
            else if (match.Value.State != Route.Active)
            {
                legs.Add(new(match.Piece, Landing.Broken, null, $"the route {match.By} of {table.Id} is a {Printable.Of(match.Value.State)}", trail));
            }
            else
            {
                Follow(subnet, match.Value, match.Piece, trail, legs);
            }
        }

        return legs;
    }

    private void Follow(Subnet from, Route route, Prefix piece, Trail trail, List<Leg> legs)
    {
        var target = route.Target;
        if (target == Route.Local)
        {
            legs.Add(new(piece, Landing.Vpc, from.Vpc, "", new(trail, from.Vpc.ToString())));
        }
        else if (PeeringId.TryParse(target, out var peering))
        {
            Cross(from.Vpc, peering, piece, new(trail, target), legs);
        }
        else if (TransitGatewayId.TryParse(target, out var gateway))
        {
            Enter(from, gateway, piece, trail, legs);
        }
        else if (IsAppliance(route))
        {
            legs.Add(new(piece, Landing.Beyond, null, target, new(trail, target)));
        }
        else if (IsKnown(target))
        {
            legs.Add(new(piece, Landing.Nowhere, null, $"it leaves by {Printable.Of(target)}, which a router does not advertise", new(trail, Printable.Of(target))));
        }
        else
        {
            legs.Add(new(piece, Landing.Broken, null, $"it leaves by {(target.Length == 0 ? "a target that EC2 does not show" : $"{Printable.Of(target)}, a target of an unknown kind")}", new(trail, Printable.Of(target))));
        }
    }

    // Ways to the internet, to AWS's own services, or to an appliance by a default route.
    private static bool IsKnown(string target) =>
        target.StartsWith("arn:", StringComparison.Ordinal) || target.Split('-')[0] is "igw" or "eigw" or "nat" or "cagw" or "vpce" or "vgw" or "eni" or "lgw";

    // A VPN's gateway, Cloud WAN, an Outpost, or an instance that forwards. An endpoint with a prefix list is AWS's own service, one with a prefix a firewall.
    private static bool IsAppliance(Route route) =>
        route.Destination is { IsDefaultRoute: false }
        && (route.Target.StartsWith("vgw-", StringComparison.Ordinal) || route.Target.StartsWith("eni-", StringComparison.Ordinal) || route.Target.StartsWith("vpce-", StringComparison.Ordinal)
            || route.Target.StartsWith("lgw-", StringComparison.Ordinal) || route.Target.StartsWith("arn:", StringComparison.Ordinal));

    // The far VPC's own addresses and nothing behind them: peering is not transitive.
    private void Cross(VpcId from, PeeringId id, Prefix piece, Trail trail, List<Leg> legs)
    {
        if (topology.Peering(id) is not { } peering)
        {
            legs.Add(new(piece, Landing.Unknown, null, $"{id} was not seen", trail));
        }
        else if (!peering.IsActive)
        {
            legs.Add(new(piece, Landing.Broken, null, $"{id} is {Printable.Of(peering.State)}", trail));
        }
        else if (peering.Across(from) is not { } far)
        {
            legs.Add(new(piece, Landing.Broken, null, $"{id} does not join {from}", trail));
        }
        else if (topology.Vpc(far.Vpc) is { } vpc)
        {
            Arrive(vpc, piece, trail, legs, () => (Landing.Nowhere, $"{far.Vpc} does not have it, and peering leads no further"));
        }
        else
        {
            foreach (var match in PrefixTable<Prefix>.OfThemselves(PrefixSet.Of(far.Cidrs.AsEnumerable())).Split(piece))
            {
                legs.Add(match.By is null
                    ? new(match.Piece, Landing.Nowhere, null, $"{far.Vpc} does not have it, and peering leads no further", trail)
                    : new(match.Piece, Landing.Beyond, null, $"{far.Vpc} of account {far.Account}", new(trail, far.Vpc.ToString())));
            }
        }
    }

    private void Enter(Subnet from, TransitGatewayId gateway, Prefix piece, Trail before, List<Leg> legs)
    {
        var trail = new Trail(before, gateway.ToString());
        if (topology.Attachment(gateway, from.Vpc) is not { } attachment)
        {
            legs.Add(new(piece, Landing.Unknown, null, $"no attachment of {from.Vpc} to {gateway} was seen", trail));
        }
        else if (attachment.State != TransitAttachment.Available)
        {
            legs.Add(new(piece, Landing.Broken, null, $"{attachment.Id} is {Printable.Of(attachment.State)}", trail));
        }
        else if (Zones(attachment) is not { } zones)
        {
            legs.Add(new(piece, Landing.Unknown, null, $"the subnets of {attachment.Id} were not seen", trail));
        }
        else if (!zones.Contains(from.Zone))   // AWS forwards to a gateway only from zones in which it has a subnet
        {
            legs.Add(new(piece, Landing.Broken, null, $"{attachment.Id} has no subnet in {from.Zone}, where {from.Id} is", trail));
        }
        else if (piece.IsIPv6 && !attachment.IPv6)
        {
            legs.Add(new(piece, Landing.Broken, null, $"{attachment.Id} does not carry IPv6", trail));
        }
        else
        {
            foreach (var leg in Behind(attachment, piece))
            {
                legs.Add(leg with { Trail = Trail.Join(before, leg.Trail) });
            }
        }
    }

    // Whatever enters a gateway and is looked up in the same table goes on the same way.
    private List<Leg> Behind(TransitAttachment attachment, Prefix piece)
    {
        var key = (attachment.Gateway, attachment.RouteTable, piece);
        if (attachment.RouteTable is null || !_behind.TryGetValue(key, out var legs))
        {
            legs = [];
            LookUp(attachment, piece, new(null, attachment.Gateway.ToString()), [attachment.Gateway], legs);
            if (attachment.RouteTable is not null)   // else what is wrong is said of this attachment alone
            {
                _behind[key] = legs;
            }
        }

        return legs;
    }

    private void LookUp(TransitAttachment from, Prefix piece, Trail trail, ImmutableArray<TransitGatewayId> passed, List<Leg> legs)
    {
        if (from.RouteTable is not { } id)
        {
            legs.Add(!topology.IsComplete ? new(piece, Landing.Unknown, null, $"{from.Id} shows no route table of {from.Gateway}", trail)
                : topology.IsOpen(from.Gateway) ? new(piece, Landing.Broken, null, $"{from.Id} is associated with no route table of {from.Gateway}", trail)
                : new(piece, Landing.Beyond, null, $"{from.Gateway}, whose account is not looked at", trail));
            return;
        }

        if (topology.TransitTable(id) is not { } table)
        {
            legs.Add(new(piece, Landing.Unknown, null, $"{id} was not seen", trail));
            return;
        }

        string? none = null;
        foreach (var match in table.Split(piece))
        {
            var next = new Trail(trail, id.ToString(), match.By);
            if (match.By is null)
            {
                legs.Add(new(match.Piece, Landing.Nowhere, null, none ??= $"{id} has no route for it", next));
            }
            else if (match.Value.State != Route.Active || match.Value.Attachments.IsEmpty)
            {
                legs.Add(new(match.Piece, Landing.Blackhole, null, $"the route {match.By} of {id} is a {(match.Value.State == Route.Active ? "route without attachment" : Printable.Of(match.Value.State))}", next));
            }
            else
            {
                Leave(from.Gateway, match.Value, match.Piece, next, passed, legs);
            }
        }
    }

    private void Leave(TransitGatewayId gateway, TransitRoute route, Prefix piece, Trail trail, ImmutableArray<TransitGatewayId> passed, List<Leg> legs)
    {
        if (route.Attachments.Length > 1)
        {
            // Packets are spread over VPNs or Connect peers: a VPC is always alone.
            var all = route.Attachments.Order().Select(one => topology.Attachment(gateway, one)).ToArray();
            var what = string.Join(", ", route.Attachments.Order());
            legs.Add(all.Any(one => one is null) ? new(piece, Landing.Unknown, null, $"not all of {what} were seen", trail)
                : all.Any(one => one!.State != TransitAttachment.Available) ? new(piece, Landing.Broken, null, $"not all of {what} are available", trail)
                : new(piece, Landing.Beyond, null, what, trail));
            return;
        }

        var id = route.Attachments[0];
        if (topology.Attachment(gateway, id) is not { } attachment)
        {
            legs.Add(new(piece, Landing.Unknown, null, $"{id} was not seen", trail));
        }
        else if (attachment.State != TransitAttachment.Available)
        {
            legs.Add(new(piece, Landing.Broken, null, $"{id} is {Printable.Of(attachment.State)}", trail));
        }
        else if (topology.VpcOf(attachment) is { } vpcId)
        {
            if (topology.Vpc(vpcId) is not { } vpc)
            {
                legs.Add(new(piece, Landing.Beyond, null, $"{vpcId} of account {Printable.Of(attachment.ResourceOwner)}", new(trail, vpcId.ToString())));
            }
            else if (piece.IsIPv6 && !attachment.IPv6)
            {
                legs.Add(new(piece, Landing.Broken, null, $"{id} does not carry IPv6", trail));
            }
            else
            {
                Arrive(vpc, piece, trail, legs, () => (Landing.Beyond, $"an appliance in {vpcId}"));
            }
        }
        else if (attachment.ResourceType == TransitAttachment.ToGateway)
        {
            Pass(attachment, piece, trail, passed, legs);
        }
        else
        {
            var other = $"{Printable.Of(attachment.ResourceType)} {Printable.Of(attachment.ResourceId)}";
            legs.Add(new(piece, Landing.Beyond, null, other, new(trail, Printable.Of(attachment.ResourceId))));
        }
    }

    private void Pass(TransitAttachment peering, Prefix piece, Trail trail, ImmutableArray<TransitGatewayId> passed, List<Leg> legs)
    {
        if (!TransitGatewayId.TryParse(peering.ResourceId, out var far) || topology.Attachment(far, peering.Id) is not { } there)
        {
            legs.Add(new(piece, Landing.Unknown, null, $"the far end of {peering.Id}, {Printable.Of(peering.ResourceId)}, was not seen", trail));
        }
        else if (there.State != TransitAttachment.Available)
        {
            legs.Add(new(piece, Landing.Broken, null, $"{there.Id} is {Printable.Of(there.State)} at {far}", trail));
        }
        else if (passed.Contains(far))
        {
            legs.Add(new(piece, Landing.Broken, null, $"it goes in a circle at {far}", trail));
        }
        else
        {
            LookUp(there, piece, new(trail, far.ToString()), [.. passed, far], legs);
        }
    }

    private void Arrive(Vpc vpc, Prefix piece, Trail trail, List<Leg> legs, Func<(Landing, string)> otherwise)
    {
        foreach (var match in topology.Cidrs(vpc).Split(piece))
        {
            if (match.By is not null)
            {
                legs.Add(new(match.Piece, Landing.Vpc, vpc.Id, "", new(trail, vpc.Id.ToString())));
            }
            else
            {
                var (landing, what) = otherwise();
                legs.Add(new(match.Piece, landing, null, what, trail));
            }
        }
    }

    /// <returns>null where a subnet was not seen.</returns>
    private HashSet<string>? Zones(TransitAttachment attachment)
    {
        if (!_zones.TryGetValue(attachment, out var zones))
        {
            _zones[attachment] = zones = ZonesOf(attachment);
        }

        return zones;
    }

    private HashSet<string>? ZonesOf(TransitAttachment attachment)
    {
        var zones = new HashSet<string>();
        foreach (var id in attachment.Subnets)
        {
            if (topology.Subnet(id) is not { } subnet)
            {
                return null;
            }

            zones.Add(subnet.Zone);
        }

        return attachment.Subnets.IsEmpty ? null : zones;
    }
}

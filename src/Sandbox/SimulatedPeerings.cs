using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The VPC peering connections of the simulated cloud, between any two accounts and Regions.</summary>
public sealed class SimulatedPeerings
{
    private readonly SimulatedAws _aws;
    private readonly SortedDictionary<PeeringId, SimulatedPeering> _peerings = [];

    internal SimulatedPeerings(SimulatedAws aws) => _aws = aws;

    // What people do.

    /// <summary>Asks for a peering. Between VPCs whose addresses overlap it fails, as in EC2.</summary>
    public PeeringId Peer(string id, VpcId from, VpcId to)
    {
        var (own, far) = (_aws.Find(from), _aws.Find(to));
        var peering = new SimulatedPeering { Id = PeeringId.Parse(id), Requester = (from, own.Scope), Accepter = (to, far.Scope) };
        if (Cidrs(from).Any(cidr => Cidrs(to).Any(cidr.Overlaps)))
        {
            peering.State = "failed";
        }

        _peerings.Add(peering.Id, peering);
        own.Publish(
            "cloudtrail-ec2-create-vpc-peering-connection",
            ("requestParameters.vpcId", from.ToString()),
            ("requestParameters.peerVpcId", to.ToString()),
            ("requestParameters.peerOwnerId", far.Scope.Account),
            ("requestParameters.peerRegion", far.Scope.Region),
            ("responseElements.vpcPeeringConnection.vpcPeeringConnectionId", id));
        return peering.Id;
    }

    public void Accept(PeeringId id)
    {
        var peering = Pending(id);
        peering.State = Peering.Active;
        _aws.Region(peering.Accepter.Scope).Publish(
            "cloudtrail-ec2-accept-vpc-peering-connection",
            ("requestParameters.vpcPeeringConnectionId", id.ToString()),
            ("responseElements.vpcPeeringConnection.vpcPeeringConnectionId", id.ToString()));
    }

    public void Reject(PeeringId id)
    {
        var peering = Pending(id);
        peering.State = "rejected";
        _aws.Region(peering.Accepter.Scope).Publish("cloudtrail-ec2-reject-vpc-peering-connection", ("requestParameters.vpcPeeringConnectionId", id.ToString()));
    }

    /// <param name="byAccepter">Either side may delete it, and only the one that does has the event.</param>
    public void Delete(PeeringId id, bool byAccepter = false)
    {
        var peering = _peerings[id];
        peering.State = "deleted";
        _aws.Region(byAccepter ? peering.Accepter.Scope : peering.Requester.Scope)
            .Publish("cloudtrail-ec2-delete-vpc-peering-connection", ("requestParameters.vpcPeeringConnectionId", id.ToString()));
    }

    // What is so.

    /// <summary>Seen from both ends, and in any state.</summary>
    internal IEnumerable<Peering> SeenFrom(Scope scope) => _peerings.Values
        .Where(peering => peering.Requester.Scope == scope || peering.Accepter.Scope == scope)
        .Select(peering => new Peering(peering.Id, peering.State, Side(peering, peering.Requester), Side(peering, peering.Accepter)));

    internal bool Carries(PeeringId id, VpcId vpc) =>
        _peerings.TryGetValue(id, out var peering) && peering.State == Peering.Active && (peering.Requester.Vpc == vpc || peering.Accepter.Vpc == vpc);

    /// <summary>Its peerings end with it, without an event of their own.</summary>
    internal void VpcIsGone(VpcId vpc)
    {
        foreach (var peering in _peerings.Values.Where(peering => peering.Requester.Vpc == vpc || peering.Accepter.Vpc == vpc))
        {
            peering.State = "deleted";
        }
    }

    private SimulatedPeering Pending(PeeringId id)
    {
        SimulatedNetwork.Refuse(_peerings[id].State != "pending-acceptance", $"InvalidStateTransition: {id} is {_peerings[id].State}");
        return _peerings[id];
    }

    private PeeringSide Side(SimulatedPeering peering, (VpcId Vpc, Scope Scope) end) =>
        new(end.Vpc, end.Scope.Account, end.Scope.Region, peering.State == Peering.Active ? Cidrs(end.Vpc) : []);

    private PrefixSet Cidrs(VpcId vpc) => _aws.Find(vpc).Cidrs(vpc);

    private sealed class SimulatedPeering
    {
        public required PeeringId Id { get; init; }

        public required (VpcId Vpc, Scope Scope) Requester { get; init; }

        public required (VpcId Vpc, Scope Scope) Accepter { get; init; }

        public string State { get; set; } = "pending-acceptance";
    }
}

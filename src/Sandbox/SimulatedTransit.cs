using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The transit gateways of the simulated cloud: their attachments, route tables and peerings. Tables: SimulatedTransit.Routes.cs; what is seen: SimulatedTransit.Seen.cs.</summary>
public sealed partial class SimulatedTransit
{
    private readonly SimulatedAws _aws;
    private readonly SortedDictionary<TransitGatewayId, Gateway> _gateways = [];
    private readonly List<Attachment> _attachments = [];   // in the order in which they came: of two that announce the same, the older wins

    private readonly Dictionary<VpcId, List<Attachment>> _ofVpc = [];

    internal SimulatedTransit(SimulatedAws aws) => _aws = aws;

    // What people do.

    /// <param name="defaults">It has a default route table, with which attachments are associated, and to which they announce their CIDRs, by themselves.</param>
    public TransitGatewayId AddGateway(string id, Scope owner, bool defaults = true)
    {
        var gateway = new Gateway(TransitGatewayId.Parse(id), owner, defaults ? TransitRouteTableId.Parse(id.Replace("tgw-", "tgw-rtb-", StringComparison.Ordinal)) : null);
        _gateways.Add(gateway.Id, gateway);
        if (gateway.DefaultTable is { } table)
        {
            _tables.Add(table, new(table, gateway));
        }

        Publish(owner, "CreateTransitGateway");
        return gateway.Id;
    }

    /// <summary>Attaches a VPC. Another account's waits until the gateway's owner accepts it.</summary>
    /// <param name="subnets">One for each zone whose subnets are to reach the gateway.</param>
    public TransitAttachmentId Attach(string id, TransitGatewayId gateway, VpcId vpc, IReadOnlyCollection<SubnetId> subnets, bool ipv6 = false)
    {
        var (owner, region) = (_gateways[gateway].Owner, _aws.Find(vpc));
        SimulatedNetwork.Refuse(owner.Region != region.Scope.Region, $"InvalidTransitGatewayID.NotFound: {gateway} is in another Region than {vpc}");
        RefuseSubnets(region, vpc, subnets);
        var attachment = new Attachment(TransitAttachmentId.Parse(id), _gateways[gateway])
        {
            Type = TransitAttachment.ToVpc,
            Resource = vpc.ToString(),
            Vpc = (vpc, region.Scope),
            Subnets = [.. subnets],
            IPv6 = ipv6,
        };
        _attachments.Add(attachment);
        if (!_ofVpc.TryGetValue(vpc, out var all))
        {
            _ofVpc[vpc] = all = [];
        }

        all.Add(attachment);
        const string Said = "responseElements.CreateTransitGatewayVpcAttachmentResponse.transitGatewayVpcAttachment.";
        region.Publish(
            "cloudtrail-ec2-create-transit-gateway-vpc-attachment",
            ("requestParameters.CreateTransitGatewayVpcAttachmentRequest.TransitGatewayId", gateway.ToString()),
            ("requestParameters.CreateTransitGatewayVpcAttachmentRequest.VpcId", vpc.ToString()),
            (Said + "transitGatewayAttachmentId", id),
            (Said + "transitGatewayId", gateway.ToString()),
            (Said + "vpcId", vpc.ToString()),
            (Said + "vpcOwnerId", region.Scope.Account));
        if (owner.Account == region.Scope.Account)
        {
            BecomeAvailable(attachment);
        }

        return attachment.Id;
    }

    /// <summary>Attaches something that is no VPC, such as a VPN or a Direct Connect gateway.</summary>
    /// <param name="type">EC2's word: vpn, direct-connect-gateway, connect.</param>
    /// <param name="announced">What is behind it, and is announced to the tables that it propagates to.</param>
    public TransitAttachmentId AttachOther(string id, TransitGatewayId gateway, string type, string resource, params ReadOnlySpan<string> announced)
    {
        var attachment = new Attachment(TransitAttachmentId.Parse(id), _gateways[gateway])
        {
            Type = type,
            Resource = resource,
            Announced = PrefixSet.Of(announced.ToArray().Select(Prefix.Parse)),
        };
        _attachments.Add(attachment);
        BecomeAvailable(attachment);
        return attachment.Id;
    }

    /// <summary>Asks for a peering of two gateways. It announces nothing: routes to it are static.</summary>
    public TransitAttachmentId PeerGateways(string id, TransitGatewayId from, TransitGatewayId to)
    {
        var peering = TransitAttachmentId.Parse(id);
        _attachments.Add(new(peering, _gateways[from]) { Type = TransitAttachment.ToGateway, Resource = to.ToString(), Far = _gateways[to] });
        _attachments.Add(new(peering, _gateways[to]) { Type = TransitAttachment.ToGateway, Resource = from.ToString(), Far = _gateways[from] });
        Publish(_gateways[from].Owner, "CreateTransitGatewayPeeringAttachment", ("TransitGatewayId", from.ToString()), ("PeerTransitGatewayId", to.ToString()));
        return peering;
    }

    /// <summary>The gateway's owner accepts a VPC of another account, or the far gateway's owner a peering.</summary>
    public void Accept(TransitAttachmentId id)
    {
        var ends = Ends(id);
        SimulatedNetwork.Refuse(ends[0].State != "pendingAcceptance", $"IncorrectState: {id} is {ends[0].State}");
        foreach (var end in ends)
        {
            BecomeAvailable(end);
        }

        if (ends[0].Far is null)
        {
            _aws.Region(ends[0].Gateway.Owner).Publish(
                "cloudtrail-ec2-accept-transit-gateway-vpc-attachment",
                ("requestParameters.AcceptTransitGatewayVpcAttachmentRequest.TransitGatewayAttachmentId", id.ToString()));
        }
        else
        {
            Publish(ends[1].Gateway.Owner, "AcceptTransitGatewayPeeringAttachment", ("TransitGatewayAttachmentId", id.ToString()));
        }
    }

    /// <summary>The gateway's owner refuses a VPC of another account, or the far gateway's owner a peering.</summary>
    public void Reject(TransitAttachmentId id)
    {
        var ends = Ends(id);
        SimulatedNetwork.Refuse(ends[0].State != "pendingAcceptance", $"IncorrectState: {id} is {ends[0].State}");
        foreach (var end in ends)
        {
            end.State = "rejected";
        }

        var call = ends[0].Far is null ? "RejectTransitGatewayVpcAttachment" : "RejectTransitGatewayPeeringAttachment";
        Publish(ends[^1].Gateway.Owner, call, ("TransitGatewayAttachmentId", id.ToString()));
    }

    public void ChangeSubnets(TransitAttachmentId id, params SubnetId[] subnets)
    {
        var attachment = Ends(id)[0];
        var (vpc, scope) = attachment.Vpc!.Value;
        RefuseSubnets(_aws.Region(scope), vpc, subnets);
        attachment.Subnets = [.. subnets];
        Publish(scope, "ModifyTransitGatewayVpcAttachment", ("TransitGatewayAttachmentId", id.ToString()));
    }

    /// <summary>Deletes an attachment of any kind: what led to it becomes a blackhole.</summary>
    public void Detach(TransitAttachmentId id)
    {
        var ends = Ends(id);
        End(id);
        if (ends[0].Vpc is var (_, scope))
        {
            _aws.Region(scope).Publish(
                "cloudtrail-ec2-delete-transit-gateway-vpc-attachment",
                ("requestParameters.DeleteTransitGatewayVpcAttachmentRequest.TransitGatewayAttachmentId", id.ToString()));
        }
        else
        {
            Publish(ends[0].Gateway.Owner, ends[0].Far is null ? "DeleteVpnConnection" : "DeleteTransitGatewayPeeringAttachment", ("TransitGatewayAttachmentId", id.ToString()));
        }
    }

    private static void RefuseSubnets(SimulatedRegion region, VpcId vpc, IReadOnlyCollection<SubnetId> subnets)
    {
        var known = subnets.Select(region.Network.Subnet).ToArray();
        SimulatedNetwork.Refuse(known.Length == 0 || known.Any(subnet => subnet.Vpc != vpc), $"InvalidSubnetID.NotFound: not all are subnets of {vpc}");
        SimulatedNetwork.Refuse(known.DistinctBy(subnet => subnet.Zone).Count() < known.Length, "DuplicateSubnetsInSameZone");
    }

    private void BecomeAvailable(Attachment attachment)
    {
        attachment.State = TransitAttachment.Available;
        if (attachment.Gateway.DefaultTable is { } table)
        {
            _tables[table].Associated.Add(attachment.Id);
            if (attachment.Far is null)
            {
                _tables[table].Propagating.Add(attachment.Id);
            }
        }
    }

    private void End(TransitAttachmentId id)
    {
        foreach (var end in Ends(id))
        {
            end.State = "deleted";
        }

        foreach (var table in _tables.Values)
        {
            table.Associated.Remove(id);
            table.Propagating.Remove(id);
        }
    }

    /// <returns>One; of a peering both, the requester's first.</returns>
    private Attachment[] Ends(TransitAttachmentId id) => [.. _attachments.Where(attachment => attachment.Id == id)];

    /// <summary>The end that is at the table's gateway.</summary>
    private Attachment End(TransitAttachmentId id, Table table)
    {
        var end = Ends(id).FirstOrDefault(end => end.Gateway == table.Gateway && end.State == TransitAttachment.Available);
        return end ?? throw new InvalidOperationException($"EC2 would refuse it. IncorrectState: {id} is not available at {table.Gateway.Id}.");
    }

    private void Publish(Scope by, string call, params ReadOnlySpan<(string Name, string Value)> request)
    {
        var fields = new JsonObject();
        foreach (var (name, value) in request)
        {
            fields[name] = value;
        }

        _aws.Region(by).PublishCall(call, new() { [call + "Request"] = fields });
    }

    private sealed record Gateway(TransitGatewayId Id, Scope Owner, TransitRouteTableId? DefaultTable);

    private sealed class Attachment(TransitAttachmentId id, Gateway gateway)
    {
        public TransitAttachmentId Id => id;

        public Gateway Gateway => gateway;

        public required string Type { get; init; }

        public required string Resource { get; init; }

        /// <summary>Null where it is no VPC's.</summary>
        public (VpcId Vpc, Scope Scope)? Vpc { get; init; }

        /// <summary>The gateway at the other end of a peering.</summary>
        public Gateway? Far { get; init; }

        public PrefixSet Announced { get; init; } = [];

        public List<SubnetId> Subnets { get; set; } = [];

        public bool IPv6 { get; init; }

        public string State { get; set; } = "pendingAcceptance";
    }
}

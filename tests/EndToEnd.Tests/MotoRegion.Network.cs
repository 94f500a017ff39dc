using Amazon.EC2;
using Amazon.EC2.Model;

namespace Automation.EndToEnd;

/// <summary>A transit gateway with its default route table, which attachments are associated with and propagate to.</summary>
public sealed record MotoTransitGateway(TransitGatewayId Id, TransitRouteTableId Table);

public sealed partial class MotoRegion
{
    /// <summary>The route table of a VPC's subnets that have none of their own.</summary>
    public async Task<RouteTableId> MainRouteTableAsync(VpcId vpc)
    {
        var found = await Ec2.DescribeRouteTablesAsync(
            new DescribeRouteTablesRequest { Filters = [new("vpc-id", [vpc.ToString()]), new("association.main", ["true"])] });
        return RouteTableId.Parse(found.RouteTables.Single().RouteTableId);
    }

    /// <summary>Gives a subnet a route table of its own.</summary>
    public async Task<RouteTableId> CreateRouteTableAsync(VpcId vpc, SubnetId subnet)
    {
        var created = await Ec2.CreateRouteTableAsync(new CreateRouteTableRequest { VpcId = vpc.ToString() });
        await Ec2.AssociateRouteTableAsync(
            new AssociateRouteTableRequest { RouteTableId = created.RouteTable.RouteTableId, SubnetId = subnet.ToString() });
        return RouteTableId.Parse(created.RouteTable.RouteTableId);
    }

    /// <param name="destination">An IPv4 or IPv6 prefix, or the id of a prefix list.</param>
    /// <param name="target">The id of a peering, a transit gateway, a NAT gateway, or any other gateway; it must exist.</param>
    public Task AddRouteAsync(RouteTableId table, string destination, string target)
    {
        var request = new CreateRouteRequest { RouteTableId = table.ToString() };
        switch (destination)
        {
            case ['p', 'l', '-', ..]: request.DestinationPrefixListId = destination; break;
            case var ipv6 when ipv6.Contains(':', StringComparison.Ordinal): request.DestinationIpv6CidrBlock = ipv6; break;
            default: request.DestinationCidrBlock = destination; break;
        }

        switch (target.Split('-')[0])
        {
            case "pcx": request.VpcPeeringConnectionId = target; break;
            case "tgw": request.TransitGatewayId = target; break;
            case "nat": request.NatGatewayId = target; break;
            default: request.GatewayId = target; break;
        }

        return Ec2.CreateRouteAsync(request);
    }

    public Task DeleteRouteAsync(RouteTableId table, string prefix) => Ec2.DeleteRouteAsync(prefix.Contains(':', StringComparison.Ordinal)
        ? new DeleteRouteRequest { RouteTableId = table.ToString(), DestinationIpv6CidrBlock = prefix }
        : new DeleteRouteRequest { RouteTableId = table.ToString(), DestinationCidrBlock = prefix });

    /// <param name="far">Where the other VPC is; null for this Region.</param>
    /// <param name="accepted">Otherwise it stays pending-acceptance.</param>
    public async Task<PeeringId> PeerAsync(VpcId vpc, VpcId farVpc, MotoRegion? far = null, bool accepted = true)
    {
        far ??= this;
        var created = await Ec2.CreateVpcPeeringConnectionAsync(new CreateVpcPeeringConnectionRequest
        {
            VpcId = vpc.ToString(), PeerVpcId = farVpc.ToString(), PeerOwnerId = far.Account.Id, PeerRegion = far.Name,
        });
        var peering = created.VpcPeeringConnection.VpcPeeringConnectionId;
        if (accepted)
        {
            await far.Ec2.AcceptVpcPeeringConnectionAsync(new AcceptVpcPeeringConnectionRequest { VpcPeeringConnectionId = peering });
        }

        return PeeringId.Parse(peering);
    }

    public Task DeletePeeringAsync(PeeringId peering) =>
        Ec2.DeleteVpcPeeringConnectionAsync(new DeleteVpcPeeringConnectionRequest { VpcPeeringConnectionId = peering.ToString() });

    public async Task<MotoTransitGateway> CreateTransitGatewayAsync()
    {
        var created = (await Ec2.CreateTransitGatewayAsync(new CreateTransitGatewayRequest())).TransitGateway;
        return new(TransitGatewayId.Parse(created.TransitGatewayId), TransitRouteTableId.Parse(created.Options.AssociationDefaultRouteTableId));
    }

    /// <summary>Attaches a VPC, associated with the gateway's default route table and propagating to it.</summary>
    /// <param name="subnets">One for each zone in which packets enter and leave.</param>
    public async Task<TransitAttachmentId> AttachAsync(MotoTransitGateway gateway, VpcId vpc, SubnetId[] subnets, bool ipv6 = false)
    {
        var created = await Ec2.CreateTransitGatewayVpcAttachmentAsync(new CreateTransitGatewayVpcAttachmentRequest
        {
            TransitGatewayId = gateway.Id.ToString(),
            VpcId = vpc.ToString(),
            SubnetIds = [.. subnets.Select(subnet => subnet.ToString())],
            Options = new() { Ipv6Support = ipv6 ? Ipv6SupportValue.Enable : Ipv6SupportValue.Disable },
        });
        var attachment = TransitAttachmentId.Parse(created.TransitGatewayVpcAttachment.TransitGatewayAttachmentId);
        await PropagateAsync(attachment, gateway.Table);
        return attachment;
    }

    public Task DetachAsync(TransitAttachmentId attachment) =>
        Ec2.DeleteTransitGatewayVpcAttachmentAsync(new DeleteTransitGatewayVpcAttachmentRequest { TransitGatewayAttachmentId = attachment.ToString() });

    public async Task<TransitRouteTableId> CreateTransitRouteTableAsync(MotoTransitGateway gateway)
    {
        var created = await Ec2.CreateTransitGatewayRouteTableAsync(new CreateTransitGatewayRouteTableRequest { TransitGatewayId = gateway.Id.ToString() });
        return TransitRouteTableId.Parse(created.TransitGatewayRouteTable.TransitGatewayRouteTableId);
    }

    public Task DeleteTransitRouteTableAsync(TransitRouteTableId table) =>
        Ec2.DeleteTransitGatewayRouteTableAsync(new DeleteTransitGatewayRouteTableRequest { TransitGatewayRouteTableId = table.ToString() });

    /// <summary>Packets from the attachment are looked up in this table from now on.</summary>
    public Task AssociateAsync(TransitAttachmentId attachment, TransitRouteTableId table) => Ec2.AssociateTransitGatewayRouteTableAsync(
        new AssociateTransitGatewayRouteTableRequest { TransitGatewayAttachmentId = attachment.ToString(), TransitGatewayRouteTableId = table.ToString() });

    /// <summary>The table gets a route to each CIDR of the attachment's VPC.</summary>
    public Task PropagateAsync(TransitAttachmentId attachment, TransitRouteTableId table) => Ec2.EnableTransitGatewayRouteTablePropagationAsync(
        new EnableTransitGatewayRouteTablePropagationRequest { TransitGatewayAttachmentId = attachment.ToString(), TransitGatewayRouteTableId = table.ToString() });

    /// <param name="attachment">null for a blackhole.</param>
    public Task AddTransitRouteAsync(TransitRouteTableId table, string prefix, TransitAttachmentId? attachment) => Ec2.CreateTransitGatewayRouteAsync(
        new CreateTransitGatewayRouteRequest
        {
            TransitGatewayRouteTableId = table.ToString(),
            DestinationCidrBlock = prefix,
            TransitGatewayAttachmentId = attachment?.ToString(),
            Blackhole = attachment is null,
        });

    /// <summary>Peers gateways of two Regions, each associating the peering with its default route table. Peerings have no propagation.</summary>
    public async Task<TransitAttachmentId> PeerAsync(MotoTransitGateway gateway, MotoTransitGateway farGateway, MotoRegion far)
    {
        var created = await Ec2.CreateTransitGatewayPeeringAttachmentAsync(new CreateTransitGatewayPeeringAttachmentRequest
        {
            TransitGatewayId = gateway.Id.ToString(), PeerTransitGatewayId = farGateway.Id.ToString(), PeerAccountId = far.Account.Id, PeerRegion = far.Name,
        });
        var attachment = created.TransitGatewayPeeringAttachment.TransitGatewayAttachmentId;
        await far.Ec2.AcceptTransitGatewayPeeringAttachmentAsync(new AcceptTransitGatewayPeeringAttachmentRequest { TransitGatewayAttachmentId = attachment });
        await AssociateAsync(TransitAttachmentId.Parse(attachment), gateway.Table);
        await far.AssociateAsync(TransitAttachmentId.Parse(attachment), farGateway.Table);
        return TransitAttachmentId.Parse(attachment);
    }

    public async Task<PrefixListId> CreatePrefixListAsync(string name, params string[] prefixes)
    {
        var created = await Ec2.CreateManagedPrefixListAsync(new CreateManagedPrefixListRequest
        {
            PrefixListName = name,
            AddressFamily = prefixes.Any(prefix => prefix.Contains(':', StringComparison.Ordinal)) ? "IPv6" : "IPv4",
            MaxEntries = 20,
            Entries = [.. prefixes.Select(prefix => new AddPrefixListEntry { Cidr = prefix })],
        });
        return PrefixListId.Parse(created.PrefixList.PrefixListId);
    }
}

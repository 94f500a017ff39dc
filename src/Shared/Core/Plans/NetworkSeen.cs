using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Automation.Network;

namespace Automation.Plans;

/// <summary>How the VPCs of one account and Region are connected: what one look found.</summary>
public sealed record NetworkSeen
{
    public required Seen<Subnet> Subnets { get; init; }

    public required Seen<RouteTable> RouteTables { get; init; }

    /// <summary>In any state; a peering is seen from both its ends.</summary>
    public required Seen<Peering> Peerings { get; init; }

    /// <summary>In any state. Only the gateway's owner sees which route table an attachment is associated with.</summary>
    public required Seen<TransitAttachment> TransitAttachments { get; init; }

    /// <summary>A table whose routes were not read to their end is left out, and the part is incomplete.</summary>
    public required Seen<TransitRouteTable> TransitRouteTables { get; init; }

    /// <summary>The customer-managed lists that route tables name. One whose entries were not read to their end is left out, and the part is incomplete.</summary>
    public required Seen<PrefixList> PrefixLists { get; init; }

    public static NetworkSeen Unseen(string problem) => new()
    {
        Subnets = Seen<Subnet>.Unknown(problem),
        RouteTables = Seen<RouteTable>.Unknown(problem),
        Peerings = Seen<Peering>.Unknown(problem),
        TransitAttachments = Seen<TransitAttachment>.Unknown(problem),
        TransitRouteTables = Seen<TransitRouteTable>.Unknown(problem),
        PrefixLists = Seen<PrefixList>.Unknown(problem),
    };

    /// <summary>What could not be read, one line a part; empty where all was.</summary>
    public IEnumerable<string> Problems() =>
        new[]
        {
            ("subnets", Subnets.Problem), ("route tables", RouteTables.Problem), ("peering connections", Peerings.Problem),
            ("transit gateway attachments", TransitAttachments.Problem), ("transit gateway route tables", TransitRouteTables.Problem),
            ("prefix lists", PrefixLists.Problem),
        }.Where(part => part.Item2 is not null).Select(part => $"{part.Item1}: {part.Item2}");
}

/// <param name="Zone">The id of its availability zone, such as <c>euw1-az2</c>: zone names differ from account to account.</param>
public sealed record Subnet(SubnetId Id, VpcId Vpc, PrefixSet Cidrs, string Zone);

/// <summary>A route table of a VPC.</summary>
/// <param name="IsMain">It serves the subnets of the VPC that are associated with no other.</param>
/// <param name="Subnets">The subnets that are associated with it by name.</param>
public sealed record RouteTable(RouteTableId Id, VpcId Vpc, bool IsMain, ImmutableArray<SubnetId> Subnets, ImmutableArray<Route> Routes);

/// <summary>A line of a route table; its destination is a prefix or a prefix list.</summary>
/// <param name="Target">The id of what it leads to, as EC2 shows it: <c>local</c>, <c>pcx-..</c>, <c>tgw-..</c>, <c>igw-..</c>, <c>nat-..</c> and others; empty where EC2 shows none.</param>
/// <param name="State">EC2's word: active or blackhole.</param>
public sealed record Route(Prefix? Destination, PrefixListId? PrefixList, string Target, string State)
{
    public const string Active = "active", Local = "local";
}

/// <param name="State">EC2's word for its status, such as pending-acceptance, active, deleted, expired.</param>
public sealed record Peering(PeeringId Id, string State, PeeringSide Requester, PeeringSide Accepter)
{
    public const string Active = "active";

    [JsonIgnore]
    public bool IsActive => State == Active;

    /// <returns>The side that is not the VPC given; null where the VPC is at neither end.</returns>
    public PeeringSide? Across(VpcId from) => Requester.Vpc == from ? Accepter : Accepter.Vpc == from ? Requester : null;
}

/// <param name="Cidrs">What the peering says that the VPC has; empty until it is active.</param>
public sealed record PeeringSide(VpcId Vpc, string Account, string Region, PrefixSet Cidrs);

/// <summary>What a transit gateway is attached to.</summary>
/// <param name="State">EC2's word, such as available, pendingAcceptance, deleting, deleted.</param>
/// <param name="ResourceType">EC2's word: vpc, vpn, direct-connect-gateway, connect, peering and others.</param>
/// <param name="ResourceId">The VPC, the VPN, or the gateway at the other end.</param>
/// <param name="RouteTable">The route table that packets from it are looked up in; null where there is none, or it is not shown.</param>
/// <param name="Subnets">Of a VPC: one for each zone in which packets enter and leave the gateway.</param>
/// <param name="IPv6">Of a VPC: it carries IPv6.</param>
public sealed record TransitAttachment(
    TransitAttachmentId Id,
    TransitGatewayId Gateway,
    string State,
    string ResourceType,
    string ResourceId,
    string ResourceOwner,
    TransitRouteTableId? RouteTable,
    ImmutableArray<SubnetId> Subnets,
    bool IPv6)
{
    public const string Available = "available", ToVpc = "vpc", ToGateway = "peering";
}

public sealed record TransitRouteTable(TransitRouteTableId Id, TransitGatewayId Gateway, ImmutableArray<TransitRoute> Routes);

/// <param name="State">EC2's word: active or blackhole.</param>
/// <param name="Type">EC2's word: static or propagated.</param>
/// <param name="Attachments">Where it leads to; several where packets are spread, none where it is a blackhole.</param>
public sealed record TransitRoute(Prefix Destination, string State, string Type, ImmutableArray<TransitAttachmentId> Attachments);

public sealed record PrefixList(PrefixListId Id, string Name, PrefixSet Entries);

using Automation.Network;
using Automation.Plans;

namespace Automation;

/// <summary>How the VPCs are connected. Lines of tables are written as people say them: <c>"10.1.0.0/16 pcx-00000001"</c>.</summary>
public sealed partial class AWorld
{
    public static SubnetId SubnetOf(int number) => SubnetId.Parse($"subnet-{number:x8}");

    public static RouteTableId TableOf(int number) => RouteTableId.Parse($"rtb-{number:x8}");

    public static PeeringId PeeringOf(int number) => PeeringId.Parse($"pcx-{number:x8}");

    public static TransitGatewayId GatewayOf(int number) => TransitGatewayId.Parse($"tgw-{number:x8}");

    public static TransitAttachmentId AttachmentOf(int number) => TransitAttachmentId.Parse($"tgw-attach-{number:x8}");

    public static TransitRouteTableId TransitTableOf(int number) => TransitRouteTableId.Parse($"tgw-rtb-{number:x8}");

    public static PrefixListId PrefixListOf(int number) => PrefixListId.Parse($"pl-{number:x8}");

    public AWorld WithSubnet(int number, int vpc, string cidr, string zone = "euw1-az1")
    {
        _subnets.Add(new(SubnetOf(number), VpcOf(vpc), Prefixes(cidr), zone));
        return this;
    }

    /// <summary>The main table of a VPC, with its local routes and the lines given.</summary>
    public AWorld WithMainTable(int number, int vpc, params string[] lines) => WithTable(number, vpc, true, [], lines);

    /// <summary>The table of the subnets given.</summary>
    public AWorld WithTableOf(int number, int vpc, int[] subnets, params string[] lines) => WithTable(number, vpc, false, subnets, lines);

    public AWorld WithPeering(int number, int from, int to, string state = Peering.Active)
    {
        _peerings.Add(new(PeeringOf(number), state, Side(from), Side(to)));
        return this;
    }

    /// <param name="table">The gateway's route table that it is associated with; 0 for none.</param>
    public AWorld WithVpcAttachment(int number, int gateway, int vpc, int table, int[] subnets, string state = TransitAttachment.Available, bool ipv6 = true) =>
        WithAttachment(new(AttachmentOf(number), GatewayOf(gateway), state, TransitAttachment.ToVpc, VpcOf(vpc).ToString(), Scope.Account, table == 0 ? null : TransitTableOf(table), [.. subnets.Select(SubnetOf)], ipv6));

    public AWorld WithAttachment(TransitAttachment attachment)
    {
        _transitAttachments.Add(attachment);
        return this;
    }

    /// <param name="lines">Such as <c>"10.1.0.0/16 2"</c>, the number of the attachment, or <c>"10.1.0.0/16 blackhole"</c>.</param>
    public AWorld WithTransitTable(int number, int gateway, params string[] lines)
    {
        _transitRouteTables.Add(new(TransitTableOf(number), GatewayOf(gateway),
        [
            .. lines.Select(line => line.Split(' ')).Select(line => line[1] == "blackhole"
                ? new TransitRoute(Prefix.Parse(line[0]), "blackhole", "static", [])
                : new TransitRoute(Prefix.Parse(line[0]), "active", "propagated", [AttachmentOf(int.Parse(line[1], null))])),
        ]));
        return this;
    }

    public AWorld WithPrefixList(int number, params string[] entries)
    {
        _prefixLists.Add(new(PrefixListOf(number), $"list {number}", Prefixes(entries)));
        return this;
    }

    public AWorld WithSite(int site, int vpc, DateTimeOffset? releasedAt = null)
    {
        _sites.Add(new(site, VpcOf(vpc), Scope, releasedAt));
        return this;
    }

    public AWorld WithOptIn(params string[] prefixes)
    {
        _optIn = Prefixes(prefixes);
        return this;
    }

    /// <summary>Puts a router into a subnet.</summary>
    public AWorld Standing(int router, int subnet, string? address = null)
    {
        var place = _subnets.First(known => known.Id == SubnetOf(subnet));
        var own = Prefix.Parse($"{address ?? place.Cidrs[0].First.ToString()}/32").First;
        return Instance(router, instance => instance with { Subnet = place.Id, PrivateAddress = address is null ? own with { Value = own.Value + 10 } : own });
    }

    private AWorld WithTable(int number, int vpc, bool isMain, int[] subnets, string[] lines)
    {
        var local = _vpcs.First(known => known.Id == VpcOf(vpc)).Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => new Route(cidr.Prefix, null, Route.Local, Route.Active));
        _routeTables.Add(new(TableOf(number), VpcOf(vpc), isMain, [.. subnets.Select(SubnetOf)], [.. local, .. lines.Select(Line)]));
        return this;
    }

    private static Route Line(string text) => text.Split(' ') is var words && PrefixListId.TryParse(words[0], out var list)
        ? new(null, list, words[1], words.ElementAtOrDefault(2) ?? Route.Active)
        : new(Prefix.Parse(words[0]), null, words[1], words.ElementAtOrDefault(2) ?? Route.Active);

    private PeeringSide Side(int vpc) => _vpcs.Find(known => known.Id == VpcOf(vpc)) is { } known
        ? new(known.Id, Scope.Account, Scope.Region, PrefixSet.Of(known.Cidrs.Select(cidr => cidr.Prefix)))
        : new(VpcOf(vpc), "999988887777", Scope.Region, Prefixes("10.99.0.0/16"));
}

using System.Net;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

/// <summary>Transit gateways as EC2 shows them: attachments in two lists, routes table by table.</summary>
public sealed class Ec2TransitTests : IDisposable
{
    private const string Ec2 = "POST https://ec2.eu-west-1.amazonaws.com/";
    private const string All = "Action=DescribeTransitGatewayAttachments", OfVpcs = "Action=DescribeTransitGatewayVpcAttachments";
    private const string Search = "Action=SearchTransitGatewayRoutes";
    private const string Other = "444455556666";

    // The two lists, and the tables' searches, are asked for side by side.
    private readonly FakeAws _aws = new() { AnyOrder = true };

    private IEc2 Client => Scope(_aws).Ec2;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Joins_attachments_with_the_subnets_of_those_of_VPCs()
    {
        _aws.On(Ec2, All, "NextToken=page2").Xml(Attachments(
                Attachment("tgw-attach-00000003", "peering", "tgw-00000002") + Attachment("tgw-attach-00000004", "direct-connect-gateway", "d-1", association: "")
                + Attachment("tgw-attach-00000005", "vpc", "vpc-00000005", state: "deleted", association: "")))
            .On(Ec2, All, "MaxResults=1000").Xml(Attachments(
                Attachment("tgw-attach-00000001", "vpc", "vpc-00000001") + Attachment("tgw-attach-00000002", "vpn", "vpn-00000001", association: Association("disassociating")),
                next: "page2"))
            .On(Ec2, OfVpcs, "MaxResults=1000").Xml(VpcAttachments(
                VpcAttachment("tgw-attach-00000001", "vpc-00000001", "<item>subnet-00000001</item><item>subnet-00000002</item>", ipv6: "enable")));

        var listing = await Client.DescribeTransitGatewayAttachmentsAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            [
                "tgw-attach-00000001 tgw-00000001 available vpc vpc-00000001 111122223333 tgw-rtb-00000001 [subnet-00000001 subnet-00000002] True",
                "tgw-attach-00000002 tgw-00000001 available vpn vpn-00000001 111122223333  [] False",
                "tgw-attach-00000003 tgw-00000001 available peering tgw-00000002 111122223333 tgw-rtb-00000001 [] False",
                "tgw-attach-00000004 tgw-00000001 available direct-connect-gateway d-1 111122223333  [] False",
                "tgw-attach-00000005 tgw-00000001 deleted vpc vpc-00000005 111122223333  [] False",
            ],
            listing.Items.Select(Text));
    }

    [Fact]
    public async Task Keeps_an_attachment_that_one_of_the_lists_does_not_show()
    {
        // Of a shared gateway its owner sees routes, the VPC's owner subnets.
        _aws.On(Ec2, All).Xml(Attachments(Attachment("tgw-attach-00000001", "vpc", "vpc-00000001", owner: Other)))
            .On(Ec2, OfVpcs).Xml(VpcAttachments(VpcAttachment("tgw-attach-00000002", "vpc-00000002", "<item>subnet-00000002</item>")));

        var listing = await Client.DescribeTransitGatewayAttachmentsAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            [
                "tgw-attach-00000001 tgw-00000001 available vpc vpc-00000001 444455556666 tgw-rtb-00000001 [] False",
                "tgw-attach-00000002 tgw-00000001 available vpc vpc-00000002 111122223333  [subnet-00000002] False",
            ],
            listing.Items.Select(Text));
    }

    [Fact]
    public async Task Does_not_take_an_attachment_of_its_own_for_one_without_subnets()
    {
        _aws.On(Ec2, All).Xml(Attachments(Attachment("tgw-attach-00000001", "vpc", "vpc-00000001"))).On(Ec2, OfVpcs).Xml(VpcAttachments(""));

        var listing = await Client.DescribeTransitGatewayAttachmentsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal("tgw-attach-00000001 has no subnets", listing.Problem);
    }

    [Theory]
    [InlineData(All, "tgw-attach-00000002 vpc")]
    [InlineData(OfVpcs, "tgw-attach-00000002 vpc, tgw-attach-00000003 vpn")]
    public async Task Gives_no_half_of_an_attachment_where_a_list_ends_early(string broken, string left)
    {
        _aws.On(Ec2, broken, "NextToken=page2").Ec2Error("UnauthorizedOperation", "You are not authorized.", HttpStatusCode.Forbidden);
        var hasMore = broken == All;
        _aws.On(Ec2, All).Xml(Attachments(
                (hasMore ? "" : Attachment("tgw-attach-00000001", "vpc", "vpc-00000001", owner: Other))
                + Attachment("tgw-attach-00000002", "vpc", "vpc-00000002") + (hasMore ? "" : Attachment("tgw-attach-00000003", "vpn", "vpn-00000001")),
                next: hasMore ? "page2" : null))
            .On(Ec2, OfVpcs).Xml(VpcAttachments(
                (hasMore ? VpcAttachment("tgw-attach-00000001", "vpc-00000001", "<item>subnet-00000001</item>") : "")
                + VpcAttachment("tgw-attach-00000002", "vpc-00000002", "<item>subnet-00000002</item>"),
                next: hasMore ? null : "page2"));

        var listing = await Client.DescribeTransitGatewayAttachmentsAsync(Stopping);

        Assert.Equal(left, string.Join(", ", listing.Items.Select(attachment => $"{attachment.Id} {attachment.ResourceType}")));
        Assert.Contains("failed (UnauthorizedOperation)", listing.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<transitGatewayAttachmentId>a</transitGatewayAttachmentId>", "'a' is not the id of a transit gateway attachment")]
    [InlineData("<transitGatewayId>tgw</transitGatewayId>", "tgw-attach-00000001 is of 'tgw', which is not the id of a transit gateway")]
    [InlineData("<state></state>", "tgw-attach-00000001 has no state or no kind of resource")]
    [InlineData("<resourceId>v</resourceId>", "tgw-attach-00000001 is to 'v', which is not the id of a VPC")]
    [InlineData(
        "<association><state>associated</state><transitGatewayRouteTableId>t</transitGatewayRouteTableId></association>",
        "tgw-attach-00000001 is associated with 't', which is not the id of a transit gateway route table")]
    public async Task Leaves_out_an_attachment_it_cannot_read_and_says_so(string wrong, string problem)
    {
        var name = wrong[1..wrong.IndexOf('>', StringComparison.Ordinal)];
        var element = System.Xml.Linq.XElement.Parse(Attachment("tgw-attach-00000001", "vpc", "vpc-00000001"));
        element.Element(name)!.ReplaceWith(System.Xml.Linq.XElement.Parse(wrong));
        _aws.On(Ec2, All).Xml(Attachments(element.ToString())).On(Ec2, OfVpcs).Xml(VpcAttachments(""));

        var listing = await Client.DescribeTransitGatewayAttachmentsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal(problem, listing.Problem);
    }

    [Theory]
    [InlineData("v", "<item>subnet-00000001</item>", "enable", "tgw-attach-00000001 is to 'v', which is not the id of a VPC")]
    [InlineData("vpc-00000001", "<item>s</item>", "enable", "tgw-attach-00000001 is in 's', which is not the id of a subnet")]
    [InlineData("vpc-00000001", "<item>subnet-00000001</item>", null, "tgw-attach-00000001 has no state, or says nothing of IPv6")]
    public async Task Leaves_out_an_attachment_of_a_VPC_it_cannot_read_and_says_so(string vpc, string subnets, string? ipv6, string problem)
    {
        _aws.On(Ec2, All).Xml(Attachments("")).On(Ec2, OfVpcs).Xml(VpcAttachments(VpcAttachment("tgw-attach-00000001", vpc, subnets, ipv6)));

        var listing = await Client.DescribeTransitGatewayAttachmentsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal(problem, listing.Problem);
    }

    [Fact]
    public async Task Reads_each_route_table_with_its_active_routes_and_blackholes_to_the_last_page()
    {
        _aws.On(Ec2, "Action=DescribeTransitGatewayRouteTables", "NextToken=next").Xml(Tables(Table("tgw-rtb-00000002") + Table("tgw-rtb-00000003", "deleted")))
            .On(Ec2, "Action=DescribeTransitGatewayRouteTables", "MaxResults=1000").Xml(Tables(Table("tgw-rtb-00000001"), next: "next"))
            .On(Ec2, Search, "TransitGatewayRouteTableId=tgw-rtb-00000001", "NextToken=page2").Xml(Routes(Route("10.2.0.0/16", "static", "blackhole", "")))
            .On(Ec2, Search, "TransitGatewayRouteTableId=tgw-rtb-00000001", "MaxResults=1000", "Filter.1.Name=state", "Filter.1.Value.1=active", "Filter.1.Value.2=blackhole").Xml(Routes(
                Route("10.1.0.0/16", "propagated", "active", "tgw-attach-00000001", "tgw-attach-00000002"), more: true, next: "page2"))
            .On(Ec2, Search, "TransitGatewayRouteTableId=tgw-rtb-00000002").Xml(Routes(Route("2001:db8::/32", "static", "active", "tgw-attach-00000003")));

        var listing = await Client.DescribeTransitGatewayRouteTablesAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(["tgw-rtb-00000001 tgw-00000001", "tgw-rtb-00000002 tgw-00000001"], listing.Items.Select(table => $"{table.Id} {table.Gateway}"));
        Assert.Equal(
            ["10.1.0.0/16 active propagated tgw-attach-00000001 tgw-attach-00000002", "10.2.0.0/16 blackhole static ", "2001:db8::/32 active static tgw-attach-00000003"],
            listing.Items.SelectMany(table => table.Routes).Select(route => $"{route.Destination} {route.State} {route.Type} {string.Join(' ', route.Attachments)}"));
    }

    [Fact]
    public async Task Searches_for_less_where_EC2_says_that_there_are_more_routes_and_not_how_to_get_them()
    {
        const string subnets = "route-search.subnet-of-match", exact = "route-search.exact-match";
        OneTable();
        Searching("&Filter.2.Name=type&Filter.2.Value.1=propagated").Xml(Routes(Route("10.9.0.0/16", "propagated", "active", "tgw-attach-00000001")));
        Searching($"&Filter.2.Name=type&Filter.2.Value.1=static&Filter.3.Name={subnets}&Filter.3.Value.1=0.0.0.0%2F0").Xml(Half);
        Searching($"&Filter.2.Name=type&Filter.2.Value.1=static&Filter.3.Name={subnets}&Filter.3.Value.1=%3A%3A%2F0").Xml(Routes(Route("2001:db8::/32", "static", "active", "tgw-attach-00000001")));
        Searching($"&Filter.2.Name=type&Filter.2.Value.1=static&Filter.3.Name={exact}&Filter.3.Value.1=0.0.0.0%2F0").Xml(Routes(Route("0.0.0.0/0", "static", "blackhole", "")));
        Searching($"&Filter.2.Name=type&Filter.2.Value.1=static&Filter.3.Name={subnets}&Filter.3.Value.1=0.0.0.0%2F1").Xml(Routes(
            Route("0.0.0.0/0", "static", "blackhole", "") + Route("10.1.0.0/16", "static", "active", "tgw-attach-00000001")));
        Searching($"&Filter.2.Name=type&Filter.2.Value.1=static&Filter.3.Name={subnets}&Filter.3.Value.1=128.0.0.0%2F1").Xml(Routes(Route("172.16.0.0/12", "static", "active", "tgw-attach-00000001")));
        Searching("&Filter.2.Name=type&Filter.2.Value.1=static").Xml(Half);
        Searching("").Xml(Half);

        var listing = await Client.DescribeTransitGatewayRouteTablesAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            ["0.0.0.0/0", "10.1.0.0/16", "10.9.0.0/16", "172.16.0.0/12", "2001:db8::/32"],
            listing.Items.Single().Routes.Select(route => route.Destination).Order().Select(destination => destination.ToString()));
    }

    [Fact]
    public async Task Gives_up_on_a_table_that_comes_to_no_end()
    {
        OneTable();
        for (var call = 0; call < 98; call++)
        {
            _aws.On(Ec2, Search, "route-search.exact-match").Xml(Routes(""));
        }

        _aws.On(Ec2, Search, "Filter.3.Value.1=0.0.0.0%2F0").Xml(Routes(""));
        for (var call = 0; call < 101; call++)
        {
            _aws.On(Ec2, Search).Xml(Half);
        }

        var listing = await Client.DescribeTransitGatewayRouteTablesAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal("tgw-rtb-00000001: EC2 says that it has more routes than 200 searches give", listing.Problem);
    }

    [Fact]
    public async Task Leaves_out_a_table_whose_routes_were_not_all_read()
    {
        _aws.On(Ec2, "Action=DescribeTransitGatewayRouteTables").Xml(Tables(string.Concat(Enumerable.Range(1, 6).Select(number => Table($"tgw-rtb-0000000{number}")))))
            .On(Ec2, Search, "tgw-rtb-00000001").Ec2Error("InvalidRouteTableID.NotFound", "The transit gateway route table does not exist")
            .On(Ec2, Search, "tgw-rtb-00000002", "NextToken=page2").Ec2Error("UnauthorizedOperation", "You are not authorized.", HttpStatusCode.Forbidden)
            .On(Ec2, Search, "tgw-rtb-00000002").Xml(Routes(Route("10.1.0.0/16", "static", "active", "tgw-attach-00000001"), more: true, next: "page2"))
            .On(Ec2, Search, "tgw-rtb-00000003").Xml(Routes(Route("10.1", "static", "active", "tgw-attach-00000001")))
            .On(Ec2, Search, "tgw-rtb-00000004").Xml(Routes(Route("10.1.0.0/16", "static", "active", "attachment")))
            .On(Ec2, Search, "tgw-rtb-00000005").Xml(Routes(Route("10.1.0.0/16", "", "active", "tgw-attach-00000001")))
            .On(Ec2, Search, "tgw-rtb-00000006").Xml(Routes(""));

        var listing = await Client.DescribeTransitGatewayRouteTablesAsync(Stopping);

        Assert.Equal("tgw-rtb-00000006", Assert.Single(listing.Items).Id.ToString());
        Assert.StartsWith("tgw-rtb-00000001: EC2 SearchTransitGatewayRoutes failed (InvalidRouteTableID.NotFound)", listing.Problem, StringComparison.Ordinal);
        Assert.EndsWith("(and 4 more)", listing.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_out_a_table_it_cannot_read_and_says_so()
    {
        _aws.On(Ec2).Xml(Tables(Table("table") + "<item><transitGatewayRouteTableId>tgw-rtb-00000001</transitGatewayRouteTableId><state>available</state></item>"));

        var listing = await Client.DescribeTransitGatewayRouteTablesAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal("'table' is not the id of a transit gateway route table (and 1 more)", listing.Problem);
    }

    [Fact]
    public async Task Finds_nothing_where_there_is_no_transit_gateway()
    {
        _aws.On(Ec2, All).Xml(Attachments("")).On(Ec2, OfVpcs).Xml(VpcAttachments("")).On(Ec2).Xml(Tables(""));

        Assert.Equal((0, null), await CountAsync(Client.DescribeTransitGatewayAttachmentsAsync(Stopping)));
        Assert.Equal((0, null), await CountAsync(Client.DescribeTransitGatewayRouteTablesAsync(Stopping)));
    }

    private static string Half => Routes(Route("192.0.2.0/24", "static", "active", "tgw-attach-00000001"), more: true);

    private static async Task<(int, string?)> CountAsync<T>(Task<Listing<T>> listing) => ((await listing).Items.Length, (await listing).Problem);

    private static string Text(TransitAttachment a) =>
        $"{a.Id} {a.Gateway} {a.State} {a.ResourceType} {a.ResourceId} {a.ResourceOwner} {a.RouteTable} [{string.Join(' ', a.Subnets)}] {a.IPv6}";

    private void OneTable() => _aws.On(Ec2, "Action=DescribeTransitGatewayRouteTables").Xml(Tables(Table("tgw-rtb-00000001")));

    private FakeAws Searching(string filters) => _aws.On(Ec2, Search, $"Filter.1.Value.2=blackhole{filters}&MaxResults=1000");

    private static string Attachments(string items, string? next = null) => Answer("DescribeTransitGatewayAttachments", "transitGatewayAttachments", items, next);

    private static string Attachment(string id, string type, string resource, string owner = "111122223333", string state = "available", string? association = null) =>
        $"<item><transitGatewayAttachmentId>{id}</transitGatewayAttachmentId><transitGatewayId>tgw-00000001</transitGatewayId><transitGatewayOwnerId>111122223333</transitGatewayOwnerId>"
        + $"<resourceOwnerId>{owner}</resourceOwnerId><resourceType>{type}</resourceType><resourceId>{resource}</resourceId><state>{state}</state>{association ?? Association("associated")}</item>";

    private static string Association(string state) =>
        $"<association><transitGatewayRouteTableId>tgw-rtb-00000001</transitGatewayRouteTableId><state>{state}</state></association>";

    private static string VpcAttachments(string items, string? next = null) => Answer("DescribeTransitGatewayVpcAttachments", "transitGatewayVpcAttachments", items, next);

    private static string VpcAttachment(string id, string vpc, string subnets, string? ipv6 = "disable") =>
        $"<item><transitGatewayAttachmentId>{id}</transitGatewayAttachmentId><transitGatewayId>tgw-00000001</transitGatewayId><vpcId>{vpc}</vpcId><vpcOwnerId>111122223333</vpcOwnerId>"
        + $"<state>available</state><subnetIds>{subnets}</subnetIds>{(ipv6 is null ? "" : $"<options><ipv6Support>{ipv6}</ipv6Support></options>")}</item>";

    private static string Tables(string items, string? next = null) => Answer("DescribeTransitGatewayRouteTables", "transitGatewayRouteTables", items, next);

    private static string Table(string id, string state = "available") =>
        $"<item><transitGatewayRouteTableId>{id}</transitGatewayRouteTableId><transitGatewayId>tgw-00000001</transitGatewayId><state>{state}</state></item>";

    private static string Routes(string items, bool more = false, string? next = null) =>
        Answer("SearchTransitGatewayRoutes", "routeSet", items, next, $"<additionalRoutesAvailable>{(more ? "true" : "false")}</additionalRoutesAvailable>");

    private static string Route(string destination, string type, string state, params string[] attachments) =>
        $"<item><destinationCidrBlock>{destination}</destinationCidrBlock><type>{type}</type><state>{state}</state><transitGatewayAttachments>"
        + string.Concat(attachments.Where(id => id.Length > 0).Select(id => $"<item><transitGatewayAttachmentId>{id}</transitGatewayAttachmentId></item>"))
        + "</transitGatewayAttachments></item>";

    private static string Answer(string operation, string set, string items, string? next, string more = "") =>
        $"<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId><{set}>{items}</{set}>{more}"
        + $"{(next is null ? "" : $"<nextToken>{next}</nextToken>")}</{operation}Response>";
}

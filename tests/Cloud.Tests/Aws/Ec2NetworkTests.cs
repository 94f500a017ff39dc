using System.Net;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

/// <summary>Subnets, route tables, peerings and prefix lists as EC2 shows them.</summary>
public sealed class Ec2NetworkTests : IDisposable
{
    private const string Ec2 = "POST https://ec2.eu-west-1.amazonaws.com/";

    private readonly FakeAws _aws = new();

    private IEc2 Client => Scope(_aws).Ec2;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Reads_subnets_with_both_families_and_their_zone()
    {
        _aws.On(Ec2, "Action=DescribeSubnets", "MaxResults=1000").Xml(Answer("DescribeSubnets", "subnetSet", Subnet(
                "subnet-00000001",
                "<cidrBlock>10.0.1.0/24</cidrBlock>",
                more: "<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8:0:1::/64</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item>"
                + "<item><ipv6CidrBlock>2001:db8:0:2::/64</ipv6CidrBlock><ipv6CidrBlockState><state>disassociating</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>"),
                next: "page2"))
            .On(Ec2, "NextToken=page2", "MaxResults=1000").Xml(Answer("DescribeSubnets", "subnetSet", Subnet(
                "subnet-00000002",
                "<ipv6Native>true</ipv6Native>",
                more: "<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8:0:3::/64</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>")));

        var listing = await Client.DescribeSubnetsAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            ["subnet-00000001 vpc-00000001 10.0.1.0/24, 2001:db8:0:1::/64 euw1-az2", "subnet-00000002 vpc-00000001 2001:db8:0:3::/64 euw1-az2"],
            listing.Items.Select(subnet => $"{subnet.Id} {subnet.Vpc} {subnet.Cidrs} {subnet.Zone}"));
    }

    [Theory]
    [InlineData("subnet-1", "<cidrBlock>10.0.1.0/24</cidrBlock>", "'subnet-1' is not the id of a subnet")]
    [InlineData("subnet-00000001", "<cidrBlock>10.0.1.0</cidrBlock>", "subnet-00000001 has a CIDR '10.0.1.0'")]
    [InlineData("subnet-00000001", "", "subnet-00000001 has a CIDR '(nothing)'")]
    [InlineData(
        "subnet-00000001",
        "<cidrBlock>10.0.1.0/24</cidrBlock><ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8::/64</ipv6CidrBlock></item></ipv6CidrBlockAssociationSet>",
        "subnet-00000001 has a CIDR '(nothing)'")]
    public async Task Leaves_out_a_subnet_it_cannot_read_and_says_so(string id, string cidr, string problem)
    {
        _aws.On(Ec2).Xml(Answer("DescribeSubnets", "subnetSet", Subnet(id, cidr) + Subnet("subnet-00000002", "<cidrBlock>10.0.2.0/24</cidrBlock>")));

        var listing = await Client.DescribeSubnetsAsync(Stopping);

        Assert.Equal("subnet-00000002", Assert.Single(listing.Items).Id.ToString());
        Assert.Equal(problem, listing.Problem);
    }

    [Fact]
    public async Task Leaves_out_a_subnet_without_VPC_or_zone()
    {
        _aws.On(Ec2).Xml(Answer("DescribeSubnets", "subnetSet", "<item><subnetId>subnet-00000001</subnetId></item>"
            + "<item><subnetId>subnet-00000002</subnetId><vpcId>vpc-00000001</vpcId></item>"));

        var listing = await Client.DescribeSubnetsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal("subnet-00000001 is in '(nothing)', which is not the id of a VPC (and 1 more)", listing.Problem);
    }

    [Fact]
    public async Task Reads_a_route_table_and_whatever_its_routes_lead_to()
    {
        _aws.On(Ec2, "Action=DescribeRouteTables", "MaxResults=100").Xml(RouteTables(RouteTable(
            "rtb-00000001",
            Association("<main>true</main>", "associated"),
            Route("<destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>", "<gatewayId>local</gatewayId>")
            + Route("<destinationIpv6CidrBlock>2001:db8::/56</destinationIpv6CidrBlock>", "<gatewayId>local</gatewayId>")
            + Route("<destinationCidrBlock>10.1.0.0/16</destinationCidrBlock>", "<vpcPeeringConnectionId>pcx-00000001</vpcPeeringConnectionId>")
            + Route("<destinationCidrBlock>10.2.0.0/16</destinationCidrBlock>", "<vpcPeeringConnectionId>pcx-00000002</vpcPeeringConnectionId>", "blackhole")
            + Route("<destinationPrefixListId>pl-0a1b2c3d4e5f60718</destinationPrefixListId>", "<transitGatewayId>tgw-00000001</transitGatewayId>")
            + Route("<destinationPrefixListId>pl-63a5400a</destinationPrefixListId>", "<gatewayId>vpce-00000001</gatewayId>")
            + Route("<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>", "<natGatewayId>nat-00000001</natGatewayId>")
            + Route("<destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>", "<egressOnlyInternetGatewayId>eigw-00000001</egressOnlyInternetGatewayId>")
            + Route("<destinationCidrBlock>10.3.0.0/16</destinationCidrBlock>", "<instanceId>i-00000001</instanceId><networkInterfaceId>eni-00000001</networkInterfaceId>")
            + Route("<destinationCidrBlock>10.4.0.0/16</destinationCidrBlock>", "<carrierGatewayId>cagw-00000001</carrierGatewayId>")
            + Route("<destinationCidrBlock>10.5.0.0/16</destinationCidrBlock>", "<localGatewayId>lgw-00000001</localGatewayId>")
            + Route("<destinationCidrBlock>10.6.0.0/16</destinationCidrBlock>", "<coreNetworkArn>arn:aws:networkmanager::111122223333:core-network/x</coreNetworkArn>")
            + Route("<destinationCidrBlock>10.7.0.0/16</destinationCidrBlock>", "<ipAddress>10.0.0.9</ipAddress>", "filtered"))));

        var table = Assert.Single((await Client.DescribeRouteTablesAsync(Stopping)).Items);

        Assert.True(table.IsMain);
        Assert.Empty(table.Subnets);
        Assert.Equal(
            [
                "10.0.0.0/16 local active", "2001:db8::/56 local active", "10.1.0.0/16 pcx-00000001 active", "10.2.0.0/16 pcx-00000002 blackhole",
                "pl-0a1b2c3d4e5f60718 tgw-00000001 active", "pl-63a5400a vpce-00000001 active", "0.0.0.0/0 nat-00000001 active", "::/0 eigw-00000001 active",
                "10.3.0.0/16 eni-00000001 active", "10.4.0.0/16 cagw-00000001 active", "10.5.0.0/16 lgw-00000001 active",
                "10.6.0.0/16 arn:aws:networkmanager::111122223333:core-network/x active", "10.7.0.0/16  filtered",
            ],
            table.Routes.Select(route => $"{route.Destination}{route.PrefixList} {route.Target} {route.State}"));
    }

    [Fact]
    public async Task Counts_the_subnets_of_a_route_table_that_it_serves_now()
    {
        _aws.On(Ec2).Xml(RouteTables(RouteTable(
            "rtb-00000001",
            Association("<main>false</main><subnetId>subnet-00000001</subnetId>", "associated")
            + Association("<main>false</main><subnetId>subnet-00000002</subnetId>", "associating")
            + Association("<main>false</main><subnetId>subnet-00000003</subnetId>", "disassociating")
            + Association("<main>false</main><subnetId>subnet-00000004</subnetId>", "failed")
            + Association("<main>false</main><gatewayId>igw-00000001</gatewayId>", "associated")
            + Association("<main>true</main>", "disassociated"),
            "")));

        var table = Assert.Single((await Client.DescribeRouteTablesAsync(Stopping)).Items);

        Assert.False(table.IsMain);
        Assert.Equal(["subnet-00000001", "subnet-00000002"], table.Subnets.Select(subnet => subnet.ToString()));
        Assert.Empty(table.Routes);
    }

    [Theory]
    [InlineData("rtb-1", "", "", "'rtb-1' is not the id of a route table")]
    [InlineData("rtb-00000001", "<subnetId>subnet</subnetId>", "", "rtb-00000001 serves 'subnet', which is not the id of a subnet")]
    [InlineData("rtb-00000001", "", "<destinationCidrBlock>10.0.0.0</destinationCidrBlock>", "rtb-00000001 has a route to '10.0.0.0' in state 'active'")]
    [InlineData("rtb-00000001", "", "<destinationPrefixListId>list</destinationPrefixListId>", "rtb-00000001 has a route to 'list' in state 'active'")]
    [InlineData("rtb-00000001", "", "<gatewayId>local</gatewayId>", "rtb-00000001 has a route to '' in state 'active'")]
    public async Task Leaves_out_a_route_table_it_cannot_read_and_says_so(string id, string association, string destination, string problem)
    {
        _aws.On(Ec2).Xml(RouteTables(
            RouteTable(id, Association(association, "associated"), destination.Length == 0 ? "" : Route(destination, "")) + RouteTable("rtb-00000002", "", "")));

        var listing = await Client.DescribeRouteTablesAsync(Stopping);

        Assert.Equal("rtb-00000002", Assert.Single(listing.Items).Id.ToString());
        Assert.Equal(problem, listing.Problem);
    }

    [Fact]
    public async Task Keeps_the_route_tables_that_were_read_when_a_later_page_fails()
    {
        _aws.On(Ec2).Xml(RouteTables(RouteTable("rtb-00000001", "", ""), next: "page2"))
            .On(Ec2, "NextToken=page2", "MaxResults=100").Ec2Error("UnauthorizedOperation", "You are not authorized.", HttpStatusCode.Forbidden);

        var listing = await Client.DescribeRouteTablesAsync(Stopping);

        Assert.Single(listing.Items);
        Assert.Contains("allow ec2:DescribeRouteTables in the role of the function", listing.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_peerings_in_any_state()
    {
        var ours = End("vpc-00000001", "<cidrBlock>10.0.0.0/16</cidrBlock>");
        _aws.On(Ec2, "Action=DescribeVpcPeeringConnections", "MaxResults=1000").Xml(Peerings(
                PeeringXml("pcx-00000001", "active", ours, End(
                    "vpc-00000002",
                    "<cidrBlock>10.1.0.0/16</cidrBlock><cidrBlockSet><item><cidrBlock>10.1.0.0/16</cidrBlock></item><item><cidrBlock>10.2.0.0/16</cidrBlock></item></cidrBlockSet>"
                    + "<ipv6CidrBlockSet><item><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock></item></ipv6CidrBlockSet>"))
                + PeeringXml("pcx-00000002", "pending-acceptance", ours, End("vpc-00000003", "")),
                next: "page2"))
            .On(Ec2, "NextToken=page2").Xml(Peerings(
                PeeringXml("pcx-00000003", "expired", ours, End("vpc-00000003", ""))
                + PeeringXml("pcx-00000004", "deleted", ours, End("vpc-00000003", ""))));

        var listing = await Client.DescribeVpcPeeringConnectionsAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            [
                "pcx-00000001 active 10.0.0.0/16 | 10.1.0.0/16, 10.2.0.0/16, 2001:db8::/56", "pcx-00000002 pending-acceptance 10.0.0.0/16 | nothing",
                "pcx-00000003 expired 10.0.0.0/16 | nothing", "pcx-00000004 deleted 10.0.0.0/16 | nothing",
            ],
            listing.Items.Select(peering => $"{peering.Id} {peering.State} {peering.Requester.Cidrs} | {peering.Accepter.Cidrs}"));
        Assert.Equal(("vpc-00000002", "444455556666", "eu-west-2"), Side(listing.Items[0].Accepter));
    }

    [Fact]
    public async Task Passes_over_a_peering_that_is_over_and_has_lost_its_ends()
    {
        _aws.On(Ec2).Xml(Peerings(
            PeeringXml("pcx-00000001", "deleted", End("vpc-00000001", ""), "") + PeeringXml("pcx-00000002", "failed", "", End("vpc-00000001", ""))));

        var listing = await Client.DescribeVpcPeeringConnectionsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Null(listing.Problem);
    }

    [Theory]
    [InlineData("pcx-1", "active", "vpc-00000002", "10.1.0.0/16", "'pcx-1' is not the id of a VPC peering connection")]
    [InlineData("pcx-00000001", "", "vpc-00000002", "10.1.0.0/16", "pcx-00000001 has no status")]
    [InlineData("pcx-00000001", "active", "", "10.1.0.0/16", "pcx-00000001 is active and has at one end '', which is not the id of a VPC")]
    [InlineData("pcx-00000001", "pending-acceptance", "vpc-00000002", "10.1", "pcx-00000001 is pending-acceptance and has at one end vpc-00000002 with a CIDR '10.1'")]
    public async Task Leaves_out_a_peering_it_cannot_read_and_says_so(string id, string state, string vpc, string cidr, string problem)
    {
        _aws.On(Ec2).Xml(Peerings(PeeringXml(id, state, End("vpc-00000001", ""), End(vpc, $"<cidrBlock>{cidr}</cidrBlock>"))));

        var listing = await Client.DescribeVpcPeeringConnectionsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal(problem, listing.Problem);
    }

    [Fact]
    public async Task Reads_the_prefix_lists_that_were_named_with_all_pages_of_their_entries()
    {
        _aws.On(Ec2, "Action=DescribeManagedPrefixLists", "Filter.1.Name=prefix-list-id", "Filter.1.Value.1=pl-00000001", "MaxResults=100").Xml(Lists(List("pl-00000001", "offices")))
            .On(Ec2, "Action=GetManagedPrefixListEntries", "PrefixListId=pl-00000001", "MaxResults=100").Xml(Entries(["10.8.0.0/16"], next: "page2"))
            .On(Ec2, "PrefixListId=pl-00000001", "NextToken=page2").Xml(Entries(["10.7.0.0/16", "2001:db8::/32"]));

        var listing = await Client.DescribePrefixListsAsync([PrefixListId.Parse("pl-00000001"), PrefixListId.Parse("pl-00000001")], Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal("pl-00000001 offices 10.7.0.0/16, 10.8.0.0/16, 2001:db8::/32", Assert.Single(listing.Items.Select(list => $"{list.Id} {list.Name} {list.Entries}")));
    }

    [Fact]
    public async Task Asks_for_a_hundred_prefix_lists_at_once_and_for_none_not_at_all()
    {
        var lists = Enumerable.Range(1, 101).Select(number => PrefixListId.Parse($"pl-{number:x8}")).ToArray();
        _aws.On(Ec2, "Filter.1.Value.100=pl-00000064").Xml(Lists("")).On(Ec2, "Filter.1.Value.1=pl-00000065").Xml(Lists(""));

        Assert.Empty((await Client.DescribePrefixListsAsync([], Stopping)).Items);
        Assert.Empty(_aws.Requests);
        Assert.Contains("EC2 does not show pl-00000001, pl-00000002, ", (await Client.DescribePrefixListsAsync(lists, Stopping)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_out_a_prefix_list_that_is_not_shown_or_whose_entries_end_early()
    {
        using var aws = new FakeAws { AnyOrder = true };
        aws.On(Ec2, "Action=DescribeManagedPrefixLists").Xml(Lists(List("pl-00000001", "a") + List("pl-00000002", "b") + List("pl-00000003", "c") + List("pl-00000004", "d")))
            .On(Ec2, "PrefixListId=pl-00000001").Ec2Error("UnauthorizedOperation", "You are not authorized.", HttpStatusCode.Forbidden)
            .On(Ec2, "PrefixListId=pl-00000002", "NextToken=page2").Ec2Error("InvalidPrefixListID.NotFound", "The prefix list does not exist")
            .On(Ec2, "PrefixListId=pl-00000002").Xml(Entries(["10.8.0.0/16"], next: "page2"))
            .On(Ec2, "PrefixListId=pl-00000003").Xml(Entries(["10.8"]))
            .On(Ec2, "PrefixListId=pl-00000004").Xml(Entries([]));

        var listing = await Scope(aws).Ec2.DescribePrefixListsAsync([.. Enumerable.Range(1, 5).Select(number => PrefixListId.Parse($"pl-0000000{number}"))], Stopping);

        Assert.Equal("pl-00000004 nothing", Assert.Single(listing.Items.Select(list => $"{list.Id} {list.Entries}")));
        Assert.StartsWith("pl-00000001: EC2 GetManagedPrefixListEntries failed (UnauthorizedOperation)", listing.Problem, StringComparison.Ordinal);
        Assert.EndsWith("(and 3 more)", listing.Problem, StringComparison.Ordinal);
        aws.Done();
    }

    private static (string, string, string) Side(PeeringSide side) => (side.Vpc.ToString(), side.Account, side.Region);

    private static string Subnet(string id, string cidr, string more = "") =>
        $"<item><subnetId>{id}</subnetId><vpcId>vpc-00000001</vpcId><availabilityZone>eu-west-1a</availabilityZone><availabilityZoneId>euw1-az2</availabilityZoneId>{cidr}{more}</item>";

    private static string RouteTables(string items, string? next = null) => Answer("DescribeRouteTables", "routeTableSet", items, next);

    private static string RouteTable(string id, string associations, string routes) =>
        $"<item><routeTableId>{id}</routeTableId><vpcId>vpc-00000001</vpcId><associationSet>{associations}</associationSet><routeSet>{routes}</routeSet></item>";

    private static string Association(string what, string state) => $"<item>{what}<associationState><state>{state}</state></associationState></item>";

    private static string Route(string destination, string target, string state = "active") => $"<item>{destination}{target}<state>{state}</state></item>";

    private static string Peerings(string items, string? next = null) => Answer("DescribeVpcPeeringConnections", "vpcPeeringConnectionSet", items, next);

    private static string PeeringXml(string id, string state, string requester, string accepter) =>
        $"<item><vpcPeeringConnectionId>{id}</vpcPeeringConnectionId><status><code>{state}</code></status>"
        + $"<requesterVpcInfo>{requester}</requesterVpcInfo><accepterVpcInfo>{accepter}</accepterVpcInfo></item>";

    private static string End(string vpc, string cidrs) => $"<vpcId>{vpc}</vpcId><ownerId>444455556666</ownerId><region>eu-west-2</region>{cidrs}";

    private static string Lists(string items) => Answer("DescribeManagedPrefixLists", "prefixListSet", items);

    private static string List(string id, string name) => $"<item><prefixListId>{id}</prefixListId><prefixListName>{name}</prefixListName><version>3</version></item>";

    private static string Entries(string[] cidrs, string? next = null) =>
        Answer("GetManagedPrefixListEntries", "entrySet", string.Concat(cidrs.Select(cidr => $"<item><cidr>{cidr}</cidr></item>")), next);

    private static string Answer(string operation, string set, string items, string? next = null) =>
        $"<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId><{set}>{items}</{set}>"
        + $"{(next is null ? "" : $"<nextToken>{next}</nextToken>")}</{operation}Response>";
}

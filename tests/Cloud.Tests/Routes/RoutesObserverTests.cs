using System.Net;
using Automation.Aws;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Routes;

/// <summary>What connects VPCs is asked for once a scope, and what cannot be read is unknown.</summary>
public sealed class RoutesObserverTests : IDisposable
{
    private const string Ec2 = "POST https://ec2.eu-west-1.amazonaws.com/";

    private static readonly Dictionary<string, string> s_sets = new()
    {
        ["DescribeSubnets"] = "subnetSet",
        ["DescribeRouteTables"] = "routeTableSet",
        ["DescribeVpcPeeringConnections"] = "vpcPeeringConnectionSet",
        ["DescribeTransitGatewayAttachments"] = "transitGatewayAttachments",
        ["DescribeTransitGatewayVpcAttachments"] = "transitGatewayVpcAttachments",
        ["DescribeTransitGatewayRouteTables"] = "transitGatewayRouteTables",
        ["DescribeManagedPrefixLists"] = "prefixListSet",
        ["GetManagedPrefixListEntries"] = "entrySet",
    };

    private readonly FakeAws _aws = new() { AnyOrder = true };
    private readonly HashSet<string> _denied = [];

    public static TheoryData<string, string> Parts => new()
    {
        { "DescribeSubnets", "subnets" },
        { "DescribeVpcPeeringConnections", "peering connections" },
        { "DescribeTransitGatewayAttachments", "transit gateway attachments" },
        { "DescribeTransitGatewayVpcAttachments", "transit gateway attachments" },
        { "DescribeTransitGatewayRouteTables", "transit gateway route tables" },
    };

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Asks_once_for_each_kind_of_thing_however_many_VPCs_there_are()
    {
        var vpcs = Enumerable.Range(1, 200).ToArray();
        Answers(
            ("DescribeSubnets", string.Concat(vpcs.Select(vpc => $"<item><subnetId>subnet-{vpc:x8}</subnetId><vpcId>vpc-{vpc:x8}</vpcId>"
                + $"<cidrBlock>10.{vpc}.0.0/24</cidrBlock><availabilityZoneId>euw1-az1</availabilityZoneId></item>"))),
            ("DescribeRouteTables", string.Concat(vpcs.Select(vpc => Table(vpc, "")))));

        var seen = await ObserveAsync();

        Assert.Empty(seen.Problems());
        Assert.Equal((200, 200), (seen.Subnets.Items.Length, seen.RouteTables.Items.Length));
        Assert.Equal(6, _aws.Requests.Count);
    }

    [Fact]
    public async Task Reads_the_prefix_lists_that_routes_name_but_those_of_gateway_endpoints()
    {
        Answers(
            ("DescribeRouteTables", Table(1, Route("pl-00000001", "<transitGatewayId>tgw-00000001</transitGatewayId>") + Route("pl-63a5400a", "<gatewayId>vpce-00000001</gatewayId>"))
                + Table(2, Route("pl-00000001", "<natGatewayId>nat-00000001</natGatewayId>"))),
            ("DescribeManagedPrefixLists", "<item><prefixListId>pl-00000001</prefixListId><prefixListName>offices</prefixListName></item>"),
            ("GetManagedPrefixListEntries", "<item><cidr>10.9.0.0/16</cidr></item>"));

        var seen = await ObserveAsync();

        Assert.Empty(seen.Problems());
        Assert.Equal("pl-00000001 10.9.0.0/16", Assert.Single(seen.PrefixLists.Items.Select(list => $"{list.Id} {list.Entries}")));
        Assert.DoesNotContain(_aws.Requests, request => request.Body.Contains("pl-63a5400a", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_part_that_cannot_be_read_is_unknown_and_the_others_are_not(string operation, string part)
    {
        Denied(operation);
        Answers();

        var seen = await ObserveAsync();

        Assert.StartsWith($"{part}: EC2 {operation} failed (UnauthorizedOperation)", Assert.Single(seen.Problems()), StringComparison.Ordinal);
        Assert.Contains($"allow ec2:{operation} in the role of the function", Assert.Single(seen.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_every_route_table_not_every_prefix_list_is_known()
    {
        Denied("DescribeRouteTables");
        Answers();

        var seen = await ObserveAsync();

        Assert.False(seen.RouteTables.IsComplete);
        Assert.Equal("not every route table is known", seen.PrefixLists.Problem);
    }

    [Fact]
    public async Task Prefix_lists_without_permission_are_unknown_and_the_routes_that_name_them_are_not()
    {
        Answers(("DescribeRouteTables", Table(1, Route("pl-00000001", "<transitGatewayId>tgw-00000001</transitGatewayId>"))));
        Denied("DescribeManagedPrefixLists");

        var seen = await ObserveAsync();

        Assert.Single(seen.RouteTables.Items.Single().Routes);
        Assert.Contains("allow ec2:DescribeManagedPrefixLists", Assert.Single(seen.Problems()), StringComparison.Ordinal);
    }

    private Task<NetworkSeen> ObserveAsync() => RoutesObserver.ObserveAsync(Scope(_aws).Ec2, Stopping);

    /// <summary>Answers to what is asked in any case, empty where no items are given.</summary>
    private void Answers(params (string Operation, string Items)[] with)
    {
        var items = with.ToDictionary(answer => answer.Operation, answer => answer.Items);
        var always = s_sets.Keys.Where(operation => operation.StartsWith("Describe", StringComparison.Ordinal) && operation != "DescribeManagedPrefixLists");
        foreach (var operation in always.Union(items.Keys).Except(_denied))
        {
            var set = s_sets[operation];
            _aws.On(Ec2, $"Action={operation}&").Xml(
                $"<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId><{set}>{items.GetValueOrDefault(operation)}</{set}></{operation}Response>");
        }
    }

    private void Denied(string operation)
    {
        _denied.Add(operation);
        _aws.On(Ec2, $"Action={operation}&").Ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation.", HttpStatusCode.Forbidden);
    }

    private static string Table(int vpc, string routes) =>
        $"<item><routeTableId>rtb-{vpc:x8}</routeTableId><vpcId>vpc-{vpc:x8}</vpcId><routeSet>{routes}</routeSet></item>";

    private static string Route(string list, string target) => $"<item><destinationPrefixListId>{list}</destinationPrefixListId>{target}<state>active</state></item>";
}

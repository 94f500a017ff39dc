using System.Net;
using VpcTags = Automation.Routes.VpcTags;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class Ec2ClientTests : IDisposable
{
    private const string Ec2 = "POST https://ec2.eu-west-1.amazonaws.com/";
    private const string Namespace = "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"";

    private readonly FakeAws _aws = new();

    private IEc2 Client => Scope(_aws).Ec2;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Reads_a_VPC_with_all_its_CIDRs_and_its_tag()
    {
        _aws.On(Ec2, "Action=DescribeVpcs", "MaxResults=1000").Xml(Vpcs(Vpc(
            "vpc-0a1b2c3d4e5f60718",
            "10.0.0.0/16",
            Cidr("10.0.0.0/16", "associated") + Cidr("10.1.0.0/16", "disassociating"),
            "<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>"
            + "<tagSet><item><key>tailscale:advertise</key><value>false</value></item><item><key>tailscale:overlap</key><value>via6</value></item>"
            + "<item><key>tailscale:site-id</key><value>7</value></item></tagSet>")));

        var listing = await Client.DescribeVpcsAsync(null, Stopping);

        var vpc = Assert.Single(listing.Items);
        Assert.Null(listing.Problem);
        Assert.Equal("10.0.0.0/16", vpc.Primary.ToString());
        Assert.Equal(
            ["10.0.0.0/16 associated", "10.1.0.0/16 disassociating", "2001:db8::/56 associated"],
            vpc.Cidrs.Select(cidr => $"{cidr.Prefix} {cidr.State}"));
        Assert.Equal(("false", "via6", "7"), (vpc.Advertise, vpc.Overlap, vpc.SiteTag));
        Assert.Null(vpc.DnsSupport);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public async Task Reads_whether_a_router_can_translate_names(string tag, bool dns64)
    {
        var tags = tag.Length == 0 ? "" : $"<item><key>tailscale:dns64</key><value>{tag}</value></item>";
        _aws.On(Ec2).Xml(Instances(InstanceXml("i-0a1b2c3d4e5f60718", "running", "", tags)));

        Assert.Equal(dns64, Assert.Single((await Client.DescribeNodesAsync(Stopping)).Items).Dns64);
    }

    [Fact]
    public async Task Reads_five_CIDRs_of_one_VPC()
    {
        var all = Enumerable.Range(0, 5).Select(number => $"10.{number}.0.0/16").ToArray();
        _aws.On(Ec2).Xml(Vpcs(Vpc("vpc-00000001", all[0], string.Concat(all.Select(cidr => Cidr(cidr, "associated"))))));

        Assert.Equal(all, (await Client.DescribeVpcsAsync(null, Stopping)).Items.Single().Cidrs.Select(cidr => cidr.Prefix.ToString()));
    }

    [Fact]
    public async Task Writes_one_tag_of_a_VPC()
    {
        _aws.On(Ec2, "Action=CreateTags", "ResourceId.1=vpc-0a1b2c3d4e5f60718", "Tag.1.Key=tailscale%3Asite-id", "Tag.1.Value=7")
            .Xml($"<CreateTagsResponse {Namespace}><requestId>r-1</requestId><return>true</return></CreateTagsResponse>");

        await Client.TagVpcAsync(RouterVpc, VpcTags.SiteId, "7", Stopping);
    }

    [Fact]
    public async Task Says_that_a_VPC_that_is_gone_cannot_be_tagged()
    {
        _aws.On(Ec2).Ec2Error("InvalidVpcID.NotFound", "The vpc ID 'vpc-0a1b2c3d4e5f60718' does not exist");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.TagVpcAsync(RouterVpc, VpcTags.SiteId, "7", Stopping));

        Assert.Equal(Failure.NotFound, failed.Failure);
    }

    [Fact]
    public async Task Asks_for_one_VPC_with_a_filter()
    {
        _aws.On(Ec2, "Filter.1.Name=vpc-id", "Filter.1.Value.1=vpc-0a1b2c3d4e5f60718", "MaxResults=1000").Xml(Vpcs(""));

        var listing = await Client.DescribeVpcsAsync(RouterVpc, Stopping);

        Assert.Empty(listing.Items);
        Assert.Null(listing.Problem);
    }

    [Fact]
    public async Task Reads_an_answer_without_any_list_as_empty()
    {
        _aws.On(Ec2).Xml($"<DescribeVpcsResponse {Namespace}><requestId>r-1</requestId></DescribeVpcsResponse>");
        _aws.On(Ec2).Xml($"<DescribeInstancesResponse {Namespace}><requestId>r-1</requestId></DescribeInstancesResponse>");

        Assert.Empty((await Client.DescribeVpcsAsync(null, Stopping)).Items);
        Assert.Empty((await Client.DescribeNodesAsync(Stopping)).Items);
    }

    [Theory]
    [InlineData("<html><body>Service Unavailable</body></html>")]
    [InlineData("<DescribeVpcsResponse/>")]
    public async Task Does_not_take_for_an_empty_list_what_is_no_answer_of_EC2(string body)
    {
        _aws.On(Ec2).Xml(body).On(Ec2).Xml(body);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeVpcsAsync(null, Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
        Assert.Equal("EC2 DescribeInstances failed (unreadable): it is no answer of EC2: check the endpoint and what lies between", (await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeNodesAsync(Stopping))).Message);
    }

    [Fact]
    public async Task A_value_that_the_SDK_cannot_read_makes_the_call_fail_and_is_not_told()
    {
        var body = $"<DescribeVpcAttributeResponse {Namespace}><requestId>r-1</requestId><enableDnsSupport><value>perhaps</value></enableDnsSupport></DescribeVpcAttributeResponse>";
        _aws.On(Ec2).Xml(body).On(Ec2).Xml(body);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeVpcDnsAsync(RouterVpc, Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
        Assert.DoesNotContain("perhaps", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_to_the_last_page()
    {
        _aws.On(Ec2, "Action=DescribeVpcs").Xml(Vpcs(Vpc("vpc-00000001", "10.0.0.0/16", ""), next: "page2"))
            .On(Ec2, "NextToken=page2", "MaxResults=1000").Xml(Vpcs(Vpc("vpc-00000002", "10.1.0.0/16", "")));

        var listing = await Client.DescribeVpcsAsync(null, Stopping);

        Assert.Equal(["vpc-00000001", "vpc-00000002"], listing.Items.Select(vpc => vpc.Id.ToString()));
        Assert.Null(listing.Problem);
    }

    [Fact]
    public async Task Keeps_what_was_read_when_a_later_page_fails()
    {
        _aws.On(Ec2).Xml(Vpcs(Vpc("vpc-00000001", "10.0.0.0/16", ""), next: "page2"))
            .On(Ec2).Ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation.", HttpStatusCode.Forbidden);

        var listing = await Client.DescribeVpcsAsync(null, Stopping);

        Assert.Single(listing.Items);
        Assert.Contains("allow ec2:DescribeVpcs in the role of the function", listing.Problem, StringComparison.Ordinal);
        Assert.False(listing.AsSeen().IsComplete);
    }

    [Fact]
    public async Task Stops_where_a_page_leads_to_itself()
    {
        _aws.On(Ec2).Xml(Vpcs("", next: "page2")).On(Ec2).Xml(Vpcs("", next: "page2"));

        Assert.Contains("twice", (await Client.DescribeVpcsAsync(null, Stopping)).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vpc-1", "10.0.0.0/16", "", "'vpc-1' is not the id of a VPC")]
    [InlineData("vpc-00000001", "10.0.0.0", "", "vpc-00000001 has '10.0.0.0' for its first CIDR")]
    [InlineData("vpc-00000001", "10.0.0.0/16", "10.0.0.0/99", "vpc-00000001 has a CIDR '10.0.0.0/99' in state 'associated'")]
    public async Task Leaves_out_a_VPC_it_cannot_read_and_says_so(string id, string primary, string other, string problem)
    {
        _aws.On(Ec2).Xml(Vpcs(
            Vpc(id, primary, other.Length == 0 ? "" : Cidr(other, "associated")) + Vpc("vpc-00000002", "10.1.0.0/16", "")));

        var listing = await Client.DescribeVpcsAsync(null, Stopping);

        Assert.Equal("vpc-00000002", Assert.Single(listing.Items).Id.ToString());
        Assert.Equal(problem, listing.Problem);
    }

    [Theory]
    [InlineData("failed", true)]
    [InlineData("disassociated", true)]
    [InlineData("associating", false)]
    public async Task Passes_over_a_block_without_address_only_when_none_will_come(string state, bool isComplete)
    {
        _aws.On(Ec2).Xml(Vpcs(Vpc("vpc-00000001", "10.0.0.0/16", Cidr("10.0.0.0/16", "associated") + Cidr("", state))));

        Assert.Equal(isComplete, (await Client.DescribeVpcsAsync(null, Stopping)).Problem is null);
    }

    [Fact]
    public async Task Reads_nodes_by_their_tag_in_any_state()
    {
        _aws.On(Ec2, "Action=DescribeInstances", "Filter.1.Name=tag-key", "Filter.1.Value.1=tailscale%3Arole", "MaxResults=1000").Xml(Instances(
            InstanceXml("i-0a1b2c3d4e5f60718", "running", "<vpcId>vpc-00000001</vpcId><subnetId>subnet-00000001</subnetId><instanceType>t4g.nano</instanceType><privateIpAddress>10.0.1.7</privateIpAddress><ipv6Address>2001:db8::7</ipv6Address>")
            + InstanceXml("i-0a1b2c3d4e5f60719", "terminated", ""),
            next: "page2"))
            .On(Ec2, "NextToken=page2").Xml(Instances(InstanceXml("i-0a1b2c3d4e5f60720", "pending", "")));

        var listing = await Client.DescribeNodesAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(["running", "terminated", "pending"], listing.Items.Select(instance => instance.State));
        var first = listing.Items[0];
        Assert.Equal(("subnet-router", "vpc-00000001", "subnet-00000001"), (first.Role, first.Vpc?.ToString(), first.Subnet?.ToString()));
        Assert.Equal(DateTimeOffset.Parse("2026-11-23T10:00:00Z", null), first.LaunchedAt);
        Assert.Equal(("10.0.1.7", "2001:db8::7"), (first.PrivateAddress.ToString(), first.IPv6Address.ToString()));
        Assert.Null(listing.Items[1].Vpc);
        Assert.Null(listing.Items[1].Subnet);
        Assert.Null(listing.Items[1].PrivateAddress);
        Assert.Null(listing.Items[1].IPv6Address);
    }

    [Theory]
    [InlineData("i-1", "<vpcId>vpc-00000001</vpcId>", "'i-1' is not the id of an instance")]
    [InlineData("i-00000001", "<vpcId>vpc</vpcId>", "i-00000001 is in 'vpc', which is not the id of a VPC")]
    [InlineData("i-00000001", "<subnetId>s</subnetId>", "i-00000001 is in 's', which is not the id of a subnet")]
    [InlineData("i-00000001", "<privateIpAddress>10.0.1</privateIpAddress>", "i-00000001 has the private address '10.0.1'")]
    [InlineData("i-00000001", "<privateIpAddress>2001:db8::7</privateIpAddress>", "i-00000001 has the private address '2001:db8::7'")]
    [InlineData("i-00000001", "<ipv6Address>10.0.1.7</ipv6Address>", "i-00000001 has the IPv6 address '10.0.1.7'")]
    public async Task Leaves_out_an_instance_it_cannot_read_and_says_so(string id, string more, string problem)
    {
        _aws.On(Ec2).Xml(Instances(InstanceXml(id, "running", more) + InstanceXml("i-00000002", "running", "")));

        var listing = await Client.DescribeNodesAsync(Stopping);

        Assert.Equal("i-00000002", Assert.Single(listing.Items).Id.ToString());
        Assert.Equal(problem, listing.Problem);
    }

    [Fact]
    public async Task Counts_the_problems_after_the_first()
    {
        _aws.On(Ec2).Xml(Instances(InstanceXml("a", "running", "") + InstanceXml("b", "running", "") + InstanceXml("c", "running", "")));

        Assert.Equal("'a' is not the id of an instance (and 2 more)", (await Client.DescribeNodesAsync(Stopping)).Problem);
    }

    [Fact]
    public async Task Describes_one_instance_by_its_id()
    {
        _aws.On(Ec2, "InstanceId.1=i-0a1b2c3d4e5f60718").Xml(Instances(InstanceXml("i-0a1b2c3d4e5f60718", "stopped", "")));

        var instance = await Client.DescribeInstanceAsync(Router, Stopping);

        Assert.Equal("stopped", instance!.State);
        Assert.DoesNotContain("MaxResults", _aws.Requests[0].Body, StringComparison.Ordinal);   // EC2 refuses it beside ids
    }

    [Theory]
    [InlineData("InvalidInstanceID.NotFound")]
    [InlineData("InvalidInstanceID.Malformed")]
    public async Task Knows_no_instance_that_EC2_does_not_know(string code)
    {
        _aws.On(Ec2).Ec2Error(code, "The instance ID does not exist");

        Assert.Null(await Client.DescribeInstanceAsync(Router, Stopping));
    }

    [Fact]
    public async Task Fails_where_the_one_instance_cannot_be_read()
    {
        _aws.On(Ec2).Xml(Instances(InstanceXml("i-0a1b2c3d4e5f60718", "running", "<vpcId>vpc</vpcId>")));

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeInstanceAsync(Router, Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    [Fact]
    public async Task Reads_both_DNS_attributes()
    {
        // Both calls run at once: either may come first.
        var body = $"<DescribeVpcAttributeResponse {Namespace}><requestId>r-1</requestId><enableDnsSupport><value>true</value></enableDnsSupport>"
            + "<enableDnsHostnames><value>false</value></enableDnsHostnames></DescribeVpcAttributeResponse>";
        _aws.On(Ec2, "Action=DescribeVpcAttribute", "VpcId=vpc-0a1b2c3d4e5f60718").Xml(body).On(Ec2).Xml(body);

        Assert.Equal((true, false), await Client.DescribeVpcDnsAsync(RouterVpc, Stopping));

        Assert.Contains(_aws.Requests, request => request.Body.Contains("Attribute=enableDnsSupport", StringComparison.Ordinal));
        Assert.Contains(_aws.Requests, request => request.Body.Contains("Attribute=enableDnsHostnames", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Does_not_take_a_missing_DNS_attribute_for_off()
    {
        var body = $"<DescribeVpcAttributeResponse {Namespace}><requestId>r-1</requestId></DescribeVpcAttributeResponse>";
        _aws.On(Ec2).Xml(body).On(Ec2).Xml(body);

        await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeVpcDnsAsync(RouterVpc, Stopping));
    }

    [Fact]
    public async Task Retries_EC2_s_throttling_and_then_says_so()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(Ec2).Ec2Error("RequestLimitExceeded", "Request limit exceeded.", HttpStatusCode.ServiceUnavailable);
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeVpcsAsync(null, Stopping));

        Assert.Equal((Failure.Throttled, "RequestLimitExceeded", true), (failed.Failure, failed.Code, failed.CanRetry));
    }

    [Fact]
    public async Task Goes_on_when_a_throttled_call_succeeds_later()
    {
        _aws.On(Ec2).Ec2Error("RequestLimitExceeded", "Request limit exceeded.", HttpStatusCode.ServiceUnavailable).On(Ec2).Xml(Vpcs(""));

        Assert.Empty((await Client.DescribeVpcsAsync(null, Stopping)).Items);
    }

    private static string Vpcs(string items, string? next = null) =>
        $"<DescribeVpcsResponse {Namespace}><requestId>r-1</requestId><vpcSet>{items}</vpcSet>{Next(next)}</DescribeVpcsResponse>";

    private static string Vpc(string id, string primary, string cidrs, string more = "") =>
        $"<item><vpcId>{id}</vpcId><cidrBlock>{primary}</cidrBlock><cidrBlockAssociationSet>{cidrs}</cidrBlockAssociationSet>{more}</item>";

    private static string Cidr(string cidr, string state) =>
        $"<item><cidrBlock>{cidr}</cidrBlock><cidrBlockState><state>{state}</state></cidrBlockState></item>";

    private static string Instances(string items, string? next = null) =>
        $"<DescribeInstancesResponse {Namespace}><requestId>r-1</requestId><reservationSet><item><instancesSet>{items}</instancesSet></item></reservationSet>{Next(next)}</DescribeInstancesResponse>";

    private static string InstanceXml(string id, string state, string more, string tags = "") =>
        $"<item><instanceId>{id}</instanceId><instanceState><code>16</code><name>{state}</name></instanceState>"
        + "<launchTime>2026-11-23T10:00:00.000Z</launchTime>"
        + $"<tagSet><item><key>tailscale:role</key><value>subnet-router</value></item>{tags}</tagSet>{more}</item>";

    private static string Next(string? token) => token is null ? "" : $"<nextToken>{token}</nextToken>";
}

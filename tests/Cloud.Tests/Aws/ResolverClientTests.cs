using System.Net;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class ResolverClientTests : IDisposable
{
    private const string Resolver = "POST https://route53resolver.eu-west-1.amazonaws.com/";
    private const string Endpoints = "X-Amz-Target: Route53Resolver.ListResolverEndpoints";
    private const string Addresses = "X-Amz-Target: Route53Resolver.ListResolverEndpointIpAddresses";
    private const string Rules = "X-Amz-Target: Route53Resolver.ListResolverRules";
    private const string Associations = "X-Amz-Target: Route53Resolver.ListResolverRuleAssociations";
    private const string NoRules = """{"ResolverRules":[]}""", NoAssociations = """{"ResolverRuleAssociations":[]}""";

    private readonly FakeAws _aws = new() { AnyOrder = true };

    private IResolver Client => Scope(_aws).Resolver;

    public void Dispose() => _aws.Dispose();

    [Fact]
    public async Task Lists_inbound_endpoints_to_the_last_page_with_the_addresses_of_those_that_serve()
    {
        _aws.On(Resolver, Endpoints, "Content-Type: application/x-amz-json-1.1", """{"MaxResults":100,"Filters":[{"Name":"Direction","Values":["INBOUND"]}]}""")
            .Json($$"""{"ResolverEndpoints":[{{Endpoint("rslvr-in-1", "OPERATIONAL")}},{{Endpoint("rslvr-in-2", "ACTION_NEEDED")}}],"NextToken":"more","MaxResults":100}""")
            .On(Resolver, Endpoints, """{"MaxResults":100,"NextToken":"more","Filters":""")
            .Json($$"""{"ResolverEndpoints":[{{Endpoint("rslvr-in-3", "UPDATING")}},{{Endpoint("rslvr-in-4", "AUTO_RECOVERING")}},{{Endpoint("rslvr-out", "OPERATIONAL", "OUTBOUND")}}]}""")
            .On(Resolver, Addresses, """{"MaxResults":100,"ResolverEndpointId":"rslvr-in-1"}""")
            .Json("""{"IpAddresses":[{"IpId":"rni-1","Ip":"10.0.0.5","Ipv6":"2001:db8::5","Status":"ATTACHED"}],"NextToken":"a"}""")
            .On(Resolver, Addresses, "\"NextToken\":\"a\"", "rslvr-in-1").Json("""{"IpAddresses":[{"Ip":"10.0.1.5","Status":"DETACHING"}]}""")
            .On(Resolver, Addresses, "rslvr-in-3").Json("""{"IpAddresses":[{"Ip":"10.0.2.5","Status":"ATTACHED"}]}""")
            .On(Resolver, Addresses, "rslvr-in-4").Json("""{"IpAddresses":[]}""");

        var listing = await Client.ListInboundEndpointsAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            ["rslvr-in-1 OPERATIONAL 10.0.0.5 ATTACHED, 2001:db8::5 ATTACHED, 10.0.1.5 DETACHING", "rslvr-in-2 ACTION_NEEDED ", "rslvr-in-3 UPDATING 10.0.2.5 ATTACHED", "rslvr-in-4 AUTO_RECOVERING "],
            listing.Items.Select(endpoint => $"{endpoint.Id} {endpoint.Status} {string.Join(", ", endpoint.Addresses.Select(one => $"{one.Address} {one.Status}"))}"));
        Assert.All(listing.Items, endpoint => Assert.Equal(RouterVpc, endpoint.Vpc));
        Assert.Contains("/eu-west-1/route53resolver/aws4_request", _aws.Requests[0].Header("Authorization"), StringComparison.Ordinal);
        Assert.Equal(6, _aws.Requests.Count);
    }

    [Fact]
    public async Task Leaves_out_an_endpoint_whose_addresses_it_cannot_read_and_says_so()
    {
        _aws.On(Resolver, Endpoints).Json($$"""{"ResolverEndpoints":[{{Endpoint("rslvr-in-1", "OPERATIONAL")}},{{Endpoint("rslvr-in-2", "OPERATIONAL")}}]}""")
            .On(Resolver, Addresses, "rslvr-in-1").JsonError("ResourceNotFoundException", "gone")
            .On(Resolver, Addresses, "rslvr-in-2").Json("""{"IpAddresses":[{"Ip":"10.0.0.5","Status":"ATTACHED"}]}""");

        var listing = await Client.ListInboundEndpointsAsync(Stopping);

        Assert.Equal("rslvr-in-2", Assert.Single(listing.Items).Id);
        Assert.StartsWith("addresses of rslvr-in-1: Route 53 Resolver ListResolverEndpointIpAddresses failed (ResourceNotFoundException)", listing.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Direction":"INBOUND","HostVPCId":"vpc-0a1b2c3d4e5f60718","Status":"CREATING"}""", "a Resolver endpoint has no id")]
    [InlineData("null", "a Resolver endpoint has no id")]
    [InlineData("""{"Id":"e","Direction":"INBOUND","HostVPCId":"vpc-1","Status":"CREATING"}""", "Resolver endpoint e is in 'vpc-1', which is not the id of a VPC")]
    [InlineData("""{"Id":"e","Direction":"INBOUND","HostVPCId":"vpc-0a1b2c3d4e5f60718"}""", "Resolver endpoint e has no status")]
    [InlineData("""{"Id":"e","HostVPCId":"vpc-0a1b2c3d4e5f60718","Status":"CREATING"}""", "Resolver endpoint e has no direction")]
    public async Task Leaves_out_an_endpoint_it_cannot_read_and_says_so(string endpoint, string problem)
    {
        _aws.On(Resolver, Endpoints).Json($$"""{"ResolverEndpoints":[{{endpoint}},{{Endpoint("rslvr-in-2", "CREATING")}}]}""");

        var listing = await Client.ListInboundEndpointsAsync(Stopping);

        Assert.Equal("rslvr-in-2", Assert.Single(listing.Items).Id);
        Assert.Equal(problem, listing.Problem);
    }

    [Theory]
    [InlineData("""{"Status":"ATTACHED"}""", "one has no address or no status")]
    [InlineData("""{"Ip":"10.0.0.5"}""", "one has no address or no status")]
    [InlineData("null", "one has no address or no status")]
    [InlineData("""{"Ip":"ten","Status":"ATTACHED"}""", "'ten' is no address")]
    public async Task An_address_that_cannot_be_read_leaves_its_endpoint_out(string address, string problem)
    {
        _aws.On(Resolver, Endpoints).Json($$"""{"ResolverEndpoints":[{{Endpoint("rslvr-in-1", "OPERATIONAL")}}]}""")
            .On(Resolver, Addresses).Json($$"""{"IpAddresses":[{"Ip":"10.0.0.6","Status":"ATTACHED"},{{address}}]}""");

        var listing = await Client.ListInboundEndpointsAsync(Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal("addresses of rslvr-in-1: " + problem, listing.Problem);
    }

    [Fact]
    public async Task Lists_forward_rules_with_the_VPCs_that_they_hold_for()
    {
        _aws.On(Resolver, Rules, """{"MaxResults":100,"Filters":[{"Name":"TYPE","Values":["FORWARD"]}]}""")
            .Json($$"""{"ResolverRules":[{{Rule("rslvr-rr-1", "Corp.Example.")}},{{Rule("rslvr-rr-9", "sys.example.", "SYSTEM")}}],"NextToken":"more"}""")
            .On(Resolver, Rules, "\"NextToken\":\"more\"").Json($$"""{"ResolverRules":[{{Rule("rslvr-rr-2", ".")}}]}""")
            .On(Resolver, Associations, """{"MaxResults":100}""")
            .Json($$"""{"ResolverRuleAssociations":[{{Association("rslvr-rr-1", '2', "COMPLETE")}},{{Association("rslvr-rr-1", '1', "CREATING")}},{{Association("rslvr-rr-9", '3', "COMPLETE")}}],"NextToken":"a"}""")
            .On(Resolver, Associations, "\"NextToken\":\"a\"")
            .Json($$"""{"ResolverRuleAssociations":[{{Association("rslvr-rr-1", '4', "DELETING")}},{{Association("rslvr-rr-1", '5', "FAILED")}},{{Association("rslvr-rr-1", '6', "OVERRIDDEN")}}]}""");

        var listing = await Client.ListForwardRulesAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            ["rslvr-rr-1 'corp.example' vpc-0a1b2c3d4e5f60711 vpc-0a1b2c3d4e5f60712", "rslvr-rr-2 '' "],
            listing.Items.Select(rule => $"{rule.Id} '{rule.Domain}' {string.Join(' ', rule.Vpcs)}"));
        Assert.Equal(4, _aws.Requests.Count);
    }

    [Theory]
    [InlineData("""{"DomainName":"x.","RuleType":"FORWARD"}""", "a Resolver rule has no id or no type")]
    [InlineData("""{"Id":"r","DomainName":"x."}""", "a Resolver rule has no id or no type")]
    [InlineData("""{"Id":"r","RuleType":"FORWARD"}""", "Resolver rule r has no domain")]
    public async Task Leaves_out_a_rule_it_cannot_read_and_says_so(string rule, string problem)
    {
        _aws.On(Resolver, Rules).Json($$"""{"ResolverRules":[{{rule}},{{Rule("rslvr-rr-2", "x.")}}]}""").On(Resolver, Associations).Json(NoAssociations);

        var listing = await Client.ListForwardRulesAsync(Stopping);

        Assert.Equal("rslvr-rr-2", Assert.Single(listing.Items).Id);
        Assert.Equal(problem, listing.Problem);
    }

    [Theory]
    [InlineData("""{"VPCId":"vpc-0a1b2c3d4e5f60718","Status":"COMPLETE"}""", "an association of a Resolver rule has no rule or no VPC")]
    [InlineData("""{"ResolverRuleId":"r","VPCId":"vpc","Status":"COMPLETE"}""", "an association of a Resolver rule has no rule or no VPC")]
    [InlineData("null", "an association of a Resolver rule has no rule or no VPC")]
    [InlineData("""{"ResolverRuleId":"r","VPCId":"vpc-0a1b2c3d4e5f60718"}""", "whether Resolver rule r holds for vpc-0a1b2c3d4e5f60718 is not known: its status is '(nothing)'")]
    [InlineData("""{"ResolverRuleId":"r","VPCId":"vpc-0a1b2c3d4e5f60718","Status":"PAUSED"}""", "whether Resolver rule r holds for vpc-0a1b2c3d4e5f60718 is not known: its status is 'PAUSED'")]
    public async Task Says_of_which_association_it_cannot_tell(string association, string problem)
    {
        _aws.On(Resolver, Rules).Json($$"""{"ResolverRules":[{{Rule("r", "x.")}}]}""")
            .On(Resolver, Associations).Json($$"""{"ResolverRuleAssociations":[{{association}}]}""");

        var listing = await Client.ListForwardRulesAsync(Stopping);

        Assert.Empty(Assert.Single(listing.Items).Vpcs);
        Assert.Equal(problem, listing.Problem);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"ResolverEndpoints\":")]
    public async Task Does_not_take_an_answer_without_a_list_for_no_endpoints(string body)
    {
        for (var attempt = 0; attempt < 3; attempt++)   // the SDK asks again where it cannot read an answer
        {
            _aws.On(Resolver, Endpoints).Json(body);
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.ListInboundEndpointsAsync(Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    [Fact]
    public async Task Reads_an_answer_whatever_its_content_type_says()
    {
        _aws.On(Resolver, Endpoints).Xml("""{"ResolverEndpoints":[]}""");

        Assert.Equal(new([]), await Client.ListInboundEndpointsAsync(Stopping));
    }

    [Fact]
    public async Task Says_what_to_allow_when_it_is_refused()
    {
        _aws.On(Resolver, Rules).JsonError("AccessDeniedException", "no").On(Resolver, Associations).Json(NoAssociations);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.ListForwardRulesAsync(Stopping));

        Assert.Equal(Failure.Denied, failed.Failure);
        Assert.Contains("(AccessDeniedException): no", failed.Message, StringComparison.Ordinal);
        Assert.Contains("allow route53resolver:ListResolverRules in the role of the function", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Throttling")]
    [InlineData("ThrottlingException")]
    public async Task Retries_throttling_though_it_is_a_400(string code)
    {
        _aws.On(Resolver, Endpoints).JsonError(code, "Rate exceeded").On(Resolver, Endpoints).Json("""{"ResolverEndpoints":[]}""");

        Assert.Equal(new([]), await Client.ListInboundEndpointsAsync(Stopping));
    }

    [Fact]
    public async Task A_page_of_something_in_between_is_no_answer()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(Resolver, Endpoints).Html(HttpStatusCode.BadGateway);
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.ListInboundEndpointsAsync(Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    private static string Endpoint(string id, string status, string direction = "INBOUND") =>
        $$"""{"Id":"{{id}}","CreatorRequestId":"x","Direction":"{{direction}}","HostVPCId":"vpc-0a1b2c3d4e5f60718","IpAddressCount":2,"Status":"{{status}}"}""";

    private static string Rule(string id, string domain, string type = "FORWARD") =>
        $$"""{"Id":"{{id}}","DomainName":"{{domain}}","RuleType":"{{type}}","Status":"COMPLETE","TargetIps":[{"Ip":"192.0.2.1","Port":53}]}""";

    private static string Association(string rule, char vpc, string status) =>
        $$"""{"Id":"rslvr-rrassoc-1","ResolverRuleId":"{{rule}}","VPCId":"vpc-0a1b2c3d4e5f6071{{vpc}}","Status":"{{status}}"}""";
}

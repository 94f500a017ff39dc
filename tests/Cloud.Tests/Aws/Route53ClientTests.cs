using System.Net;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class Route53ClientTests : IDisposable
{
    private const string FirstPage =
        "GET https://route53.amazonaws.com/2013-04-01/hostedzonesbyvpc?maxitems=100&vpcid=vpc-0a1b2c3d4e5f60718&vpcregion=eu-west-1";

    private const string SecondPage =
        "GET https://route53.amazonaws.com/2013-04-01/hostedzonesbyvpc?maxitems=100&nexttoken=a%2Bb%2Fc%3D&vpcid=vpc-0a1b2c3d4e5f60718&vpcregion=eu-west-1";

    private readonly FakeAws _aws = new();

    private IRoute53 Client => Scope(_aws).Route53;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Lists_zones_of_accounts_and_services_to_the_last_page()
    {
        _aws.On(FirstPage).Xml(Zones(Zone("Z1", "Corp.Internal.", "<OwningAccount>444455556666</OwningAccount>"), "a+b/c="))
            .On(SecondPage).Xml(Zones(Zone("Z2", "efs.example.", "<OwningService>efs.amazonaws.com</OwningService>")));

        var listing = await Client.ListHostedZonesByVpcAsync(RouterVpc, Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(
            ["Z1 corp.internal 444455556666", "Z2 efs.example efs.amazonaws.com"],
            listing.Items.Select(zone => $"{zone.Id} {zone.Name} {zone.Owner}"));
        Assert.All(listing.Items, zone => Assert.Equal(RouterVpc, zone.Vpc));
        Assert.Contains("/us-east-1/route53/aws4_request", _aws.Requests[0].Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_what_was_read_when_a_later_page_fails()
    {
        _aws.On(FirstPage).Xml(Zones(Zone("Z1", "corp.internal.", "<OwningAccount>444455556666</OwningAccount>"), "a+b/c="))
            .On(SecondPage).XmlError("InvalidPaginationToken", "bad token");

        var listing = await Client.ListHostedZonesByVpcAsync(RouterVpc, Stopping);

        Assert.Single(listing.Items);
        Assert.Contains("InvalidPaginationToken", listing.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Throws_when_the_first_page_fails()
    {
        _aws.On(FirstPage).XmlError(
            "AccessDenied",
            "User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: route53:ListHostedZonesByVPC on resource: *",
            HttpStatusCode.Forbidden);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.ListHostedZonesByVpcAsync(RouterVpc, Stopping));

        Assert.Equal(Failure.Denied, failed.Failure);
        Assert.Contains("allow route53:ListHostedZonesByVPC in the role of the function", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Z-1", "corp.internal.", "'Z-1' is not the id of a hosted zone")]
    [InlineData("Z1", "", "hosted zone Z1 has no name or no owner")]
    public async Task Leaves_out_a_zone_it_cannot_read_and_says_so(string id, string name, string problem)
    {
        _aws.On(FirstPage).Xml(Zones(
            Zone(id, name, "<OwningAccount>444455556666</OwningAccount>") + Zone("Z2", "b.example.", "<OwningAccount>444455556666</OwningAccount>")));

        var listing = await Client.ListHostedZonesByVpcAsync(RouterVpc, Stopping);

        Assert.Equal("Z2", Assert.Single(listing.Items).Id.ToString());
        Assert.Equal(problem, listing.Problem);
    }

    [Fact]
    public async Task Does_not_take_an_answer_without_a_list_for_no_zones()
    {
        _aws.On(FirstPage).Xml("<ListHostedZonesByVPCResponse/>");

        await Assert.ThrowsAsync<CallFailedException>(() => Client.ListHostedZonesByVpcAsync(RouterVpc, Stopping));
    }

    [Theory]
    [InlineData("Throttling")]
    [InlineData("PriorRequestNotComplete")]
    public async Task Retries_throttling_though_it_is_a_400(string code)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(FirstPage).XmlError(code, "Rate exceeded");
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.ListHostedZonesByVpcAsync(RouterVpc, Stopping));

        Assert.Equal(Failure.Throttled, failed.Failure);
    }

    private static string Zones(string summaries, string? next = null) =>
        "<ListHostedZonesByVPCResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
        + $"<HostedZoneSummaries>{summaries}</HostedZoneSummaries><MaxItems>100</MaxItems>"
        + (next is null ? "" : $"<NextToken>{next}</NextToken>") + "</ListHostedZonesByVPCResponse>";

    private static string Zone(string id, string name, string owner) =>
        $"<HostedZoneSummary><HostedZoneId>{id}</HostedZoneId><Name>{name}</Name><Owner>{owner}</Owner></HostedZoneSummary>";
}

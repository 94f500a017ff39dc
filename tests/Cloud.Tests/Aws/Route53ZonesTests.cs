using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class Route53ZonesTests : IDisposable
{
    private const string Zones = "GET https://route53.amazonaws.com/2013-04-01/hostedzone?maxitems=100";
    private const string Tags = "POST https://route53.amazonaws.com/2013-04-01/tags/hostedzone";
    private const string Xmlns = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";

    private readonly FakeAws _aws = new();

    private IRoute53 Client => Scope(_aws).Route53;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Lists_the_public_zones_alone_to_the_last_page()
    {
        _aws.On(Zones).Xml(Page(Zone("Z1", "Example.COM.", "false") + Zone("Z2", "corp.internal.", "true"), "<IsTruncated>true</IsTruncated><NextMarker>Z3</NextMarker>"))
            .On("GET https://route53.amazonaws.com/2013-04-01/hostedzone?marker=Z3&maxitems=100").Xml(Page(Zone("Z3", "example.org.", "false")));

        var listing = await Client.ListPublicZonesAsync(Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(["Z1 example.com", "Z3 example.org"], listing.Items.Select(zone => $"{zone.Id} {zone.Name}"));
    }

    [Theory]
    [InlineData("/hostedzone/Z-1", "example.com.", "false", "'/hostedzone/Z-1' is not the id of a hosted zone")]
    [InlineData("/hostedzone/Z1", ".", "false", "hosted zone Z1 has no name")]
    [InlineData("/hostedzone/Z1", "example.com.", "", "hosted zone Z1 does not say whether it is private")]
    public async Task Leaves_out_a_zone_it_cannot_read_and_says_so(string id, string name, string isPrivate, string problem)
    {
        _aws.On(Zones).Xml(Page(Zone(id, name, isPrivate) + Zone("Z2", "example.org.", "false")));

        var listing = await Client.ListPublicZonesAsync(Stopping);

        Assert.Equal("Z2", Assert.Single(listing.Items).Id.ToString());
        Assert.Equal(problem, listing.Problem);
    }

    [Theory]
    [InlineData("<IsTruncated>true</IsTruncated>")]
    [InlineData("<X/>")]
    public async Task Does_not_take_a_list_for_whole_that_does_not_say_so(string end)
    {
        _aws.On(Zones).Xml(Page(Zone("Z1", "example.com.", "false"), end));

        var listing = await Client.ListPublicZonesAsync(Stopping);

        Assert.Single(listing.Items);
        Assert.Equal("the list of hosted zones goes on, and does not say where", listing.Problem);
    }

    [Fact]
    public async Task Does_not_take_an_answer_without_a_list_for_no_zones()
    {
        _aws.On(Zones).Xml("<ListHostedZonesResponse/>").On(Tags).Xml("<ListTagsForResourcesResponse/>");

        await Assert.ThrowsAsync<CallFailedException>(() => Client.ListPublicZonesAsync(Stopping));
        await Assert.ThrowsAsync<CallFailedException>(() => Client.ListAssociableZonesAsync([ZoneId.Parse("Z1")], Stopping));
    }

    [Fact]
    public async Task Reads_the_tags_of_ten_zones_a_call()
    {
        var zones = Enumerable.Range(10, 11).Select(number => ZoneId.Parse($"Z{number}")).ToList();
        _aws.On(Tags, $"<ListTagsForResourcesRequest {Xmlns}><ResourceIds>{string.Concat(zones.Take(10).Select(zone => $"<ResourceId>{zone}</ResourceId>"))}</ResourceIds></ListTagsForResourcesRequest>", "Content-Type: application/xml")
            .Xml(TagSets(string.Concat(zones.Take(10).Select(zone => TagSet(zone.ToString(), ("Name", "x"), ("tailscale:associate", zone.ToString() == "Z12" ? "true" : "false"))))))
            .On(Tags, "<ResourceIds><ResourceId>Z20</ResourceId></ResourceIds>").Xml(TagSets(TagSet("Z20", ("tailscale:associate", "true"))));

        var listing = await Client.ListAssociableZonesAsync([.. zones, zones[0]], Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(["Z12", "Z20"], listing.Items.Select(zone => zone.ToString()));
    }

    [Fact]
    public async Task Says_of_which_zone_the_tags_are_not_told()
    {
        _aws.On(Tags).Xml(TagSets(TagSet("Z1")));

        var listing = await Client.ListAssociableZonesAsync([ZoneId.Parse("Z1"), ZoneId.Parse("Z2")], Stopping);

        Assert.Empty(listing.Items);
        Assert.Equal("the tags of hosted zone Z2 are not told", listing.Problem);
    }

    [Fact]
    public async Task Asks_for_no_tags_of_no_zones() => Assert.Equal(new([]), await Client.ListAssociableZonesAsync([], Stopping));

    private static string Page(string zones, string end = "<IsTruncated>false</IsTruncated>") =>
        $"<ListHostedZonesResponse {Xmlns}><HostedZones>{zones}</HostedZones>{end}<MaxItems>100</MaxItems></ListHostedZonesResponse>";

    private static string Zone(string id, string name, string isPrivate) =>
        $"<HostedZone><Id>{(id.StartsWith('/') ? id : "/hostedzone/" + id)}</Id><Name>{name}</Name><CallerReference>x</CallerReference>"
        + $"<Config><PrivateZone>{isPrivate}</PrivateZone></Config></HostedZone>";

    private static string TagSets(string sets) =>
        $"<ListTagsForResourcesResponse {Xmlns}><ResourceTagSets>{sets}</ResourceTagSets></ListTagsForResourcesResponse>";

    private static string TagSet(string zone, params (string Key, string Value)[] tags) =>
        $"<ResourceTagSet><ResourceType>hostedzone</ResourceType><ResourceId>{zone}</ResourceId><Tags>"
        + string.Concat(tags.Select(tag => $"<Tag><Key>{tag.Key}</Key><Value>{tag.Value}</Value></Tag>")) + "</Tags></ResourceTagSet>";
}

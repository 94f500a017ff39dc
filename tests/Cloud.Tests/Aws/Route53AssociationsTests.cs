using System.Net;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class Route53AssociationsTests : IDisposable
{
    private const string Start = "https://route53.amazonaws.com/2013-04-01/";
    private const string Associate = $"POST {Start}hostedzone/Z1/associatevpc";
    private const string Disassociate = $"POST {Start}hostedzone/Z1/disassociatevpc";
    private const string Authorize = $"POST {Start}hostedzone/Z1/authorizevpcassociation";
    private const string Deauthorize = $"POST {Start}hostedzone/Z1/deauthorizevpcassociation";
    private const string Authorized = $"GET {Start}hostedzone/Z1/authorizevpcassociation";
    private const string ZonesOfVpc = $"GET {Start}hostedzonesbyvpc?maxitems=100&vpcid=vpc-0a1b2c3d4e5f60718&vpcregion=eu-west-3";
    private const string Xmlns = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";
    private const string Vpc = "<VPC><VPCRegion>eu-west-3</VPCRegion><VPCId>vpc-0a1b2c3d4e5f60718</VPCId></VPC>";

    private static readonly ZoneId s_zone = ZoneId.Parse("Z1");

    private readonly FakeAws _aws = new();

    private IRoute53 Client => Scope(_aws).Route53;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Associates_and_disassociates_as_documented()
    {
        _aws.On(Associate, $"<AssociateVPCWithHostedZoneRequest {Xmlns}>{Vpc}</AssociateVPCWithHostedZoneRequest>", "Content-Type: application/xml")
            .Xml(Change("AssociateVPCWithHostedZone", "/change/C1", "PENDING"))
            .On(Disassociate, $"<DisassociateVPCFromHostedZoneRequest {Xmlns}>{Vpc}</DisassociateVPCFromHostedZoneRequest>")
            .Xml(Change("DisassociateVPCFromHostedZone", "/change/C2", "PENDING"));

        Assert.Equal("C1", await Client.AssociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping));
        await Client.DisassociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping);
        Assert.Contains("/us-east-1/route53/aws4_request", _aws.Requests[0].Header("Authorization"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Z1", true)]
    [InlineData("Z2", false)]
    public async Task Tells_a_zone_that_is_associated_from_another_one_of_its_name(string there, bool isDone)
    {
        _aws.On(Associate).XmlError("ConflictingDomainExists", "The VPC is already associated with another private hosted zone that has an overlapping name space")
            .On(ZonesOfVpc).Xml(
                $"<ListHostedZonesByVPCResponse {Xmlns}><HostedZoneSummaries><HostedZoneSummary><HostedZoneId>{there}</HostedZoneId><Name>corp.internal.</Name>"
                + "<Owner><OwningAccount>444455556666</OwningAccount></Owner></HostedZoneSummary></HostedZoneSummaries></ListHostedZonesByVPCResponse>");

        var associating = Client.AssociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping);

        if (isDone)
        {
            Assert.Null(await associating);
        }
        else
        {
            var failed = await Assert.ThrowsAsync<CallFailedException>(() => associating);
            Assert.Equal((Failure.Conflict, "AssociateVPCWithHostedZone"), (failed.Failure, failed.Operation));
            Assert.Contains("associated with another zone of this or an overlapping name", failed.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("NotAuthorizedException", 401, Failure.Denied, "the account that owns the zone has not authorised this VPC")]
    [InlineData("LimitsExceeded", 400, Failure.Invalid, "raise Route 53's quota of VPCs per private hosted zone")]
    [InlineData("InvalidVPCId", 400, Failure.NotFound, "there is no such VPC (any more)")]
    [InlineData("NoSuchHostedZone", 404, Failure.NotFound, "AWS said no")]
    public async Task Says_what_to_do_where_it_is_refused(string code, int status, Failure meaning, string remedy)
    {
        _aws.On(Associate).XmlError(code, "AWS said no", (HttpStatusCode)status);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.AssociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping));

        Assert.Equal((meaning, code), (failed.Failure, failed.Code));
        Assert.Contains(remedy, failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PriorRequestNotComplete", "the zone has another change under way")]
    [InlineData("Throttling", "Rate exceeded")]
    public async Task Repeats_what_another_change_or_the_rate_kept_off_and_then_says_so(string code, string words)
    {
        _aws.On(Associate).XmlError(code, "Rate exceeded").On(Associate).Xml(Change("AssociateVPCWithHostedZone", "/change/C1", "PENDING"));
        Assert.Equal("C1", await Client.AssociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping));

        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(Associate).XmlError(code, "Rate exceeded");
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.AssociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping));

        Assert.True(failed.CanRetry);
        Assert.Contains(words, failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<ChangeInfo><Status>PENDING</Status></ChangeInfo>")]
    [InlineData("<ChangeInfo><Id>/change/C1/../x</Id></ChangeInfo>")]
    public async Task A_change_that_could_not_be_asked_after_is_not_taken_for_one(string change)
    {
        _aws.On(Associate).Xml($"<AssociateVPCWithHostedZoneResponse {Xmlns}>{change}</AssociateVPCWithHostedZoneResponse>");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.AssociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    [Theory]
    [InlineData("VPCAssociationNotFound")]
    [InlineData("NoSuchHostedZone")]
    public async Task What_is_not_associated_counts_as_disassociated(string code)
    {
        _aws.On(Disassociate).XmlError(code, "no", HttpStatusCode.NotFound);

        await Client.DisassociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping);
    }

    [Fact]
    public async Task The_last_VPC_of_a_zone_stays_and_the_message_says_why()
    {
        _aws.On(Disassociate).XmlError("LastVPCAssociation", "no");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DisassociateVpcAsync(s_zone, RouterVpc, "eu-west-3", Stopping));

        Assert.Equal(Failure.Invalid, failed.Failure);
        Assert.Contains("a private zone keeps its last VPC", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PENDING", false)]
    [InlineData("INSYNC", true)]
    public async Task Knows_whether_a_change_is_everywhere(string status, bool isInSync)
    {
        _aws.On($"GET {Start}change/C1").Xml(Change("GetChange", "/change/C1", status));

        Assert.Equal(isInSync, await Client.IsInSyncAsync("C1", Stopping));
    }

    [Fact]
    public async Task A_change_that_Route_53_has_forgotten_is_everywhere_and_one_of_another_word_is_not_known()
    {
        _aws.On($"GET {Start}change/C1").XmlError("NoSuchChange", "no", HttpStatusCode.NotFound)
            .On($"GET {Start}change/C1").Xml(Change("GetChange", "/change/C1", "LOST"));

        Assert.True(await Client.IsInSyncAsync("C1", Stopping));
        Assert.Equal(Failure.Unavailable, (await Assert.ThrowsAsync<CallFailedException>(() => Client.IsInSyncAsync("C1", Stopping))).Failure);
    }

    [Fact]
    public async Task Lists_authorisations_to_the_last_page_and_says_what_it_cannot_read()
    {
        _aws.On(Authorized).Xml($"<R {Xmlns}><HostedZoneId>Z1</HostedZoneId><VPCs>{Vpc}</VPCs><NextToken>more</NextToken></R>")
            .On(Authorized + "?nexttoken=more").Xml($"<R {Xmlns}><VPCs><VPC><VPCId>vpc-1</VPCId></VPC></VPCs></R>")
            .On(Authorized).Xml($"<R {Xmlns}/>");

        var listing = await Client.ListVpcAssociationAuthorizationsAsync(s_zone, Stopping);

        Assert.Equal([RouterVpc], listing.Items);
        Assert.Equal("'vpc-1' is not the id of a VPC", listing.Problem);
        await Assert.ThrowsAsync<CallFailedException>(() => Client.ListVpcAssociationAuthorizationsAsync(s_zone, Stopping));
    }

    [Fact]
    public async Task Authorises_and_takes_it_back_as_documented()
    {
        _aws.On(Authorize, $"<CreateVPCAssociationAuthorizationRequest {Xmlns}>{Vpc}</CreateVPCAssociationAuthorizationRequest>")
            .Xml($"<CreateVPCAssociationAuthorizationResponse {Xmlns}><HostedZoneId>Z1</HostedZoneId>{Vpc}</CreateVPCAssociationAuthorizationResponse>")
            .On(Deauthorize, $"<DeleteVPCAssociationAuthorizationRequest {Xmlns}>{Vpc}</DeleteVPCAssociationAuthorizationRequest>")
            .Xml($"<DeleteVPCAssociationAuthorizationResponse {Xmlns}/>")
            .On(Deauthorize).Xml("")
            .On(Deauthorize).XmlError("VPCAssociationAuthorizationNotFound", "no", HttpStatusCode.NotFound)
            .On(Deauthorize).XmlError("NoSuchHostedZone", "no", HttpStatusCode.NotFound);

        await Client.CreateVpcAssociationAuthorizationAsync(s_zone, RouterVpc, "eu-west-3", Stopping);
        for (var time = 0; time < 4; time++)
        {
            await Client.DeleteVpcAssociationAuthorizationAsync(s_zone, RouterVpc, "eu-west-3", Stopping);
        }
    }

    [Fact]
    public async Task Says_that_a_zone_has_too_many_authorisations()
    {
        _aws.On(Authorize).XmlError("TooManyVPCAssociationAuthorizations", "no");

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.CreateVpcAssociationAuthorizationAsync(s_zone, RouterVpc, "eu-west-3", Stopping));

        Assert.Equal(Failure.Invalid, failed.Failure);
        Assert.Contains("delete those that nobody waits for", failed.Message, StringComparison.Ordinal);
    }

    private static string Change(string operation, string id, string status) =>
        $"<{operation}Response {Xmlns}><ChangeInfo><Id>{id}</Id><Status>{status}</Status><SubmittedAt>2026-11-23T10:00:00Z</SubmittedAt></ChangeInfo></{operation}Response>";
}

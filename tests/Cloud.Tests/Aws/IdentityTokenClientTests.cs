using System.Net;
using Amazon;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class IdentityTokenClientTests : IDisposable
{
    private const string Sts = "POST https://sts.eu-west-1.amazonaws.com/";
    private const string Audience = "api.tailscale.com/k1CNTRL";

    private readonly FakeAws _aws = new();

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Asks_its_own_Region_for_a_token_of_five_minutes_for_one_audience()
    {
        _aws.On(
                Sts,
                "Action=GetWebIdentityToken&Audience.member.1=api.tailscale.com%2Fk1CNTRL&DurationSeconds=300&SigningAlgorithm=ES384&Version=2011-06-15")
            .Xml("""
                <GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult>
                <WebIdentityToken>a.b.c</WebIdentityToken><Expiration>2026-11-23T10:05:00Z</Expiration>
                </GetWebIdentityTokenResult></GetWebIdentityTokenResponse>
                """);
        var clients = Clients(_aws);

        var token = await clients.GetIdentityTokenAsync(Audience, Stopping);

        Assert.Equal(("a.b.c", "(secret)"), (token.Reveal(), token.ToString()));
        Assert.Contains("/eu-west-1/sts/aws4_request", _aws.Requests[0].Header("Authorization"), StringComparison.Ordinal);
        Assert.Equal(1, clients.Calls["STS"]);
    }

    [Fact]
    public async Task Says_for_what_it_is_to_be_allowed_beside_what_AWS_says()
    {
        _aws.On(Sts).XmlError(
            "AccessDenied", "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: sts:GetWebIdentityToken on resource: * with an explicit deny in a service control policy", HttpStatusCode.Forbidden);

        var failed = await FailAsync();

        Assert.Equal(Failure.Denied, failed.Failure);
        Assert.Contains("with an explicit deny in a service control policy", failed.Message, StringComparison.Ordinal);
        Assert.Contains(
            "allow sts:GetWebIdentityToken in the role of the function on *, for the audience (sts:IdentityTokenAudience) api.tailscale.com/k1CNTRL, "
            + "sts:DurationSeconds 300 and sts:SigningAlgorithm ES384",
            failed.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OutboundWebIdentityFederationDisabledException", "aws iam enable-outbound-web-identity-federation")]
    [InlineData("SessionDurationEscalationException", "the next session has the time")]
    public async Task Reasons_that_are_no_permissions_have_remedies_of_their_own(string code, string remedy)
    {
        _aws.On(Sts).XmlError(code, "no", HttpStatusCode.Forbidden);

        var failed = await FailAsync();

        Assert.Contains(remedy, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("allow sts:", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_a_token_is_unreadable()
    {
        _aws.On(Sts).Xml("<R><GetWebIdentityTokenResult/></R>");

        Assert.Equal(Failure.Unavailable, (await FailAsync()).Failure);
    }

    [Theory]
    [InlineData("us-east-1", "sts.us-east-1.amazonaws.com")]
    [InlineData("cn-north-1", "sts.cn-north-1.amazonaws.com.cn")]
    public void Never_the_global_endpoint(string region, string host) =>
        Assert.Equal(new($"https://{host}/"), IdentityTokenClient.Endpoint(RegionEndpoint.GetBySystemName(region)).Url);

    private Task<CallFailedException> FailAsync() =>
        Assert.ThrowsAsync<CallFailedException>(() => Clients(_aws).GetIdentityTokenAsync(Audience, Stopping));
}

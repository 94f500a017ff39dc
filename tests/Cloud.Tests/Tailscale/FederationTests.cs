using System.Buffers.Text;
using System.Text;

namespace Automation.Tailscale;

public sealed class FederationTests : IDisposable
{
    private const string Exchange = "POST /api/v2/oauth/token-exchange";
    private const string SplitDns = "GET /api/v2/tailnet/-/dns/split-dns";
    private const string Granted = """{"access_token":"tskey-token-1","token_type":"Bearer","expires_in":3600,"scope":"dns"}""";
    private const string Vague = """{"message":"Unauthorized. Visit https://login.example/ for details"}""";

    private readonly List<string> _audiences = [];
    private readonly AClient _a;
    private Func<Task<Secret>>? _instead;
    private TimeSpan _under;
    private int _tokens;

    public FederationTests() => _a = new(audience =>
    {
        _audiences.Add(audience);
        var token = _instead?.Invoke() ?? Task.FromResult(Token(++_tokens));
        _a!.Time.Advance(_under);
        return token;
    });

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => _a.Dispose();

    [Fact]
    public async Task An_identity_token_is_exchanged_with_the_client_ID_and_nothing_else()
    {
        _a.Api.Then(Exchange, 200, Granted).Then(SplitDns, 200, "{}").Then(SplitDns, 200, "{}");

        await _a.Client.GetSplitDnsAsync(Stopping);
        await _a.Client.GetSplitDnsAsync(Stopping);

        _a.Api.AssertAllSent();
        Assert.Equal(["api.tailscale.com/k1CNTRL"], _audiences);
        Assert.Equal($"client_id=k1CNTRL&jwt={Token(1).Reveal()}", _a.Api.Requests[0].Body);
        Assert.Equal("application/x-www-form-urlencoded", _a.Api.Requests[0].MediaType);
        Assert.Null(_a.Api.Requests[0].Authorization);
        Assert.Equal("Bearer tskey-token-1", _a.Api.Requests[1].Authorization);
    }

    [Fact]
    public async Task The_access_token_is_renewed_before_it_ends_as_its_answer_says_with_another_identity_token()
    {
        _a.Api.Then(Exchange, 200, Granted.Replace("3600", "1200", StringComparison.Ordinal)).Then(SplitDns, 200, "{}");
        await _a.Client.GetSplitDnsAsync(Stopping);
        _a.Time.Advance(TimeSpan.FromMinutes(16));
        _a.Api.Then(Exchange, 200, Granted).Then(SplitDns, 200, "{}");
        await _a.Client.GetSplitDnsAsync(Stopping);

        _a.Api.AssertAllSent();
        AssertFreshEachTime(2);
    }

    [Fact]
    public async Task A_refused_access_token_is_replaced_by_another_exchange()
    {
        _a.Api.Then(Exchange, 200, Granted).Then(SplitDns, 401).Then(Exchange, 200, Granted).Then(SplitDns, 200, "{}");

        await _a.Client.GetSplitDnsAsync(Stopping);

        _a.Api.AssertAllSent();
        AssertFreshEachTime(2);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_refusal_says_what_was_shown_and_where_the_reason_is_and_never_the_token(int status)
    {
        _a.Api.Then(Exchange, status, Vague);

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => _a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal(Failure.BadCredential, refused.Failure);
        Assert.Contains(
            "issuer https://issuer.example, subject arn:aws:iam::111122223333:role/Tailnet-ReconcileRole-1, audience api.tailscale.com/k1CNTRL, "
            + "algorithm ES384, valid until 2026-09-01T12:05:00Z",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Contains("admin console: Settings, Trust credentials", refused.Message, StringComparison.Ordinal);
        AssertSecret(refused);
        _a.Api.AssertAllSent();
    }

    [Fact]
    public async Task A_token_that_cannot_be_read_is_said_to_be_and_not_shown()
    {
        _instead = () => Task.FromResult<Secret>(new("hunter2.hunter2"));
        _a.Api.Then(Exchange, 403, Vague);

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => _a.Client.GetSplitDnsAsync(Stopping));

        Assert.Contains("a token that cannot be read", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_once_more_with_another_identity_token()
    {
        _a.Api.ThenLost(Exchange, new HttpRequestException(HttpRequestError.ResponseEnded)).Then(Exchange, 200, Granted).Then(SplitDns, 200, "{}");

        await _a.Client.GetSplitDnsAsync(Stopping);

        _a.Api.AssertAllSent();
        AssertFreshEachTime(2);
    }

    [Fact]
    public async Task Answers_that_are_lost_again_are_unavailable()
    {
        _a.Api.Then(Exchange, 503).Then(Exchange, 503);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => _a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
        AssertSecret(failed);
        AssertFreshEachTime(2);
    }

    [Fact]
    public async Task A_token_that_ended_while_the_process_was_frozen_is_not_taken_for_a_refused_identity()
    {
        _under = TimeSpan.FromMinutes(6);
        _a.Api.Then(Exchange, 403, Vague).Then(Exchange, 200, Granted).Then(SplitDns, 200, "{}");

        await _a.Client.GetSplitDnsAsync(Stopping);

        _a.Api.AssertAllSent();
        AssertFreshEachTime(2);
    }

    [Fact]
    public async Task What_AWS_refuses_is_said_as_it_is_and_Tailscale_is_not_asked()
    {
        _instead = () => throw new CallFailedException(Failure.Denied, "STS", "GetWebIdentityToken", "AccessDenied", "allow it");

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => _a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal("STS GetWebIdentityToken failed (AccessDenied): allow it", refused.Message);
        Assert.Empty(_a.Api.Requests);
    }

    // A token of five minutes, as AWS would make it; the signature tells them apart.
    private static Secret Token(int number) => new(string.Join('.', new[]
    {
        """{"alg":"ES384","typ":"JWT"}""",
        $$"""
        {"iss":"https://issuer.example","sub":"arn:aws:iam::111122223333:role/Tailnet-ReconcileRole-1","aud":"api.tailscale.com/k1CNTRL",
        "exp":{{new DateTimeOffset(2026, 9, 1, 12, 5, 0, TimeSpan.Zero).ToUnixTimeSeconds()}}}
        """,
        $"signature {number}",
    }.Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part)))));

    private void AssertFreshEachTime(int times)
    {
        var sent = _a.Api.Requests.Where(request => request.Line == Exchange).Select(request => request.Body).ToList();
        Assert.Equal(times, sent.Count);
        Assert.Equal(times, sent.Distinct().Count());
    }

    private void AssertSecret(Exception shown) => Assert.All(
        Enumerable.Range(1, Math.Max(_tokens, 1)).SelectMany(number => Token(number).Reveal().Split('.')),
        part => Assert.DoesNotContain(part, shown.ToString(), StringComparison.Ordinal));
}

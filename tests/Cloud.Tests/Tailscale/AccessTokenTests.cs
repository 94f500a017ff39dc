namespace Automation.Tailscale;

public sealed class AccessTokenTests
{
    private const string TokenPath = "POST /api/v2/oauth/token";
    private const string SplitDns = "GET /api/v2/tailnet/-/dns/split-dns";

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_client_is_exchanged_for_a_token_that_later_calls_share()
    {
        using var a = new AClient();
        a.Api.Token().Then(SplitDns, 200, "{}").Then(SplitDns, 200, "{}");

        await a.Client.GetSplitDnsAsync(Stopping);
        await a.Client.GetSplitDnsAsync(Stopping);

        a.Api.AssertAllSent();
        var exchange = a.Api.Requests[0];
        Assert.Equal($"grant_type=client_credentials&client_id=k1CNTRL&client_secret={AClient.ClientSecret}", exchange.Body);
        Assert.Equal("application/x-www-form-urlencoded", exchange.MediaType);
        Assert.Null(exchange.Authorization);
        Assert.All(a.Api.Requests.Skip(1), request => Assert.Equal("Bearer tskey-token-1", request.Authorization));
        Assert.Equal(1, a.CredentialReads);
    }

    [Theory]
    [InlineData(54, 1)]
    [InlineData(56, 2)]
    public async Task A_token_is_renewed_five_minutes_before_its_hour_is_over(int minutes, int tokens)
    {
        using var a = new AClient();
        a.Api.Token().Then(SplitDns, 200, "{}");
        await a.Client.GetSplitDnsAsync(Stopping);
        a.Time.Advance(TimeSpan.FromMinutes(minutes));
        if (tokens == 2)
        {
            a.Api.Token("tskey-token-2");
        }

        a.Api.Then(SplitDns, 200, "{}");
        await a.Client.GetSplitDnsAsync(Stopping);

        a.Api.AssertAllSent();
        Assert.Equal($"Bearer tskey-token-{tokens}", a.Api.Requests[^1].Authorization);
    }

    [Fact]
    public async Task A_short_lived_token_is_still_used()
    {
        using var a = new AClient();
        a.Api.Token(expiresIn: 120).Then(SplitDns, 200, "{}").Then(SplitDns, 200, "{}");

        await a.Client.GetSplitDnsAsync(Stopping);
        await a.Client.GetSplitDnsAsync(Stopping);

        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_request()
    {
        using var a = new AClient();
        a.Api.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        a.Api.Token().Then(SplitDns, 200, "{}").Then(SplitDns, 200, "{}");

        var first = a.Client.GetSplitDnsAsync(Stopping);
        var second = a.Client.GetSplitDnsAsync(Stopping);
        a.Api.Gate.SetResult();
        await Task.WhenAll(first, second);

        Assert.Single(a.Api.Requests, request => request.Line == TokenPath);
        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_token_to_the_others()
    {
        using var a = new AClient();
        a.Api.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        a.Api.Token().Then(SplitDns, 200, "{}");
        using var impatient = new CancellationTokenSource();

        var first = a.Client.GetSplitDnsAsync(impatient.Token);
        var second = a.Client.GetSplitDnsAsync(Stopping);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        a.Api.Gate.SetResult();

        Assert.Empty(await second);
        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task Warming_fetches_the_token_before_the_first_call()
    {
        using var a = new AClient();
        a.Api.Token();

        await a.Client.WarmAsync(Stopping);
        a.Api.AssertAllSent();

        a.Api.Then(SplitDns, 200, "{}");
        await a.Client.GetSplitDnsAsync(Stopping);
        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task A_failed_fetch_is_not_kept()
    {
        using var a = new AClient();
        a.Api.Then(TokenPath, 404, "{}");
        await Assert.ThrowsAsync<CallFailedException>(() => a.Client.WarmAsync(Stopping));

        a.Api.Token().Then(SplitDns, 200, "{}");
        await a.Client.GetSplitDnsAsync(Stopping);

        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task A_refused_token_is_replaced_once_and_the_call_repeated()
    {
        using var a = new AClient();
        a.Api.Token().Then(SplitDns, 401, """{"message":"API token invalid"}""").Token("tskey-token-2").Then(SplitDns, 200, "{}");

        Assert.Empty(await a.Client.GetSplitDnsAsync(Stopping));

        a.Api.AssertAllSent();
        Assert.Equal("Bearer tskey-token-2", a.Api.Requests[^1].Authorization);
    }

    [Fact]
    public async Task A_token_refused_twice_is_a_bad_credential()
    {
        using var a = new AClient();
        a.Api.Token().Then(SplitDns, 401).Token("tskey-token-2").Then(SplitDns, 401);

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal((Failure.BadCredential, "401"), (refused.Failure, refused.Code));
        a.Api.AssertAllSent();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_revoked_client_is_read_again_once_and_then_reported(int status)
    {
        using var a = new AClient();
        a.Api.Then(TokenPath, status, $$"""{"message":"bad client {{AClient.ClientSecret}}"}""");

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal(Failure.BadCredential, refused.Failure);
        Assert.Contains(AClient.Parameter, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("verysecret", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, a.CredentialReads);
        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task A_rotated_client_is_picked_up()
    {
        using var a = new AClient(AClient.Credential, """{"clientId":"k2CNTRL","clientSecret":"another"}""");
        a.Api.Then(TokenPath, 401).Token().Then(SplitDns, 200, "{}");

        await a.Client.GetSplitDnsAsync(Stopping);

        Assert.Contains("client_id=k2CNTRL", a.Api.Requests[1].Body, StringComparison.Ordinal);
        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task An_API_access_token_is_sent_as_it_is_and_read_again_when_refused()
    {
        using var a = new AClient("tskey-api-old", "tskey-api-new");
        a.Api.Then(SplitDns, 401).Then(SplitDns, 200, "{}");

        await a.Client.GetSplitDnsAsync(Stopping);

        Assert.Equal(["Bearer tskey-api-old", "Bearer tskey-api-new"], a.Api.Requests.Select(request => request.Authorization));
        a.Api.AssertAllSent();
    }

    [Fact]
    public async Task A_missing_credential_is_reported_and_read_again_by_the_next_call()
    {
        using var a = new AClient(null, AClient.Credential);

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => a.Client.GetSplitDnsAsync(Stopping));
        Assert.Equal(Failure.BadCredential, refused.Failure);

        a.Api.Token().Then(SplitDns, 200, "{}");
        await a.Client.GetSplitDnsAsync(Stopping);
        a.Api.AssertAllSent();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("""{"access_token":""}""")]
    [InlineData("""{"access_token":"tskey-hunter2\r\nX: y"}""")]
    public async Task An_answer_without_a_usable_token_is_unavailable_and_never_shown(string body)
    {
        using var a = new AClient();
        a.Api.Then(TokenPath, 200, body);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_scope_is_named_when_the_API_refuses()
    {
        using var a = new AClient();
        a.Api.Token(scope: "devices:core auth_keys").Then(SplitDns, 403, """{"message":"not permitted"}""");

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => a.Client.GetSplitDnsAsync(Stopping));

        Assert.Equal(Failure.Denied, refused.Failure);
        Assert.Contains("lacks the scope dns:read (it has: devices:core auth_keys)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_with_the_scope_in_hand_points_at_the_tags()
    {
        using var a = new AClient();
        a.Api.Token(scope: "dns").Then(SplitDns, 403);

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => a.Client.GetSplitDnsAsync(Stopping));

        Assert.Contains("check its tags", refused.Message, StringComparison.Ordinal);
    }
}

using System.Buffers.Text;
using System.Text;
using Automation.Tailscale;

namespace Automation.Sandbox;

/// <summary>The exchange over HTTP, by the real client: who is let in, and that nobody else learns why not.</summary>
public sealed class FederationExchangeTests : IAsyncLifetime
{
    private const string Issuer = "https://issuer.example";

    private readonly SandboxClock _clock = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private Tailnet _tailnet = null!;
    private TailscaleApi _api = null!;
    private FederatedIdentity _identity = null!;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _tailnet = new(_clock);
        _identity = _tailnet.AddFederatedIdentity(Issuer, "arn:aws:iam::111122223333:role/Tailnet-*Role-*", ["tag:aws-router"], ["dns"]);
        _api = await TailscaleApi.StartAsync(_tailnet, Stopping);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("Tailnet-NodeLifecycleRole-1A")]
    [InlineData("Tailnet-ReconcileRole-2B")]
    public async Task A_role_that_the_pattern_matches_is_let_in_with_the_identitys_scopes(string role)
    {
        var body = await PostAsync(_identity.Id, Token(subject: $"arn:aws:iam::111122223333:role/{role}"));

        Assert.Contains("\"scope\":\"dns\",\"tags\":\"tag:aws-router\"", body, StringComparison.Ordinal);
        Assert.Contains("\"expires_in\":3600", body, StringComparison.Ordinal);
        Assert.Null(_tailnet.LastRefusalOf(_identity.Id));
    }

    [Theory]
    [InlineData("https://other.example", null, null, 300, "the issuer is https://other.example")]
    [InlineData(null, "arn:aws:iam::111122223333:role/Other-Role-1", null, 300, "the subject is arn:aws:iam::111122223333:role/Other-Role-1")]
    [InlineData(null, "x arn:aws:iam::111122223333:role/Tailnet-ReconcileRole-1", null, 300, "the subject is x arn:aws:iam::111122223333:role/Tailnet-ReconcileRole-1")]
    [InlineData(null, null, "api.tailscale.com/k000099CNTRL", 300, "the audience is api.tailscale.com/k000099CNTRL")]
    [InlineData(null, null, null, 0, "the token has expired")]
    public async Task Everyone_else_is_refused_alike_and_only_the_console_says_why(string? issuer, string? subject, string? audience, int seconds, string why)
    {
        var body = await PostAsync(_identity.Id, Token(issuer, subject, audience, seconds));

        Assert.Equal("403 {\"message\":\"Unauthorized. Visit https://login.tailscale.com/admin/settings/trust-credentials for details\"}", body);
        Assert.Equal(why, _tailnet.LastRefusalOf(_identity.Id));
    }

    [Theory]
    [InlineData("k000099CNTRL", "a.b.c")]
    [InlineData(null, "a.b.c")]
    [InlineData("k000001CNTRL", "no token")]
    [InlineData("k000001CNTRL", "")]
    public async Task What_is_no_identity_or_no_token_is_refused_in_the_same_words(string? client, string jwt) =>
        Assert.StartsWith("403 {\"message\":\"Unauthorized.", await PostAsync(client, jwt), StringComparison.Ordinal);

    private async Task<string> PostAsync(string? client, string jwt)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string?> { ["client_id"] = client ?? "", ["jwt"] = jwt }!);
        using var answer = await http.PostAsync(new Uri(_api.Uri, "/api/v2/oauth/token-exchange"), form, Stopping);
        var body = await answer.Content.ReadAsStringAsync(Stopping);
        return answer.IsSuccessStatusCode ? body : $"{(int)answer.StatusCode} {body}";
    }

    private string Token(string? issuer = null, string? subject = null, string? audience = null, int seconds = 300) => string.Join('.', new[]
    {
        """{"alg":"ES384"}""",
        $$"""
        {"iss":"{{issuer ?? Issuer}}","sub":"{{subject ?? "arn:aws:iam::111122223333:role/Tailnet-ReconcileRole-1"}}",
        "aud":["{{audience ?? IdentityClaims.AudienceOf(_identity.Id)}}"],"exp":{{(_clock.GetUtcNow() + TimeSpan.FromSeconds(seconds)).ToUnixTimeSeconds()}}}
        """,
        "signature",
    }.Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))));
}

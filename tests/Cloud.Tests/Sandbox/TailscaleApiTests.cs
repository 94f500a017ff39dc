using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Tailscale;
using Microsoft.Extensions.Time.Testing;

namespace Automation.Sandbox;

public sealed class TailscaleApiTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly HttpClient _http = new();
    private Tailnet _tailnet = null!;
    private TailscaleApi _api = null!;
    private string _token = "";

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _tailnet = new(_clock);
        _api = await TailscaleApi.StartAsync(_tailnet, Stopping);
        _token = _tailnet.AddApiAccessToken(TimeSpan.FromDays(1)).Reveal();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task An_OAuth_client_gets_a_token_of_an_hour()
    {
        var client = _tailnet.AddOAuthClient(["tag:a", "tag:b"], ["dns", "devices:core"]);

        var (status, body) = await TokenAsync(("client_id", client.Id), ("client_secret", client.ClientSecret.Reveal()));

        Assert.Equal(200, status);
        Assert.Equal(
            """{"access_token":"tskey-sandbox-000001","token_type":"Bearer","expires_in":3600,"scope":"dns devices:core","tags":"tag:a tag:b"}""",
            body);
        _token = "tskey-sandbox-000001";
        Assert.Equal(200, (await SendAsync("GET", "/tailnet/-/dns/split-dns")).Status);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((401, """{"message":"API token invalid"}"""), await SendAsync("GET", "/tailnet/-/dns/split-dns"));
    }

    [Fact]
    public async Task A_token_is_given_to_nobody_else_and_for_no_more_than_the_client_has()
    {
        var client = _tailnet.AddOAuthClient(["tag:a"], ["dns"]);
        var (id, secret) = (("client_id", client.Id), ("client_secret", client.ClientSecret.Reveal()));

        Assert.Equal(401, (await TokenAsync()).Status);
        Assert.Equal(401, (await TokenAsync(id)).Status);
        Assert.Equal(401, (await TokenAsync(id, ("client_secret", "wrong"))).Status);
        Assert.Equal(400, (await TokenAsync(id, secret, ("grant_type", "password"))).Status);
        Assert.Equal(400, (await TokenAsync(id, secret, ("scope", "dns auth_keys"))).Status);
        Assert.Contains("\"scope\":\"dns:read\"", (await TokenAsync(id, secret, ("scope", "dns:read"))).Body, StringComparison.Ordinal);
        Assert.Equal(400, (await SendAsync("POST", "/oauth/token", "{}")).Status);
        Assert.Equal(405, (await SendAsync("GET", "/oauth/token")).Status);
    }

    [Fact]
    public async Task A_token_may_also_come_as_a_user_s_name()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_api.Uri, "/api/v2/tailnet/-/devices"));
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(_token + ":")));

        using var response = await _http.SendAsync(request, Stopping);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/tailnet/-/unheard-of", 404)]
    [InlineData("GET", "/tailnet/other.example/devices", 404)]
    [InlineData("GET", "/tailnet/example.com/devices", 200)]
    [InlineData("GET", "/", 404)]
    [InlineData("PUT", "/tailnet/-/keys", 405)]
    [InlineData("POST", "/tailnet/-/devices", 405)]
    [InlineData("DELETE", "/tailnet/-/dns/split-dns", 405)]
    [InlineData("DELETE", "/tailnet/-/dns/configuration", 405)]
    [InlineData("PATCH", "/device/n000001CNTRL/routes", 405)]
    [InlineData("GET", "/device/n000001CNTRL", 404)]
    [InlineData("DELETE", "/device/n000001CNTRL", 404)]
    [InlineData("DELETE", "/tailnet/-/keys/k000009CNTRL", 404)]
    [InlineData("GET", "/tailnet/-/devices?fields=some", 400)]
    public async Task Paths_and_methods_are_taken_at_their_word(string method, string path, int status)
    {
        var answer = await SendAsync(method, path);

        Assert.Equal(status, answer.Status);
        Assert.True(status == 200 || JsonNode.Parse(answer.Body)!["message"] is not null);
    }

    [Theory]
    [InlineData("POST", "/tailnet/-/keys", "")]
    [InlineData("POST", "/tailnet/-/keys", "[]")]
    [InlineData("POST", "/tailnet/-/keys", "{}")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{}}""")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{"create":{"reusable":"no"}}}}""")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}},"description":"a_b"}""")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}},"description":"123456789012345678901234567890123456789012345678901"}""")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}},"expirySeconds":7776001}""")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}},"expirySeconds":0}""")]
    [InlineData("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}},"keyType":"client"}""")]
    [InlineData("POST", "/device/n000001CNTRL/routes", "{}")]
    [InlineData("POST", "/device/n000001CNTRL/routes", """{"routes":["10.0.0.0"]}""")]
    [InlineData("PATCH", "/tailnet/-/dns/split-dns", """{"a.example":"10.0.0.2"}""")]
    [InlineData("PATCH", "/tailnet/-/dns/split-dns", """{"a.example":["dns.example"]}""")]
    [InlineData("PUT", "/tailnet/-/dns/split-dns", "null")]
    public async Task A_body_that_is_not_as_documented_is_refused_and_changes_nothing(string method, string path, string body)
    {
        _tailnet.AddDevice("a", [], []);
        _tailnet.SetSplitDns("b.example", ["10.0.0.2"]);

        Assert.Equal(400, (await SendAsync(method, path, body)).Status);

        Assert.Empty(_tailnet.Keys);
        Assert.Single(_tailnet.SplitDns);
    }

    [Fact]
    public async Task A_key_is_shown_once()
    {
        var (_, made) = await SendAsync("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}}}""");

        Assert.Equal(7_776_000, (long)JsonNode.Parse(made)!["expirySeconds"]!);
        var id = (string?)JsonNode.Parse(made)!["id"];
        Assert.Equal($"tskey-auth-{id}-sandbox", (string?)JsonNode.Parse(made)!["key"]);
        Assert.DoesNotContain("tskey-", (await SendAsync("GET", $"/tailnet/-/keys/{id}")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("tskey-", (await SendAsync("GET", "/tailnet/-/keys?all=true")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auth_keys_are_listed_only_with_all()
    {
        _tailnet.AddOAuthClient(["tag:a"], ["all"]);
        await SendAsync("POST", "/tailnet/-/keys", """{"capabilities":{"devices":{}}}""");

        Assert.Equal(["client"], await KindsAsync("/tailnet/-/keys"));
        Assert.Equal(["auth", "client"], await KindsAsync("/tailnet/-/keys?all=true"));

        async Task<IEnumerable<string>> KindsAsync(string path) =>
            JsonNode.Parse((await SendAsync("GET", path)).Body)!["keys"]!.AsArray().Select(key => (string)key!["keyType"]!).Order();
    }

    [Fact]
    public async Task Routes_are_shown_on_request_and_lastSeen_while_a_device_is_away()
    {
        var device = _tailnet.AddDevice("a", ["tag:a"], [Prefix.Parse("10.0.0.0/16")]);
        Assert.Equal((false, false), await ShownAsync("/tailnet/-/devices"));
        Assert.Equal((true, false), await ShownAsync("/tailnet/-/devices?fields=all"));

        _tailnet.Disconnect(device);
        Assert.Equal((true, true), await ShownAsync("/tailnet/-/devices?fields=all"));

        async Task<(bool Routes, bool LastSeen)> ShownAsync(string path)
        {
            var shown = JsonNode.Parse((await SendAsync("GET", path)).Body)!["devices"]![0]!.AsObject();
            return (shown.ContainsKey("advertisedRoutes"), shown.ContainsKey("lastSeen"));
        }
    }

    [Theory]
    [InlineData("isEphemeral=false&tags=tag:a", "a b")]
    [InlineData("tags=tag:a&tags=tag:b", "b")]
    [InlineData("hostname=b", "b")]
    [InlineData("connectedToControl=false", "")]
    [InlineData("unheardOf=1", "")]
    public async Task Devices_are_filtered_by_any_field(string filter, string expected)
    {
        _tailnet.AddDevice("a", ["tag:a"], []);
        _tailnet.AddDevice("b", ["tag:a", "tag:b"], []);
        _tailnet.AddDevice("c", [], []);

        var (_, body) = await SendAsync("GET", "/tailnet/-/devices?" + filter);

        Assert.Equal(expected, string.Join(' ', JsonNode.Parse(body)!["devices"]!.AsArray().Select(device => (string)device!["hostname"]!)));
    }

    [Fact]
    public async Task PATCH_changes_the_domains_it_names_and_PUT_all_of_them()
    {
        _tailnet.SetSplitDns("a.example", ["10.0.0.2"]);
        _tailnet.SetSplitDns("b.example", ["10.0.0.2"]);

        Assert.Equal(
            (200, """{"b.example":["10.0.0.2"],"c.example":["fd00::2"]}"""),
            await SendAsync("PATCH", "/tailnet/-/dns/split-dns", """{"a.example":null,"c.example":["fd00::2"]}"""));
        Assert.Equal(
            (200, """{"d.example":["10.0.0.2"]}"""),
            await SendAsync("PUT", "/tailnet/-/dns/split-dns", """{"d.example":["10.0.0.2"]}"""));
        Assert.Equal((200, "{}"), await SendAsync("PUT", "/tailnet/-/dns/split-dns", "{}"));
    }

    [Fact]
    public async Task All_DNS_settings_show_which_domains_clients_with_an_exit_node_use()
    {
        _tailnet.SetSplitDns("a.example", ["10.0.0.2", "10.0.0.3"]);
        _tailnet.SetSplitDns("b.example", ["10.0.0.2"]);
        _tailnet.SetUseWithExitNode("a.example", true);

        Assert.Equal(
            (200, """{"nameservers":[],"splitDNS":{"a.example":[{"address":"10.0.0.2","useWithExitNode":true},{"address":"10.0.0.3","useWithExitNode":true}],"b.example":[{"address":"10.0.0.2"}]},"searchPaths":[],"preferences":{"overrideLocalDNS":false,"magicDNS":true}}"""),
            await SendAsync("GET", "/tailnet/-/dns/configuration"));
    }

    [Fact]
    public async Task A_canned_answer_is_given_once_and_may_come_after_the_effect()
    {
        _tailnet.AddDevice("a", [], []);
        _api.Respond(new("DELETE", "/device/", 504) { AfterEffect = true });
        _api.Respond(new("GET", "/devices", 200, "<html>") { ContentType = "text/html" });

        Assert.Equal((504, ""), await SendAsync("DELETE", "/device/n000001CNTRL"));
        Assert.Empty(_tailnet.Devices);
        Assert.Equal((200, "<html>"), await SendAsync("GET", "/tailnet/-/devices"));
        Assert.Equal((200, """{"devices":[]}"""), await SendAsync("GET", "/tailnet/-/devices"));
        Assert.Equal(
            ["DELETE /api/v2/device/n000001CNTRL", "GET /api/v2/tailnet/-/devices", "GET /api/v2/tailnet/-/devices"],
            _api.Requests.Select(request => $"{request}"));
    }

    [Fact]
    public async Task The_real_client_outlives_faults_on_the_way_but_never_mints_twice()
    {
        var credential = _tailnet.AddOAuthClient(["tag:a"], ["all"]).ToParameter();
        using TailscaleClient client = new(
            _api.Uri, "example.com", new("/c", _ => Task.FromResult<Secret?>(credential)), _clock, new SocketsHttpHandler(), jitter: () => 0);
        var device = _tailnet.AddDevice("a", ["tag:a"], []);

        _api.Respond(new("POST", "/oauth/token", 500));
        _api.Respond(new("GET", "/devices", 429) { Headers = [("Retry-After", "0")] });
        _api.Respond(new("GET", "/devices", 401));
        Assert.Single(await client.ListDevicesAsync(["tag:a"], null, Stopping));

        _api.Respond(new("PATCH", "/split-dns", 0) { CutOff = true, AfterEffect = true });
        Assert.Single(await client.PatchSplitDnsAsync("a.example", ["10.0.0.2"], Stopping));

        _api.Respond(new("DELETE", "/device/", 504) { AfterEffect = true });
        await client.DeleteDeviceAsync(device, Stopping);
        Assert.Empty(_tailnet.Devices);

        _api.Respond(new("POST", "/keys", 0) { CutOff = true, AfterEffect = true });
        var lost = await Assert.ThrowsAsync<CallFailedException>(
            () => client.CreateAuthKeyAsync("aws", ["tag:a"], TimeSpan.FromMinutes(15), Stopping));
        Assert.Equal(Failure.Unavailable, lost.Failure);
        Assert.Single(_tailnet.Keys);
    }

    [Fact]
    public async Task A_key_is_asked_for_again_where_nobody_listens_and_then_reported()
    {
        await using var other = await TailscaleApi.StartAsync(_tailnet, Stopping);
        var nobody = other.Uri;
        await other.DisposeAsync();
        using Counted counted = new() { InnerHandler = new SocketsHttpHandler() };
        using TailscaleClient client = new(
            nobody, "-", new("/c", _ => Task.FromResult<Secret?>(new(_token))), _clock, counted, jitter: () => 0);

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => client.CreateAuthKeyAsync("aws", ["tag:a"], TimeSpan.FromMinutes(15), Stopping));

        Assert.Equal((Failure.Unavailable, "no answer", 3), (failed.Failure, failed.Code, counted.Requests));
    }

    private async Task<(int Status, string Body)> SendAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(_api.Uri, "/api/v2" + path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, Stopping);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stopping));
    }

    private async Task<(int Status, string Body)> TokenAsync(params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var response = await _http.PostAsync(new Uri(_api.Uri, "/api/v2/oauth/token"), content, Stopping);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stopping));
    }

    private sealed class Counted : DelegatingHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return base.SendAsync(request, cancellationToken);
        }
    }
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Tailscale;
using Microsoft.Extensions.Time.Testing;

namespace Automation.Sandbox;

public sealed class SandboxTailscaleTests : TailscaleBehaviour
{
    [Fact]
    public async Task A_domain_for_clients_with_an_exit_node_is_shown_until_it_is_removed()
    {
        var api = await ConnectAsync(Tailnet.AddOAuthClient([], ["dns"]));
        Tailnet.SetSplitDns("Corp.example.", ["10.0.0.2"]);
        Tailnet.SetSplitDns("other.example", ["10.0.0.2"]);
        Tailnet.SetUseWithExitNode("Corp.example.", true);
        Tailnet.SetUseWithExitNode("other.example", true);
        Assert.Equal(["corp.example", "other.example"], await api.GetExitNodeDomainsAsync(Stopping));

        Tailnet.SetUseWithExitNode("Corp.example.", false);
        await api.PatchSplitDnsAsync("other.example", ["10.0.0.3"], Stopping);
        Assert.Equal(["other.example"], await api.GetExitNodeDomainsAsync(Stopping));

        await api.PatchSplitDnsAsync("other.example", [], Stopping);
        Assert.Empty(await api.GetExitNodeDomainsAsync(Stopping));
    }

    [Fact]
    public async Task A_change_of_resolvers_takes_a_domain_from_clients_with_an_exit_node_where_a_test_says_so()
    {
        var api = await ConnectAsync(Tailnet.AddOAuthClient([], ["dns"]));
        Tailnet.SetSplitDns("corp.example", ["10.0.0.2"]);
        Tailnet.SetUseWithExitNode("corp.example", true);
        Tailnet.SplitDnsForgetsExitNode = true;

        await api.PatchSplitDnsAsync("corp.example", ["10.0.0.3"], Stopping);

        Assert.Empty(await api.GetExitNodeDomainsAsync(Stopping));
        Assert.Single(Tailnet.SplitDns);
    }

    [Fact]
    public async Task Exit_node_domains_need_the_scope_of_DNS()
    {
        var reader = await ConnectAsync(Tailnet.AddOAuthClient([], ["dns:read"]));
        var other = await ConnectAsync(Tailnet.AddOAuthClient([], ["devices:core"]));

        Assert.Empty(await reader.GetExitNodeDomainsAsync(Stopping));
        await AssertDeniedAsync("dns:read", () => other.GetExitNodeDomainsAsync(Stopping));
    }

    protected override ValueTask<ITailscale> ConnectAsync(OAuthClient client) => new(new SandboxTailscale(Tailnet, client));
}

public sealed class TailscaleClientOverHttpTests : TailscaleBehaviour
{
    private readonly List<TailscaleClient> _clients = [];
    private TailscaleApi? _api;

    protected override async ValueTask<ITailscale> ConnectAsync(OAuthClient client)
    {
        _api ??= await TailscaleApi.StartAsync(Tailnet, Stopping);
        TailscaleClient connected = new(
            _api.Uri,
            "-",
            new("/tailnet/credential", _ => Task.FromResult<Secret?>(client.ToParameter())),
            Clock,
            new SocketsHttpHandler(),
            jitter: () => 0);
        _clients.Add(connected);
        return connected;
    }

    public override async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await (_api?.DisposeAsync() ?? ValueTask.CompletedTask);
        await base.DisposeAsync();
    }
}

/// <summary>What both ways to a simulated tailnet must do alike: the one without HTTP, and the real client against the API over HTTP.</summary>
public abstract class TailscaleBehaviour : IAsyncDisposable
{
    private static readonly ImmutableArray<string> s_tags = ["tag:aws-router"];
    private static readonly TimeSpan s_quarter = TimeSpan.FromMinutes(15);
    private static readonly Prefix s_vpc = Prefix.Parse("10.0.0.0/16");

    protected TailscaleBehaviour() => Tailnet = new(Clock);

    protected static CancellationToken Stopping => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));

    protected Tailnet Tailnet { get; }

    protected abstract ValueTask<ITailscale> ConnectAsync(OAuthClient client);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task With_a_reusable_key_any_number_of_devices_join_until_it_ends()
    {
        var api = await ConnectAsync();

        var key = await api.CreateReusableKeyAsync("aws pool ci 0badcafe", s_tags, s_quarter, Stopping);
        Assert.Equal(2, new[] { "agent-one", "agent-two" }.Select(name => Tailnet.Join(key.Value, name, [])).Distinct().Count());

        await api.DeleteKeyAsync(key.Id, Stopping);
        Assert.Throws<JoinRefusedException>(() => Tailnet.Join(key.Value, "agent-three", []));
    }

    [Fact]
    public async Task A_router_lives_from_its_key_to_its_deletion()
    {
        var api = await ConnectAsync();

        var key = await api.CreateAuthKeyAsync("aws i-0123456789abcdef0", s_tags, s_quarter, Stopping);
        Assert.Equal((KeyId.Parse("k000002CNTRL"), Clock.GetUtcNow() + s_quarter), (key.Id, key.Expires));
        Assert.Equal(
            [new AuthKey(key.Id, "aws i-0123456789abcdef0", Clock.GetUtcNow(), key.Expires, Invalid: false)],
            await api.ListAuthKeysAsync(Stopping));

        var device = Tailnet.Join(key.Value, "subnet-router-i-0123456789abcdef0", [s_vpc]);
        var joined = Assert.Single(await api.ListDevicesAsync(s_tags, "subnet-router-i-0123456789abcdef0", Stopping));
        Assert.Equal(device, joined.Id);
        Assert.Equal((true, true, Clock.GetUtcNow(), null), (joined.Connected, joined.Authorized, joined.Created, joined.LastSeen));
        Assert.Equal(s_tags.AsEnumerable(), joined.Tags);
        Assert.Equal(([s_vpc], PrefixSet.Empty), (joined.Advertised, joined.Enabled));

        Assert.Equal(new([s_vpc], [s_vpc]), await api.SetDeviceRoutesAsync(device, [s_vpc], Stopping));
        Assert.Equal(new([s_vpc], [s_vpc]), await api.GetDeviceRoutesAsync(device, Stopping));
        Assert.Equal(new([s_vpc], []), await api.SetDeviceRoutesAsync(device, [], Stopping));

        await api.DeleteDeviceAsync(device, Stopping);
        Assert.Empty(await api.ListDevicesAsync(s_tags, null, Stopping));
        Assert.Null(await api.GetDeviceRoutesAsync(device, Stopping));
        Assert.Null(await api.SetDeviceRoutesAsync(device, [s_vpc], Stopping));
        await api.DeleteDeviceAsync(device, Stopping);
    }

    [Fact]
    public async Task Only_devices_with_all_tags_and_the_very_host_name_are_listed()
    {
        var api = await ConnectAsync();
        var both = Tailnet.AddDevice("a", ["tag:x", "tag:y"], []);
        Tailnet.AddDevice("a", ["tag:x"], []);
        var namesake = Tailnet.AddDevice("a", ["tag:y", "tag:x"], []);
        Tailnet.AddDevice("a-1", ["tag:x", "tag:y"], []);
        Tailnet.AddDevice("laptop", [], []);

        Assert.Equal([both, namesake], (await api.ListDevicesAsync(["tag:x", "tag:y"], "a", Stopping)).Select(device => device.Id));
        Assert.Equal(4, (await api.ListDevicesAsync(["tag:x"], null, Stopping)).Length);
        Assert.Equal(5, (await api.ListDevicesAsync([], null, Stopping)).Length);
        Assert.Empty(await api.ListDevicesAsync(["tag:z"], null, Stopping));
        Assert.Empty(await api.ListDevicesAsync([], "A", Stopping));
    }

    [Fact]
    public async Task A_device_that_lost_the_control_plane_shows_when_it_was_last_seen()
    {
        var api = await ConnectAsync();
        var device = Tailnet.AddDevice("a", s_tags, []);
        Clock.Advance(TimeSpan.FromSeconds(61.5));
        Tailnet.Disconnect(device);
        var left = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromMinutes(1));

        var seen = Assert.Single(await api.ListDevicesAsync(s_tags, null, Stopping));

        Assert.Equal((false, left), (seen.Connected, seen.LastSeen));
    }

    [Fact]
    public async Task A_revoked_key_reads_as_invalid_for_a_while_and_revoking_is_done_twice_without_harm()
    {
        var api = await ConnectAsync();
        var key = await api.CreateAuthKeyAsync("aws", s_tags, s_quarter, Stopping);

        await api.DeleteKeyAsync(key.Id, Stopping);
        await api.DeleteKeyAsync(key.Id, Stopping);
        await api.DeleteKeyAsync(KeyId.Parse("kUnknownCNTRL"), Stopping);

        Assert.True(Assert.Single(await api.ListAuthKeysAsync(Stopping)).Invalid);
        Assert.Throws<JoinRefusedException>(() => Tailnet.Join(key.Value, "a", []));
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await api.ListAuthKeysAsync(Stopping));
    }

    [Fact]
    public async Task A_key_ends_with_its_expiry_and_the_caller_s_token_is_renewed_in_the_meantime()
    {
        var api = await ConnectAsync();
        var key = await api.CreateAuthKeyAsync("aws", s_tags, TimeSpan.FromHours(2), Stopping);
        Clock.Advance(TimeSpan.FromHours(2));

        Assert.True(Assert.Single(await api.ListAuthKeysAsync(Stopping)).Invalid);
        Assert.Throws<JoinRefusedException>(() => Tailnet.Join(key.Value, "a", []));
    }

    [Theory]
    [InlineData("tag:owner tag:second", true)]
    [InlineData("tag:owner", false)]
    [InlineData("tag:owned", true)]
    [InlineData("tag:owner tag:second tag:owned", true)]
    [InlineData("tag:owned tag:other", false)]
    [InlineData("tag:1st", false)]
    public async Task A_key_carries_all_tags_of_its_client_or_tags_that_they_own(string tags, bool allowed)
    {
        Tailnet.SetTagOwners("tag:owned", ["tag:owner"]);
        var api = await ConnectAsync(Tailnet.AddOAuthClient(["tag:owner", "tag:second"], ["auth_keys"]));

        var mint = () => api.CreateAuthKeyAsync("aws", [.. tags.Split(' ')], s_quarter, Stopping);

        if (allowed)
        {
            Assert.NotNull(await mint());
            return;
        }

        var refused = await Assert.ThrowsAsync<CallFailedException>(mint);
        Assert.Equal((Failure.Invalid, "400"), (refused.Failure, refused.Code));
        Assert.Contains("tagOwners", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Tailnet.Keys);
    }

    [Fact]
    public async Task What_Tailscale_would_refuse_is_not_asked()
    {
        var api = await ConnectAsync();

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await api.CreateAuthKeyAsync("a_b", s_tags, s_quarter, Stopping));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await api.CreateAuthKeyAsync("a", [], s_quarter, Stopping));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await api.CreateAuthKeyAsync("a", s_tags, TimeSpan.Zero, Stopping));
    }

    [Fact]
    public async Task One_split_DNS_domain_changes_and_the_others_stay()
    {
        var api = await ConnectAsync();
        Tailnet.SetSplitDns("Other.example.", ["192.0.2.7", "192.0.2.10", "192.0.2.7"]);

        var set = await api.PatchSplitDnsAsync("Corp.Example.", ["10.0.0.2", "10.0.0.10"], Stopping);
        Assert.Equal(["corp.example=10.0.0.10 10.0.0.2", "other.example=192.0.2.10 192.0.2.7"], set.Select(Text));
        Assert.Equal(set.Select(Text), (await api.GetSplitDnsAsync(Stopping)).Select(Text));

        var removed = await api.PatchSplitDnsAsync("corp.example", [], Stopping);
        Assert.Equal(["other.example=192.0.2.10 192.0.2.7"], removed.Select(Text));
        Assert.False(Tailnet.SplitDns.ContainsKey("corp.example"));
    }

    [Fact]
    public async Task A_resolver_that_is_no_address_is_refused()
    {
        var api = await ConnectAsync();

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => api.PatchSplitDnsAsync("corp.example", ["resolver"], Stopping));

        Assert.Equal((Failure.Invalid, "400"), (refused.Failure, refused.Code));
    }

    [Fact]
    public async Task Each_call_needs_its_scope()
    {
        var api = await ConnectAsync(Tailnet.AddOAuthClient(s_tags, ["devices:routes:read", "auth_keys:read"]));
        var device = Tailnet.AddDevice("a", s_tags, []);

        Assert.NotNull(await api.GetDeviceRoutesAsync(device, Stopping));
        Assert.Empty(await api.ListAuthKeysAsync(Stopping));
        await AssertDeniedAsync("auth_keys", () => api.CreateAuthKeyAsync("aws", s_tags, s_quarter, Stopping));
        await AssertDeniedAsync("auth_keys", () => api.DeleteKeyAsync(KeyId.Parse("k1"), Stopping));
        await AssertDeniedAsync("devices:routes", () => api.SetDeviceRoutesAsync(device, [], Stopping));
        await AssertDeniedAsync("devices:core:read", () => api.ListDevicesAsync([], null, Stopping));
        await AssertDeniedAsync("devices:core", () => api.DeleteDeviceAsync(device, Stopping));
        await AssertDeniedAsync("dns:read", () => api.GetSplitDnsAsync(Stopping));
        await AssertDeniedAsync("dns", () => api.PatchSplitDnsAsync("a.example", [], Stopping));
        Assert.Single(Tailnet.Devices);
    }

    [Fact]
    public async Task The_scope_all_permits_all_and_all_read_permits_reading()
    {
        var all = await ConnectAsync(Tailnet.AddOAuthClient(s_tags, ["all"]));
        var reader = await ConnectAsync(Tailnet.AddOAuthClient(s_tags, ["all:read"]));

        await all.PatchSplitDnsAsync("a.example", ["10.0.0.2"], Stopping);

        Assert.Single(await reader.GetSplitDnsAsync(Stopping));
        await AssertDeniedAsync("dns", () => reader.PatchSplitDnsAsync("a.example", [], Stopping));
    }

    [Fact]
    public async Task A_revoked_client_is_a_bad_credential_from_the_next_call_on()
    {
        var client = Tailnet.AddOAuthClient(s_tags, ["all"]);
        var api = await ConnectAsync(client);
        await api.GetSplitDnsAsync(Stopping);

        Tailnet.RevokeOAuthClient(client.Id);

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => api.GetSplitDnsAsync(Stopping));
        Assert.Equal((Failure.BadCredential, "401"), (refused.Failure, refused.Code));
    }

    [Fact]
    public async Task An_API_that_is_down_is_unavailable_and_comes_back()
    {
        var api = await ConnectAsync();
        Tailnet.IsDown = true;

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => api.GetSplitDnsAsync(Stopping));
        Assert.Equal((Failure.Unavailable, "503"), (failed.Failure, failed.Code));

        Tailnet.IsDown = false;
        Assert.Empty(await api.GetSplitDnsAsync(Stopping));
    }

    [Theory]
    [InlineData(FaultKind.BeforeEffect, "500", 0)]
    [InlineData(FaultKind.AfterEffect, "504", 1)]
    public async Task A_mint_that_fails_leaves_no_key_or_exactly_one(FaultKind fault, string code, int keys)
    {
        var api = await ConnectAsync();
        Tailnet.Faults = operation => operation == "POST /tailnet/{tailnet}/keys" ? fault : null;

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => api.CreateAuthKeyAsync("aws", s_tags, s_quarter, Stopping));

        Assert.Equal((Failure.Unavailable, code), (failed.Failure, failed.Code));
        Assert.Equal(keys, Tailnet.Keys.Length);
    }

    [Fact]
    public async Task A_change_that_always_fails_after_it_was_done_is_unavailable_though_done()
    {
        var api = await ConnectAsync();
        Tailnet.Faults = operation => operation == "PATCH /tailnet/{tailnet}/dns/split-dns" ? FaultKind.AfterEffect : null;

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => api.PatchSplitDnsAsync("a.example", ["10.0.0.2"], Stopping));

        Assert.Equal((Failure.Unavailable, "504"), (failed.Failure, failed.Code));
        Assert.Single(Tailnet.SplitDns);
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_began_is_cancelled()
    {
        var api = await ConnectAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => api.GetSplitDnsAsync(new CancellationToken(canceled: true)));
    }

    private ValueTask<ITailscale> ConnectAsync() => ConnectAsync(
        Tailnet.AddOAuthClient(s_tags, ["auth_keys", "devices:core", "devices:routes", "dns"]));

    protected static async Task AssertDeniedAsync(string scope, Func<Task> call)
    {
        var denied = await Assert.ThrowsAsync<CallFailedException>(call);
        Assert.Equal((Failure.Denied, "403"), (denied.Failure, denied.Code));
        Assert.Contains($"lacks the scope {scope} ", denied.Message, StringComparison.Ordinal);
    }

    private static string Text(SplitDnsDomain domain) => $"{domain.Domain}={string.Join(' ', domain.Resolvers)}";
}

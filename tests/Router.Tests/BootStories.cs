namespace Automation.Routers;

/// <summary>The boot script, run as it is against a metadata service and Systems Manager; the host's commands are recorded.</summary>
public sealed class BootStories(Moto moto)
{
    private static readonly string[] s_up =
    [
        "up", "--reset", "--timeout=60s", "--auth-key=arn:aws:ssm:eu-west-1:{account}:parameter/tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key",
        "--hostname=subnet-router-i-0a1b2c3d4e5f60718", "--advertise-routes=10.0.0.0/16,10.64.0.0/16", "--advertise-tags=tag:aws-router",
        "--accept-dns=false",
    ];

    [Fact]
    public async Task A_router_joins_with_its_settings_and_never_sees_the_key()
    {
        await using var router = await Router.StartAsync(moto);
        await router.PutSettingsAsync();
        await router.PutKeyAsync();

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Equal([Up(router)], router.Calls("tailscale"));
        Assert.Equal(
            ["PUT /latest/api/token", "GET /latest/dynamic/instance-identity/document", "GET /packages/tailscale.repo"], router.Metadata.Requests);
        Assert.Equal([["install", "--assumeyes", "--quiet", "tailscale-1.102.3", "ethtool"]], router.Calls("dnf"));
        Assert.Equal([["daemon-reload"], ["enable", "tailnet-boot.service"], ["enable", "--now", "tailscaled"]], router.Calls("systemctl"));
        AssertNoKey(router, boot);
        var requests = await router.Account.RequestsAsync();
        Assert.All(requests, request => Assert.Equal("GetParameter", request.Operation));
        Assert.Equal("", router.Read("console"));
    }

    [Fact]
    public async Task Forwarding_outlives_a_reboot()
    {
        await using var router = await Router.StartAsync(moto);
        await router.PutSettingsAsync();
        await router.PutKeyAsync();

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Equal("net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n", router.Read("sysctl.d/99-tailscale.conf"));
        Assert.Equal([["--quiet", "-p", Path.Combine(router.Folder, "sysctl.d", "99-tailscale.conf")]], router.Calls("sysctl"));
        Assert.Equal([["-K", "ens5", "rx-udp-gro-forwarding", "on", "rx-gro-list", "off"]], router.Calls("ethtool"));

        var atReboot = await router.RebootAsync();

        Assert.True(atReboot.ExitCode == 0, atReboot.All);
        Assert.Equal([["-K", "ens5", "rx-udp-gro-forwarding", "on", "rx-gro-list", "off"]], router.Calls("ethtool").Skip(1));
    }

    [Fact]
    public async Task Parameters_that_arrive_late_are_waited_for()
    {
        await using var router = await Router.StartAsync(moto);

        var boot = await router.BootAsync(async () =>
        {
            await Router.UntilAsync(async () => (await router.Account.RequestsAsync()).Count >= 2);
            await router.PutSettingsAsync();
            await router.PutKeyAsync();
        });

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Equal([Up(router)], router.Calls("tailscale"));
    }

    [Fact]
    public async Task Parameters_that_never_arrive_end_the_boot_within_its_limit_and_loudly()
    {
        await using var router = await Router.StartAsync(moto);
        router.Environment["WAIT_SECONDS"] = "1";

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        const string Message = "router-boot: FAILED: /tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key could not be read within 1 seconds.";
        Assert.Contains(Message, boot.Errors, StringComparison.Ordinal);
        Assert.Contains("ParameterNotFound", boot.Errors, StringComparison.Ordinal);
        Assert.Single(router.Read("console").Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.StartsWith(Message, StringComparison.Ordinal));
        Assert.Empty(router.Calls("tailscale"));
    }

    [Theory]
    [InlineData("not json", "JSONDecodeError")]
    [InlineData("""{"hostname":"a"}""", "KeyError 'advertiseRoutes'")]
    [InlineData("""{"hostname":"a; reboot","advertiseRoutes":[],"advertiseTags":["tag:a"],"flags":{}}""", "hostname")]
    [InlineData("""{"hostname":"a","advertiseRoutes":["10.0.0.1/16"],"advertiseTags":["tag:a"],"flags":{}}""", "advertiseRoutes: 10.0.0.1/16 has host bits set")]
    [InlineData("""{"hostname":"a","advertiseRoutes":[],"advertiseTags":["a,b"],"flags":{}}""", "advertiseTags")]
    [InlineData("""{"hostname":"a","advertiseRoutes":[],"advertiseTags":["tag:a"],"flags":{"auth-key":"x"}}""", "flags: 'auth-key'")]
    [InlineData("""{"hostname":"a","advertiseRoutes":[],"advertiseTags":["tag:a"],"flags":{},"dns64":"$(reboot)"}""", "dns64")]
    public async Task Malformed_settings_end_the_boot_and_say_what_is_wrong(string settings, string problem)
    {
        await using var router = await Router.StartAsync(moto);
        await router.PutSettingsAsync(settings);
        await router.PutKeyAsync();

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Contains($"router-boot: FAILED: the settings parameter is malformed: {problem}", router.Read("console"), StringComparison.Ordinal);
        Assert.Empty(router.Calls("tailscale"));
        AssertNoKey(router, boot);
    }

    [Theory]
    [InlineData("1.102.2")]
    [InlineData("1.96.0")]
    [InlineData("0.200.9")]
    public async Task A_version_that_lets_peers_reach_the_metadata_service_is_refused(string version)
    {
        await using var router = await Router.StartAsync(moto);
        router.Environment["TAILSCALE_VERSION"] = version;

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Contains($"Tailscale {version} is refused", router.Read("console"), StringComparison.Ordinal);
        Assert.Empty(router.Calls("dnf"));
    }

    [Fact]
    public async Task A_repository_that_gives_an_older_version_is_noticed()
    {
        await using var router = await Router.StartAsync(moto);
        router.Write("offered", "1.90.0\n");

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Contains("Tailscale 1.102.3 was to be installed, and is 1.90.0", router.Read("console"), StringComparison.Ordinal);
        Assert.DoesNotContain(["enable", "--now", "tailscaled"], router.Calls("systemctl"));
    }

    [Fact]
    public async Task A_repository_without_a_signed_index_is_refused()
    {
        await using var router = await Router.StartAsync(moto, repositoryFile: "[tailscale-stable]\nrepo_gpgcheck=0\n");

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Contains("does not ask for a signed index", router.Read("console"), StringComparison.Ordinal);
        Assert.Empty(router.Calls("dnf"));
    }

    [Fact]
    public async Task A_key_that_was_refused_is_tried_again_once_it_is_replaced()
    {
        await using var router = await Router.StartAsync(moto);
        router.Environment["JOIN_ATTEMPTS"] = "200";
        router.Write("accepted-key", Router.OtherKey);
        await router.PutSettingsAsync();
        await router.PutKeyAsync();

        var boot = await router.BootAsync(async () =>
        {
            await Router.UntilAsync(() => Task.FromResult(router.Has("refused")));
            await router.ReplaceKeyAsync(Router.OtherKey);
        });

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.True(router.Calls("tailscale").Count > 1, boot.All);
        Assert.All(router.Calls("tailscale"), call => Assert.Equal(Up(router), call));
        Assert.Contains("attempt 1 of 200 to join was refused", boot.Output, StringComparison.Ordinal);
        AssertNoKey(router, boot);
    }

    [Fact]
    public async Task A_key_that_stays_refused_ends_the_boot_after_its_attempts()
    {
        await using var router = await Router.StartAsync(moto);
        router.Environment["JOIN_ATTEMPTS"] = "2";
        router.Write("accepted-key", Router.OtherKey);
        await router.PutSettingsAsync();
        await router.PutKeyAsync();

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Equal(2, router.Calls("tailscale").Count);
        Assert.Contains("router-boot: FAILED: Tailscale did not let i-0a1b2c3d4e5f60718 join", router.Read("console"), StringComparison.Ordinal);
        AssertNoKey(router, boot);
    }

    [Fact]
    public async Task Run_again_it_sets_its_options_and_leaves_routes_key_and_packages_alone()
    {
        await using var router = await Router.StartAsync(moto);
        await router.PutSettingsAsync();
        await router.PutKeyAsync();
        var first = await router.BootAsync();
        Assert.True(first.ExitCode == 0, first.All);
        var before = router.Commands().Count;

        var second = await router.BootAsync();

        Assert.True(second.ExitCode == 0, second.All);
        Assert.Equal([Up(router), ["set", "--hostname=subnet-router-i-0a1b2c3d4e5f60718", "--accept-dns=false"]], router.Calls("tailscale"));
        Assert.Single(router.Calls("dnf"));
        Assert.DoesNotContain(router.Commands().Skip(before), call => call.Any(argument => argument.EndsWith("/auth-key", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("PARAMETER_PREFIX", "tailnet/")]
    [InlineData("TAILSCALE_VERSION", "latest")]
    [InlineData("DNS64", "yes")]
    public async Task An_unreadable_variable_is_named(string name, string value)
    {
        await using var router = await Router.StartAsync(moto);
        router.Environment[name] = value;

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.StartsWith($"router-boot: FAILED: {name} must be ", router.Read("console"), StringComparison.Ordinal);
        Assert.Empty(router.Metadata.Requests);
    }

    private static string[] Up(Router router) => [.. s_up.Select(argument => argument.Replace("{account}", router.Account.Id, StringComparison.Ordinal))];

    private static void AssertNoKey(Router router, Boot boot)
    {
        foreach (var key in (string[])[Router.Key, Router.OtherKey])
        {
            Assert.DoesNotContain(key, boot.All, StringComparison.Ordinal);
            Assert.DoesNotContain(key, router.Read("console"), StringComparison.Ordinal);
            Assert.DoesNotContain(key, router.Read("commands"), StringComparison.Ordinal);
        }
    }
}

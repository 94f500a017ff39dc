namespace Automation.Routers;

/// <summary>What the boot script makes of each role's settings.</summary>
public sealed class NodeStories(Moto moto)
{
    private const string RelayPort = "--relay-server-port=40000";
    private const string RelayEndpoints = "--relay-server-static-endpoints=203.0.113.7:40000,[2001:db8::7]:40000";

    [Theory]
    [InlineData("subnet-router", "", "--accept-dns=false")]
    [InlineData("agent", "", "--accept-dns=false")]
    [InlineData("exit-node", ""","advertise-exit-node":"true" """, "--accept-dns=false", "--advertise-exit-node=true")]
    [InlineData("app-connector", ""","advertise-connector":"true" """, "--accept-dns=false", "--advertise-connector=true")]
    public async Task A_node_joins_with_the_options_of_its_role(string role, string flags, params string[] options)
    {
        await using var router = await StartAsync(Router.SettingsOf(role, flags));

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Equal(
            [[$"--hostname={role}-{Router.Instance}", "--advertise-routes=", $"--advertise-tags=tag:aws-{role}", .. options]],
            router.Calls("tailscale").Select(call => call[4..]));
        Assert.Equal("up", router.Calls("tailscale")[0][0]);
    }

    [Theory]
    [InlineData(""","relay-server-port":"40000" """, RelayPort)]
    [InlineData(
        ""","relay-server-static-endpoints":"203.0.113.7:40000,[2001:db8::7]:40000","advertise-exit-node":"true","relay-server-port":"40000" """,
        RelayPort, RelayEndpoints)]
    public async Task A_relay_is_made_one_after_its_join_as_up_knows_no_such_option(string flags, params string[] relay)
    {
        await using var router = await StartAsync(Router.SettingsOf("peer-relay", flags));

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        var calls = router.Calls("tailscale");
        Assert.Equal(["up", "set"], calls.Select(call => call[0]));
        Assert.DoesNotContain(calls[0], option => option.StartsWith("--relay-server-", StringComparison.Ordinal));
        Assert.Equal(["set", .. relay], calls[1]);
    }

    [Fact]
    public async Task A_node_that_could_not_be_made_a_relay_says_so_and_is_one_by_the_next_run()
    {
        await using var router = await StartAsync(Router.SettingsOf("peer-relay", ""","relay-server-port":"40000" """));
        router.Write("no-relay", "");

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Equal("router-boot: FAILED: i-0a1b2c3d4e5f60718 has joined, and is no relay\n", router.Read("console"));
        File.Delete(Path.Combine(router.Folder, "no-relay"));

        var again = await router.RebootAsync();

        Assert.True(again.ExitCode == 0, again.All);
        Assert.Single(router.Calls("tailscale"), call => call[0] == "up");
        Assert.Equal(["set", "--hostname=peer-relay-i-0a1b2c3d4e5f60718", "--accept-dns=false", RelayPort], router.Calls("tailscale")[^1]);
    }

    /// <remarks>`set` leaves what it is not given: routes stay as a document set them, and the offer of an exit node beside them.</remarks>
    [Fact]
    public async Task Run_again_each_offer_is_made_again_and_routes_are_left_alone()
    {
        await using var router = await StartAsync(Router.SettingsOf(
            "exit-node", ""","advertise-exit-node":"true","advertise-connector":"true","relay-server-port":"40000" """));
        Assert.Equal(0, (await router.BootAsync()).ExitCode);

        var again = await router.BootAsync();

        Assert.True(again.ExitCode == 0, again.All);
        Assert.Equal(
            ["set", "--hostname=exit-node-i-0a1b2c3d4e5f60718", "--accept-dns=false", "--advertise-connector=true", "--advertise-exit-node=true", RelayPort],
            router.Calls("tailscale")[^1]);
    }

    [Theory]
    [InlineData("advertise-routes", "10.0.0.0/8")]
    [InlineData("advertise-tags", "tag:other")]
    [InlineData("advertise-services", "svc:web")]
    [InlineData("advertise-exit-node", "maybe")]
    [InlineData("advertise-connector", "")]
    [InlineData("auth-key", "x")]
    [InlineData("authkey", "x")]
    [InlineData("hostname", "other")]
    [InlineData("reset", "false")]
    [InlineData("timeout", "0s")]
    [InlineData("relay-server-port 1 --ssh", "x")]
    public async Task What_the_script_says_itself_no_flag_may_say(string name, string value)
    {
        await using var router = await StartAsync(Router.SettingsOf("exit-node", $",\"{name}\":\"{value}\""));

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Contains($"router-boot: FAILED: the settings parameter is malformed: flags: '{name}'", router.Read("console"), StringComparison.Ordinal);
        Assert.Empty(router.Calls("tailscale"));
    }

    [Fact]
    public async Task A_session_recorder_is_refused_before_its_key_is_spent()
    {
        await using var router = await StartAsync(Router.SettingsOf("session-recorder"));

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Equal(
            "router-boot: FAILED: a session recorder is not run by this script: see Roles in docs/operations.md\n", router.Read("console"));
        Assert.Empty(router.Calls("tailscale"));
    }

    private async Task<Router> StartAsync(string settings)
    {
        var router = await Router.StartAsync(moto);
        await router.PutSettingsAsync(settings);
        await router.PutKeyAsync();
        return router;
    }
}

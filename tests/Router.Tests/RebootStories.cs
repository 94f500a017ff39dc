using System.Runtime.Versioning;

namespace Automation.Routers;

/// <summary>An instance that is stopped and started, or told late what it is: the unit that the script installs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RebootStories(Moto moto)
{
    private static readonly string[] s_start = ["start", "--no-block", "tailnet-boot.service"];

    [Fact]
    public async Task The_script_stays_as_a_unit_that_the_first_boot_does_not_start()
    {
        await using var router = await StartAsync();

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Contains(["enable", "tailnet-boot.service"], router.Calls("systemctl"));
        Assert.DoesNotContain(router.Calls("systemctl"), call => call.Contains("start") || call is ["enable", "--now", "tailnet-boot.service"]);
        Assert.Equal(
            $"""
            [Unit]
            Description=Lets this instance join the tailnet
            Wants=network-online.target
            After=network-online.target tailscaled.service

            [Service]
            Type=exec
            ExecStart={router.InstalledScript}
            RemainAfterExit=yes
            Restart=on-failure
            RestartSec=60

            [Install]
            WantedBy=multi-user.target

            """,
            router.Read("systemd/tailnet-boot.service"));
    }

    [Fact]
    public async Task What_stays_is_roots_alone_and_has_the_environment_and_no_credentials()
    {
        await using var router = await StartAsync();
        router.Environment["REPOSITORY_DIR"] = Path.Combine(router.Folder, "a $(touch $WORLD/made) ' \" \\ folder");

        Assert.Equal(0, (await router.BootAsync()).ExitCode);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(router.InstalledScript));
        var installed = router.Read("sbin/tailnet-boot");
        Assert.StartsWith("#!/bin/bash\nexport PARAMETER_PREFIX=/tailnet\nexport TAILSCALE_VERSION=1.102.3\n", installed, StringComparison.Ordinal);
        Assert.EndsWith(await File.ReadAllTextAsync(BootScript.Path, TestContext.Current.CancellationToken), installed, StringComparison.Ordinal);
        Assert.Contains("\nexport AWS_ENDPOINT_URL=http", installed, StringComparison.Ordinal);
        Assert.DoesNotContain("export AWS_S", installed, StringComparison.Ordinal);
        Assert.DoesNotContain("export AWS_A", installed, StringComparison.Ordinal);
        Assert.False(router.Has("sbin/tailnet-boot.new"));

        var again = await router.RebootAsync();

        Assert.True(again.ExitCode == 0, again.All);
        Assert.False(router.Has("made"));
    }

    [Fact]
    public async Task A_node_that_the_tailnet_forgot_while_it_was_stopped_joins_anew()
    {
        await using var router = await StartAsync();
        Assert.Equal(0, (await router.BootAsync()).ExitCode);
        File.Delete(Path.Combine(router.Folder, "state"));
        router.Write("accepted-key", Router.OtherKey);

        await router.ReplaceKeyAsync(Router.OtherKey);
        var reboot = await router.RebootAsync();

        Assert.True(reboot.ExitCode == 0, reboot.All);
        Assert.Equal(["up", "up"], router.Calls("tailscale").Select(call => call[0]));
        Assert.Equal(router.Calls("tailscale")[0], router.Calls("tailscale")[1]);
        Assert.Single(router.Calls("dnf"));
        Assert.DoesNotContain(s_start, router.Calls("systemctl"));
    }

    [Fact]
    public async Task A_node_that_is_still_in_the_tailnet_sets_its_options_and_waits_for_no_key()
    {
        await using var router = await StartAsync();
        Assert.Equal(0, (await router.BootAsync()).ExitCode);
        var before = router.Commands().Count;

        var reboot = await router.RebootAsync();

        Assert.True(reboot.ExitCode == 0, reboot.All);
        Assert.Equal(["up", "set"], router.Calls("tailscale").Select(call => call[0]));
        Assert.DoesNotContain(router.Commands().Skip(before), call => call.Any(argument => argument.EndsWith("/auth-key", StringComparison.Ordinal)));
        Assert.Single(router.Calls("systemctl"), call => call[0] == "enable" && call[1] == "tailnet-boot.service");
    }

    [Fact]
    public async Task An_instance_that_is_tagged_after_its_first_boot_gave_up_joins_by_its_unit()
    {
        await using var router = await Router.StartAsync(moto);
        router.Environment["WAIT_SECONDS"] = "1";
        var boot = await router.BootAsync();
        Assert.Equal(1, boot.ExitCode);
        Assert.StartsWith("router-boot: FAILED: /tailnet/nodes/", router.Read("console"), StringComparison.Ordinal);
        Assert.Equal([s_start], router.Calls("systemctl").Where(call => call[0] == "start"));

        // systemd starts a unit that failed again by itself, so the unit's own run does not.
        var untagged = await router.RebootAsync();
        Assert.Equal(1, untagged.ExitCode);
        Assert.Single(router.Calls("systemctl"), call => call[0] == "start");

        await router.PutSettingsAsync();
        await router.PutKeyAsync();
        var tagged = await router.RebootAsync();

        Assert.True(tagged.ExitCode == 0, tagged.All);
        Assert.Single(router.Calls("tailscale"), call => call[0] == "up");
    }

    [Fact]
    public async Task What_can_never_succeed_leaves_no_unit()
    {
        await using var router = await StartAsync();
        router.Environment["TAILSCALE_VERSION"] = "1.90.0";

        var boot = await router.BootAsync();

        Assert.Equal(1, boot.ExitCode);
        Assert.Empty(router.Calls("systemctl"));
        Assert.False(router.Has("sbin/tailnet-boot"));
    }

    /// <remarks>As on an instance whose image has the unit already, while its user data runs.</remarks>
    [Fact]
    public async Task Two_runs_at_once_spend_one_key()
    {
        await using var router = await StartAsync();
        Boot? unit = null;

        var boot = await router.BootAsync(async () => unit = await router.BootAsync());

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.True(unit!.ExitCode == 0, unit.All);
        Assert.Equal(["up", "set"], router.Calls("tailscale").Select(call => call[0]));
    }

    private async Task<Router> StartAsync()
    {
        var router = await Router.StartAsync(moto);
        await router.PutSettingsAsync();
        await router.PutKeyAsync();
        return router;
    }
}

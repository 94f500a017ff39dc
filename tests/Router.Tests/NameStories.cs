using System.Text;

namespace Automation.Routers;

/// <summary>Names of an overlapping VPC on its router: named, and the script that configures it.</summary>
public sealed class NameStories(Moto moto)
{
    private const string Configuration = "options { };\nzone rpz { type primary; file \"dns64-0123456789abcdef.zone\"; };\n/*\n$TTL 60\n@ NS .\n*/\n";

    private static readonly string s_other = Configuration.Replace("0123456789abcdef", "fedcba9876543210", StringComparison.Ordinal);

    [Fact]
    public async Task A_router_answers_names_as_soon_as_it_has_joined()
    {
        await using var router = await StartAsync();
        await router.PutSettingsAsync(SettingsWith(Base64(Configuration)));

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Equal(["install", "--assumeyes", "--quiet", "bind", "bind-utils"], router.Calls("dnf")[^1]);
        Assert.Equal([["enable", "--quiet", "named"], ["restart", "named"]], router.Calls("systemctl").TakeLast(2));
        Assert.Equal(Configuration, router.Read("named-runs"));
        Assert.Equal("$TTL 60\n@ NS .\n", router.Read("named/dns64-0123456789abcdef.zone"));
        Assert.Equal(["+norecurse", "+time=1", "+tries=1", "@100.101.102.103", ".", "NS"], router.Calls("dig")[^1]);
        var commands = router.Commands().Select(call => string.Join(' ', call)).ToList();
        Assert.True(commands.FindIndex(call => call.StartsWith("tailscale up", StringComparison.Ordinal)) < commands.IndexOf("systemctl restart named"));
        Assert.Equal("", router.Read("console"));
    }

    [Fact]
    public async Task At_a_reboot_named_follows_the_tunnel_and_comes_back_whatever_ends_it()
    {
        await using var router = await StartAsync();

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Equal("[Unit]\nAfter=tailscaled.service\n[Service]\nRestart=always\nRestartSec=1\n", router.Read("systemd/named.service.d/tailnet.conf"));
    }

    [Fact]
    public async Task Without_a_configuration_named_is_there_and_does_not_run()
    {
        await using var router = await StartAsync();

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.True(router.Has("sbin/tailnet-dns64"));
        Assert.DoesNotContain(router.Calls("systemctl"), call => call.Contains("named"));
    }

    [Fact]
    public async Task A_router_that_is_not_asked_to_answer_names_does_not_whatever_its_settings_say()
    {
        await using var router = await StartAsync("false");
        await router.PutSettingsAsync(SettingsWith(Base64(Configuration)));

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Single(router.Calls("dnf"));
        Assert.False(router.Has("sbin/tailnet-dns64"));
        Assert.False(router.Has("named-runs"));
    }

    [Theory]
    [InlineData("no-bind", "router-boot: named cannot be installed, so that no names are answered\n")]
    [InlineData("mute", "router-boot: names are not answered yet; the automation tries again\n")]
    public async Task Trouble_with_names_keeps_no_router_from_joining(string trouble, string said)
    {
        await using var router = await StartAsync();
        router.Write(trouble, "");
        await router.PutSettingsAsync(SettingsWith(Base64(Configuration)));

        var boot = await router.BootAsync();

        Assert.True(boot.ExitCode == 0, boot.All);
        Assert.Single(router.Calls("tailscale"), call => call[0] == "up");
        Assert.Equal(said, router.Read("console"));
    }

    [Fact]
    public async Task Run_again_the_boot_leaves_names_alone()
    {
        await using var router = await StartAsync();
        await router.PutSettingsAsync(SettingsWith(Base64(Configuration)));
        Assert.Equal(0, (await router.BootAsync()).ExitCode);
        await ConfigureAsync(router, s_other);

        var again = await router.BootAsync();

        Assert.True(again.ExitCode == 0, again.All);
        Assert.Equal(s_other, router.Read("named.conf"));
        Assert.Equal(s_other, router.Read("named-runs"));
    }

    [Fact]
    public async Task The_same_configuration_again_does_nothing_while_named_answers()
    {
        await using var router = await BootedAsync();
        Assert.Equal(0, (await ConfigureAsync(router, Configuration)).ExitCode);

        var again = await ConfigureAsync(router, Configuration);

        Assert.True(again.ExitCode == 0, again.All);
        Assert.Contains("answers by this configuration already", again.Output, StringComparison.Ordinal);
        Assert.Single(router.Calls("systemctl"), call => call is ["restart", "named"]);
        File.Delete(Path.Combine(router.Folder, "named-runs"));

        Assert.Equal(0, (await ConfigureAsync(router, Configuration)).ExitCode);

        Assert.True(router.Has("named-runs"));
    }

    [Fact]
    public async Task Another_configuration_takes_the_place_of_the_former_with_its_zone()
    {
        await using var router = await BootedAsync();
        Assert.Equal(0, (await ConfigureAsync(router, Configuration)).ExitCode);

        var other = await ConfigureAsync(router, s_other);

        Assert.True(other.ExitCode == 0, other.All);
        Assert.Equal(s_other, router.Read("named-runs"));
        Assert.Equal(["dns64-fedcba9876543210.zone"], Directory.GetFiles(Path.Combine(router.Folder, "named")).Select(Path.GetFileName));
        Assert.Equal(["named.conf", "named.conf.answers"], Directory.GetFiles(router.Folder, "named.conf*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("cmVmdXNlZA!", "the configuration is not base64")]
    [InlineData("b3B0aW9ucyB7IH07Cg==", "the configuration has no zone")]
    [InlineData(null, "named refuses the configuration, the former one stays: ")]
    public async Task A_configuration_that_is_refused_leaves_the_former_in_place(string? base64, string problem)
    {
        await using var router = await BootedAsync();
        Assert.Equal(0, (await ConfigureAsync(router, Configuration)).ExitCode);

        var refused = await router.BootAsync(null, Script(router), base64 ?? Base64("REFUSE\n" + s_other));

        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("tailnet-dns64: FAILED: " + problem, refused.Errors, StringComparison.Ordinal);
        Assert.Equal(Configuration, router.Read("named.conf"));
        Assert.True(router.Has("named/dns64-0123456789abcdef.zone"));
        Assert.Single(router.Calls("systemctl"), call => call is ["restart", "named"]);
        Assert.Equal(2, Directory.GetFiles(router.Folder, "named.conf*").Length);
    }

    [Fact]
    public async Task A_named_that_does_not_answer_is_said_and_tried_again()
    {
        await using var router = await BootedAsync();
        router.Write("mute", "");

        var mute = await ConfigureAsync(router, Configuration);

        Assert.Equal(1, mute.ExitCode);
        Assert.StartsWith("tailnet-dns64: FAILED: named does not answer at the tailnet address", mute.Errors, StringComparison.Ordinal);
        File.Delete(Path.Combine(router.Folder, "mute"));

        // What was begun, and not seen to answer, may be another process with another configuration.
        Assert.Equal(0, (await ConfigureAsync(router, Configuration)).ExitCode);
        Assert.Equal(2, router.Calls("systemctl").Count(call => call is ["restart", "named"]));
    }

    private static string Script(Router router) => Path.Combine(router.Folder, "sbin", "tailnet-dns64");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string SettingsWith(string dns64) => $"{Router.SettingsText[..^1]},\"dns64\":\"{dns64}\"}}";

    private static Task<Boot> ConfigureAsync(Router router, string configuration) => router.BootAsync(null, Script(router), Base64(configuration));

    private async Task<Router> StartAsync(string dns64 = "true")
    {
        var router = await Router.StartAsync(moto);
        router.Environment["DNS64"] = dns64;
        Directory.CreateDirectory(Path.Combine(router.Folder, "named"));
        await router.PutSettingsAsync();
        await router.PutKeyAsync();
        return router;
    }

    private async Task<Router> BootedAsync()
    {
        var router = await StartAsync();
        var boot = await router.BootAsync();
        Assert.True(boot.ExitCode == 0, boot.All);
        return router;
    }
}

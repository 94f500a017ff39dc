using System.Text;
using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Events;
using Automation.Names;
using Automation.Network;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

public sealed class NodeLaunchTests
{
    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    [Fact]
    public async Task Old_news_of_the_launch_of_a_leaving_node_does_not_make_it_a_stand_in_again()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Region.ScaleIn(Blue);
        var record = World.Ledger.Nodes[Blue];
        World.Ledger.Nodes[Blue] = record with { GoneAt = World.Clock.GetUtcNow(), Version = record.Version + 1 };
        var hook = LifecycleHook.Of(new(World.Home, Blue, "routers", "tailnet-launch", Leaving: false, WarmPool: false), ((IAws)World.Aws).In(World.Home).AutoScaling);
        await World.Parts.Launch.AttendAsync(World.Home, Blue, hook, World.Clock.GetUtcNow(), TestContext.Current.CancellationToken);

        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);
    }

    [Fact]
    public async Task A_node_that_left_once_and_came_back_is_no_longer_marked_as_leaving()
    {
        _network.Launch(Blue);
        await World.RunAsync(Seconds(2));
        var record = World.Ledger.Nodes[Blue];
        World.Ledger.Nodes[Blue] = record with { GoneAt = World.Clock.GetUtcNow(), Version = record.Version + 1 };
        Assert.True(await World.SettleAsync(Minutes(2)));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        Assert.Null(World.Ledger.Nodes[Blue].GoneAt);
    }

    [Fact]
    public async Task A_held_instance_gets_a_single_use_key_and_its_settings()
    {
        _network.Launch(Blue);
        await World.RunAsync(Seconds(2));

        var key = Assert.Single(_network.KeysOf(Blue));
        Assert.True(key is { Reusable: false, Ephemeral: true, Preauthorized: true });
        Assert.Equal(["tag:aws-router"], key.Tags);
        Assert.Equal("aws i-0a1b2c3d4e5f60718", key.Description);
        Assert.InRange(key.Expires - key.Created, Minutes(1), Minutes(15));
        var secret = _network.Region.Parameters["/tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key"];
        Assert.True(secret.Secure);
        Assert.Equal(key.Value.Reveal(), secret.Value);
        Assert.Equal(Blue, secret.Reader);
        var settings = _network.Region.Parameters["/tailnet/nodes/i-0a1b2c3d4e5f60718/settings"];
        Assert.False(settings.Secure);
        Assert.Equal(Blue, settings.Reader);
        Assert.Equal(
            """{"hostname":"subnet-router-i-0a1b2c3d4e5f60718","advertiseRoutes":["10.0.0.0/16"],"advertiseTags":["tag:aws-router"],"flags":{"accept-dns":"false"}}""",
            settings.Value);
        Assert.Equal(key.Id, World.Ledger.Nodes[Blue].Key);
        Assert.Equal("Pending:Wait", _network.Region.Instance(Blue).LifecycleState);
    }

    [Theory]
    [InlineData("7", true, true)]
    [InlineData("7", false, false)]
    [InlineData("none", true, false)]
    [InlineData("24318", true, false)]
    [InlineData(null, true, false)]
    public async Task A_router_that_can_translate_names_boots_with_the_configuration_of_its_vpcs_site(string? tag, bool dns64, bool configured)
    {
        if (tag is not null)
        {
            _network.Region.TagVpc(_network.Hub, "tailscale:site-id", tag);
        }

        var instance = _network.Launch(Blue);
        instance.Dns64 = dns64;
        instance.Boots = false;
        await World.RunAsync(Seconds(6));

        var settings = JsonNode.Parse(_network.Region.Parameters[$"/tailnet/nodes/{Blue}/settings"].Value)!;
        var configuration = settings["dns64"] is { } text ? Encoding.UTF8.GetString(Convert.FromBase64String((string)text!)) : null;
        Assert.Equal(configured ? new Dns64(7, Address.Parse("10.0.0.2"), Prefixes("10.0.0.0/16")).ToConfiguration() : null, configuration);
    }

    [Fact]
    public async Task A_node_that_joined_is_approved_and_let_go_and_its_key_is_taken_back()
    {
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));

        var device = _network.Device(Blue)!;
        Assert.Equal(Prefixes("10.0.0.0/16"), device.Enabled);
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        Assert.Equal("InService", _network.Region.Instance(Blue).LifecycleState);
        Assert.Equal(["settings"], _network.Parameters(Blue));
        Assert.NotNull(Assert.Single(_network.KeysOf(Blue)).Revoked);
        var record = World.Ledger.Nodes[Blue];
        Assert.Equal(device.Id, record.Device);
        Assert.Equal(Prefixes("10.0.0.0/16"), record.Routes);
        Assert.Equal((_network.Hub, "subnet-router", World.Home), (record.Vpc, record.Role, record.Scope));
        Assert.Null(record.Key);
        Assert.Null(record.GoneAt);
    }

    [Fact]
    public async Task A_node_can_join_after_four_calls_in_sequence_and_is_admitted_after_eleven()
    {
        var calls = new List<string>();
        World.Calls.Before += calls.Add;
        World.Copies = text => EventParser.Parse(text).Change is ChangeEvent.InstanceHeld ? 1 : 0;   // what else is told of it comes after, and Reconcile's look is another story
        _network.Launch(Blue);
        var registering = await World.Calls.CountRoundsAsync(World.TickAsync);

        // The fifth round is the wait: by then the key is there.
        Assert.Equal(["Auto Scaling RecordLifecycleActionHeartbeat", "SQS ChangeMessageVisibility"], calls[^2..]);
        Assert.Equal("SSM PutParameter", calls[^3]);
        World.Clock.Advance(Seconds(30));
        var admitting = await World.Calls.CountRoundsAsync(World.TickAsync);

        Assert.Equal("InService", _network.Region.Instance(Blue).LifecycleState);
        Assert.Equal((5, 11), (registering, admitting));
    }

    [Fact]
    public async Task News_that_comes_several_times_in_one_batch_makes_one_key()
    {
        World.Copies = _ => 3;
        _network.Launch(Blue);
        await World.Calls.CountRoundsAsync(World.TickAsync);

        Assert.Single(_network.KeysOf(Blue));
    }

    [Fact]
    public async Task A_second_router_does_not_disturb_the_first()
    {
        await _network.WithAsync(Blue);
        var before = _network.Device(Blue);
        await _network.WithAsync(Green);

        Assert.Equal(before, _network.Device(Blue));
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Green)!.Enabled);
    }

    [Fact]
    public async Task Prefixes_that_somebody_else_enabled_stay_enabled()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(6));
        var device = Join(Blue, "10.0.0.0/16", "192.168.7.0/24", "0.0.0.0/0", "::/0");
        _network.Tailnet.ApproveRoutes(device, Prefixes("192.168.7.0/24", "0.0.0.0/0", "::/0"));
        Assert.True(await World.SettleAsync(Minutes(2)));
        await World.ReconcileAsync();

        Assert.Equal(Prefixes("10.0.0.0/16", "192.168.7.0/24", "0.0.0.0/0", "::/0"), _network.Device(Blue)!.Enabled);
        Assert.Equal(Prefixes("10.0.0.0/16", "192.168.7.0/24", "0.0.0.0/0", "::/0"), _network.Device(Blue)!.Advertised);
    }

    [Fact]
    public async Task What_a_node_advertises_beside_its_settings_is_not_approved()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(6));
        Join(Blue, "10.0.0.0/16", "192.168.7.0/24");
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task A_node_is_not_let_go_before_it_advertises_what_it_was_asked_to()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(6));
        _network.Fails = call => call == "SSM SendCommand" ? Failed(call, Failure.Unavailable) : null;   // else it is told to
        var device = Join(Blue);
        await World.RunAsync(Seconds(30));
        Assert.Equal("Pending:Wait", _network.Region.Instance(Blue).LifecycleState);

        _network.Tailnet.Advertise(device, Prefixes("10.0.0.0/16"));
        Assert.True(await World.SettleAsync(Minutes(1)));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Fact]
    public async Task A_node_whose_first_role_is_another_one_is_named_after_that_and_comes_into_service()
    {
        World.Reconfigure(settings => settings with { NodeTags = SandboxWorld.EveryRole });
        _network.Launch(Blue, "exit-node+subnet-router");
        Assert.True(await World.SettleAsync(Minutes(3)));

        Assert.Equal("exit-node-i-0a1b2c3d4e5f60718", _network.Device(Blue)?.HostName);
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);

        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_node_that_never_joins_is_kept_waiting_with_heartbeats_and_abandoned_after_ten_minutes()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Minutes(9.9));
        Assert.Equal("Pending:Wait", _network.Region.Instance(Blue).LifecycleState);
        Assert.InRange(_network.Calls.Count(call => call.EndsWith("RecordLifecycleActionHeartbeat", StringComparison.Ordinal)), 100, 130);
        Assert.Single(_network.KeysOf(Blue));

        await World.RunAsync(Seconds(20));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Abandon);
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_node_that_joined_and_fell_silent_before_it_was_admitted_is_abandoned_too()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(6));
        _network.Tailnet.Disconnect(Join(Blue, "10.0.0.0/16"));
        await World.RunAsync(Minutes(10.5));   // the schedule has recorded its device by now

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Abandon);
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_very_late_copy_of_the_launch_changes_nothing_for_a_node_in_service(bool offline)
    {
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));
        await World.RunAsync(Minutes(61));
        if (offline)
        {
            _network.Tailnet.Disconnect(_network.Device(Blue)!.Id);
        }

        var before = _network.State();
        World.NodeEvents.Send(_network.Events.Single(text => text.Contains("EC2_INSTANCE_LAUNCHING", StringComparison.Ordinal)));
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal(before, _network.State());
        Assert.Empty(_network.KeysOf(Blue));   // the spent key has left the list, and no other came
    }

    [Fact]
    public async Task Doubled_events_make_one_key_and_one_device()
    {
        World.Copies = _ => 2;
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal("InService", _network.Region.Instance(Blue).LifecycleState);
        Assert.NotNull(_network.Device(Blue));
        Assert.Empty(_network.Usable(Blue));
        Assert.Equal(["settings"], _network.Parameters(Blue));
    }

    [Fact]
    public async Task Another_teams_hook_is_never_answered_though_its_node_is_served()
    {
        _network.Launch(Blue, hook: "other-team-launch");
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
        Assert.Equal("other-team-launch", _network.Region.Instance(Blue).Hook);
        Assert.Empty(_network.Region.EndedWaits);
        Assert.DoesNotContain(_network.Calls, call => call.Contains("LifecycleAction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_teams_hook_is_not_answered_for_a_node_that_never_joins_either()
    {
        _network.Launch(Blue, hook: "other-team-launch").Boots = false;
        await World.RunAsync(Minutes(9.9));
        await World.RunAsync(Seconds(6));

        Assert.DoesNotContain(_network.Calls, call => call.Contains("LifecycleAction", StringComparison.Ordinal));
        Assert.True(await World.SettleAsync(Minutes(6)));
        await World.ReconcileAsync();
        Assert.Empty(_network.Usable(Blue));
    }

    [Fact]
    public async Task An_instance_without_the_tag_gets_nothing_and_is_let_into_service_after_a_minute()
    {
        _network.Launch(Blue, role: "");
        await World.RunAsync(Seconds(55));
        Assert.Empty(_network.Region.EndedWaits);
        Assert.True(await World.SettleAsync(Minutes(1)));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
        Assert.Empty(_network.KeysOf(Blue));
    }

    [Fact]
    public async Task An_instance_of_whose_roles_none_is_looked_after_is_let_into_service_at_once()
    {
        _network.Launch(Blue, role: "peer-relay");
        await World.TickAsync();

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("peer-relay")]
    public async Task Another_teams_hook_is_not_answered_for_what_is_no_node_either(string role)
    {
        _network.Launch(Blue, role, "other-team-launch");
        Assert.True(await World.SettleAsync(Minutes(3)));

        Assert.Equal("other-team-launch", _network.Region.Instance(Blue).Hook);
        Assert.DoesNotContain(_network.Calls, call => call.Contains("LifecycleAction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_whose_role_is_taken_off_while_it_is_held_gives_back_what_it_was_given_and_goes_into_service()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(30));
        Assert.Single(_network.Usable(Blue));
        _network.Region.TagInstance(Blue, "");
        Assert.True(await World.SettleAsync(Minutes(2)));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);
    }

    [Fact]
    public async Task A_node_whose_role_is_taken_off_once_it_has_joined_keeps_its_device_and_its_entry_until_it_ends()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(6));
        var device = Join(Blue);   // and does not advertise, so that it is not admitted
        _network.Region.TagInstance(Blue, "");
        Assert.True(await World.SettleAsync(Minutes(2)));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        Assert.Equal(device, _network.Device(Blue)?.Id);
        Assert.Equal((device, null), (World.Ledger.Nodes[Blue].Device, World.Ledger.Nodes[Blue].Key));
        Assert.Equal([NodeParameters.Settings], _network.Parameters(Blue));

        _network.Region.Kill(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_late_copy_of_the_launch_takes_nothing_from_a_node_that_a_person_took_over()
    {
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));
        await World.ReconcileAsync();
        World.Copies = _ => 0;
        _network.Region.TagInstance(Blue, "");
        World.Copies = null;
        await World.RunAsync(Minutes(20));
        var before = _network.State();
        World.NodeEvents.Send(_network.Events.Single(text => text.Contains("EC2_INSTANCE_LAUNCHING", StringComparison.Ordinal)));
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal(before, _network.State());
    }

    [Fact]
    public async Task A_tag_that_shows_late_is_waited_for()
    {
        var instance = _network.Launch(Blue, role: "");
        await World.RunAsync(Seconds(20));
        instance.Role = "subnet-router";
        Assert.True(await World.SettleAsync(Minutes(2)));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Fact]
    public async Task A_dry_run_leaves_a_launch_alone()
    {
        World.Reconfigure(settings => settings with { DryRun = true });
        _network.Launch(Blue);
        var before = _network.State();
        await World.RunAsync(Minutes(1));

        Assert.Equal(before, _network.State());
        Assert.Empty(_network.Calls);
    }

    private DeviceId Join(InstanceId id, params string[] advertised)
    {
        var key = _network.Region.Parameters[$"/tailnet/nodes/{id}/auth-key"].Value;
        var device = _network.Tailnet.Join(new Secret(key), NodeHostName.Of(NodeRoles.SubnetRouter, id), Prefixes(advertised));
        _network.Region.Instance(id).Device = device;
        return device;
    }
}

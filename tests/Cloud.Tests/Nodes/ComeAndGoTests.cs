using Automation.Aws;
using Automation.Plans;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

public sealed class ComeAndGoTests
{
    private const string Subnet = "subnet-0a1b2c3d4e5f60001";
    private const string Task = "0a1b2c3d4e5f46078a9b0c1d2e3f4a5b";

    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    private SimulatedRegion Region => _network.Region;

    // Ways to come.

    [Fact]
    public async Task An_instance_of_no_group_joins_when_it_starts()
    {
        Start();
        Assert.True(await World.SettleAsync(Minutes(2)));

        AssertServes(Blue);
        Assert.Empty(_network.Usable(Blue));
    }

    [Fact]
    public async Task Its_key_is_there_after_four_calls_in_sequence()
    {
        Start().Boots = false;
        await World.Calls.CountRoundsAsync(World.TickAsync);
        var calls = _network.Calls.IndexOf("SQS ChangeMessageVisibility");

        Assert.Equal("SSM PutParameter", _network.Calls[calls - 1]);
        Assert.Equal(
            ["Auto Scaling DescribeAutoScalingInstances", "DynamoDB GetItem", "EC2 DescribeInstances", "EC2 DescribeVpcs", "Tailscale POST keys", "SSM PutParameter", "DynamoDB PutItem", "SSM PutParameter"],
            _network.Calls[..calls].Take(3).Order(StringComparer.Ordinal).Concat(_network.Calls[3..calls].Select(call => call.Contains("keys", StringComparison.Ordinal) ? "Tailscale POST keys" : call)));
    }

    [Fact]
    public async Task An_instance_that_gets_its_tag_later_joins_then()
    {
        Start(role: "");
        await World.RunAsync(Minutes(30));
        Assert.Empty(_network.KeysOf(Blue));

        Region.TagInstance(Blue, NodeRoles.SubnetRouter);
        Assert.True(await World.SettleAsync(Minutes(2)));
        AssertServes(Blue);
    }

    [Fact]
    public async Task An_instance_whose_news_was_lost_is_given_its_key_by_the_schedule()
    {
        World.Copies = _ => 0;
        Start();
        await World.RunAsync(Minutes(21));

        AssertServes(Blue);
        Assert.Empty(_network.Usable(Blue));
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);
    }

    [Fact]
    public async Task An_instance_that_was_stopped_so_long_that_its_device_has_gone_joins_anew_when_it_starts()
    {
        Start();
        Assert.True(await World.SettleAsync(Minutes(2)));
        var before = _network.Device(Blue)!.Id;
        Region.SetState(Blue, "stopped");
        _network.Tailnet.RemoveDevice(before);   // as Tailscale does with ephemeral devices
        await World.RunAsync(Minutes(20));
        Assert.Contains(Blue, World.Ledger.Nodes.Keys);   // stopped is not gone

        Region.SetState(Blue, "running");
        Assert.True(await World.SettleAsync(Minutes(3)));
        AssertServes(Blue);
        Assert.NotEqual(before, World.Ledger.Nodes[Blue].Device);
        await World.ReconcileAsync();
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);
    }

    [Fact]
    public async Task A_node_whose_device_a_person_deleted_is_not_let_in_again_while_it_runs_on()
    {
        Start();
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.Tailnet.RemoveDevice(_network.Device(Blue)!.Id);
        Region.TagInstance(Blue, NodeRoles.SubnetRouter);
        await World.RunAsync(Minutes(20));

        Assert.Null(_network.Device(Blue));
        Assert.Empty(_network.Usable(Blue));
    }

    [Fact]
    public async Task A_group_without_hooks_has_its_nodes_let_in_too()
    {
        _network.Launch(Blue, hook: null);
        Assert.True(await World.SettleAsync(Minutes(2)));

        AssertServes(Blue);
    }

    [Theory]
    [InlineData("Warmed:Running")]
    [InlineData("Warmed:Pending")]
    public async Task In_its_warm_pool_an_instance_gets_no_key(string state)
    {
        _network.Launch(Blue, hook: null).LifecycleState = state;
        await World.RunAsync(Minutes(20));

        Assert.Empty(_network.KeysOf(Blue));
    }

    [Fact]
    public async Task Fifty_launches_at_once_all_come_in_within_the_three_parameters_a_second_that_ssm_writes()
    {
        Region.PutsPerSecond = 3;
        InstanceId[] all = [.. Enumerable.Range(1, 50).Select(number => InstanceId.Parse($"i-{number:x17}"))];
        var began = World.Clock.GetUtcNow();
        foreach (var id in all)
        {
            _network.Launch(id);
        }

        Assert.True(await World.SettleAsync(Minutes(15)));
        Assert.All(all, AssertServes);
        Assert.All(all, id => Assert.Empty(_network.Usable(id)));
        Assert.All(Region.EndedWaits, wait => Assert.Equal((LifecycleResult.Continue, false), (wait.Result, wait.TimedOut)));
        Assert.Equal(50, Region.EndedWaits.Count);
        Assert.InRange(World.Clock.GetUtcNow() - began, TimeSpan.Zero, Minutes(4));
        Assert.InRange(_network.Calls.Count(call => call == "Tailscale POST /keys"), 50, 150);   // a key whose parameter was refused is revoked
    }

    [Fact]
    public async Task A_refresh_of_the_whole_group_leaves_the_vpc_served_all_the_while()
    {
        await _network.WithAsync(Blue);
        _network.Launch(Green);
        Assert.True(await World.SettleAsync(Minutes(2)));
        Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));

        AssertServes(Green);
        _network.AssertNothingIsLeftOf(Blue);
    }

    // Ways to go.

    [Theory]
    [InlineData("stopping")]
    [InlineData("stopped")]
    public async Task A_stop_makes_sure_of_the_others_and_takes_nothing(string state)
    {
        await _network.WithAsync(Blue, Green);
        Forget(Green);
        Region.SetState(Blue, state);
        Assert.True(await World.SettleAsync(Minutes(3)));

        AssertServes(Green);
        Assert.NotNull(_network.Device(Blue));
        Assert.Contains(Blue, World.Ledger.Nodes.Keys);
    }

    [Fact]
    public async Task A_warning_that_ec2_takes_it_back_makes_sure_of_the_others_at_once_and_its_device_goes_when_it_has_ended()
    {
        await _network.WithAsync(Blue, Green);
        Forget(Green);
        Region.Warn(Blue, certain: true);
        await World.RunAsync(Seconds(3));
        AssertServes(Green);
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);
        Assert.NotNull(_network.Device(Blue));

        Region.Kill(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_recommendation_to_rebalance_makes_sure_of_the_others_and_takes_nothing()
    {
        await _network.WithAsync(Blue, Green);
        Forget(Green);
        Region.Warn(Blue, certain: false);
        Assert.True(await World.SettleAsync(Minutes(1)));

        AssertServes(Green);
        AssertServes(Blue);
        Assert.Null(World.Ledger.Nodes[Blue].GoneAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Old_news_that_ec2_takes_it_back_changes_nothing(bool certain)
    {
        await _network.WithAsync(Blue, Green);
        World.Copies = _ => 0;
        Region.Warn(Blue, certain);
        World.Copies = null;
        World.Clock.Advance(Minutes(6));
        var before = _network.State();
        World.NodeEvents.Send(_network.Events[^1]);
        await World.TickAsync();

        Assert.Equal(before, _network.State());
    }

    [Fact]
    public async Task Scheduled_maintenance_is_reported_and_is_worse_where_nobody_else_serves()
    {
        await _network.WithAsync(Blue);
        Region.Schedule(Blue, new("instance-retirement", World.Clock.GetUtcNow() + TimeSpan.FromDays(14)));
        await World.RunAsync(Seconds(8));
        Assert.Contains((await World.ReconcileAsync()).Plan.Findings, finding => finding is { Rule: "maintenance-scheduled", Severity: Finding.Error });

        _network.Launch(Green);
        Assert.True(await World.SettleAsync(Minutes(2)));
        Assert.Contains((await World.ReconcileAsync()).Plan.Findings, finding => finding is { Rule: "maintenance-scheduled", Severity: Finding.Warning });
    }

    [Fact]
    public async Task In_standby_a_router_hands_over_and_back_in_service_it_serves_again()
    {
        await _network.WithAsync(Blue, Green);
        Region.SetLifecycleState(Blue, "Standby", "EnterStandby");
        await World.RunAsync(Seconds(30));
        Assert.Empty(_network.Device(Blue)!.Enabled);
        AssertServes(Green);

        Region.SetLifecycleState(Blue, "InService", "ExitStandby");
        await World.RunAsync(Seconds(30));
        AssertServes(Blue);
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(60, false)]
    public async Task Shortly_before_its_maintenance_a_router_hands_over(int minutes, bool handsOver)
    {
        await _network.WithAsync(Blue, Green);
        Region.Schedule(Blue, new("instance-stop", World.Clock.GetUtcNow() + Minutes(minutes)));
        await World.RunAsync(Seconds(30));

        Assert.Equal(handsOver, _network.Device(Blue)!.Enabled.IsEmpty);
        AssertServes(Green);
    }

    [Fact]
    public async Task The_last_router_keeps_what_it_serves_in_standby_and_before_its_maintenance()
    {
        await _network.WithAsync(Blue);
        Region.SetLifecycleState(Blue, "Standby", "EnterStandby");
        Region.Schedule(Blue, new("instance-stop", World.Clock.GetUtcNow() + Minutes(1)));
        await World.RunAsync(Minutes(6));

        AssertServes(Blue);
    }

    [Fact]
    public async Task Detached_from_its_group_a_node_stays_in_service()
    {
        await _network.WithAsync(Blue, Green);
        Region.Instance(Blue).Group = null;
        Region.SetLifecycleState(Blue, "Detached", "DetachInstances");
        await World.RunAsync(Minutes(6));

        AssertServes(Blue);
        AssertServes(Green);
    }

    [Fact]
    public async Task A_stopped_task_takes_its_device_with_it_once_that_is_silent()
    {
        var device = _network.Tailnet.AddDevice($"subnet-router-{Task}", ["tag:aws-router"], []);
        var other = _network.Tailnet.AddDevice($"subnet-router-{Task}", ["tag:somebody"], []);
        Region.StopTask(Task);
        await World.RunAsync(Seconds(8));
        Assert.Contains(_network.Tailnet.Devices, found => found.Id == device);

        _network.Tailnet.Disconnect(device);
        Assert.True(await World.SettleAsync(Minutes(1)));
        Assert.Equal([other], _network.Tailnet.Devices.Select(found => found.Id));
    }

    [Fact]
    public async Task A_stopped_task_whose_device_stays_connected_is_left_alone()
    {
        _network.Tailnet.AddDevice($"subnet-router-{Task}", ["tag:aws-router"], []);
        Region.StopTask(Task);

        Assert.True(await World.SettleAsync(Minutes(12)));
        Assert.Single(_network.Tailnet.Devices);
    }

    [Fact]
    public async Task An_instance_that_is_no_node_costs_no_call_of_tailscale_when_it_starts()
    {
        Start(role: "");
        await World.TickAsync();

        Assert.DoesNotContain(_network.Calls, call => call.StartsWith("Tailscale", StringComparison.Ordinal));
        Assert.Equal(0, World.NodeEvents.Count);
    }

    private SimulatedInstance Start(string role = NodeRoles.SubnetRouter) => Region.Start(Blue.ToString(), _network.Hub, Subnet, role);

    // Its approval is lost, so that somebody must see to it.
    private void Forget(InstanceId id) => _network.Tailnet.DisableRoutes(_network.Device(id)!.Id, Prefixes("10.0.0.0/16"));

    private void AssertServes(InstanceId id)
    {
        var device = _network.Device(id);
        Assert.NotNull(device);
        Assert.True(device.Connected);
        Assert.Equal(Prefixes("10.0.0.0/16"), device.Enabled);
    }
}

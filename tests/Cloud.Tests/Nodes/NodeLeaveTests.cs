using Automation.Aws;
using Automation.Network;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

public sealed class NodeLeaveTests
{
    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    [Fact]
    public async Task Another_router_is_approved_before_the_leaving_one_is_taken_out()
    {
        await _network.WithAsync(Blue, Green);
        Unapprove(Green);
        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Green)!.Enabled);
        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
        var approved = _network.Calls.IndexOf("Tailscale POST /device/{id}/routes");
        var deleted = _network.Calls.IndexOf("Tailscale DELETE /device/{id}");
        var completed = _network.Calls.IndexOf("Auto Scaling CompleteLifecycleAction");
        Assert.True(approved >= 0 && approved < deleted && deleted < completed, $"{approved} {deleted} {completed}");
    }

    [Fact]
    public async Task The_last_router_is_let_go_at_once_and_its_device_stays_until_it_has_ended()
    {
        await _network.WithAsync(Blue);
        World.Copies = text => text.Contains("State-change", StringComparison.Ordinal) ? 0 : 1;
        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(1)));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.NotNull(_network.Device(Blue));
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);
        Assert.DoesNotContain("Tailscale DELETE /device/{id}", _network.Calls);

        World.NodeEvents.Send(_network.Events.Last(text => text.Contains("\"terminated\"", StringComparison.Ordinal)));
        Assert.True(await World.SettleAsync(Minutes(1)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task Two_routers_that_leave_together_are_no_stand_ins_for_each_other()
    {
        await _network.WithAsync(Blue, Green);
        World.Copies = text => text.Contains("State-change", StringComparison.Ordinal) ? 0 : 1;
        _network.Region.ScaleIn(Blue);
        _network.Region.ScaleIn(Green);
        await World.Calls.CountRoundsAsync(World.TickAsync);   // side by side, as the messages of a batch are

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        _network.AssertAnswered(Green, "tailnet-terminate", LifecycleResult.Continue);
        Assert.NotNull(_network.Device(Blue));   // nobody takes its place
        Assert.NotNull(_network.Device(Green));
    }

    [Fact]
    public async Task A_router_that_is_offline_is_no_stand_in()
    {
        await _network.WithAsync(Blue, Green);
        _network.Tailnet.Disconnect(_network.Device(Green)!.Id);
        World.Copies = text => text.Contains("State-change", StringComparison.Ordinal) ? 0 : 1;
        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(1)));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.DoesNotContain("Tailscale DELETE /device/{id}", _network.Calls);
    }

    [Fact]
    public async Task News_of_a_termination_that_is_not_happening_deletes_nothing()
    {
        await _network.WithAsync(Blue, Green);
        _network.Region.ScaleIn(Green);
        Assert.True(await World.SettleAsync(Minutes(1)));
        var replayed = _network.Events.Select(text => text.Replace(Green.ToString(), Blue.ToString(), StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, replayed.Length);
        var before = _network.State();
        _network.Calls.Clear();
        foreach (var text in replayed)
        {
            World.NodeEvents.Send(text);
        }

        Assert.True(await World.SettleAsync(Minutes(3)));
        Assert.Equal(before, _network.State());
        Assert.DoesNotContain(_network.Calls, call => call.Contains("DELETE", StringComparison.Ordinal) || call.Contains("Put", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stopped_instance_is_not_gone()
    {
        await _network.WithAsync(Blue);
        _network.Region.Instance(Blue).State = "stopped";
        _network.Region.Kill(Blue);
        _network.Region.Instance(Blue).State = "stopped";
        Assert.True(await World.SettleAsync(Minutes(3)));

        Assert.NotNull(_network.Device(Blue));
        Assert.Contains(Blue, World.Ledger.Nodes.Keys);
    }

    [Fact]
    public async Task An_instance_that_ends_without_a_hook_is_cleared_away()
    {
        await _network.WithAsync(Blue, Green);
        _network.Region.Kill(Blue);
        Assert.True(await World.SettleAsync(Minutes(1)));

        _network.AssertNothingIsLeftOf(Blue);
        Assert.NotNull(_network.Device(Green));
        Assert.Empty(_network.Region.EndedWaits);
    }

    [Fact]
    public async Task An_instance_that_only_the_ledger_still_knows_is_cleared_away()
    {
        await _network.WithAsync(Blue, Green);
        World.Copies = _ => 0;
        _network.Region.Kill(Blue);
        World.Tailnet.IsDown = true;   // so that no reconcile gets ahead of the event
        await World.RunAsync(Minutes(61));
        World.Tailnet.IsDown = false;
        Assert.Null(_network.Region.Find(Blue));
        Assert.Contains(Blue, World.Ledger.Nodes.Keys);

        World.NodeEvents.Send(_network.Events[^1]);
        Assert.True(await World.SettleAsync(Minutes(1)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    public async Task Doubled_and_reordered_news_of_a_short_life_comes_to_the_same_end(int copies, bool reversed)
    {
        await _network.WithAsync(Green);
        var expected = await ShortLife(await new ANetwork().WithAsync(Green), copies: 1, reversed: false);
        var actual = await ShortLife(_network, copies, reversed);

        Assert.Equal(expected, actual);
        _network.AssertNothingIsLeftOf(Blue);
    }

    private static async Task<string> ShortLife(ANetwork network, int copies, bool reversed)
    {
        var world = network.World;
        world.Copies = _ => 0;
        network.Launch(Blue);
        var launched = network.Events.ToArray();
        network.Region.ScaleIn(Blue);
        var left = network.Events.Except(launched).ToArray();
        foreach (var text in Enumerable.Repeat(reversed ? left.Concat(launched) : launched.Concat(left), copies).SelectMany(all => all))
        {
            world.NodeEvents.Send(text);
        }

        world.Copies = null;
        Assert.True(await world.SettleAsync(Minutes(12)));
        await world.ReconcileAsync();
        network.Region.EndedWaits.RemoveAll(wait => wait.Instance == Blue && wait is { Hook: "tailnet-terminate", TimedOut: false });
        return network.State();
    }

    [Fact]
    public async Task Instances_that_are_no_nodes_leave_without_being_held()
    {
        await _network.WithAsync(Green);
        _network.Region.Launch(Blue.ToString(), _network.Hub, "subnet-0a1b2c3d4e5f60001", role: "", hook: null);
        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(1)));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.DoesNotContain(_network.Calls, call => call.Contains("DELETE", StringComparison.Ordinal) || call.Contains("Put", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_teams_hook_is_never_answered_though_the_node_hands_over()
    {
        await _network.WithAsync(Blue, Green);
        _network.Region.ScaleIn(Blue, hook: "other-team-drain");
        Assert.True(await World.SettleAsync(Minutes(1)));

        Assert.Empty(_network.Region.EndedWaits);
        Assert.Equal("other-team-drain", _network.Region.Instance(Blue).Hook);
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_service_that_hangs_until_time_is_up_never_keeps_an_instance_from_leaving()
    {
        await _network.WithAsync(Blue, Green);
        World.Copies = _ => 0;
        _network.Region.ScaleIn(Blue);
        var since = World.Clock.GetUtcNow();
        var hook = LifecycleHook.Of(new(World.Home, Blue, "routers", "tailnet-terminate", Leaving: true, WarmPool: false), ((IAws)World.Aws).In(World.Home).AutoScaling);
        async Task<NodeOutcome> Attend()
        {
            using var time = new CancellationTokenSource();
            _network.Fails = call =>
            {
                if (call == "EC2 DescribeVpcs")
                {
                    time.Cancel();
                    return new OperationCanceledException(time.Token);
                }

                return null;
            };
            return await World.Parts.Leave.AttendAsync(World.Home, Blue, hook, Departure.Held, since, time.Token);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(Attend);   // early on it comes back
        Assert.Empty(_network.Region.EndedWaits);
        World.Clock.Advance(Minutes(2));
        await Attend();

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);
    }

    [Fact]
    public async Task The_end_of_an_instance_that_is_no_node_costs_the_tailnet_no_call()
    {
        await _network.WithAsync(Green);
        _network.Region.Launch(Blue.ToString(), _network.Hub, "subnet-0a1b2c3d4e5f60001", role: "", hook: null);
        _network.Region.Kill(Blue);
        await World.TickAsync();

        Assert.Equal(0, World.NodeEvents.Count);
        Assert.DoesNotContain(_network.Calls, call => call.StartsWith("Tailscale", StringComparison.Ordinal));
    }

    private void Unapprove(InstanceId id)
    {
        // As a person does in the admin console.
        var device = _network.Device(id)!;
        _network.Tailnet.SetRoutes(new Access(["all"], Tags: null), device.Id, PrefixSet.Empty);
    }
}

using Automation.Aws;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

/// <summary>Auto Scaling's events are best effort. A hook whose event was lost is answered all the same, before its timeout.</summary>
public sealed class LostHookNewsTests
{
    private const string Subnet = "subnet-0a1b2c3d4e5f60001";
    private const string Send = "SQS SendMessage";

    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    private SimulatedRegion Region => _network.Region;

    // The schedule looks every five minutes, and gives news its time: a launch may just miss a look.
    [Theory]
    [InlineData(0)]
    [InlineData(2.9)]
    [InlineData(3.1)]
    [InlineData(4.9)]
    public async Task A_launch_whose_news_is_lost_comes_in_whenever_it_happens(double after)
    {
        await World.RunAsync(Minutes(after));
        LoseHooksNews();
        _network.Launch(Blue);
        await World.RunAsync(Minutes(9));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        AssertServes(Blue);
        Assert.Empty(_network.Usable(Blue));
        Assert.Single(_network.Calls, call => call == Send);
        await AssertAtRestAsync();
    }

    [Theory]
    [InlineData("Warmed:Stopped")]
    [InlineData("Warmed:Running")]
    public async Task An_instance_of_a_warm_pool_goes_into_it_comes_out_and_ends_though_all_its_news_is_lost(string pool)
    {
        await _network.WithAsync(Green);
        Region.WarmPool = pool;
        LoseHooksNews();
        Region.LaunchIntoWarmPool(Blue.ToString(), _network.Hub, Subnet);
        await World.RunAsync(Minutes(9.9));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        Assert.Equal(pool, Region.Instance(Blue).LifecycleState);
        Assert.Empty(_network.KeysOf(Blue));
        Assert.DoesNotContain(World.Ledger.Nodes.Values, node => node.Device is null && node.GoneAt is null);

        await ComeAndGoAsync();
        if (pool == "Warmed:Stopped")
        {
            await ComeAndGoAsync();   // one that ran on still has the state of a device that is deleted
        }

        Region.EndedWaits.Clear();
        Region.ScaleIn(Blue);
        await World.RunAsync(Minutes(9.9));
        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.True(await World.SettleAsync(Minutes(2)));
        await World.RunAsync(Minutes(11));
        _network.AssertNothingIsLeftOf(Blue);
        await AssertAtRestAsync();

        async Task ComeAndGoAsync()
        {
            Region.EndedWaits.Clear();
            Region.LeaveWarmPool(Blue);
            await World.RunAsync(Minutes(9.9));
            _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
            AssertServes(Blue);
            await AssertAtRestAsync();

            Region.EndedWaits.Clear();
            Region.ReturnToWarmPool(Blue);
            await World.RunAsync(Minutes(9.9));
            _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
            Assert.Equal(pool, Region.Instance(Blue).LifecycleState);
        }
    }

    [Fact]
    public async Task Back_into_the_warm_pool_as_the_hook_holds_it_there_is_told_from_the_way_into_it()
    {
        await _network.WithAsync(Blue, Green);
        LoseHooksNews();
        Region.ReturnToWarmPool(Blue, "Warmed:Pending:Wait");
        await World.RunAsync(Minutes(9.9));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_termination_whose_news_is_lost_hands_over()
    {
        await _network.WithAsync(Blue, Green);
        LoseHooksNews();
        Region.ScaleIn(Blue);
        await World.RunAsync(Minutes(9.9));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
        AssertServes(Green);
        Assert.Single(_network.Calls, call => call == Send);
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task The_last_router_goes_too()
    {
        await _network.WithAsync(Blue);
        LoseHooksNews();
        Region.ScaleIn(Blue);
        await World.RunAsync(Minutes(9.9));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.Single(_network.Calls, call => call == Send);
    }

    [Fact]
    public async Task A_spot_warning_before_it_is_no_sign_that_the_termination_was_heard()
    {
        await _network.WithAsync(Blue, Green);
        Region.Warn(Blue, certain: true);
        await World.RunAsync(Seconds(10));
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);
        LoseHooksNews();
        Region.ScaleIn(Blue);
        await World.RunAsync(Minutes(9.9));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task What_is_no_node_of_ours_is_let_into_service_too()
    {
        LoseHooksNews();
        _network.Launch(Blue, role: "peer-relay");
        await World.RunAsync(Minutes(9));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        await AssertAtRestAsync();
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_launch_that_never_joins_is_abandoned_as_if_its_news_had_come_late()
    {
        LoseHooksNews();
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Minutes(17));

        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Abandon);
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_teams_hook_is_not_touched(bool leaving)
    {
        await _network.WithAsync(Green);
        LoseHooksNews();
        var id = leaving ? Green : Blue;
        if (leaving)
        {
            Region.ScaleIn(Green, "other-team-terminate");
        }
        else
        {
            _network.Launch(Blue, hook: "other-team-launch");
        }

        await World.RunAsync(Minutes(9.5));
        Assert.StartsWith("other-team-", Region.Instance(id).Hook, StringComparison.Ordinal);
        Assert.DoesNotContain(_network.Calls, call => call == Send || call.Contains("LifecycleAction", StringComparison.Ordinal));
    }

    [Fact]
    public async Task News_that_comes_is_not_told_again()
    {
        _network.Launch(Blue);
        _network.Launch(Green).Boots = false;
        await World.RunAsync(Minutes(11));
        Region.ScaleIn(Blue);
        await World.RunAsync(Minutes(11));

        Assert.DoesNotContain(Send, _network.Calls);
    }

    [Fact]
    public async Task Hooks_that_may_not_be_read_leave_all_as_it_is_and_are_a_finding()
    {
        LoseHooksNews();
        _network.Launch(Blue);
        _network.Fails = call => call == "Auto Scaling DescribeLifecycleHooks" ? Failed(call, Failure.Denied) : null;
        await World.RunAsync(Minutes(8));

        Assert.DoesNotContain(Send, _network.Calls);
        Assert.Empty(World.Ledger.Nodes);
        Assert.Equal("tailnet-launch", Region.Instance(Blue).Hook);
        var finding = Assert.Single((await World.ReconcileAsync()).Plan.Findings, finding => finding.Rule == "hooks-unread");
        Assert.Contains("DescribeLifecycleHooks", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_NodeLifecycles_queue_it_is_a_finding()
    {
        World.Reconfigure(settings => settings with { NodeQueue = null });
        LoseHooksNews();
        _network.Launch(Blue);
        await World.RunAsync(Minutes(6));

        Assert.DoesNotContain(Send, _network.Calls);
        Assert.Contains((await World.ReconcileAsync()).Plan.Findings, finding => finding.Rule == "hook-not-attended");
    }

    [Fact]
    public async Task News_that_could_not_be_sent_leaves_no_mark_so_that_the_next_look_sends_it()
    {
        await World.RunAsync(Minutes(2.5));
        LoseHooksNews();
        _network.Launch(Blue);
        _network.Fails = call => call == Send && World.Clock.GetUtcNow().Minute < 6 ? Failed(call, Failure.Unavailable) : null;
        await World.RunAsync(Minutes(4));
        Assert.Contains(Send, _network.Calls);
        Assert.Empty(World.Ledger.Nodes);

        await World.RunAsync(Minutes(5));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        AssertServes(Blue);
    }

    [Fact]
    public async Task One_that_was_let_go_since_the_look_is_left_alone()
    {
        await World.RunAsync(Minutes(1));
        LoseHooksNews();
        var instance = _network.Launch(Blue);
        World.Calls.After = call => instance.LifecycleState = call == "Auto Scaling DescribeLifecycleHooks" ? "Pending:Proceed" : instance.LifecycleState;
        World.Clock.Advance(Minutes(3));
        var result = await World.ReconcileAsync();

        Assert.Equal("stale", Assert.Single(result.Report.Actions, action => action.Kind == "AttendHook").Outcome);
        Assert.DoesNotContain(Send, _network.Calls);
    }

    private void LoseHooksNews() => World.Copies = text => text.Contains("Lifecycle Action", StringComparison.Ordinal) ? 0 : 1;

    private async Task AssertAtRestAsync()
    {
        await World.ReconcileAsync();
        await World.ReconcileAsync();
        var plan = (await World.ReconcileAsync(dryRun: true)).Plan;
        Assert.True(plan.IsEmpty, string.Join('\n', plan.Steps.Select(step => step.Action)));
    }

    private void AssertServes(InstanceId id) => Assert.Equal((true, "10.0.0.0/16"), (_network.Device(id)?.Connected, _network.Device(id)?.Enabled.ToString()));
}

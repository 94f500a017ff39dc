using Automation.Aws;
using Automation.Lambda;
using Automation.Network;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

public sealed class NodeFailureTests
{
    private const string Heartbeat = "Auto Scaling RecordLifecycleActionHeartbeat";
    private const string Complete = "Auto Scaling CompleteLifecycleAction";

    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    [Fact]
    public async Task While_Tailscale_is_down_a_launch_is_kept_waiting_and_comes_into_service_afterwards()
    {
        _network.Tailnet.IsDown = true;
        _network.Launch(Blue);
        await World.RunAsync(Minutes(7));
        Assert.Equal("Pending:Wait", _network.Region.Instance(Blue).LifecycleState);
        Assert.InRange(_network.Calls.Count(call => call == Heartbeat), 30, 60);

        _network.Tailnet.IsDown = false;
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task While_Tailscale_is_down_a_leaving_instance_goes_after_two_minutes_and_the_reconcile_finishes_it()
    {
        await _network.WithAsync(Blue, Green);
        _network.Tailnet.IsDown = true;
        _network.Region.ScaleIn(Blue);
        World.Copies = _ => 0;   // no news of its end: only the ledger can remember it
        await World.RunAsync(Seconds(118));
        Assert.Equal("Terminating:Wait", _network.Region.Instance(Blue).LifecycleState);
        Assert.Contains(Heartbeat, _network.Calls);
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);

        await World.RunAsync(Seconds(10));
        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        Assert.Equal(0, World.NodeEvents.Count);
        Assert.NotNull(_network.Device(Blue));
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);

        _network.Tailnet.IsDown = false;
        await World.RunAsync(Minutes(16));
        _network.AssertNothingIsLeftOf(Blue);
        Assert.NotNull(_network.Device(Green));
    }

    [Fact]
    public async Task While_Tailscale_is_down_the_end_of_an_instance_is_tried_again_and_then_left_to_the_reconcile()
    {
        await _network.WithAsync(Blue, Green);
        _network.Tailnet.IsDown = true;
        _network.Region.Kill(Blue);
        Assert.True(await World.SettleAsync(Minutes(16)));
        Assert.NotNull(_network.Device(Blue));

        _network.Tailnet.IsDown = false;
        await World.RunAsync(Minutes(6));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Theory]
    [InlineData("EC2 DescribeInstances")]
    [InlineData("EC2 DescribeVpcs")]
    [InlineData("SSM PutParameter")]
    [InlineData("DynamoDB PutItem")]
    [InlineData("DynamoDB GetItem")]
    [InlineData("Tailscale POST /keys")]
    [InlineData("Tailscale GET /devices")]
    [InlineData("Tailscale POST /device/{id}/routes")]
    [InlineData(Complete)]
    public async Task A_denied_call_delays_a_launch_and_a_person_can_put_it_right(string denied)
    {
        _network.Fails = call => call == denied ? Failed(call, Failure.Denied) : null;
        _network.Launch(Blue);
        await World.RunAsync(Minutes(4));
        Assert.Equal("Pending:Wait", _network.Region.Instance(Blue).LifecycleState);
        Assert.Contains(Heartbeat, _network.Calls);

        _network.Fails = null;
        Assert.True(await World.SettleAsync(Minutes(3)));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        await World.RunAsync(Minutes(11));
        Assert.Empty(_network.Usable(Blue));
        Assert.Equal(["settings"], _network.Parameters(Blue));
    }

    [Theory]
    [InlineData("EC2 DescribeInstances")]
    [InlineData("EC2 DescribeVpcs")]
    [InlineData("SSM DeleteParameters")]
    [InlineData("DynamoDB PutItem")]
    [InlineData("DynamoDB GetItem")]
    [InlineData("DynamoDB DeleteItem")]
    [InlineData("Tailscale DELETE /device/{id}")]
    [InlineData("Tailscale GET /devices")]
    [InlineData("Auto Scaling DescribeAutoScalingInstances")]
    public async Task A_denied_call_never_keeps_an_instance_from_leaving(string denied)
    {
        await _network.WithAsync(Blue, Green);
        _network.Fails = call => call == denied ? Failed(call, Failure.Denied) : null;
        _network.Region.ScaleIn(Blue);
        await World.RunAsync(Minutes(3));
        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);

        _network.Fails = null;
        await World.RunAsync(Minutes(16));
        _network.AssertNothingIsLeftOf(Blue);
        Assert.NotNull(_network.Device(Green));
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(1, 5)]
    [InlineData(3600, 60)]
    public async Task A_service_that_asks_for_patience_gets_it_within_reason(int asked, int given)
    {
        _network.Fails = call => call == "Tailscale GET /devices" ? Failed(call, Failure.Throttled, Seconds(asked)) : null;
        _network.Launch(Blue);
        await World.TickAsync();

        // Those that were throttled together come back spread over 40 seconds.
        Assert.InRange(World.NodeEvents.NextDue!.Value, World.Clock.GetUtcNow() + Seconds(given), World.Clock.GetUtcNow() + Seconds(given + 40));
    }

    [Fact]
    public async Task A_denied_call_is_tried_again_every_half_minute_and_a_conflict_at_once()
    {
        _network.Fails = call => call == "Tailscale GET /devices" ? Failed(call, Failure.Denied) : null;
        _network.Launch(Blue);
        await World.TickAsync();
        Assert.Equal(World.Clock.GetUtcNow() + Seconds(30), World.NodeEvents.NextDue);

        _network.Fails = call => call == "Tailscale GET /devices" ? Failed(call, Failure.Conflict) : null;
        await World.RunAsync(Seconds(30));
        await World.TickAsync();
        Assert.Equal(World.Clock.GetUtcNow() + Seconds(5), World.NodeEvents.NextDue);
    }

    [Fact]
    public async Task Of_two_that_register_the_same_node_the_second_takes_its_key_back()
    {
        var written = false;
        _network.Fails = call =>
        {
            if (call == "DynamoDB PutItem" && !written)
            {
                written = true;   // somebody else's write comes first
                World.Ledger.Nodes[Blue] = new(Blue, World.Home, "subnet-router", _network.Hub, World.Clock.GetUtcNow(), null, null, null, PrefixSet.Empty, null, 1);
            }

            return null;
        };
        _network.Launch(Blue);
        await World.TickAsync();
        Assert.NotNull(Assert.Single(_network.KeysOf(Blue)).Revoked);
        Assert.DoesNotContain("auth-key", _network.Parameters(Blue));

        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Fact]
    public async Task A_ledger_that_somebody_else_writes_meanwhile_delays_a_leaving_node_by_seconds()
    {
        await _network.WithAsync(Blue, Green);
        var written = false;
        _network.Fails = call =>
        {
            if (call == "DynamoDB PutItem" && !written)
            {
                written = true;
                var record = World.Ledger.Nodes[Blue];
                World.Ledger.Nodes[Blue] = record with { Version = record.Version + 1 };
            }

            return null;
        };
        _network.Region.ScaleIn(Blue);
        await World.RunAsync(Seconds(8));

        _network.AssertAnswered(Blue, "tailnet-terminate", LifecycleResult.Continue);
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_message_whose_delay_cannot_be_set_comes_back_with_its_queues_own()
    {
        _network.Fails = call => call == "SQS ChangeMessageVisibility" ? Failed(call, Failure.Denied) : null;
        _network.Launch(Blue);
        await World.TickAsync();
        Assert.Equal(World.Clock.GetUtcNow() + Minutes(6), World.NodeEvents.NextDue);

        Assert.True(await World.SettleAsync(Minutes(13)));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Fact]
    public async Task A_message_for_which_time_ran_out_comes_back_soon()
    {
        _network.Launch(Blue);
        var sqs = new SimulatedSqs([World.NodeEvents], World.Calls);
        var outside = new Outside(World.Aws, null!, World.Ledger, sqs);   // the handler itself asks nothing of the tailnet
        var metrics = new Metrics(new LogLines(Stream.Null), new LambdaEnvironment(null, "", "test", LogLevel.None, TextLog: true), World.Clock);
        var handler = new NodeLifecycleHandler(World.Parts, outside, World.Settings, metrics, World.Clock, NullLogger.Instance);
        using var time = new CancellationTokenSource();
        _network.Fails = call =>
        {
            if (call == "Tailscale GET /devices")
            {
                time.Cancel();
                return new OperationCanceledException(time.Token);
            }

            return null;
        };
        var (payload, ids) = World.NodeEvents.Receive()!.Value;
        var answer = await handler.HandleAsync(payload, new("request", DateTimeOffset.MaxValue, "", null), time.Token);
        World.NodeEvents.Answer(ids, answer.Span);

        Assert.Equal(World.Clock.GetUtcNow() + Seconds(15), World.NodeEvents.NextDue);
    }

    [Fact]
    public async Task A_heartbeat_that_fails_stops_nothing()
    {
        _network.Fails = call => call == Heartbeat ? Failed(call, Failure.Throttled) : null;
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Contains(Heartbeat, _network.Calls);
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Fact]
    public async Task An_abandoned_node_is_abandoned_also_while_Tailscale_cannot_be_asked_to_forget_it()
    {
        _network.Launch(Blue).Boots = false;
        await World.RunAsync(Seconds(10));
        _network.Fails = call => call == "Tailscale DELETE /keys/{id}" ? Failed(call, Failure.Unavailable) : null;
        await World.RunAsync(Minutes(10.2));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Abandon);
        Assert.NotNull(World.Ledger.Nodes[Blue].GoneAt);

        _network.Fails = null;
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task An_unexpected_error_with_one_message_does_not_concern_the_others_of_its_batch()
    {
        var failed = false;
        _network.Fails = call => call == "EC2 DescribeInstances" && !failed && (failed = true) ? new InvalidOperationException("a defect") : null;
        _network.Launch(Blue);
        _network.Launch(Green);
        await World.TickAsync();

        Assert.Empty(_network.KeysOf(Blue));
        Assert.NotEmpty(_network.KeysOf(Green));
        Assert.Equal(2, World.NodeEvents.Count);
        Assert.True(await World.SettleAsync(Minutes(8)));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("""{"Records":[]}""")]
    [InlineData("oversized")]
    public async Task A_message_that_is_no_event_goes_to_the_dead_letter_queue_and_the_others_are_handled(string text)
    {
        var body = text == "oversized" ? $"{{\"padding\":\"{new string('x', 1024 * 1024)}\"}}" : text;
        World.NodeEvents.Send(body);
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal([body], World.NodeEvents.DeadLetters);
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
    }

    [Fact]
    public async Task News_of_an_account_that_is_none_of_ours_is_dropped_without_a_call()
    {
        _network.Launch(Blue);
        var foreign = _network.Events[0].Replace(World.Home.Account, "444455556666", StringComparison.Ordinal);
        await World.SettleAsync(Minutes(2));
        _network.Calls.Clear();
        World.NodeEvents.Send(foreign);
        await World.TickAsync();

        Assert.Equal(0, World.NodeEvents.Count);
        Assert.Empty(_network.Calls);
    }
}

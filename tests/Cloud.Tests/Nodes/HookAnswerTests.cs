using Automation.Aws;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

/// <summary>A hook of ours is completed, or kept by heartbeats for a while and then left to its own timeout, whatever fails, however, and for ever.</summary>
public sealed class HookAnswerTests
{
    private const string Heartbeat = "Auto Scaling RecordLifecycleActionHeartbeat";
    private const string Complete = "Auto Scaling CompleteLifecycleAction";
    private const string Delay = "SQS ChangeMessageVisibility";

    /// <summary>The queue's own, where the delay cannot be set.</summary>
    private static readonly TimeSpan s_visibility = Minutes(6);

    public static TheoryData<Failure> Failures() => [.. Enum.GetValues<Failure>()];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_launch_is_answered_or_kept_by_heartbeats_until_its_hook_decides(Failure failure)
    {
        var calls = await CallsAsync(leaving: false);
        Assert.Superset(new HashSet<string>(["EC2 DescribeInstances", "Tailscale POST /keys", "SSM PutParameter", "DynamoDB PutItem", Heartbeat, Complete, Delay]), calls);
        foreach (var call in calls)
        {
            var story = await StoryAsync(leaving: false, call, called => Failed(called, failure));
            var pace = call == Delay ? s_visibility : Seconds(75);   // half a minute, or a quarter and what spreads those that were throttled
            Assert.All(story.Signs.Prepend(TimeSpan.Zero).Zip(story.Signs), gap => Assert.True(gap.Second - gap.First <= pace, $"{call}: nothing from {gap.First} to {gap.Second}"));
            Assert.True(story.Ended - story.Signs[^1] <= (story.Wait.TimedOut ? SimulatedRegion.HookTimeout + Seconds(1) : Seconds(1)), $"{call}: {story.Wait} at {story.Ended}, last heard of at {story.Signs[^1]}");
            if (story.Wait.TimedOut && call != Heartbeat)
            {
                Assert.InRange(story.Signs[^1], LaunchPlanner.JoinTime - pace, LaunchPlanner.JoinTime + LaunchPlanner.KeyLife);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_leaving_instance_goes_when_patience_ends_unless_its_completion_is_what_fails(Failure failure)
    {
        var calls = await CallsAsync(leaving: true);
        Assert.Superset(new HashSet<string>(["EC2 DescribeInstances", "DynamoDB PutItem", "Tailscale DELETE /device/{id}", Complete]), calls);
        foreach (var call in calls.Append(Heartbeat).Append(Delay))
        {
            var story = await StoryAsync(leaving: true, call, called => Failed(called, failure));
            if (call == Complete)
            {
                Assert.True(story.Wait.TimedOut, $"{story.Wait}");
                Assert.Contains(story.Signs, sign => sign > LeavePlanner.Patience);
                continue;
            }

            Assert.True(story.Wait is { Result: LifecycleResult.Continue, TimedOut: false }, $"{call}: {story.Wait}");
            Assert.True(story.Ended <= LeavePlanner.Patience + (call == Delay ? s_visibility : Seconds(60)), $"{call}: it went after {story.Ended}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fault_of_the_program_leaves_a_hook_to_its_timeout(bool leaving)
    {
        foreach (var call in await CallsAsync(leaving))
        {
            var story = await StoryAsync(leaving, call, _ => new InvalidOperationException("a defect"));
            Assert.True(story.Ended <= LaunchPlanner.JoinTime + SimulatedRegion.HookTimeout + Seconds(1), $"{call}: {story.Wait} at {story.Ended}");
        }
    }

    [Theory]
    [InlineData("tailnet-launch", 21)]
    [InlineData(null, 16)]
    public async Task A_node_that_joined_and_cannot_be_admitted_is_left_to_the_reconcile_and_never_to_the_dead_letters(string? hook, int minutes)
    {
        var network = new ANetwork { Fails = call => call == "Tailscale GET /device/{id}/routes" ? Failed(call, Failure.Unavailable) : null };
        network.Launch(Blue, hook: hook);
        await network.World.RunAsync(Minutes(minutes));

        Assert.Equal(0, network.World.NodeEvents.Count);
        Assert.Empty(network.World.NodeEvents.DeadLetters);
        Assert.Equal(hook is null ? [] : [new EndedWait(Blue, hook, LifecycleResult.Abandon, TimedOut: true)], network.Region.EndedWaits);

        network.Fails = null;
        await network.World.RunAsync(Minutes(6));
        Assert.Equal(hook is null ? Prefixes("10.0.0.0/16") : null, network.Device(Blue)?.Enabled);
    }

    /// <returns>Every outside call of a story in which nothing fails, until the hook is answered.</returns>
    private static async Task<SortedSet<string>> CallsAsync(bool leaving)
    {
        var calls = new SortedSet<string>(StringComparer.Ordinal);
        await StoryAsync(leaving, null, _ => null, calls);
        return calls;
    }

    /// <returns>When we answered or sent heartbeats, or tried to; when the wait ended, and how.</returns>
    private static async Task<(List<TimeSpan> Signs, TimeSpan Ended, EndedWait Wait)> StoryAsync(bool leaving, string? failing, Func<string, Exception?> failure, ISet<string>? seen = null)
    {
        var network = new ANetwork();
        var world = network.World;
        if (leaving)
        {
            await network.WithAsync(Blue, Green);
        }

        var began = world.Clock.GetUtcNow();
        TimeSpan Passed() => world.Clock.GetUtcNow() - began;
        var signs = new List<TimeSpan>();
        network.Fails = call =>
        {
            seen?.Add(call);
            if (call is Heartbeat or Complete && network.Region.EndedWaits.Count == 0)
            {
                signs.Add(Passed());
            }

            return call == failing ? failure(call) : null;
        };
        if (leaving)
        {
            network.Region.ScaleIn(Blue);
        }
        else
        {
            network.Launch(Blue);
        }

        while (network.Region.EndedWaits.Count == 0 && Passed() < Minutes(30))
        {
            try
            {
                await world.TickAsync();
            }
            catch (InvalidOperationException)
            {
                // The same fault ends an invocation of Reconcile, which is not what this is about.
            }

            world.Clock.Advance(Seconds(1));
        }

        return (signs, Passed(), Assert.Single(network.Region.EndedWaits));
    }
}

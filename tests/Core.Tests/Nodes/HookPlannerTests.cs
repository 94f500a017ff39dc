using Automation.Plans;

namespace Automation.Nodes;

public class HookPlannerTests
{
    private const string Launch = "attend to tailnet-launch, which holds i-00000001: its news was lost";
    private const string Terminate = "attend to tailnet-terminate, which holds i-00000001: its news was lost";

    [Fact]
    public void A_launch_that_nobody_registered_within_two_minutes_is_attended_to()
    {
        Assert.Equal([Launch], Attended(Held("Pending:Wait", age: 2)));
        Assert.Empty(Attended(Held("Pending:Wait", age: 1.9)));
    }

    [Fact]
    public void A_launch_that_was_registered_is_left_to_its_news() =>
        Assert.Empty(Attended(Held("Pending:Wait", age: 9).WithNode(Record(age: 8.9))));

    [Fact]
    public void A_record_from_before_it_left_its_warm_pool_is_no_sign_that_it_was_registered() =>
        Assert.Equal([Launch], Attended(Held("Pending:Wait", age: 3).WithNode(Record(age: 60))));

    [Fact]
    public void A_node_that_left_into_a_warm_pool_that_runs_and_comes_again_is_attended_to() =>
        Assert.Equal([Launch], Attended(Held("Pending:Wait", age: 600).WithNode(Record(age: 599) with { GoneAt = AWorld.Now.AddMinutes(-60) })));

    [Fact]
    public void A_launch_into_a_warm_pool_is_attended_to_once()
    {
        var world = Held("Warmed:Pending:Wait", age: 3);
        var step = Assert.Single(world.Planned().Steps.Select(step => step.Action).OfType<PlanAction.AttendHook>());

        Assert.Equal((HeldFor.WarmPool, Launch), (step.For, step.ToString()));
        Assert.Empty(Attended(After.Of(world.Seen(), world.Planned())));
    }

    [Fact]
    public void What_waits_in_its_warm_pool_after_that_is_attended_to_when_it_leaves_the_pool()
    {
        var world = Held("Warmed:Pending:Wait", age: 3);
        var warm = After.Of(world.Seen(), world.Planned());
        Snapshot In(string state) => warm with { Scopes = [.. warm.Scopes.Select(scope => scope with { Instances = Seen<Instance>.All(scope.Instances.Items.Select(instance => instance with { LifecycleState = state })) })] };

        Assert.Empty(Attended(In("Warmed:Running")));
        Assert.Equal([Launch], Attended(In("Pending:Wait")));
    }

    [Theory]
    [InlineData("Terminating:Wait")]
    [InlineData("Warmed:Terminating:Wait")]
    [InlineData("Warmed:Pending:Wait")]   // one that has served, on its way back
    public void A_node_that_leaves_and_is_not_marked_is_attended_to(string state)
    {
        Assert.Equal([Terminate], Attended(Serving(state)));
        Assert.Empty(Attended(Serving(state).Node(1, record => record with { GoneAt = AWorld.Now })));
    }

    [Fact]
    public void One_that_leaves_with_a_device_alone_is_attended_to() =>
        Assert.Equal([Terminate], Attended(Serving("Terminating:Wait").Node(1, _ => null).WithHook("other-team-terminate", leaving: true)));

    [Fact]
    public void One_that_leaves_and_never_joined_is_attended_to_where_ours_are_the_only_hooks()
    {
        Assert.Equal([Terminate], Attended(Held("Warmed:Terminating:Wait", age: 600)));
        Assert.Empty(Attended(Held("Warmed:Terminating:Wait", age: 600).WithHook("other-team-terminate", leaving: true)));
    }

    [Theory]
    [InlineData(2.9, false)]
    [InlineData(3, true)]
    public void A_mark_is_good_for_three_minutes_as_whoever_made_it_answers_within_two(double age, bool attends)
    {
        var world = Serving("Terminating:Wait").Node(1, record => record with { GoneAt = AWorld.Now.AddMinutes(-age) });

        Assert.Equal(attends ? [Terminate] : [], Attended(world));
        Assert.Empty(Attended(world.WithHook("other-team-terminate", leaving: true)));
    }

    [Theory]
    [InlineData("other-team-launch")]
    [InlineData("not-tailnet-launch")]
    public void Another_teams_hook_is_never_attended_to(string name) =>
        Assert.Empty(Attended(Bare("Pending:Wait", age: 9).WithHook(name, leaving: false)));

    [Fact]
    public void Beside_another_teams_hook_ours_is_attended_to_for_a_node_and_not_for_what_is_none()
    {
        Assert.Equal([Launch], Attended(Held("Pending:Wait", age: 9).WithHook("other-team-launch", leaving: false)));
        Assert.Empty(Attended(Held("Pending:Wait", age: 9).Instance(1, instance => instance with { Role = "peer-relay" }).WithHook("other-team-launch", leaving: false)));
        Assert.Equal([Launch], Attended(Held("Pending:Wait", age: 9).Instance(1, instance => instance with { Role = "peer-relay" })));
    }

    [Fact]
    public void All_hooks_of_ours_are_attended_to_in_one_step() => Assert.Equal(
        ["attend to tailnet-also and tailnet-launch, which hold i-00000001: its news was lost"],
        Attended(Held("Pending:Wait", age: 9).WithHook("tailnet-also", leaving: false)));

    [Theory]
    [InlineData("Pending")]
    [InlineData("Pending:Proceed")]
    [InlineData("InService")]
    [InlineData("Terminating:Proceed")]
    [InlineData("Warmed:Stopped")]
    [InlineData(null)]
    public void What_no_hook_holds_is_not_attended_to(string? state) => Assert.Empty(Attended(Serving(state)));

    [Theory]
    [InlineData("instances")]
    [InlineData("nodes")]
    [InlineData("hooks")]
    public void What_was_not_read_is_not_attended_to(string part) => Assert.Empty(Attended(Held("Pending:Wait", age: 9).Unread(part)));

    [Fact]
    public void Where_details_were_not_read_nothing_is_attended_to() => Assert.Empty(Attended(Held("Pending:Wait", age: 9).WithoutDetails()));

    [Fact]
    public void Hooks_that_could_not_be_read_are_a_finding() => Assert.Contains("hooks-unread", Held("Pending:Wait", age: 9).Unread("hooks").Rules());

    [Fact]
    public void Without_NodeLifecycles_queue_a_finding_says_why_nothing_is_done()
    {
        var world = Held("Pending:Wait", age: 9).WithoutNodeQueue();
        var finding = Assert.Single(world.Planned().Findings, finding => finding.Rule == "hook-not-attended");

        Assert.Empty(Attended(world));
        Assert.Equal((Finding.Warning, "i-00000001"), (finding.Severity, finding.Resource));
        Assert.Contains("tailnet-launch holds it", finding.Text, StringComparison.Ordinal);
        Assert.Contains("NODE_QUEUE_URL", finding.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hook-not-attended", Held("Pending:Wait", age: 1).WithoutNodeQueue().Rules());
    }

    [Theory]
    [InlineData("Terminating:Wait")]
    [InlineData("Warmed:Terminating:Wait")]
    [InlineData("Terminating")]
    public void A_router_on_its_way_out_hands_over_before_its_news_is_heard(string state) => Assert.Contains(
        "withdraw 10.0.0.0/16 from subnet-router-i-00000001", Serving(state).WithRouter(2, 1).Lines());

    [Fact]
    public void A_router_on_its_way_out_is_not_returned_however_old_its_mark_is()
    {
        var marked = Serving("Terminating:Wait").Node(1, record => record with { GoneAt = AWorld.Now.AddMinutes(-30) });

        Assert.DoesNotContain(marked.Planned().Steps, step => step.Action is PlanAction.ReturnNode);
    }

    // An instance of a group with both hooks of ours that has not joined.
    private static AWorld Held(string? state, double age) => Bare(state, age).WithHook("tailnet-launch", leaving: false).WithHook("tailnet-terminate", leaving: true);

    private static AWorld Bare(string? state, double age) => Serving(state, hooks: false)
        .Instance(1, instance => instance with { LaunchedAt = AWorld.Now.AddMinutes(-age) }).WithoutDevice(1).Node(1, _ => null);

    private static AWorld Serving(string? state, bool hooks = true)
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, 1).Instance(1, instance => instance with { Group = "routers", LifecycleState = state });
        return hooks ? world.WithHook("tailnet-launch", leaving: false).WithHook("tailnet-terminate", leaving: true) : world;
    }

    private static NodeRecord Record(double age) =>
        new(AWorld.InstanceOf(1), AWorld.Scope, "subnet-router", AWorld.VpcOf(1), AWorld.Now.AddMinutes(-age), null, null, null, [], null, 1);

    private static string[] Attended(AWorld world) => Attended(world.Seen());

    private static string[] Attended(Snapshot seen) => [.. ReconcilePlanner.Plan(seen).Steps.Select(step => step.Action).OfType<PlanAction.AttendHook>().Select(action => action.ToString())];
}

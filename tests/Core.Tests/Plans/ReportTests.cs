using System.Text;
using System.Text.Json.Nodes;

namespace Automation.Plans;

public class ReportTests
{
    [Fact]
    public void Has_exactly_the_members_that_others_build_on()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithInternalDomain(1, "10.0.0.2")
            .WithRouter(2, inVpc: 1).WithoutDevice(2).WithSubnet(1, vpc: 1, "10.0.1.0/24").WithMainTable(1, vpc: 1).Standing(2, subnet: 1)
            .Device(1, device => device with { Enabled = [] });

        Assert.Equal(
            """
            {"dryRun":true,"summary":"Plan: 1 to add, 0 to change, 0 to remove.",
            "observed":{"scopes":[{"scope":"111122223333/eu-west-1","complete":true,"vpcs":1}],"devices":1},
            "nodes":[{"instanceId":"i-00000001","roles":"subnet-router","hostName":"subnet-router-i-00000001","state":"running","device":"n000001CNTRL","serves":true},
            {"instanceId":"i-00000002","roles":"subnet-router","hostName":"subnet-router-i-00000002","state":"running","device":null,"serves":false}],
            "routers":[{"instanceId":"i-00000001","vpcId":"vpc-00000001","subnetId":null,"device":"n000001CNTRL","advertise":["10.0.0.0/16"],"via6":[]},
            {"instanceId":"i-00000002","vpcId":"vpc-00000001","subnetId":"subnet-00000001","device":null,"advertise":["10.0.0.0/16"],"via6":[]}],
            "splitDns":{"eu-west-1.compute.internal":["10.0.0.2"]},"zoneAssociations":[],"sites":{},
            "prefixes":[{"prefix":"10.0.0.0/16","vpcId":"vpc-00000001","routers":["i-00000001","i-00000002"],"standIns":[],"zones":[]}],
            "pools":[],"cleanup":{"devices":0,"items":[]},
            "rolePolicies":{"subnet-router":{"grants":[{"src":["autogroup:member"],"dst":["10.0.0.0/16"],"ip":["*"]}]}},
            "actions":[{"kind":"ApproveRoutes","target":"n000001CNTRL","text":"approve 10.0.0.0/16 on subnet-router-i-00000001","outcome":"planned"}],
            "findings":[{"rule":"router-not-joined","severity":"warning","resource":"i-00000002","text":"No device subnet-router-i-00000002 is in the tailnet: see its boot log, and whether its auth-key parameter was there in time."}]}
            """.Replace("\n", "", StringComparison.Ordinal),
            Json(world.Seen(), world.Planned()));
    }

    [Fact]
    public void Leaves_out_what_has_no_room_says_so_and_keeps_what_failed()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).Device(1, device => device with { Enabled = [] });
        for (var vpc = 2; vpc < 100; vpc++)
        {
            world.WithVpc(vpc, $"10.{vpc}.0.0/16").WithRouter(vpc, inVpc: vpc).Device(vpc, device => device with { Enabled = [] });
        }

        var plan = world.Planned();
        var results = plan.Steps.Select((step, at) => new StepResult(step, at == plan.Steps.Length - 1 ? new StepOutcome.Failed("no") : new StepOutcome.Applied())).ToArray();
        var report = Report.Of(world.Seen(), plan, results, dryRun: false);
        var most = report.ToUtf8Json().Length / 4;
        var cut = report.ToUtf8Json(most);
        var read = JsonNode.Parse(cut)!;

        Assert.InRange(cut.Length, 1, most);
        Assert.Equal("failed", (string)read["actions"]![0]!["outcome"]!);
        Assert.Equal(report.Actions.Length, read["actions"]!.AsArray().Count + (int)read["leftOut"]!["actions"]!);
        Assert.Equal(report.Summary, (string)read["summary"]!);
        Assert.Equal(JsonNode.Parse(report.ToUtf8Json())!.AsObject().Select(member => member.Key), read.AsObject().Select(member => member.Key).Where(member => member != "leftOut"));
        Assert.Equal(report.ToUtf8Json(), report.ToUtf8Json(int.MaxValue));
    }

    [Fact]
    public void Tells_every_outcome_by_its_word_and_what_became_of_it()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).Device(1, device => device with { Enabled = [] });
        var plan = world.Planned();
        StepOutcome[] outcomes =
        [
            new StepOutcome.Planned(), new StepOutcome.Applied(), new StepOutcome.AlreadySo(), new StepOutcome.Stale("a"), new StepOutcome.Failed("b"), new StepOutcome.Held("c"), new StepOutcome.NotReached("d"),
        ];
        var report = Report.Of(world.Seen(), plan, [.. outcomes.Select(outcome => new StepResult(plan.Steps[0], outcome))], dryRun: false);

        Assert.Equal(["planned", "applied", "already-so", "stale", "failed", "held", "not-reached"], report.Actions.Select(action => action.Outcome));
        Assert.Equal([null, null, null, "a", "b", "c", "d"], report.Actions.Select(action => action.Detail));
    }

    [Fact]
    public void A_tag_of_a_snapshot_file_that_no_tag_can_be_stands_in_the_policy_as_it_is()
    {
        const string Odd = "tag:\u0002\"";
        var seen = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).Instance(1, router => router with { Role = "agent" }).Seen();
        seen = seen with { NodeTags = new(AWorld.Tags.ByRole.SetItem("agent", [Odd])) };

        var policy = Report.Of(seen, ReconcilePlanner.Plan(seen)).RolePolicies["agent"];

        Assert.Equal(Odd, policy.GetProperty("grants")[0].GetProperty("dst")[0].GetString());
    }

    [Fact]
    public void A_held_step_is_shown_as_held_and_not_counted()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithGoneRouter(2, inVpc: 1);
        var report = JsonNode.Parse(Json(world.Seen(), world.Planned()))!;

        Assert.Equal("held", (string?)report["actions"]![0]!["outcome"]);
        Assert.Equal("Plan: 0 to add, 0 to change, 0 to remove.", (string?)report["summary"]);
    }

    [Fact]
    public void A_scope_that_was_not_read_completely_says_so()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").Unread("zones");

        Assert.Contains("\"complete\":false", Json(world.Seen(), world.Planned()), StringComparison.Ordinal);
    }

    private static string Json(Snapshot seen, Plan plan) => Encoding.UTF8.GetString(Report.Of(seen, plan).ToUtf8Json());
}

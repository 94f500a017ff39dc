using System.Text.Json.Nodes;
using Automation.Events;
using Automation.Nodes;

namespace Automation.Templates;

public class RuleTests(StackTemplate template)
{
    private const string NodeQueue = "NodeLifecycleQueue", ReconcileQueue = "ReconcileQueue", Schedule = "Schedule";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "events");

    public static TheoryData<string> Samples => [.. Directory.GetFiles(s_folder, "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private Dictionary<string, JsonNode> Patterns =>
        template.OfType("AWS::Events::Rule").Where(rule => rule.Key != Schedule).ToDictionary(rule => rule.Key, rule => rule.Value["EventPattern"]!);

    [Theory]
    [MemberData(nameof(Samples))]
    public void An_event_passes_exactly_where_a_function_answers_it(string sample)
    {
        var text = File.ReadAllText(Path.Combine(s_folder, sample));
        string[] expected = EventParser.Parse(text).Change switch
        {
            ChangeEvent.InstanceHeld => ["LifecycleActions"],
            ChangeEvent.InstanceRuns => ["InstanceStates"],
            ChangeEvent.InstanceLeaves { Departure: Departure.Interrupted or Departure.AtRisk } => ["SpotWarnings"],
            ChangeEvent.InstanceLeaves => ["InstanceStates"],
            ChangeEvent.InstanceTagged => ["InstanceTags", "TagChanges"],
            ChangeEvent.TaskStopped => ["TaskStops"],
            ChangeEvent.InstanceLaunched => ["InstanceLaunches"],
            ChangeEvent.ScopeChanged => [RuleOf((string)JsonNode.Parse(text)!["source"]!)],
            _ => [],   // the schedule's own events come without a pattern
        };

        Assert.Equal(expected, Passing(JsonNode.Parse(text)!));
    }

    [Fact]
    public void Every_rule_lets_a_sample_pass()
    {
        var passed = Samples.SelectMany(row => Passing(JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, row.Data)))!));
        Assert.Equal(Patterns.Keys.Order(StringComparer.Ordinal), passed.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_rules_name_the_calls_and_types_that_the_parser_knows()
    {
        Same(EventParser.NetworkCalls, "NetworkChanges", "eventName");
        Same(EventParser.ZoneCalls, "ZoneChanges", "eventName");
        Same(EventParser.ResolverCalls, "ResolverChanges", "eventName");
        Same(EventParser.GroupCalls, "GroupChanges", "eventName");
        Same(EventParser.TaggedTypes, "TagChanges", "resource-type");

        void Same(IEnumerable<string> known, string rule, string member) => Assert.Equal(
            known.Order(StringComparer.Ordinal),
            Patterns[rule]["detail"]![member]!.AsArray().Select(name => (string)name!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_call_that_is_heard_is_answered()
    {
        Heard(EventParser.NetworkCalls, "cloudtrail-ec2-create-vpc", "NetworkChanges");
        Heard(EventParser.ZoneCalls, "cloudtrail-route53-create-hosted-zone-private", "ZoneChanges");
        Heard(EventParser.ResolverCalls, "cloudtrail-resolver-create-endpoint", "ResolverChanges");
        Heard(EventParser.GroupCalls, "cloudtrail-autoscaling-enter-standby", "GroupChanges");

        void Heard(IEnumerable<string> calls, string sample, string rule) => Assert.All(calls, name =>
        {
            var call = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, sample + ".json")))!;
            call["detail"]!["eventName"] = name;
            Assert.Equal([rule], Passing(call));
            Assert.Equal(name, Assert.IsType<ChangeEvent.ScopeChanged>(EventParser.Parse(call.ToJsonString()).Change).What);
        });
    }

    [Theory]
    [InlineData("NodeLifecycleRole-name", false)]
    [InlineData("ReconcileRole-name", false)]
    [InlineData("PlatformAdmin", true)]
    [InlineData(null, true)]   // a user, root or a service has no role session
    public void Calls_of_the_automation_itself_do_not_pass_and_those_of_callers_without_a_role_do(string? role, bool passes)
    {
        var call = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, "cloudtrail-ec2-create-vpc.json")))!;
        var identity = call["detail"]!["userIdentity"]!.AsObject();
        if (role is null)
        {
            identity.Remove("sessionContext");
        }
        else
        {
            identity["sessionContext"]!["sessionIssuer"]!["userName"] = role;
        }

        Assert.Equal(passes ? ["NetworkChanges"] : [], Passing(call));
    }

    [Fact]
    public void A_refused_call_and_another_teams_tag_do_not_pass()
    {
        var call = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, "cloudtrail-ec2-create-vpc.json")))!;
        call["detail"]!["errorCode"] = "Client.UnauthorizedOperation";
        var tag = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, "tag-change-vpc-added.json")))!;
        tag["detail"]!["changed-tag-keys"] = new JsonArray("Name", "tailscale");

        Assert.Empty(Passing(call));
        Assert.Empty(Passing(tag));
    }

    [Fact]
    public void A_pattern_stays_below_EventBridges_2048_characters_with_the_longest_names_of_roles() =>
        Assert.All(Patterns.Values, pattern =>
        {
            var text = pattern.ToJsonString();
            foreach (var role in template.OfType("AWS::IAM::Role").Keys)
            {
                text = text.Replace($$"""{"Ref":"{{role}}"}""", $"\"{new string('x', 64)}\"", StringComparison.Ordinal);
            }

            Assert.InRange(text.Length, 1, 2048);
        });

    [Fact]
    public void Every_rule_has_its_one_target_and_a_queue_for_what_cannot_be_delivered() =>
        Assert.All(template.OfType("AWS::Events::Rule"), rule =>
        {
            var target = Assert.Single(rule.Value["Targets"]!.AsArray())!;
            Assert.Equal(TargetOf(rule.Key), Attribute(target["Arn"]!));
            Assert.Equal("UndeliveredEvents", Attribute(target["DeadLetterConfig"]!["Arn"]!));
            Assert.Equal(TargetOf(rule.Key) == ReconcileQueue ? "reconcile" : null, (string?)target["SqsParameters"]?["MessageGroupId"]);
        });

    [Theory]
    [InlineData(NodeQueue)]
    [InlineData(ReconcileQueue)]
    [InlineData("UndeliveredEvents")]
    public void A_queue_takes_messages_of_its_own_rules_alone(string queue)
    {
        var policy = Assert.Single(template.OfType("AWS::SQS::QueuePolicy").Values, policy => (string?)policy["Queues"]![0]!["Ref"] == queue);
        var statement = Assert.Single(policy["PolicyDocument"]!["Statement"]!.AsArray())!;
        var rules = template.OfType("AWS::Events::Rule").Keys.Where(rule => queue == "UndeliveredEvents" || TargetOf(rule) == queue);

        Assert.Equal("sqs:SendMessage", (string?)statement["Action"]);
        Assert.Equal("events.amazonaws.com", (string?)statement["Principal"]!["Service"]);
        Assert.Equal(queue, Attribute(statement["Resource"]!));
        Assert.Equal(
            rules.Order(StringComparer.Ordinal),
            statement["Condition"]!["ArnEquals"]!["aws:SourceArn"]!.AsArray().Select(arn => Attribute(arn!)).Order(StringComparer.Ordinal));
    }

    private IEnumerable<string> Passing(JsonNode envelope) =>
        Patterns.Where(rule => EventPattern.Matches(rule.Value.AsObject(), envelope, reference => reference + "-name")).Select(rule => rule.Key);

    private static string RuleOf(string source) => source switch
    {
        "aws.ec2" => "NetworkChanges",
        "aws.route53" => "ZoneChanges",
        "aws.route53resolver" => "ResolverChanges",
        "aws.tag" => "TagChanges",
        "aws.autoscaling" => "GroupChanges",
        "aws.health" => "Maintenance",
        _ => throw new ArgumentException($"no rule is expected to hear {source}"),
    };

    private static string TargetOf(string rule) => rule switch
    {
        "LifecycleActions" or "InstanceStates" or "SpotWarnings" or "InstanceTags" or "TaskStops" => NodeQueue,
        Schedule => "Reconcile",
        _ => ReconcileQueue,
    };

    private static string Attribute(JsonNode getAtt) => (string)getAtt["Fn::GetAtt"]![0]!;
}

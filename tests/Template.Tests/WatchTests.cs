using System.Text.Json.Nodes;
using Automation.EndToEnd;

namespace Automation.Templates;

/// <summary>Who is told, and what of.</summary>
public class WatchTests(StackTemplate template)
{
    private static readonly Lazy<string> s_source = new(() => string.Concat(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Shared", "Cloud"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)));

    [Fact]
    public void Every_alarm_tells_the_topic_of_what_it_watches()
    {
        var alarms = template.OfType("AWS::CloudWatch::Alarm");

        Assert.Equal(
            [
                "DeletionsHeld StepsHeld of Reconcile",
                "LastRouterLeft LastRoutersLeft of NodeLifecycle",
                "NodeLifecycleBehind ApproximateAgeOfOldestMessage of NodeLifecycleQueue",
                "NodeLifecycleDeadLettersNotEmpty ApproximateNumberOfMessagesVisible of NodeLifecycleDeadLetters",
                "NodeLifecycleErrors Errors of NodeLifecycle",
                "ReconcileBehind ApproximateAgeOfOldestMessage of ReconcileQueue",
                "ReconcileDeadLettersNotEmpty ApproximateNumberOfMessagesVisible of ReconcileDeadLetters",
                "ReconcileErrors Errors of Reconcile",
                "ReconcileMissing ReconcileSucceeded of Reconcile",
                "UndeliveredEventsNotEmpty ApproximateNumberOfMessagesVisible of UndeliveredEvents",
            ],
            alarms.Select(alarm => $"{alarm.Key} {alarm.Value["MetricName"]} of {Watched(alarm.Value["Dimensions"]![0]!["Value"]!)}").Order(StringComparer.Ordinal));
        Assert.All(alarms.Values, alarm => Assert.Equal("Alarms", (string?)Assert.Single(alarm["AlarmActions"]!.AsArray())!["Ref"]));
    }

    [Fact]
    public void Without_a_successful_reconcile_in_an_hour_there_is_an_alarm_also_where_none_ran()
    {
        var missing = template.Properties("ReconcileMissing");

        Assert.Equal(3600, (int)missing["Period"]! * (int)missing["EvaluationPeriods"]!);
        Assert.Equal(("LessThanThreshold", 1, "breaching"), ((string?)missing["ComparisonOperator"], (int)missing["Threshold"]!, (string?)missing["TreatMissingData"]));
    }

    [Fact]
    public void Every_metric_of_an_alarm_or_the_dashboard_is_one_that_the_functions_count()
    {
        var dashboard = JsonNode.Parse((string)template.Properties("Dashboard")["DashboardBody"]!["Fn::Sub"]!)!;
        var shown = dashboard["widgets"]!.AsArray()
            .Select(widget => widget!["properties"]!["metrics"]!.AsArray())
            .Where(metrics => (string)metrics[0]![0]! == "Tailnet")
            .SelectMany(metrics => metrics.Select(metric => (string)metric![1]!));
        var watched = template.OfType("AWS::CloudWatch::Alarm").Values
            .Where(alarm => (string)alarm["Namespace"]! == "Tailnet").Select(alarm => (string)alarm["MetricName"]!);

        Assert.All(shown.Concat(watched), metric => Assert.Contains($"\"{metric}\"", s_source.Value, StringComparison.Ordinal));
        Assert.NotEmpty(shown);
    }

    [Fact]
    public void Every_line_of_a_function_is_kept_in_its_own_group_and_for_a_time() =>
        Assert.All(template.OfType("AWS::Lambda::Function"), function =>
        {
            Assert.Equal($"{function.Key}Log", (string?)function.Value["LoggingConfig"]!["LogGroup"]!["Ref"]);
            Assert.Equal("LogRetentionDays", (string?)template.Properties($"{function.Key}Log")["RetentionInDays"]!["Ref"]);
        });

    [Fact]
    public void The_ledger_can_be_taken_back_to_any_second()
    {
        Assert.True((bool)template.Properties("Ledger")["PointInTimeRecoverySpecification"]!["PointInTimeRecoveryEnabled"]!);
        Assert.Equal("PAY_PER_REQUEST", (string?)template.Properties("Ledger")["BillingMode"]);
    }

    private static string Watched(JsonNode value) => (string)(value["Ref"] ?? value["Fn::GetAtt"]![0])!;
}

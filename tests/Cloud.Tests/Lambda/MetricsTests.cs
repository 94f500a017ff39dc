using Microsoft.Extensions.Logging;

namespace Automation.Lambda;

public sealed class MetricsTests
{
    [Fact]
    public void Writes_counters_and_values_as_one_line_of_the_embedded_metric_format()
    {
        var lines = new Lines();
        lines.Metrics.Count("ActionsApplied", 2);
        lines.Metrics.Count("ActionsApplied");
        lines.Metrics.Count("ActionsFailed", 0);
        lines.Metrics.Value("LookTime", 12.5, MetricUnit.Milliseconds);
        lines.Metrics.Value("LookTime", 20, MetricUnit.Milliseconds);
        lines.Metrics.Flush();

        Assert.Equal(
            """
            {"_aws":{"Timestamp":1772615727045,"CloudWatchMetrics":[{"Namespace":"Tailnet","Dimensions":[["FunctionName"]],"Metrics":[{"Name":"ActionsApplied","Unit":"Count"},{"Name":"ActionsFailed","Unit":"Count"},{"Name":"LookTime","Unit":"Milliseconds"}]}]},"level":"TRACE","timestamp":"2026-03-04T09:15:27.045Z","FunctionName":"tailnet-reconcile","ActionsApplied":3,"ActionsFailed":0,"LookTime":[12.5,20]}
            """,
            lines.Only);
    }

    [Theory]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Warning, "WARN")]
    [InlineData(LogLevel.Critical, "FATAL")]
    public void Carries_the_threshold_as_its_level_so_that_no_filter_drops_it(LogLevel threshold, string word)
    {
        var lines = new Lines(threshold);
        lines.Metrics.Count("Looks");
        lines.Metrics.Flush();

        Assert.Equal(word, lines.Json.GetProperty("level").GetString());
    }

    [Fact]
    public void Starts_anew_after_each_flush_and_writes_nothing_where_there_is_nothing()
    {
        var lines = new Lines();
        lines.Metrics.Count("Looks", 5);
        lines.Metrics.Flush();
        lines.Metrics.Flush();
        lines.Metrics.Count("Looks");
        lines.Metrics.Flush();

        Assert.Equal([5, 1], lines.AllJson.Select(line => line.GetProperty("Looks").GetInt32()));
    }

    [Fact]
    public void Splits_what_CloudWatch_would_not_take_on_one_line()
    {
        var lines = new Lines();
        for (var i = 0; i < 250; i++)
        {
            lines.Metrics.Value("Wait", i, MetricUnit.Seconds);
            lines.Metrics.Count($"Counter{i}");
        }

        lines.Metrics.Flush();

        var metrics = lines.AllJson.Select(line => line.GetProperty("_aws").GetProperty("CloudWatchMetrics")[0].GetProperty("Metrics").GetArrayLength());
        var values = lines.AllJson.Where(line => line.TryGetProperty("Wait", out _)).Select(line => line.GetProperty("Wait").GetArrayLength());
        Assert.Equal([100, 100, 51, 1, 1], metrics);
        Assert.Equal([100, 100, 50], values);
    }

    [Fact]
    public void Refuses_names_values_and_mixtures_that_CloudWatch_would_drop()
    {
        var metrics = new Lines().Metrics;
        metrics.Count("Looks");

        Assert.Throws<ArgumentException>(() => metrics.Count("level"));
        Assert.Throws<ArgumentException>(() => metrics.Count("two words"));
        Assert.Throws<ArgumentException>(() => metrics.Value("Looks", 1, MetricUnit.Count));
        Assert.Throws<ArgumentException>(() => metrics.Value("Wait", double.NaN, MetricUnit.Seconds));
    }
}

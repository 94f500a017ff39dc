using System.Globalization;
using System.Text.Json;

namespace Automation.Lambda;

public enum MetricUnit
{
    Count,
    Milliseconds,
    Seconds,
    Bytes,
    Percent,
    None,
}

/// <summary>Metrics as log lines in CloudWatch's embedded metric format, namespace <c>Tailnet</c>, dimension <c>FunctionName</c>.</summary>
/// <remarks>Gathered during an invocation and written by <see cref="Flush"/>, which whoever handles the invocation calls once at its end.</remarks>
public sealed class Metrics(LogLines lines, LambdaEnvironment environment, TimeProvider time)
{
    public const string Namespace = "Tailnet";

    // CloudWatch's limits for one line: metrics in a directive, values of a metric.
    private const int MostMetrics = 100;
    private const int MostValues = 100;

    private static readonly string[] s_taken = ["_aws", "FunctionName", "level", "timestamp"];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    /// <summary>Adds to a counter, which is written as one sum. Adding 0 makes it appear.</summary>
    /// <exception cref="ArgumentException">The name is not one that CloudWatch takes, or it is a metric of another unit or kind.</exception>
    public void Count(string name, long by = 1)
    {
        lock (_gate)
        {
            var metric = Of(name, MetricUnit.Count, isSum: true);
            metric.Values[0] += by;
        }
    }

    /// <summary>Records one value of a distribution.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Count"/>, or the value is not finite.</exception>
    public void Value(string name, double value, MetricUnit unit)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"The value of {name} is not a finite number.", nameof(value));
        }

        lock (_gate)
        {
            Of(name, unit, isSum: false).Values.Add(value);
        }
    }

    /// <summary>Writes what was gathered since the last time; nothing where there is nothing.</summary>
    public void Flush()
    {
        KeyValuePair<string, Metric>[] gathered;
        lock (_gate)
        {
            gathered = [.. _metrics];
            _metrics.Clear();
        }

        // A value beyond the limits goes on a further line; a counter has one value, so it is on the first only.
        for (var first = 0; gathered.Any(entry => entry.Value.Values.Count > first); first += MostValues)
        {
            foreach (var batch in gathered.Where(entry => entry.Value.Values.Count > first).Chunk(MostMetrics))
            {
                lines.Write(Line(batch, first));
            }
        }
    }

    private string Line(KeyValuePair<string, Metric>[] batch, int first) => JsonText.Write(json =>
    {
        var now = time.GetUtcNow();
        json.WriteStartObject("_aws");
        json.WriteNumber("Timestamp", now.ToUnixTimeMilliseconds());
        json.WriteStartArray("CloudWatchMetrics");
        json.WriteStartObject();
        json.WriteString("Namespace", Namespace);
        json.WriteStartArray("Dimensions");
        json.WriteStartArray();
        json.WriteStringValue("FunctionName");
        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteStartArray("Metrics");
        foreach (var (name, metric) in batch)
        {
            json.WriteStartObject();
            json.WriteString("Name", name);
            json.WriteString("Unit", metric.Unit.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();

        // Lambda drops lines below the function's log level, and takes a line without a level for INFO: say the level that always passes.
        json.WriteString("level", LogLevels.Word(environment.Threshold));
        json.WriteString("timestamp", now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("FunctionName", environment.FunctionName);
        foreach (var (name, metric) in batch)
        {
            json.WritePropertyName(name);
            WriteValues(json, metric, first);
        }
    });

    private static void WriteValues(Utf8JsonWriter json, Metric metric, int first)
    {
        if (metric.Values.Count == 1)
        {
            json.WriteNumberValue(metric.Values[0]);
            return;
        }

        json.WriteStartArray();
        foreach (var value in metric.Values.Skip(first).Take(MostValues))
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private Metric Of(string name, MetricUnit unit, bool isSum)
    {
        if (name.Length is 0 or > 255 || !name.All(char.IsAsciiLetterOrDigit) || s_taken.Contains(name))
        {
            throw new ArgumentException($"'{Printable.Of(name)}' is not a metric's name: 1 to 255 letters and digits.", nameof(name));
        }

        if (!_metrics.TryGetValue(name, out var metric))
        {
            _metrics[name] = metric = new(unit, isSum, isSum ? [0] : []);
        }

        return metric.Unit == unit && metric.IsSum == isSum
            ? metric
            : throw new ArgumentException($"{name} is used as two kinds of metric in one invocation.", nameof(name));
    }

    private sealed record Metric(MetricUnit Unit, bool IsSum, List<double> Values);
}

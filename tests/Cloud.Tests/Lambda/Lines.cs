using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Automation.Lambda;

/// <summary>A log, its metrics and what they wrote.</summary>
internal sealed class Lines
{
    private readonly Func<byte[]> _written;

    public Lines(LogLevel threshold = LogLevel.Trace, bool text = false)
    {
        var environment = new LambdaEnvironment("127.0.0.1:1", "Reconcile", "tailnet-reconcile", threshold, text);
        var output = new MemoryStream();
        _written = output.ToArray;
        var lines = new LogLines(output);
        Log = new JsonLog(lines, environment, Time);
        Metrics = new Metrics(lines, environment, Time);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 9, 15, 27, 45, TimeSpan.Zero));

    public ILogger Log { get; }

    public Metrics Metrics { get; }

    public string[] All => Encoding.UTF8.GetString(_written()).Split('\n')[..^1];

    public string Only => Assert.Single(All);

    public JsonElement Json => JsonElement.Parse(Only);

    public JsonElement[] AllJson => [.. All.Select(line => JsonElement.Parse(line))];

    public static Invocation AnInvocation(string requestId = "request-1", string? trace = null) =>
        new(requestId, DateTimeOffset.UnixEpoch, "arn:aws:lambda:eu-west-1:111122223333:function:tailnet-reconcile", trace);
}

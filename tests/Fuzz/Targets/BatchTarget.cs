using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Automation.Events;
using Automation.Lambda;
using Automation.Nodes;
using Automation.Reports;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;

namespace Automation.Fuzz;

/// <summary>
/// SQS batches through the real handlers on a simulated account. The answer names messages of the batch and no others; what is no event has
/// no effect, and keeps no other message from having its own.
/// </summary>
/// <param name="changes">The queue of network events, for Reconcile; else that of instance events, for NodeLifecycle.</param>
internal sealed class BatchTarget(bool changes) : Target
{
    private static readonly Invocation s_invocation = new("fuzz", DateTimeOffset.MaxValue, "", null);

    private static readonly string[] s_kinds =
    [
        "asg-launch-lifecycle", "asg-terminate-lifecycle", "ec2-state-running", "ec2-state-stopping", "ec2-state-terminated", "ec2-spot-interruption", "ec2-rebalance-recommendation", "ecs-task-stopped",
        "tag-change-instance", "tag-change-vpc-added", "cloudtrail-ec2-create-route-peering", "cloudtrail-ec2-create-vpc-failed", "cloudtrail-route53-associate-vpc", "asg-launch-successful", "scheduled-rule",
    ];

    private const string At = "2026-03-04T09:00:30Z";

    private readonly JsonMutator _events = new(Samples.In("events/").Where(sample => !sample.Name.Contains('/')).Select(sample => Ours(sample.Text)));
    private readonly JsonMutator _batches = new(Samples.In("events/wrapped/").Where(sample => sample.Name.StartsWith("lambda-", StringComparison.Ordinal)).Select(sample => sample.Text));
    private readonly string[] _good = [.. s_kinds.Select(kind => Ours(Samples.Text($"events/{kind}.json")))];

    public override string Name => changes ? "changes" : "nodes";

    public override int Share => 4;

    public override bool IsAsynchronous => true;

    public override AllocationLimit Limit => new(100_000_000, 200);

    public override Input Make(Dice dice)
    {
        if (dice.OneIn(8))   // no batch, or hardly one
        {
            var bytes = _batches.Bytes(dice);
            return new(bytes, () => TryAny(bytes));
        }

        var bodies = Enumerable.Range(0, 1 + dice.Below(5)).Select(_ => Body(dice)).ToArray();
        var batch = Encoding.UTF8.GetBytes(Batch(bodies.Select((body, at) => (at, body))));
        return new(batch, () => TryBatch(bodies));
    }

    private string Body(Dice dice) => dice.Below(8) switch
    {
        < 4 => dice.Of(_good),
        4 => dice.Of(_good).Replace(At, dice.Of(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "1970-01-01T00:00:00Z", "2026-03-04T23:59:59+14:00"]), StringComparison.Ordinal),
        _ => Encoding.UTF8.GetString(_events.Bytes(dice)),
    };

    private Outcome TryBatch(string[] bodies)
    {
        // What is no event, or none of this account, has no effect: without it, all that happens is the same.
        var wellFormed = bodies.Select((body, at) => (At: at, Body: body)).Where(message => IsOurs(message.Body)).ToArray();
        var (answer, state) = RunAsync(Batch(bodies.Select((body, at) => (at, body)))).GetAwaiter().GetResult();
        var (answerWithout, stateWithout) = RunAsync(Batch(wellFormed)).GetAwaiter().GetResult();
        Must.Be(state == stateWithout, $"what is no event had an effect: {FirstDifference(state, stateWithout)}");
        var failed = Failures(answer);
        Must.Be(failed.Distinct().Count() == failed.Length && failed.All(id => int.TryParse(id["m".Length..], out var at) && at < bodies.Length), "the answer names a message that is not in the batch");
        Must.Be(Failures(answerWithout).All(failed.Contains) && failed.Where(id => wellFormed.Any(message => Id(message.At) == id)).All(Failures(answerWithout).Contains), "a bad message changed what became of another");
        foreach (var (body, at) in bodies.Select((body, at) => (body, at)).Where(message => !IsEvent(message.body)))
        {
            Must.Be(failed.Contains(Id(at)), "a message that is no event left the queue unseen");
        }

        return Outcome.Of($"{wellFormed.Length} of {bodies.Length} well-formed", $"{failed.Length} again");
    }

    private Outcome TryAny(byte[] bytes)
    {
        ReadOnlyMemory<byte> answer;
        try
        {
            (answer, _) = RunAsync(Encoding.UTF8.GetString(bytes)).GetAwaiter().GetResult();
        }
        catch (Exception refused) when (refused is MalformedBatchException or FormatException or MalformedEventException)
        {
            return Outcome.Refused(refused);
        }

        using var json = JsonDocument.Parse(answer);
        return Outcome.Of(json.RootElement.TryGetProperty("batchItemFailures", out _) ? "batch" : "report");
    }

    private async Task<(ReadOnlyMemory<byte> Answer, string State)> RunAsync(string payload)
    {
        var world = await Worlds.WithTwoRoutersAsync();
        world.HomeRegion.AssociateCidr(world.HomeRegion.Vpcs.Single().Id, "10.64.0.0/16");   // so that a look has something to do
        var log = new Unexpected();
        var handler = Handler(world, log);
        if (changes)   // so that some news is old news
        {
            await world.WhileTimePasses(() => handler("{}"u8.ToArray(), s_invocation, CancellationToken.None));
        }

        var answer = await world.WhileTimePasses(() => handler(Encoding.UTF8.GetBytes(payload), s_invocation, CancellationToken.None));
        Must.Be(log.Error is null, $"a message failed unexpectedly: {log.Error}");
        return (answer, State(world));
    }

    private LambdaHandler Handler(SandboxWorld world, ILogger log)
    {
        var client = world.Tailnet.AddOAuthClient(["tag:aws-owner"], ["auth_keys", "devices:core", "devices:routes", "dns"]);
        var outside = new Outside(world.Aws, new SandboxTailscale(world.Tailnet, client), world.Ledger, new SimulatedSqs([world.NodeEvents, world.ChangeEvents], world.Calls));
        var metrics = new Metrics(new LogLines(Stream.Null), new LambdaEnvironment(null, "", "fuzz", LogLevel.None, TextLog: true), world.Clock);
        var parts = new Parts(world.Settings, outside, world.Clock, log);
        return changes
            ? new ReconcileHandler(parts.Reconciler, outside, world.Settings, metrics, world.Clock, log).HandleAsync
            : new NodeLifecycleHandler(parts, outside, world.Settings, metrics, world.Clock, log).HandleAsync;
    }

    /// <summary>Everything outside that could have been changed.</summary>
    private static string State(SandboxWorld world)
    {
        var state = new StringBuilder();
        foreach (var device in world.Tailnet.Devices)
        {
            state.AppendLine(CultureInfo.InvariantCulture, $"device {device.Id} {device.HostName} [{string.Join(' ', device.Tags)}] {device.Enabled}");
        }

        foreach (var key in world.Tailnet.Keys)
        {
            state.AppendLine(CultureInfo.InvariantCulture, $"key {key.Description} {key.Revoked is not null}");
        }

        foreach (var (domain, resolvers) in world.Tailnet.SplitDns)
        {
            state.AppendLine(CultureInfo.InvariantCulture, $"domain {domain} {string.Join(' ', resolvers)}");
        }

        foreach (var (name, parameter) in world.HomeRegion.Parameters)
        {
            state.AppendLine(CultureInfo.InvariantCulture, $"parameter {name} {parameter.Secure} {(parameter.Secure ? "" : parameter.Value)}");
        }

        foreach (var node in world.Ledger.Nodes.Values)
        {
            state.AppendLine(CultureInfo.InvariantCulture, $"node {node.Instance} {node.Device} {node.Routes} {node.GoneAt is not null}");
        }

        foreach (var wait in world.HomeRegion.EndedWaits)
        {
            state.AppendLine(CultureInfo.InvariantCulture, $"wait {wait}");
        }

        return state.ToString();
    }

    private bool IsOurs(string body)
    {
        try
        {
            return EventParser.Parse(body).Change is var change && (changes || change is not (ChangeEvent.ScopeChanged or ChangeEvent.InstanceLaunched or ChangeEvent.LookDue)) && change is not ChangeEvent.Irrelevant;
        }
        catch (MalformedEventException)
        {
            return false;
        }
    }

    private static bool IsEvent(string body)
    {
        try
        {
            EventParser.Parse(body);
            return true;
        }
        catch (MalformedEventException)
        {
            return false;
        }
    }

    private string Batch(IEnumerable<(int At, string Body)> messages)
    {
        var arn = changes ? "arn:aws:sqs:eu-west-1:111122223333:tailnet-change-events.fifo" : "arn:aws:sqs:eu-west-1:111122223333:tailnet-node-events";
        return new JsonObject
        {
            ["Records"] = new JsonArray([.. messages.Select(message => new JsonObject
            {
                ["messageId"] = Id(message.At),
                ["receiptHandle"] = Id(message.At),
                ["body"] = message.Body,
                ["attributes"] = new JsonObject { ["ApproximateReceiveCount"] = "1" },
                ["eventSource"] = "aws:sqs",
                ["eventSourceARN"] = arn,
            })]),
        }.ToJsonString();
    }

    private static string Id(int at) => string.Create(CultureInfo.InvariantCulture, $"m{at}");

    private static string[] Failures(ReadOnlyMemory<byte> answer)
    {
        using var json = JsonDocument.Parse(answer);
        return [.. json.RootElement.GetProperty("batchItemFailures").EnumerateArray().Select(failure => failure.GetProperty("itemIdentifier").GetString()!)];
    }

    private static string FirstDifference(string one, string other) =>
        one.Split('\n').Except(other.Split('\n')).Concat(other.Split('\n').Except(one.Split('\n'))).FirstOrDefault() ?? "their order";

    // Told of the simulated account and its instances, at the time that it is there.
    private static string Ours(string sample)
    {
        var text = System.Text.RegularExpressions.Regex.Replace(sample, "i-[0-9a-f]{17}", Worlds.Blue.ToString());
        var json = JsonNode.Parse(text)!.AsObject();
        json["account"] = "111122223333";
        json["region"] = "eu-west-1";
        json["time"] = At;
        return json.ToJsonString();
    }

    /// <summary>Hears of what a handler takes for a fault of the program: it answers that the message comes again, so the answer alone does not tell.</summary>
    private sealed class Unexpected : ILogger
    {
        public Exception? Error { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Error ??= exception;
            Must.Be(!formatter(state, exception).Contains("tskey-", StringComparison.Ordinal), "a secret is logged");
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Aws;

namespace Automation.Sandbox;

/// <summary>An SQS queue with its event source mapping: delivers what is due, keeps what was not handled, and gives up after too many tries.</summary>
public sealed class SimulatedQueue(string name, TimeProvider time, TimeSpan visibilityTimeout, int maxReceiveCount)
{
    private const int BatchSize = 10;

    private readonly List<Message> _messages = [];
    private int _sent;

    public string Arn => $"arn:aws:sqs:eu-west-1:111122223333:{name}";

    /// <summary>Bodies that were received too often.</summary>
    public List<string> DeadLetters { get; } = [];

    public int Count => _messages.Count;

    /// <summary>When the next message is due; null where there is none.</summary>
    public DateTimeOffset? NextDue => _messages.Count == 0 ? null : _messages.Min(message => message.VisibleAt);

    public void Send(string body)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{++_sent:D6}");
        _messages.Add(new Message { Id = id, Body = body, VisibleAt = time.GetUtcNow() });
    }

    /// <summary>Receives what is due.</summary>
    /// <returns>The event for Lambda and the ids in it; null where nothing is due.</returns>
    public (byte[] Payload, string[] Ids)? Receive()
    {
        var now = time.GetUtcNow();
        foreach (var exhausted in _messages.Where(message => message.VisibleAt <= now && message.Receives >= maxReceiveCount).ToArray())
        {
            _messages.Remove(exhausted);
            DeadLetters.Add(exhausted.Body);
        }

        var due = _messages.Where(message => message.VisibleAt <= now).Take(BatchSize).ToArray();
        if (due.Length == 0)
        {
            return null;
        }

        var records = new JsonArray();
        foreach (var message in due)
        {
            message.Receives++;
            message.VisibleAt = now + visibilityTimeout;
            records.Add((JsonNode)new JsonObject
            {
                ["messageId"] = message.Id,
                ["receiptHandle"] = message.Id,
                ["body"] = message.Body,
                ["attributes"] = new JsonObject { ["ApproximateReceiveCount"] = message.Receives.ToString(CultureInfo.InvariantCulture) },
                ["eventSource"] = "aws:sqs",
                ["eventSourceARN"] = Arn,
            });
        }

        var payload = new JsonObject { ["Records"] = records }.ToJsonString();
        return (System.Text.Encoding.UTF8.GetBytes(payload), [.. due.Select(message => message.Id)]);
    }

    /// <summary>Takes the function's answer: what is not named in it leaves the queue.</summary>
    public void Answer(string[] received, ReadOnlySpan<byte> answer)
    {
        var failures = JsonNode.Parse(answer)!["batchItemFailures"]!.AsArray().Select(failure => (string)failure!["itemIdentifier"]!).ToHashSet();
        _messages.RemoveAll(message => received.Contains(message.Id) && !failures.Contains(message.Id));
    }

    internal void SetVisibility(string receiptHandle, TimeSpan delay)
    {
        if (_messages.FirstOrDefault(message => message.Id == receiptHandle) is { } message)
        {
            message.VisibleAt = time.GetUtcNow() + delay;
        }
    }

    private sealed class Message
    {
        public required string Id { get; init; }

        public required string Body { get; init; }

        public required DateTimeOffset VisibleAt { get; set; }

        public int Receives { get; set; }
    }
}

/// <summary>The SQS client of the simulated queues.</summary>
internal sealed class SimulatedSqs(IReadOnlyCollection<SimulatedQueue> queues, OutsideCalls calls) : ISqs
{
    public Task ChangeMessageVisibilityAsync(string queueArn, string receiptHandle, TimeSpan delay, CancellationToken stopping) =>
        calls.Do("SQS ChangeMessageVisibility", stopping, () =>
            Of(queue => queue.Arn == queueArn, "ChangeMessageVisibility").SetVisibility(receiptHandle, delay));

    public Task SendMessageAsync(Uri queue, string body, CancellationToken stopping) =>
        calls.Do("SQS SendMessage", stopping, () =>
            Of(known => known.Arn.EndsWith($":{queue.Segments[^1]}", StringComparison.Ordinal), "SendMessage").Send(body));

    private SimulatedQueue Of(Func<SimulatedQueue, bool> which, string operation) =>
        queues.FirstOrDefault(which) ?? throw new CallFailedException(Failure.NotFound, "SQS", operation, "QueueDoesNotExist", "The specified queue does not exist.");
}

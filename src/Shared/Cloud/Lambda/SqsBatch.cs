using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Lambda;

/// <summary>Messages of a queue, as Lambda's event source mapping hands them over.</summary>
public sealed record SqsBatch(ImmutableArray<SqsRecord> Records)
{
    /// <exception cref="MalformedBatchException">It is no JSON, no batch, or a batch with a record that cannot be named in the answer.</exception>
    public static SqsBatch Parse(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty(nameof(Records), out var records))
            {
                throw new MalformedBatchException("it has no Records");
            }

            var read = records.Deserialize(SqsJson.Default.ImmutableArraySqsWireRecord);
            return new([.. read.IsDefault ? throw new MalformedBatchException("its Records are null") : read.Select(Read)]);
        }
        catch (JsonException error)
        {
            // Where, but not what: the payload's content is not for a message.
            throw new MalformedBatchException($"it is not JSON of the expected shape, at {error.Path ?? "$"}, byte {error.BytePositionInLine}");
        }
    }

    // A record without its id could not be asked for again, so the whole batch must come back. Whatever else is missing concerns its one message.
    private static SqsRecord Read(SqsWireRecord? wire, int index) => wire is { MessageId.Length: > 0 }
        ? new(
            wire.MessageId,
            wire.ReceiptHandle ?? "",
            wire.Body ?? "",
            wire.EventSourceArn ?? "",
            int.TryParse(wire.Attributes?.ApproximateReceiveCount, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1,
            Instant(wire.Attributes?.SentTimestamp),
            wire.Attributes?.MessageGroupId)
        : throw new MalformedBatchException($"record {index} has no messageId");

    private static DateTimeOffset? Instant(string? milliseconds) =>
        EpochMilliseconds.TryParse(milliseconds, out var instant) ? instant : null;
}

/// <param name="Body">The message as sent; empty where the record has none.</param>
/// <param name="ReceiveCount">Deliveries so far, this one included.</param>
/// <param name="Sent">When it entered the queue; null where the record does not say.</param>
/// <param name="MessageGroupId">Of a FIFO queue; null on others.</param>
public sealed record SqsRecord(
    string MessageId,
    string ReceiptHandle,
    string Body,
    string EventSourceArn,
    int ReceiveCount,
    DateTimeOffset? Sent,
    string? MessageGroupId);

/// <summary>The event is no batch that could be answered message by message: failing the invocation makes all of it come back.</summary>
public sealed class MalformedBatchException(string problem) : Exception($"The event is not an SQS batch: {problem}.");

/// <summary>The answer to a batch: messages that must come again. All others leave the queue.</summary>
public sealed record SqsBatchResponse(ImmutableArray<SqsBatchItemFailure> BatchItemFailures)
{
    public static SqsBatchResponse Redeliver(IEnumerable<string> messageIds) =>
        new([.. messageIds.Select(id => new SqsBatchItemFailure(id))]);

    public ReadOnlyMemory<byte> ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SqsJson.Default.SqsBatchResponse);
}

public sealed record SqsBatchItemFailure(string ItemIdentifier);

internal sealed record SqsWireRecord(
    string? MessageId,
    string? ReceiptHandle,
    string? Body,
    [property: JsonPropertyName("eventSourceARN")] string? EventSourceArn,
    SqsWireAttributes? Attributes);

internal sealed record SqsWireAttributes(
    [property: JsonPropertyName("ApproximateReceiveCount")] string? ApproximateReceiveCount,
    [property: JsonPropertyName("SentTimestamp")] string? SentTimestamp,
    [property: JsonPropertyName("MessageGroupId")] string? MessageGroupId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImmutableArray<SqsWireRecord>))]
[JsonSerializable(typeof(SqsBatchResponse))]
internal sealed partial class SqsJson : JsonSerializerContext;

using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Automation.Lambda;

// Read and written without the serializer, which would take longer over its first types than over any batch.

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

            return records.ValueKind switch
            {
                JsonValueKind.Array => new([.. records.EnumerateArray().Select(Read)]),
                JsonValueKind.Null => throw new MalformedBatchException("its Records are null"),
                _ => throw Misshapen("$"),
            };
        }
        catch (JsonException error)
        {
            throw Misshapen($"byte {error.BytePositionInLine} of line {error.LineNumber + 1}");
        }
        catch (InvalidOperationException)   // half a surrogate pair in the name of a member
        {
            throw Misshapen("a name that is no Unicode text");
        }
    }

    // A record without its id could not be asked for again, so the whole batch must come back. Whatever else is missing concerns its one message.
    private static SqsRecord Read(JsonElement wire, int index)
    {
        if (wire.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
        {
            throw Misshapen($"$[{index}]");
        }

        var attributes = Member(wire, "attributes");
        if (attributes.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined))
        {
            throw Misshapen($"$[{index}].attributes");
        }

        return Text(wire, "messageId") is { Length: > 0 } id
            ? new(
                id,
                Text(wire, "receiptHandle") ?? "",
                Text(wire, "body") ?? "",
                Text(wire, "eventSourceARN") ?? "",
                int.TryParse(Text(attributes, "ApproximateReceiveCount"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1,
                Instant(Text(attributes, "SentTimestamp")),
                Text(attributes, "MessageGroupId"))
            : throw new MalformedBatchException($"record {index} has no messageId");

        string? Text(JsonElement from, string name)
        {
            var value = Member(from, name);
            try
            {
                return value.ValueKind is JsonValueKind.String or JsonValueKind.Null or JsonValueKind.Undefined ? Of(value) : throw Misshapen($"$[{index}].{name}");
            }
            catch (InvalidOperationException)   // half a surrogate pair
            {
                throw Misshapen($"$[{index}].{name}");
            }
        }

        static string? Of(JsonElement text) => text.ValueKind == JsonValueKind.String ? text.GetString() : null;

        static JsonElement Member(JsonElement from, string name) =>
            from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value : default;
    }

    // Where, but not what: the payload's content is not for a message.
    private static MalformedBatchException Misshapen(string where) => new($"it is not JSON of the expected shape, at {where}");

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

    public ReadOnlyMemory<byte> ToJson()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("batchItemFailures");
            foreach (var failure in BatchItemFailures)
            {
                json.WriteStartObject();
                json.WriteString("itemIdentifier", failure.ItemIdentifier);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }
}

public sealed record SqsBatchItemFailure(string ItemIdentifier);

using System.Net.Http.Headers;

namespace Automation.Lambda;

/// <summary>An event taken from the Runtime API, with what its answer must carry.</summary>
/// <param name="InvocationId">Sent back unchanged, so that no late answer lands on a newer invocation; null where Lambda gave none.</param>
/// <param name="Invocation">null where the headers do not tell the deadline: it can be answered, but not handled.</param>
internal sealed record Taken(string RequestId, string? InvocationId, Invocation? Invocation, ReadOnlyMemory<byte> Payload)
{
    public const string InvocationIdHeader = "Lambda-Runtime-Invocation-Id";

    public const string DeadlineHeader = "Lambda-Runtime-Deadline-Ms";

    private const string RequestIdHeader = "Lambda-Runtime-Aws-Request-Id";

    public static Taken Read(HttpResponseHeaders headers, ReadOnlyMemory<byte> payload)
    {
        var requestId = Header(headers, RequestIdHeader)
            ?? throw new RuntimeApiException($"The Runtime API sent an event without {RequestIdHeader}: it cannot be answered.");
        var invocation = EpochMilliseconds.TryParse(Header(headers, DeadlineHeader), out var deadline)
            ? new Invocation(
                requestId,
                deadline,
                Header(headers, "Lambda-Runtime-Invoked-Function-Arn") ?? "",
                Header(headers, "Lambda-Runtime-Trace-Id"))
            : null;
        return new(requestId, Header(headers, InvocationIdHeader), invocation, payload);
    }

    private static string? Header(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) && values.FirstOrDefault() is { Length: > 0 } value ? value : null;
}

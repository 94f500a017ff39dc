namespace Automation.Lambda;

/// <summary>One event, as Lambda hands it over.</summary>
/// <param name="RequestId">The same again when Lambda retries an asynchronous event; a new publish has a new one.</param>
/// <param name="Deadline">When Lambda kills the process.</param>
/// <param name="FunctionArn">As invoked, with its alias or version; empty where Lambda did not say.</param>
/// <param name="TraceId">X-Ray's <c>Root=...;Parent=...;Sampled=...</c>; null without tracing.</param>
public sealed record Invocation(string RequestId, DateTimeOffset Deadline, string FunctionArn, string? TraceId);

/// <summary>Turns an event into an answer, both UTF-8 JSON.</summary>
/// <param name="stopping">Fires some seconds before the deadline, so that there is time left to answer.</param>
public delegate Task<ReadOnlyMemory<byte>> LambdaHandler(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken stopping);

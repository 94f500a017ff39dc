namespace Automation.Sandbox;

/// <summary>An event for <see cref="SimulatedRuntimeApi"/> to hand out.</summary>
/// <param name="Deadline">Null leaves the header out.</param>
public sealed record SimulatedInvocation(string Payload, DateTimeOffset? Deadline)
{
    public string RequestId { get; init; } = Guid.NewGuid().ToString();

    public string FunctionArn { get; init; } = "arn:aws:lambda:us-east-1:111122223333:function:simulated";

    public string? TraceId { get; init; }

    /// <summary>Must come back with the answer where it is given.</summary>
    public string? InvocationId { get; init; }

    /// <summary>Headers to send as they are, in place of those that follow from the other members; an empty value leaves the header out.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

public enum RuntimeAnswerKind
{
    Response,
    Error,
    InitError,
}

/// <summary>What a runtime posted.</summary>
/// <param name="RequestId">Empty for an init error.</param>
/// <param name="Status">What it was answered; 202 where it was accepted.</param>
public sealed record RuntimeAnswer(
    RuntimeAnswerKind Kind, string RequestId, string Body, IReadOnlyDictionary<string, string> Headers, int Status)
{
    /// <summary>The header <c>Lambda-Runtime-Function-Error-Type</c>; null where it was not sent.</summary>
    public string? ErrorType => Headers.GetValueOrDefault("Lambda-Runtime-Function-Error-Type");
}

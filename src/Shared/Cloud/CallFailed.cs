namespace Automation;

/// <summary>Why an outside call failed, as far as a caller may care. Callers ask for this and never compare codes.</summary>
public enum Failure
{
    /// <summary>The thing is not there.</summary>
    NotFound,

    /// <summary>It is there already, or somebody changed it first.</summary>
    Conflict,

    /// <summary>Asked too often, after retries.</summary>
    Throttled,

    /// <summary>The credential may not do this: a person must change a policy, a role or a scope.</summary>
    Denied,

    /// <summary>The credential itself is missing, wrong, expired or revoked.</summary>
    BadCredential,

    /// <summary>The request was refused as wrong. Repeating it changes nothing.</summary>
    Invalid,

    /// <summary>No answer, or a broken one, after retries. It may have been done all the same.</summary>
    Unavailable,
}

/// <summary>An outside call failed. The message names the service, the call, the cause and the remedy, and holds no secret.</summary>
public sealed class CallFailedException : Exception
{
    /// <param name="service">Such as <c>EC2</c> or <c>Tailscale</c>.</param>
    /// <param name="operation">The API's own name of the call, such as <c>DescribeVpcs</c> or <c>GET /device/{id}/routes</c>.</param>
    /// <param name="code">The service's own error code, or the HTTP status.</param>
    public CallFailedException(Failure failure, string service, string operation, string code, string message, Exception? inner = null)
        : base(Head(service, operation, code) + message, inner)
    {
        Failure = failure;
        Service = service;
        Operation = operation;
        Code = code;
    }

    public Failure Failure { get; }

    public string Service { get; }

    public string Operation { get; }

    public string Code { get; }

    /// <summary>How long the service asks to wait before the next try; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Worth another try later without a person's help.</summary>
    public bool CanRetry => Failure is Failure.Throttled or Failure.Unavailable;

    /// <summary>The same failure, and what else there is to say of it.</summary>
    internal CallFailedException And(string more) =>
        new(Failure, Service, Operation, Code, Message[Head(Service, Operation, Code).Length..] + more) { RetryAfter = RetryAfter };

    private static string Head(string service, string operation, string code) => $"{service} {operation} failed ({code}): ";
}

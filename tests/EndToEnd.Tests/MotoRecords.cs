namespace Automation.EndToEnd;

/// <summary>One call that the code under test made; set-up by the tests is not among them.</summary>
/// <param name="Order">Rises with every call, over all accounts.</param>
/// <param name="Time">Seconds since 1970, by moto's clock.</param>
/// <param name="Status">null while it is under way, or where it ended without an answer.</param>
/// <param name="Fault">The kind of fault that struck it.</param>
public sealed record MotoRequest(
    long Order, double Time, string Service, string Operation, string Region, string Account, int? Status, string? Fault)
{
    public override string ToString() => $"{Service}:{Operation}";
}

/// <summary>A CompleteLifecycleAction or RecordLifecycleActionHeartbeat as it was asked for.</summary>
/// <param name="Result">CONTINUE or ABANDON; null for a heartbeat.</param>
/// <param name="Accepted">Whether the hook held the instance then.</param>
public sealed record MotoLifecycleRecord(
    string Operation, string Region, string Group, string Hook, string? Instance, string? Token, string? Result, bool Accepted);

/// <summary>What IAM decided of one action.</summary>
/// <param name="AllowedBy">The Sids of the statements that allow it; none where it was refused.</param>
/// <param name="Problem">Why it could not be decided, and was refused for that.</param>
public sealed record MotoDecision(string Role, string Action, string Resource, IReadOnlyList<string> AllowedBy, string? Problem)
{
    public override string ToString() => Problem ?? $"{Role}: {Action} on {Resource} {(AllowedBy.Count == 0 ? "refused" : "by " + string.Join(", ", AllowedBy))}";
}

/// <summary>A hook that holds an instance: the token is that of the lifecycle event.</summary>
public sealed record MotoHold(string Token, string State);

/// <summary>A fault as armed, and how often it struck.</summary>
public sealed record MotoArmedFault(int Id, string Kind, string? Service, string? Operation, int? Times, int Hits);

namespace Automation.Sandbox;

/// <summary>The simulated API's no: the status and message with which the real one answers.</summary>
internal sealed class Refusal(int status, string message) : Exception(message)
{
    public int Status => status;

    public static Refusal BadToken() => new(401, "API token invalid");

    /// <summary>Vague on purpose, as the real one is.</summary>
    public static Refusal BadIdentity() => new(403, "Unauthorized. Visit https://login.tailscale.com/admin/settings/trust-credentials for details");

    public static Refusal MissingScope() => new(403, "calling actor does not have enough permissions to perform this function");

    public static Refusal NoSuchDevice() => new(404, "no manageable device matching this ID found");
}

/// <summary>The tailnet does not let a node in.</summary>
public sealed class JoinRefusedException(string why) : Exception($"The node may not join: {why}.");

/// <summary>How an operation of the simulated API goes wrong.</summary>
public enum FaultKind
{
    /// <summary>Nothing is done, and the answer is 500.</summary>
    BeforeEffect,

    /// <summary>It is done, and the answer is 504 all the same.</summary>
    AfterEffect,
}

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Automation.Nodes;

/// <summary>The value of the EC2 tag <c>tailscale:role</c>: one role, or several joined with <c>+</c>.</summary>
public static class NodeRoles
{
    public const string Tag = "tailscale:role";

    public const string SubnetRouter = "subnet-router";

    public const string ExitNode = "exit-node";

    public const string AppConnector = "app-connector";

    public const string SessionRecorder = "session-recorder";

    public const string PeerRelay = "peer-relay";

    public const string Agent = "agent";

    public static readonly ImmutableArray<string> Known =
        [SubnetRouter, ExitNode, AppConnector, SessionRecorder, PeerRelay, Agent];

    /// <returns>The roles in the order given, each once; empty where the text names none. Unknown words are kept, for a finding.</returns>
    public static ImmutableArray<string> Parse(string? tagValue) =>
        [.. (tagValue ?? "").Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];
}

/// <summary>The host name under which a node registers: <c>&lt;first role&gt;-&lt;instance id&gt;</c>.</summary>
public static class NodeHostName
{
    public static string Of(string role, InstanceId instance) => $"{role}-{instance}";

    /// <returns>false where the name was not given by this automation.</returns>
    public static bool TryParse([NotNullWhen(true)] string? hostName, [NotNullWhen(true)] out InstanceId? instance)
    {
        instance = null;
        var at = hostName?.LastIndexOf("-i-", StringComparison.Ordinal) ?? -1;
        return at > 0
            && NodeRoles.Known.Contains(hostName![..at])
            && InstanceId.TryParse(hostName[(at + 1)..], out instance);
    }
}

/// <summary>The tags that each role's devices carry: <c>NODE_TAGS</c>, such as <c>subnet-router=tag:aws-router</c>.</summary>
public sealed record NodeTags(ImmutableSortedDictionary<string, ImmutableArray<string>> ByRole)
{
    /// <summary>Every tag that marks a device as this automation's, in order.</summary>
    public ImmutableArray<string> All => [.. ByRole.Values.SelectMany(tags => tags).Distinct().Order(StringComparer.Ordinal)];

    public ImmutableArray<string> Of(string role) => ByRole.TryGetValue(role, out var tags) ? tags : [];

    /// <summary>A device is ours when it carries all tags of a role; one in common would take in other people's devices.</summary>
    public bool Own(IEnumerable<string> deviceTags) =>
        deviceTags.ToHashSet() is var worn && ByRole.Values.Any(tags => !tags.IsEmpty && tags.All(worn.Contains));
}

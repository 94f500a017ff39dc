using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>An instance with what Auto Scaling and its own software know of it.</summary>
public sealed class SimulatedInstance
{
    public required InstanceId Id { get; init; }

    public required VpcId Vpc { get; init; }

    public required SubnetId Subnet { get; init; }

    public Address? PrivateAddress { get; init; }

    public Address? IPv6Address { get; init; }

    public required DateTimeOffset LaunchedAt { get; set; }

    /// <summary>null for an instance that no Auto Scaling group has made.</summary>
    public required string? Group { get; set; }

    public string Role { get; set; } = "";

    public string State { get; set; } = "pending";

    public string LifecycleState { get; set; } = "InService";

    /// <summary>The hook that holds it; null while none does.</summary>
    public string? Hook { get; set; }

    /// <summary>That hook holds it on its way out.</summary>
    public bool HookLeaves { get; set; }

    /// <summary>The lifecycle state to which its hook lets it go; null where it ends then.</summary>
    public string? HookLeadsTo { get; set; }

    /// <summary>When the hook's timeout ends the wait with ABANDON.</summary>
    public DateTimeOffset HookEnds { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>The boot script joins by itself; a test switches it off for a node that never does.</summary>
    public bool Boots { get; set; } = true;

    public DeviceId? Device { get; set; }

    /// <summary>What the node said when the tailnet refused it.</summary>
    public string? Complaint { get; set; }

    /// <summary>The key of that time.</summary>
    internal string? RefusedKey { get; set; }

    /// <summary>Its VPC's resolver and gateway do not answer it.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Its SSM agent takes no commands.</summary>
    public bool AgentIsSilent { get; set; }

    /// <summary>Its tag <c>tailscale:dns64</c> is <c>true</c>.</summary>
    public bool Dns64 { get; set; }

    /// <summary>What its DNS64 resolver answers by; null where it was given nothing yet.</summary>
    public string? Dns64Configuration { get; set; }

    /// <summary>Its DNS64 resolver takes no configuration.</summary>
    public bool NamedIsBroken { get; set; }

    public bool IsInGroup => Group is not null && LifecycleState != "Terminated";

    /// <summary>What EC2 is to do to it.</summary>
    public ScheduledEvent? Maintenance { get; set; }

    public string? RelayPort { get; set; }

    public string? RelayEndpoints { get; set; }

    /// <summary>The options that it joined with.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; set; } = new Dictionary<string, string>();

    /// <summary>One that has ended has no addresses any more.</summary>
    public Instance Shown => EndedAt is null
        ? new(Id, State, Role, Vpc, Subnet, LaunchedAt, PrivateAddress, IPv6Address, Dns64, RelayPort, RelayEndpoints, Group)
        : new(Id, State, Role, Vpc, Subnet, LaunchedAt, Dns64: Dns64, Group: Group);
}

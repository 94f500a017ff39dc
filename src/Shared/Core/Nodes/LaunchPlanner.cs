using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What a look at a starting instance found.</summary>
/// <param name="Since">When its launch was announced.</param>
/// <param name="HookIsOurs">A hook of ours announced it; another team's is not ours to answer.</param>
/// <param name="Instance">null where EC2 does not know it.</param>
/// <param name="LifecycleState">Auto Scaling's word for it, once it is late; null before, and where no group knows it.</param>
/// <param name="Devices">Devices of ours that report its host name.</param>
public sealed record LaunchSeen(
    DateTimeOffset Now,
    DateTimeOffset Since,
    bool HookIsOurs,
    Instance? Instance,
    string? LifecycleState,
    bool HasKeyParameter,
    NodeRecord? Record,
    ImmutableArray<Device> Devices)
{
    public TimeSpan Age => Now - Since;
}

/// <summary>The next step of a node that comes.</summary>
public abstract record LaunchStep
{
    private LaunchStep()   // closed: every case is in this file
    {
    }

    /// <summary>Not a node of ours; whatever holds it is somebody else's affair.</summary>
    public sealed record LeaveAlone(string Why) : LaunchStep;

    /// <summary>Look again shortly.</summary>
    public sealed record Wait(string Why) : LaunchStep;

    /// <summary>Give it a key and its settings.</summary>
    public sealed record Register(Instance Instance, VpcId Vpc) : LaunchStep;

    /// <summary>It has joined: approve its routes and let it go into service.</summary>
    public sealed record Admit(Instance Instance, Device Device) : LaunchStep;

    /// <summary>It will not join: take back what it was given and let Auto Scaling replace it.</summary>
    public sealed record GiveUp(string Why) : LaunchStep;
}

/// <summary>Decides from what is seen, so that an event that comes late, twice or out of order changes nothing.</summary>
public static class LaunchPlanner
{
    /// <summary>How long a node may take from its launch to its join. Its key lives longer, so it never expires in between.</summary>
    public static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(10);

    /// <summary>15 minutes is the most that an auth key of a node may live.</summary>
    public static readonly TimeSpan KeyLife = TimeSpan.FromMinutes(15);

    /// <summary>EC2 shows a new instance and its tags within seconds, but not at once.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(1);

    public static LaunchStep Decide(LaunchSeen seen)
    {
        var registered = seen.Record is not null || seen.HasKeyParameter;
        if (seen.Instance is not { } instance)
        {
            return seen.Age < SettleTime ? new LaunchStep.Wait("EC2 does not show the instance yet")
                : registered ? new LaunchStep.GiveUp("EC2 no longer knows the instance")
                : new LaunchStep.LeaveAlone("EC2 does not know the instance");
        }

        if (instance.IsGone)
        {
            return registered ? new LaunchStep.GiveUp($"the instance is {instance.State}") : new LaunchStep.LeaveAlone($"the instance is {instance.State}");
        }

        var roles = NodeRoles.Parse(instance.Role);
        if (roles.IsEmpty || instance.Vpc is null)
        {
            return seen.Age < SettleTime
                ? new LaunchStep.Wait($"EC2 does not show the tag {NodeRoles.Tag} yet")
                : new LaunchStep.LeaveAlone($"the instance has no tag {NodeRoles.Tag}: let its group propagate the tag at launch, or take the hook off the group");
        }

        if (!roles.Contains(NodeRoles.SubnetRouter))
        {
            return new LaunchStep.LeaveAlone($"the role '{Printable.Of(instance.Role)}' is not looked after yet; only {NodeRoles.SubnetRouter} is");
        }

        var device = NodeDevice.Choose(seen.Devices, seen.Record?.Device);
        if (device is not null && HasJoined(device, seen.Record))
        {
            return new LaunchStep.Admit(instance, device);
        }

        if (seen.Age > JoinTime)
        {
            // Late news of an instance that has been in service since: only one that our hook still holds is given up.
            return seen is { HookIsOurs: true, LifecycleState: "Pending:Wait" or "Warmed:Pending:Wait" }
                ? new LaunchStep.GiveUp($"it has not joined within {JoinTime.TotalMinutes} minutes: see its boot log")
                : new LaunchStep.LeaveAlone("the news is old, and Auto Scaling no longer waits: the reconcile looks after it");
        }

        if (device is not null)   // its key is spent; a second one would serve nobody
        {
            return new LaunchStep.Wait($"{WhatIsMissing(device, seen.Record)}");
        }

        return seen.HasKeyParameter && seen.Record?.HasUsableKey(seen.Now) == true
            ? new LaunchStep.Wait("it has not joined yet")
            : new LaunchStep.Register(instance, instance.Vpc);
    }

    private static bool HasJoined(Device device, NodeRecord? record) =>
        device is { Connected: true, Authorized: true } && (record is null || record.Routes.IsSubsetOf(device.Advertised));

    private static string WhatIsMissing(Device device, NodeRecord? record) =>
        !device.Connected ? "its device is not connected"
        : !device.Authorized ? "its device waits for approval"
        : $"its device does not advertise {record!.Routes.Except(device.Advertised)} yet";
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What a look at a starting instance found.</summary>
/// <param name="Since">When its start was announced.</param>
/// <param name="Hook">Whose lifecycle hook holds it, as the news says.</param>
/// <param name="Instance">null where EC2 does not know it.</param>
/// <param name="Profile">What its roles mean; null where it has none that is looked after.</param>
/// <param name="LifecycleState">Auto Scaling's word for it; null where no group knows it, or it was not asked.</param>
/// <param name="Devices">Devices of ours that report its host name.</param>
public sealed record LaunchSeen(
    DateTimeOffset Now,
    DateTimeOffset Since,
    HookOwner Hook,
    Instance? Instance,
    NodeProfile? Profile,
    string? LifecycleState,
    bool HasKeyParameter,
    NodeRecord? Record,
    ImmutableArray<Device> Devices)
{
    public TimeSpan Age => Now - Since;
}

/// <summary>Whose lifecycle hook holds an instance.</summary>
public enum HookOwner
{
    /// <summary>No hook: the news is of an instance that runs.</summary>
    Nobody,

    Ours,

    /// <summary>Another team's hook is not ours to answer.</summary>
    Others,
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
    public sealed record Register(Instance Instance, NodeProfile Profile) : LaunchStep;

    /// <summary>It has joined: approve its routes and let it go into service.</summary>
    public sealed record Admit(Instance Instance, Device Device) : LaunchStep;

    /// <summary>Our hook holds what is no node of ours: nothing comes of waiting, so it goes into service as it is.</summary>
    public sealed record PassBy(string Why) : LaunchStep;

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

        if (NodeRoles.Parse(instance.Role).IsEmpty || instance.Vpc is null)
        {
            // Of every instance that starts in the account there is news; one that gets its tag later is news again.
            return seen.Hook != HookOwner.Nobody && seen.Age < SettleTime
                ? new LaunchStep.Wait($"EC2 does not show the tag {NodeRoles.Tag} yet")
                : NoNode(seen.Hook, $"the instance has no tag {NodeRoles.Tag}: let its group propagate the tag at launch, or take the hook off the group");
        }

        if (seen.Profile is not { } profile)
        {
            return NoNode(seen.Hook, $"nothing is done for the role '{Printable.Of(instance.Role)}': the report's findings say why");
        }

        if (seen.Hook == HookOwner.Nobody && WhyNotNow(instance, seen.LifecycleState) is { } why)
        {
            // A group without hooks takes it into service within seconds.
            return instance.Group is not null && seen.LifecycleState is null or "Pending" && seen.Age < SettleTime ? new LaunchStep.Wait(why) : new LaunchStep.LeaveAlone(why);
        }

        var device = NodeDevice.Choose(seen.Devices, seen.Record?.Device);
        if (device is not null && HasJoined(device, profile, seen.Record))
        {
            return new LaunchStep.Admit(instance, device);
        }

        if (seen.Age > JoinTime)
        {
            // Late news of an instance that has been in service since: only one that our hook still holds is given up.
            return seen is { Hook: HookOwner.Ours, LifecycleState: "Pending:Wait" or "Warmed:Pending:Wait" }
                ? new LaunchStep.GiveUp($"it has not joined within {JoinTime.TotalMinutes} minutes: see its boot log")
                : new LaunchStep.LeaveAlone("the news is old, and Auto Scaling no longer waits: the reconcile looks after it");
        }

        if (device is not null)   // its key is spent; a second one would serve nobody
        {
            return new LaunchStep.Wait($"{WhatIsMissing(device, profile, seen.Record)}");
        }

        if (seen.HasKeyParameter && seen.Record?.HasUsableKey(seen.Now) == true)
        {
            return new LaunchStep.Wait("it has not joined yet");
        }

        return seen.Hook != HookOwner.Nobody || MayJoinAnew(instance, seen.Record)
            ? new LaunchStep.Register(instance, profile)
            : new LaunchStep.LeaveAlone("its device was taken out of the tailnet since it started: it gets another key once it is restarted");
    }

    /// <summary>Whether a node without a device may be given a key: a person who deletes the device of one that runs on means it.</summary>
    public static bool MayJoinAnew(Instance instance, NodeRecord? record) => record?.Device is null || record.RegisteredAt < instance.LaunchedAt;

    private static LaunchStep NoNode(HookOwner hook, string why) => hook == HookOwner.Ours ? new LaunchStep.PassBy(why) : new LaunchStep.LeaveAlone(why);

    // News of a start that no hook announces: hooks and warm pools have news of their own.
    private static string? WhyNotNow(Instance instance, string? lifecycleState) =>
        instance.State != "running" ? $"the instance is {instance.State}"
        : instance.Group is not null && lifecycleState is not "InService" ? $"Auto Scaling shows it as {lifecycleState ?? "none of its own"}"
        : null;

    private static bool HasJoined(Device device, NodeProfile profile, NodeRecord? record) =>
        device is { Connected: true, Authorized: true } && Missing(device, profile, record).IsEmpty;

    private static PrefixSet Missing(Device device, NodeProfile profile, NodeRecord? record) =>
        (record?.Routes ?? PrefixSet.Empty).Union(profile.IsExitNode ? NodeProfile.DefaultRoutes : []).Except(device.Advertised);

    private static string WhatIsMissing(Device device, NodeProfile profile, NodeRecord? record) =>
        !device.Connected ? "its device is not connected"
        : !device.Authorized ? "its device waits for approval"
        : $"its device does not advertise {Missing(device, profile, record)} yet";
}

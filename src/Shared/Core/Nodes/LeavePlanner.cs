using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What a look at an instance that is said to leave found.</summary>
/// <param name="Since">When its leaving was announced.</param>
/// <param name="Instance">null where EC2 does not know it (any more).</param>
/// <param name="LifecycleState">Auto Scaling's word for it; null where no group knows it, or it was not asked.</param>
/// <param name="Devices">Devices of ours that report its host name.</param>
public sealed record LeaveSeen(
    DateTimeOffset Now,
    DateTimeOffset Since,
    Instance? Instance,
    string? LifecycleState,
    NodeRecord? Record,
    ImmutableArray<Device> Devices)
{
    public TimeSpan Age => Now - Since;
}

public abstract record LeaveStep
{
    private LeaveStep()   // closed: every case is in this file
    {
    }

    /// <summary>Not a node of ours, or not leaving at all.</summary>
    public sealed record LeaveAlone(string Why) : LeaveStep;

    /// <summary>Look again shortly.</summary>
    public sealed record Wait(string Why) : LeaveStep;

    /// <summary>It still runs: make sure that another router serves its prefixes, then take it out.</summary>
    public sealed record HandOver(VpcId? Vpc) : LeaveStep;

    /// <summary>It runs no more: clear away what is left.</summary>
    public sealed record CleanUp : LeaveStep;
}

/// <summary>Decides from what is seen: news of an ending never deletes a device whose instance lives.</summary>
public static class LeavePlanner
{
    /// <summary>How long a leaving instance is held for trouble with its handing over; then it goes, and the reconcile clears up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static LeaveStep Decide(LeaveSeen seen)
    {
        var isNode = seen.Record is not null
            || !seen.Devices.IsEmpty
            || (seen.Instance is { } shown && NodeRoles.Parse(shown.Role).Contains(NodeRoles.SubnetRouter));
        if (!isNode)
        {
            return new LeaveStep.LeaveAlone("it is not a node of ours");
        }

        if (seen.Instance is not { IsGone: false } instance)
        {
            return new LeaveStep.CleanUp();
        }

        if (IsLeaving(instance, seen.LifecycleState))
        {
            return new LeaveStep.HandOver(instance.Vpc);
        }

        return seen.Age < LaunchPlanner.SettleTime
            ? new LeaveStep.Wait($"EC2 shows it as {instance.State} and Auto Scaling as {seen.LifecycleState ?? "none of its own"}")
            : new LeaveStep.LeaveAlone($"EC2 shows it as {instance.State} and Auto Scaling as {seen.LifecycleState ?? "none of its own"}: the news is out of date");
    }

    /// <summary>Whether it is certain that the instance goes, whatever the news says.</summary>
    /// <remarks>Whole states, never a part of a word: Terminating:Wait and :Proceed, also of the warm pool, which counts as leaving service.</remarks>
    /// <param name="instance">null where EC2 does not know it; that alone is not certain, since EC2 may not show a new one yet.</param>
    public static bool IsLeaving(Instance? instance, string? lifecycleState) =>
        instance is { IsGone: true }
        || lifecycleState is "Terminating" or "Terminating:Wait" or "Terminating:Proceed" or "Terminated"
            or "Warmed:Terminating" or "Warmed:Terminating:Wait" or "Warmed:Terminating:Proceed";
}

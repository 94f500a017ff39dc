using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What the news says of an instance that goes, wholly or for a while.</summary>
public enum Departure
{
    /// <summary>A lifecycle hook holds it on its way out of its group.</summary>
    Held,

    /// <summary>It is shutting down or terminated.</summary>
    Ended,

    /// <summary>It stops, and may start again.</summary>
    Stopped,

    /// <summary>EC2 takes a spot instance back within two minutes.</summary>
    Interrupted,

    /// <summary>EC2 may soon take a spot instance back.</summary>
    AtRisk,
}

/// <summary>What a look at an instance that is said to leave found.</summary>
/// <param name="Since">When its leaving was announced.</param>
/// <param name="Instance">null where EC2 does not know it (any more).</param>
/// <param name="IsNode">It has a role that is looked after.</param>
/// <param name="LifecycleState">Auto Scaling's word for it; null where no group knows it, or it was not asked.</param>
/// <param name="Devices">Devices of ours that report its host name.</param>
public sealed record LeaveSeen(
    DateTimeOffset Now,
    DateTimeOffset Since,
    Departure Departure,
    Instance? Instance,
    bool IsNode,
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

    /// <summary>It still runs and goes for good: make sure that another node serves what it does, then take it out.</summary>
    public sealed record HandOver : LeaveStep;

    /// <summary>It is about to end: make sure that another node serves what it does, and take its routes. Its device goes once it has ended.</summary>
    public sealed record Drain : LeaveStep;

    /// <summary>It may come back, or may not go at all: make sure that another node serves what it does, and take nothing.</summary>
    public sealed record StandIn(string Why) : LeaveStep;

    /// <summary>It runs no more: clear away what is left.</summary>
    public sealed record CleanUp : LeaveStep;
}

/// <summary>Decides from what is seen: news of an ending never deletes a device whose instance lives.</summary>
public static class LeavePlanner
{
    /// <summary>How long a leaving instance is held for trouble with its handing over; then it goes, and the reconcile clears up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>A spot instance that still runs so long after the warning was not taken back.</summary>
    public static readonly TimeSpan SpotTime = TimeSpan.FromMinutes(5);

    public static LeaveStep Decide(LeaveSeen seen)
    {
        if (seen.Record is null && seen.Devices.IsEmpty && !seen.IsNode)
        {
            return new LeaveStep.LeaveAlone("it is not a node of ours");
        }

        if (seen.Instance is not { IsGone: false } instance)
        {
            return new LeaveStep.CleanUp();
        }

        if (IsLeaving(instance, seen.LifecycleState))
        {
            return new LeaveStep.HandOver();
        }

        if (instance.State is "stopping" or "stopped")
        {
            // On its way into a warm pool it has never been in the tailnet: nobody misses it, so the last router is not said to go.
            return seen.Record?.Device is null && seen.Devices.IsEmpty
                ? new LeaveStep.LeaveAlone($"it is {instance.State}, and has not been in the tailnet")
                : new LeaveStep.StandIn($"it is {instance.State}");
        }

        return seen.Departure switch
        {
            Departure.Interrupted when seen.Age < SpotTime => new LeaveStep.Drain(),
            Departure.AtRisk when seen.Age < SpotTime => new LeaveStep.StandIn("EC2 may take it back soon"),
            Departure.Held or Departure.Ended or Departure.Stopped when seen.Age < LaunchPlanner.SettleTime => new LeaveStep.Wait(Shown(instance, seen.LifecycleState)),
            _ => new LeaveStep.LeaveAlone($"{Shown(instance, seen.LifecycleState)}: the news is out of date"),
        };
    }

    private static string Shown(Instance instance, string? lifecycleState) => $"EC2 shows it as {instance.State} and Auto Scaling as {lifecycleState ?? "none of its own"}";

    /// <summary>Whether it is certain that the instance goes, whatever the news says.</summary>
    /// <remarks>Whole states, never a part of a word. In its warm pool an instance serves nobody, also on its way back into it.</remarks>
    /// <param name="instance">null where EC2 does not know it; that alone is not certain, since EC2 may not show a new one yet.</param>
    public static bool IsLeaving(Instance? instance, string? lifecycleState) =>
        instance is { IsGone: true }
        || lifecycleState is "Terminating" or "Terminating:Wait" or "Terminating:Proceed" or "Terminated"
            or "Warmed:Pending" or "Warmed:Pending:Wait" or "Warmed:Pending:Proceed" or "Warmed:Stopped" or "Warmed:Hibernated" or "Warmed:Running"
            or "Warmed:Terminating" or "Warmed:Terminating:Wait" or "Warmed:Terminating:Proceed" or "Warmed:Terminated";
}

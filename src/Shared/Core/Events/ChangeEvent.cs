using Automation.Nodes;

namespace Automation.Events;

/// <summary>News, with the moment it happened. It says where to look, never what to do.</summary>
/// <param name="Id">EventBridge's id; the same when the bus delivers the event again.</param>
public sealed record News(string Id, DateTimeOffset Time, ChangeEvent Change);

/// <summary>The news this automation reacts to, each by where it makes it look.</summary>
public abstract record ChangeEvent
{
    private ChangeEvent()   // closed: every case is in this file
    {
    }

    /// <summary>A lifecycle hook holds an instance.</summary>
    /// <remarks>EventBridge aws.autoscaling, "EC2 Instance-launch Lifecycle Action" and "EC2 Instance-terminate Lifecycle Action".</remarks>
    /// <param name="Leaving">The transition is autoscaling:EC2_INSTANCE_TERMINATING.</param>
    /// <param name="WarmPool">The instance goes into a warm pool or back into it, so it does not serve now.</param>
    public sealed record InstanceHeld(Scope Scope, InstanceId Instance, string Group, string Hook, bool Leaving, bool WarmPool) : ChangeEvent;

    /// <summary>An instance goes, for good or for a while, or may go soon.</summary>
    /// <remarks>EventBridge aws.ec2, "EC2 Instance State-change Notification", "EC2 Spot Instance Interruption Warning" and "EC2 Instance Rebalance Recommendation".</remarks>
    public sealed record InstanceLeaves(Scope Scope, InstanceId Instance, Departure Departure) : ChangeEvent;

    /// <summary>An instance runs: for the first time, or once more after a stop.</summary>
    /// <remarks>EventBridge aws.ec2, "EC2 Instance State-change Notification".</remarks>
    public sealed record InstanceRuns(Scope Scope, InstanceId Instance) : ChangeEvent;

    /// <summary>The tags of an instance changed: it may be a node from now on.</summary>
    /// <remarks>EventBridge aws.tag, "Tag Change on Resource".</remarks>
    public sealed record InstanceTagged(Scope Scope, InstanceId Instance) : ChangeEvent;

    /// <summary>An ECS task has stopped: its id never comes back.</summary>
    /// <remarks>EventBridge aws.ecs, "ECS Task State Change".</remarks>
    public sealed record TaskStopped(Scope Scope, TaskId Task) : ChangeEvent;

    /// <summary>Auto Scaling is done with launching an instance: all hooks were completed. A router is in service now, and names can follow.</summary>
    /// <remarks>EventBridge aws.autoscaling, "EC2 Instance Launch Successful".</remarks>
    public sealed record InstanceLaunched(Scope Scope, InstanceId Instance) : ChangeEvent;

    /// <summary>Something in an account's network or names changed.</summary>
    /// <param name="Region">null where the service is global, which means every Region of the account.</param>
    /// <param name="What">The API call or event, for people.</param>
    public sealed record ScopeChanged(string Account, string? Region, string What) : ChangeEvent;

    /// <summary>It is time for a look at everything.</summary>
    public sealed record LookDue : ChangeEvent;

    /// <summary>Well formed, but nothing that this automation looks after.</summary>
    public sealed record Irrelevant(string Source, string DetailType) : ChangeEvent;
}

/// <summary>A message that is no event, or an event without the fields it must have. It belongs in the dead-letter queue, where a person sees it.</summary>
public sealed class MalformedEventException(string message) : Exception(message);

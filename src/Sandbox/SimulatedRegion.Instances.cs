using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>What Auto Scaling, EC2 and people do to instances.</summary>
public sealed partial class SimulatedRegion
{
    /// <param name="hook">The launch hook that holds it; null for a group without one.</param>
    public SimulatedInstance Launch(string id, VpcId vpc, string subnet, string role = NodeRoles.SubnetRouter, string? hook = "tailnet-launch", string group = "routers")
    {
        var instance = Add(id, vpc, subnet, role, group);
        if (hook is not null)
        {
            Hold(instance, hook, "Pending:Wait", InService, "asg-launch-lifecycle");
        }
        else
        {
            PublishLaunched(instance);
        }

        Publish("ec2-state-running", ("instance-id", id));
        return instance;
    }

    /// <summary>Auto Scaling starts an instance for later: it waits in the group's warm pool.</summary>
    public SimulatedInstance LaunchIntoWarmPool(string id, VpcId vpc, string subnet, string role = NodeRoles.SubnetRouter, string hook = "tailnet-launch", string group = "routers")
    {
        var instance = Add(id, vpc, subnet, role, group);
        Hold(instance, hook, "Warmed:Pending:Wait", WarmPool, "asg-launch-lifecycle-into-warm-pool");
        Publish("ec2-state-running", ("instance-id", id));
        return instance;
    }

    /// <summary>The group needs one more, and takes it from its warm pool.</summary>
    public void LeaveWarmPool(InstanceId id, string hook = "tailnet-launch")
    {
        var instance = Instance(id);
        Hold(instance, hook, "Pending:Wait", InService, "asg-launch-lifecycle-from-warm-pool");
        if (instance.State != "running")
        {
            SetState(id, "running");
        }
    }

    /// <summary>The group needs one less, and puts it back into its warm pool.</summary>
    /// <param name="state">Where the hook holds it.</param>
    public void ReturnToWarmPool(InstanceId id, string state = "Terminating:Wait", string hook = "tailnet-terminate") =>
        Hold(Instance(id), hook, state, WarmPool, "asg-terminate-lifecycle-return-to-warm-pool");

    private SimulatedInstance Add(string id, VpcId vpc, string subnet, string role, string? group)
    {
        var home = Network.SubnetForLaunch(SubnetId.Parse(subnet), vpc);
        var (ipv4, ipv6) = Network.NextAddresses(home);
        var instance = new SimulatedInstance
        {
            Id = InstanceId.Parse(id),
            Vpc = vpc,
            Subnet = home.Id,
            PrivateAddress = ipv4,
            IPv6Address = ipv6,
            LaunchedAt = Now,
            Group = group,
            Role = role,
            State = "running",
        };
        _instances[instance.Id] = instance;
        return instance;
    }

    /// <summary>Somebody starts an instance that is in no group.</summary>
    public SimulatedInstance Start(string id, VpcId vpc, string subnet, string role = NodeRoles.SubnetRouter)
    {
        var instance = Add(id, vpc, subnet, role, null);
        Publish("ec2-state-running", ("instance-id", id));
        return instance;
    }

    /// <summary>Stops an instance, or starts it again; its software keeps no state of its device while it is stopped.</summary>
    public void SetState(InstanceId id, string state)
    {
        var instance = Instance(id);
        instance.State = state;
        if (state == "running")
        {
            instance.LaunchedAt = Now;
            if (instance.Device is { } device && !tailnet.Connect(device))
            {
                instance.Device = null;   // the tailnet knows it no more
            }
        }
        else if (instance.Device is { } device)
        {
            tailnet.Disconnect(device);
        }

        Publish($"ec2-state-{state}", ("instance-id", id.ToString()));
    }

    /// <param name="role">Empty takes the tag away.</param>
    public void TagInstance(InstanceId id, string role)
    {
        Instance(id).Role = role;
        Publish(
            "tag-change-instance",
            ("changed-tag-keys", new JsonArray(NodeRoles.Tag)),
            ("tags", new JsonObject { [NodeRoles.Tag] = role }),
            ("/resources", new JsonArray($"arn:aws:ec2:{scope.Region}:{scope.Account}:instance/{id}")));
    }

    /// <summary>EC2 will take a spot instance back within two minutes, or may do so.</summary>
    public void Warn(InstanceId id, bool certain) => Publish(certain ? "ec2-spot-interruption" : "ec2-rebalance-recommendation", ("instance-id", id.ToString()));

    public void StopTask(string task) => Publish("ecs-task-stopped", ("taskArn", $"arn:aws:ecs:{scope.Region}:{scope.Account}:task/edge/{task}"));

    /// <summary>EC2 schedules something for an instance's host.</summary>
    public void Schedule(InstanceId id, ScheduledEvent coming)
    {
        Instance(id).Maintenance = coming;
        Publish("health-ec2-retirement", ("eventRegion", scope.Region));
    }

    /// <summary>Somebody takes an instance out of service without ending it, or back into it.</summary>
    public void SetLifecycleState(InstanceId id, string state, string call)
    {
        Instance(id).LifecycleState = state;
        Publish("cloudtrail-autoscaling-enter-standby", ("eventName", call), ("requestParameters", new JsonObject { ["instanceIds"] = new JsonArray(id.ToString()) }));
    }

    /// <summary>Auto Scaling takes an instance out of its group.</summary>
    public void ScaleIn(InstanceId id, string? hook = "tailnet-terminate")
    {
        var instance = Instance(id);
        if (hook is null)
        {
            End(instance);
            return;
        }

        if (instance.LifecycleState.StartsWith("Warmed:", StringComparison.Ordinal))
        {
            Hold(instance, hook, "Warmed:Terminating:Wait", null, "asg-terminate-lifecycle-from-warm-pool");
        }
        else
        {
            Hold(instance, hook, "Terminating:Wait", null, "asg-terminate-lifecycle");
        }
    }

    /// <summary>It ends without a hook: somebody terminated it, or its host died.</summary>
    /// <param name="told">EC2 sends its events; they are best effort, so it may not.</param>
    public void Kill(InstanceId id, bool told = true) => End(Instance(id), told);

    /// <summary>Ends a wait.</summary>
    /// <returns>false where it was over already.</returns>
    internal bool Complete(InstanceId id, string hook, bool abandon, bool timedOut = false)
    {
        if (Find(id) is not { } instance || instance.Hook != hook)
        {
            return false;
        }

        EndedWaits.Add(new(id, hook, abandon ? LifecycleResult.Abandon : LifecycleResult.Continue, timedOut));
        instance.Hook = null;
        if (abandon || instance.HookLeadsTo is not { } next)
        {
            End(instance);
            return true;
        }

        var starts = instance.LifecycleState is "Pending:Wait" or "Warmed:Pending:Wait";
        instance.LifecycleState = next;
        if (starts)
        {
            PublishLaunched(instance);
        }

        if (next == "Warmed:Stopped")
        {
            SetState(id, "stopping");
            SetState(id, "stopped");
        }

        return true;
    }

    internal bool Heartbeat(InstanceId id, string hook)
    {
        if (Find(id) is not { } instance || instance.Hook != hook)
        {
            return false;
        }

        instance.HookEnds = Now + HookTimeout;
        return true;
    }

    /// <param name="next">The lifecycle state to which the hook lets it go; null where it ends.</param>
    /// <param name="sample">The event that says so.</param>
    private void Hold(SimulatedInstance instance, string hook, string lifecycleState, string? next, string sample)
    {
        instance.Hook = hook;
        instance.HookLeaves = sample.StartsWith("asg-terminate", StringComparison.Ordinal);
        instance.LifecycleState = lifecycleState;
        instance.HookLeadsTo = next;
        instance.HookEnds = Now + HookTimeout;
        Publish(sample, ("EC2InstanceId", instance.Id.ToString()), ("AutoScalingGroupName", instance.Group!), ("LifecycleHookName", hook));
    }

    private void End(SimulatedInstance instance, bool told = true)
    {
        instance.Hook = null;
        instance.LifecycleState = "Terminated";
        instance.State = "terminated";
        instance.EndedAt = Now;
        if (instance.Device is { } device)
        {
            tailnet.Disconnect(device);
        }

        if (told)
        {
            Publish("ec2-state-shutting-down", ("instance-id", instance.Id.ToString()));
            Publish("ec2-state-terminated", ("instance-id", instance.Id.ToString()));
        }
    }

    private void PublishLaunched(SimulatedInstance instance) => Publish(
        "asg-launch-successful", ("EC2InstanceId", instance.Id.ToString()), ("AutoScalingGroupName", instance.Group!), ("Details.Subnet ID", instance.Subnet.ToString()));
}

using Automation.Routes;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>One account in one Region: what people, Auto Scaling and the instances do in it. Each change publishes the event that AWS would send.</summary>
public sealed class SimulatedRegion(Scope scope, TimeProvider time, Tailnet tailnet, SimulatedAws aws, Action<string> publish)
{
    /// <summary>The hook's timeout. It outlasts the visibility timeout of the queue's messages, so that a crash of the function costs no instance.</summary>
    public static readonly TimeSpan HookTimeout = TimeSpan.FromMinutes(10);

    private const string InService = "InService";

    private const string NotLoggedIn = "tailscaled is not running, or is logged out";

    /// <summary>From the launch to the first try of the boot script.</summary>
    private static readonly TimeSpan s_bootTime = TimeSpan.FromSeconds(20);

    /// <summary>EC2 shows a terminated instance for about an hour.</summary>
    private static readonly TimeSpan s_forgets = TimeSpan.FromHours(1);

    private readonly SortedDictionary<VpcId, Vpc> _vpcs = [];
    private readonly SortedDictionary<InstanceId, SimulatedInstance> _instances = [];
    private readonly Dictionary<string, CommandStatus> _commands = [];
    private readonly SortedDictionary<string, SimulatedParameter> _parameters = new(StringComparer.Ordinal);
    private readonly List<DateTimeOffset> _puts = [];
    private int _events;

    public Scope Scope => scope;

    /// <summary>Subnets, route tables and prefix lists.</summary>
    public SimulatedNetwork Network => field ??= new(this, aws);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>How each wait has ended, in order.</summary>
    public List<EndedWait> EndedWaits { get; } = [];

    public IEnumerable<SimulatedInstance> Instances => _instances.Values;

    public IEnumerable<Vpc> Vpcs => _vpcs.Values;

    /// <summary>Inbound endpoints and forward rules.</summary>
    public SimulatedResolver Resolver => field ??= new(this);

    /// <summary>How many parameters SSM writes in a second before it throttles; null for any number.</summary>
    public int? PutsPerSecond { get; set; }

    /// <summary>The state in which warm pools keep their instances: <c>Warmed:Stopped</c> or <c>Warmed:Running</c>.</summary>
    public string WarmPool { get; set; } = "Warmed:Stopped";

    /// <summary>By name.</summary>
    public SortedDictionary<string, SimulatedParameter> Parameters => _parameters;

    public SimulatedInstance Instance(InstanceId id) =>
        _instances.TryGetValue(id, out var instance) ? instance : throw new KeyNotFoundException($"There is no instance {id} in {scope}.");

    public SimulatedInstance? Find(InstanceId id) => _instances.GetValueOrDefault(id);

    public Vpc Vpc(VpcId id) => _vpcs.TryGetValue(id, out var vpc) ? vpc : throw new KeyNotFoundException($"There is no VPC {id} in {scope}.");

    internal PrefixSet Cidrs(VpcId id) => PrefixSet.Of(Vpc(id).Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => cidr.Prefix));

    // What people do.

    public VpcId AddVpc(string id, string cidr)
    {
        var (vpc, primary) = (VpcId.Parse(id), Prefix.Parse(cidr));
        _vpcs[vpc] = new(vpc, primary, [new(primary, VpcCidr.Associated)], DnsSupport: true, DnsHostNames: true);
        Network.VpcIsThere(vpc);
        Publish("cloudtrail-ec2-create-vpc", ("responseElements.vpc.vpcId", id), ("responseElements.vpc.cidrBlock", cidr));
        return vpc;
    }

    /// <summary>Changes a VPC without an event, as when the event was lost.</summary>
    public void Change(VpcId id, Func<Vpc, Vpc> change) => _vpcs[id] = change(Vpc(id));

    public void AssociateCidr(VpcId id, string cidr)
    {
        Change(id, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse(cidr), VpcCidr.Associated)] });
        Publish(
            "cloudtrail-ec2-associate-vpc-cidr-block",
            ("requestParameters.AssociateVpcCidrBlockRequest.VpcId", id.ToString()),
            ("requestParameters.AssociateVpcCidrBlockRequest.CidrBlock", cidr));
    }

    public void DisassociateCidr(VpcId id, string cidr)
    {
        var gone = Prefix.Parse(cidr);
        Change(id, vpc => vpc with { Cidrs = [.. vpc.Cidrs.Select(known => known.Prefix == gone ? known with { State = "disassociated" } : known)] });
        Publish("cloudtrail-ec2-disassociate-vpc-cidr-block", ("responseElements.DisassociateVpcCidrBlockResponse.vpcId", id.ToString()));
    }

    public void DeleteVpc(VpcId id)
    {
        _vpcs.Remove(id);
        aws.Zones.VpcIsGone(id);
        Resolver.VpcIsGone(id);
        Network.VpcIsGone(id);
        aws.Peerings.VpcIsGone(id);
        aws.Transit.VpcIsGone(id);
        Publish("cloudtrail-ec2-delete-vpc", ("requestParameters.vpcId", id.ToString()));
    }

    /// <param name="value">Null removes the tag.</param>
    public void TagVpc(VpcId id, string key, string? value)
    {
        Change(id, vpc => key switch
        {
            VpcTags.Advertise => vpc with { Advertise = value },
            VpcTags.Overlap => vpc with { Overlap = value },
            VpcTags.SiteId => vpc with { SiteTag = value },
            _ => vpc,   // nobody reads others
        });
        var tags = new JsonObject();
        if (value is not null)
        {
            tags[key] = value;
        }

        Publish(value is null ? "tag-change-vpc-removed" : "tag-change-vpc-added", ("changed-tag-keys", new JsonArray(key)), ("tags", tags));
    }

    /// <summary>A private hosted zone of this account, with its first VPC.</summary>
    public ZoneId AddPrivateZone(string id, string name, VpcId vpc) => aws.Zones.AddPrivate(scope.Account, id, name, vpc);

    public void DeleteZone(ZoneId id) => aws.Zones.Delete(id);

    // What Auto Scaling does.

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

    // What goes on by itself.

    /// <summary>Boot scripts try to join, hooks time out, and EC2 forgets.</summary>
    public void Tick()
    {
        foreach (var instance in _instances.Values.ToArray())
        {
            if (instance.Hook is { } hook && Now >= instance.HookEnds)
            {
                Complete(instance.Id, hook, abandon: true, timedOut: true);
            }

            if (instance.EndedAt is { } ended && Now - ended >= s_forgets)
            {
                _instances.Remove(instance.Id);
            }

            if (instance is { State: "running", Boots: true, Device: null } && Now - instance.LaunchedAt >= s_bootTime)
            {
                Boot(instance);
            }
        }
    }

    /// <summary>Runs an SSM document on a node: what it does there, and how it ends, is so at once.</summary>
    /// <returns>The command's id.</returns>
    internal string Command(string document, InstanceId id, string? parameter, string value)
    {
        var command = string.Create(CultureInfo.InvariantCulture, $"command-{_commands.Count + 1}");
        if (Find(id) is { AgentIsSilent: true })
        {
            _commands.Add(command, new(IsOver: false, Succeeded: false, "Pending", ""));
            return command;
        }

        var problem = (document, parameter) switch
        {
            ("Tailnet-SetRoutes", "routes") => SetRoutes(id, value),
            ("Tailnet-SetDns64", "config") => SetDns64(id, value),
            ("Tailnet-Probe", null) => Find(id) is { IsCutOff: true } ? $"{HealthObserver.Unhealthy}the VPC's resolver does not answer" : null,
            _ => throw new CallFailedException(Failure.Invalid, "SSM", "SendCommand", "InvalidDocument", $"There is no document {document} with a parameter {parameter}."),
        };
        _commands.Add(command, problem is null ? new(IsOver: true, Succeeded: true, "Success", "") : new(IsOver: true, Succeeded: false, "Failed", problem));
        return command;
    }

    internal CommandStatus HowFares(string command) =>
        _commands.TryGetValue(command, out var status) ? status : throw new CallFailedException(Failure.NotFound, "SSM", "GetCommandInvocation", "InvocationDoesNotExist", $"There is no command {command}.");

    private string? SetRoutes(InstanceId id, string routes) =>
        Find(id) is { State: "running", Device: { } device } && tailnet.Advertise(device, PrefixSet.Of(routes.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Prefix.Parse)))
            ? null
            : NotLoggedIn;

    private string? SetDns64(InstanceId id, string config)
    {
        if (Find(id) is not { State: "running", Device: not null } instance)
        {
            return NotLoggedIn;
        }

        if (!instance.Dns64)
        {
            return "named is not installed: the instance has no tag tailscale:dns64 = true";
        }

        if (instance.NamedIsBroken)
        {
            return "named does not answer";
        }

        instance.Dns64Configuration = Encoding.UTF8.GetString(Convert.FromBase64String(config));
        return null;
    }

    private void Boot(SimulatedInstance instance)
    {
        // The boot script waits for both parameters; the key is the last to be written.
        if (!Read(instance.Id, NodeParameters.AuthKey, out var key) || !Read(instance.Id, NodeParameters.Settings, out var settings))
        {
            return;
        }

        var wanted = JsonNode.Parse(settings)!;
        var routes = PrefixSet.Of(wanted["advertiseRoutes"]!.AsArray().Select(route => Prefix.Parse((string?)route)));
        instance.Flags = wanted["flags"]!.AsObject().ToDictionary(flag => flag.Key, flag => (string)flag.Value!);
        if (instance.Flags.GetValueOrDefault("advertise-exit-node") == "true")
        {
            routes = routes.Union(NodeProfile.DefaultRoutes);
        }

        try
        {
            instance.Device = tailnet.Join(new Secret(key), (string)wanted["hostname"]!, routes);
        }
        catch (JoinRefusedException refused)
        {
            instance.Complaint = refused.Message;
        }
    }

    internal bool MayPut()
    {
        _puts.RemoveAll(at => Now - at >= TimeSpan.FromSeconds(1));
        if (_puts.Count >= PutsPerSecond)
        {
            throw new CallFailedException(Failure.Throttled, "SSM", "PutParameter", "ThrottlingException", "Rate exceeded");
        }

        _puts.Add(Now);
        return true;
    }

    private bool Read(InstanceId id, string leaf, out string value)
    {
        var parameter = _parameters.FirstOrDefault(entry => entry.Key.EndsWith($"/nodes/{id}/{leaf}", StringComparison.Ordinal)).Value;
        value = parameter?.Value ?? "";
        return parameter is not null;
    }

    /// <param name="next">The lifecycle state to which the hook lets it go; null where it ends.</param>
    /// <param name="sample">The event that says so.</param>
    private void Hold(SimulatedInstance instance, string hook, string lifecycleState, string? next, string sample)
    {
        instance.Hook = hook;
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

    internal void Publish(string sample, params ReadOnlySpan<(string Path, JsonNode? Value)> detail) =>
        publish(SampleEvent.Tell(sample, scope, Now, NextEvent(), detail));

    private string NextEvent() => string.Create(CultureInfo.InvariantCulture, $"{scope.Account}-{scope.Region}-{++_events:D6}");

    /// <summary>A call of which there is no sample, or that says too much else: told as its like, which has neither answer nor body but success.</summary>
    internal void PublishCall(string call, JsonObject request) => Publish("cloudtrail-ec2-delete-route", ("eventName", call), ("requestParameters", request));
}

/// <param name="Secure">A SecureString: the value leaves the simulated SSM only to a caller that decrypts.</param>
public sealed record SimulatedParameter(string Value, bool Secure, InstanceId? Reader, DateTimeOffset ModifiedAt, string? Description = null);

/// <param name="TimedOut">Nobody answered in time.</param>
public sealed record EndedWait(InstanceId Instance, string Hook, LifecycleResult Result, bool TimedOut);

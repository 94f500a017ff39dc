using Automation.Routes;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>One account in one Region: what people, Auto Scaling and the instances do in it. Each change publishes the event that AWS would send.</summary>
public sealed partial class SimulatedRegion(Scope scope, TimeProvider time, Tailnet tailnet, SimulatedAws aws, Action<string> publish)
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

    internal bool Has(VpcId id) => _vpcs.ContainsKey(id);

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

    /// <summary>When <see cref="Tick"/> has something to do, as it is now; null for never.</summary>
    internal DateTimeOffset? NextDue
    {
        get
        {
            DateTimeOffset? next = null;
            foreach (var instance in _instances.Values)
            {
                Earlier(instance.Hook is null ? null : instance.HookEnds);
                Earlier(instance.EndedAt + s_forgets);
                Earlier(instance is { State: "running", Boots: true, Device: null } ? MayBoot(instance) : null);
            }

            return next;

            void Earlier(DateTimeOffset? due) => next = due is null || next <= due ? next : due;
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

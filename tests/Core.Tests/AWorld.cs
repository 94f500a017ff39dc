using System.Collections.Immutable;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation;

/// <summary>Builds a snapshot. It starts healthy, so that a test writes only what is wrong.</summary>
public sealed partial class AWorld
{
    public static readonly Scope Scope = new("111122223333", "eu-west-1");
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 9, 15, 0, TimeSpan.Zero);
    public static readonly NodeTags Tags = new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("subnet-router", ["tag:aws-router"]).Add("agent", ["tag:aws-agent"]));

    private readonly List<Vpc> _vpcs = [];
    private readonly List<Instance> _instances = [];
    private readonly List<Zone> _zones = [];
    private readonly List<NodeParameter> _parameters = [];
    private readonly List<Device> _devices = [];
    private readonly List<RouterProbe> _probes = [];
    private readonly List<AuthKey> _keys = [];
    private readonly List<SplitDnsDomain> _splitDns = [];
    private readonly List<NodeRecord> _nodes = [];
    private readonly List<DomainRecord> _domains = [];
    private readonly List<Subnet> _subnets = [];
    private readonly List<RouteTable> _routeTables = [];
    private readonly List<Peering> _peerings = [];
    private readonly List<TransitAttachment> _transitAttachments = [];
    private readonly List<TransitRouteTable> _transitRouteTables = [];
    private readonly List<PrefixList> _prefixLists = [];
    private readonly List<SiteRecord> _sites = [];
    private readonly List<PublicZone> _publicZones = [];
    private readonly List<ResolverEndpoint> _endpoints = [];
    private readonly List<ForwardRule> _rules = [];
    private readonly List<AssociationRecord> _associations = [];
    private NameSettings _names = NameSettings.Standard;
    private PrefixSet _optIn = [];
    private readonly Dictionary<string, string> _problems = [];
    private readonly List<Scope> _moreScopes = [];
    private readonly List<GroupHook> _hooks = [];
    private string? _detailsProblem;
    private bool _attendsHooks = true;

    public static VpcId VpcOf(int number) => VpcId.Parse($"vpc-{number:x8}");

    public static InstanceId InstanceOf(int number) => InstanceId.Parse($"i-{number:x8}");

    public static DeviceId DeviceOf(int number) => DeviceId.Parse($"n{number:D6}CNTRL");

    public static Address TailnetAddressOf(int number) => Prefix.Parse($"100.64.{number / 250}.{number % 250 + 1}/32").First;

    public static string HostOf(int number) => $"subnet-router-{InstanceOf(number)}";

    public static PrefixSet Prefixes(params string[] texts) => PrefixSet.Of(texts.Select(Prefix.Parse));

    public AWorld WithVpc(int number, params string[] cidrs)
    {
        var prefixes = cidrs.Select(Prefix.Parse).ToArray();
        _vpcs.Add(new(VpcOf(number), prefixes[0], [.. prefixes.Select(prefix => new VpcCidr(prefix, VpcCidr.Associated))], DnsSupport: true, DnsHostNames: true));
        return this;
    }

    public AWorld Change(int vpc, Func<Vpc, Vpc> change)
    {
        var at = _vpcs.FindIndex(known => known.Id == VpcOf(vpc));
        _vpcs[at] = change(_vpcs[at]);
        return this;
    }

    /// <summary>A router that runs, has joined, is approved for what its VPC has, and is on record.</summary>
    public AWorld WithRouter(int number, int inVpc)
    {
        var routes = PrefixSet.Of(_vpcs.First(vpc => vpc.Id == VpcOf(inVpc)).Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => cidr.Prefix));
        _instances.Add(new(InstanceOf(number), "running", "subnet-router", VpcOf(inVpc), null, Now.AddHours(-5)));
        _devices.Add(new(DeviceOf(number), HostOf(number), ["tag:aws-router"], true, true, Now.AddHours(-5), null, routes, routes, [TailnetAddressOf(number)]));
        _nodes.Add(new(InstanceOf(number), Scope, "subnet-router", VpcOf(inVpc), Now.AddHours(-5), null, null, DeviceOf(number), routes, null, 3));
        return this;
    }

    /// <summary>What is left of a router whose instance EC2 no longer knows, silent for an hour.</summary>
    public AWorld WithGoneRouter(int number, int inVpc) =>
        WithRouter(number, inVpc).WithoutInstance(number).Device(number, device => device with { Connected = false, LastSeen = Now.AddHours(-1) });

    public AWorld WithoutInstance(int number)
    {
        _instances.RemoveAll(instance => instance.Id == InstanceOf(number));
        return this;
    }

    public AWorld Instance(int number, Func<Instance, Instance> change)
    {
        var at = _instances.FindIndex(known => known.Id == InstanceOf(number));
        _instances[at] = change(_instances[at]);
        return this;
    }

    public AWorld Device(int number, Func<Device, Device> change)
    {
        var at = _devices.FindIndex(known => known.Id == DeviceOf(number));
        _devices[at] = change(_devices[at]);
        return this;
    }

    public AWorld Node(int number, Func<NodeRecord, NodeRecord?> change)
    {
        var at = _nodes.FindIndex(known => known.Instance == InstanceOf(number));
        if (change(_nodes[at]) is { } changed)
        {
            _nodes[at] = changed;
        }
        else
        {
            _nodes.RemoveAt(at);
        }

        return this;
    }

    public AWorld WithNode(NodeRecord record)
    {
        _nodes.Add(record);
        return this;
    }

    /// <param name="healthy">null: it could not be asked.</param>
    public AWorld WithProbe(int router, bool? healthy, string detail = "the VPC's resolver does not answer")
    {
        _probes.Add(new(InstanceOf(router), healthy, detail));
        return this;
    }

    /// <summary>The group <c>routers</c> has a lifecycle hook.</summary>
    public AWorld WithHook(string name, bool leaving)
    {
        _hooks.Add(new("routers", name, leaving));
        return this;
    }

    /// <summary>Nobody can be told of lost news.</summary>
    public AWorld WithoutNodeQueue()
    {
        _attendsHooks = false;
        return this;
    }

    public AWorld WithoutDetails()
    {
        _detailsProblem = "AccessDenied";
        return this;
    }

    public AWorld WithoutDevice(int number)
    {
        _devices.RemoveAll(device => device.Id == DeviceOf(number));
        return this;
    }

    public AWorld WithDevice(Device device)
    {
        _devices.Add(device);
        return this;
    }

    public AWorld WithZone(int number, string name, int vpc)
    {
        _zones.Add(new(ZoneId.Parse($"Z{number:D4}"), name, VpcOf(vpc), Scope.Account));
        return this;
    }

    public AWorld WithoutZones()
    {
        _zones.Clear();
        return this;
    }

    public AWorld WithKey(int number, int instance, TimeSpan age, bool invalid = false)
    {
        _keys.Add(new(KeyId.Parse($"k{number:D6}CNTRL"), AuthKey.DescriptionFor(InstanceOf(instance)), Now - age, Now - age + TimeSpan.FromMinutes(15), invalid));
        return this;
    }

    public AWorld WithParameter(int instance, string leaf, TimeSpan age)
    {
        _parameters.Add(new(InstanceOf(instance), leaf, Now - age));
        return this;
    }

    /// <summary>A domain that the tailnet has.</summary>
    public AWorld WithSplitDns(string domain, params string[] resolvers)
    {
        _splitDns.Add(new(domain, [.. resolvers]));
        return this;
    }

    /// <summary>A domain that is ours; <paramref name="zone"/> 0 is EC2's own.</summary>
    public AWorld WithOwned(string domain, int zone, int vpc, bool confirmed, params string[] resolvers)
    {
        _domains.Add(new(domain, [.. resolvers], zone == 0 ? "" : $"Z{zone:D4}", Scope, VpcOf(vpc), confirmed));
        return this;
    }

    /// <summary>EC2's internal domain of the Region, forwarded and owned, as it is wherever a VPC has a router.</summary>
    public AWorld WithInternalDomain(int vpc, string resolver) =>
        WithSplitDns("eu-west-1.compute.internal", resolver).WithOwned("eu-west-1.compute.internal", 0, vpc, true, resolver);

    /// <param name="part">vpcs, instances, zones, parameters, devices, keys, splitDns, nodes, domains, hooks, poolRecords or poolParameters.</param>
    public AWorld Unread(string part, string why = "AccessDenied")
    {
        _problems[part] = why;
        return this;
    }

    public AWorld WithUnseenScope(Scope scope)
    {
        _moreScopes.Add(scope);
        return this;
    }

    public Snapshot Seen() => new()
    {
        ObservedAt = Now,
        NodeTags = Tags,
        Scopes =
        [
            new ScopeSeen
            {
                Scope = Scope,
                Vpcs = Part("vpcs", _vpcs),
                Instances = Part("instances", _instances),
                DetailsProblem = _detailsProblem,
                Hooks = Part("hooks", _hooks),
                Zones = Part("zones", _zones),
                PublicZones = Part("publicZones", _publicZones),
                Endpoints = Part("endpoints", _endpoints),
                Rules = Part("rules", _rules),
                Parameters = Part("parameters", _parameters),
                Network = new()
                {
                    Subnets = Part("subnets", _subnets),
                    RouteTables = Part("routeTables", _routeTables),
                    Peerings = Part("peerings", _peerings),
                    TransitAttachments = Part("transitAttachments", _transitAttachments),
                    TransitRouteTables = Part("transitRouteTables", _transitRouteTables),
                    PrefixLists = Part("prefixLists", _prefixLists),
                },
            },
            .. _moreScopes.Select(scope => ScopeSeen.Unseen(scope, ScopeSeen.NotLookedAt)),
        ],
        Devices = Part("devices", _devices),
        Strayed = Seen<Device>.All([]),
        Health = Part("health", _probes),
        Keys = Part("keys", _keys),
        SplitDns = Part("splitDns", _splitDns),
        Nodes = Part("nodes", _nodes),
        Domains = Part("domains", _domains),
        Sites = Part("sites", _sites),
        OptIn = _optIn,
        Associations = Part("associations", _associations),
        Names = _names,
        Pools = SeenPools,
        AttendsHooks = _attendsHooks,
    };

    public Plan Planned(bool allowMassDelete = false) => ReconcilePlanner.Plan(Seen(), allowMassDelete);

    /// <summary>The plan's own lines.</summary>
    public string[] Lines(bool allowMassDelete = false) => [.. Planned(allowMassDelete).Steps.Where(step => step.Held is null).Select(step => step.Action.ToString())];

    public string[] Rules() => [.. Planned().Findings.Select(finding => finding.Rule).Distinct()];

    // What could not be read is missing from the part that could.
    private Seen<T> Part<T>(string part, List<T> items) => _problems.TryGetValue(part, out var why) ? Seen<T>.Unknown(why) : Seen<T>.All(items);
}

using System.Collections.Immutable;
using System.Globalization;
using Automation.Names;
using Automation.Network;
using Automation.Plans;
using BenchmarkDotNet.Attributes;

namespace Automation.Benchmarks;

/// <summary>A whole plan: nothing is in place yet, so everything is decided and added.</summary>
public class PlanByPrefixes
{
    private Snapshot? _seen;

    /// <summary>Five to a VPC, which is as many as EC2 gives without being asked for more.</summary>
    [Params(1_000, 10_000, 100_000)]
    public int Prefixes { get; set; }

    [GlobalSetup]
    public void Make()
    {
        GeneratedNetwork.WarmUp();
        _seen = new GeneratedNetwork(Prefixes / 5, 5).Seen();
    }

    [Benchmark]
    public Plan Plan() => ReconcilePlanner.Plan(_seen!);
}

/// <summary>The same by the number of VPCs, with two CIDRs each.</summary>
public class PlanByVpcs
{
    private Snapshot? _seen;

    [Params(1_000, 10_000)]
    public int Vpcs { get; set; }

    [GlobalSetup]
    public void Make()
    {
        GeneratedNetwork.WarmUp();
        _seen = new GeneratedNetwork(Vpcs, 2).Seen();
    }

    [Benchmark]
    public Plan Plan() => ReconcilePlanner.Plan(_seen!);
}

/// <summary>A whole plan of 100 VPCs, by the number of private hosted zones: each zone is in one to three VPCs, with routers and without.</summary>
public class PlanByZones
{
    private Snapshot? _seen;

    [Params(0, 500, 5_000)]
    public int Zones { get; set; }

    [GlobalSetup]
    public void Make()
    {
        GeneratedNetwork.WarmUp();
        _seen = new GeneratedNetwork(100, 2, Zones).Seen();
    }

    [Benchmark]
    public Plan Plan() => ReconcilePlanner.Plan(_seen!);
}

/// <summary>
/// Groups of 50 VPCs around a transit gateway each. The first VPC of a group has two routers, every fifth of the others has one, and
/// all of them stand in for those without: 11 routers with some 200 prefixes each. One VPC in ten has addresses of the next group.
/// </summary>
internal sealed class GeneratedNetwork(int vpcs, int cidrs, int zones = 0)
{
    private const int Group = 50;
    private static readonly DateTimeOffset s_now = new(2026, 3, 4, 9, 15, 0, TimeSpan.Zero);
    private static readonly Scope s_scope = new("111122223333", "eu-west-1");

    private readonly List<Vpc> _vpcs = [];
    private readonly List<Subnet> _subnets = [];
    private readonly List<RouteTable> _tables = [];
    private readonly List<TransitAttachment> _attachments = [];
    private readonly List<TransitRouteTable> _gatewayTables = [];
    private readonly List<Instance> _instances = [];
    private readonly List<Device> _devices = [];

    /// <summary>A plan takes so long that the harness calls it a few times only, too few for the JIT compiler to have done its best.</summary>
    public static void WarmUp()
    {
        var small = new GeneratedNetwork(100, 2).Seen();
        for (var round = 0; round < 100; round++)
        {
            ReconcilePlanner.Plan(small);
        }
    }

    public Snapshot Seen()
    {
        for (var first = 0; first < vpcs; first += Group)
        {
            AddGroup(first, Math.Min(Group, vpcs - first));
        }

        return new()
        {
            ObservedAt = s_now,
            NodeTags = new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("subnet-router", ["tag:aws-router"])),
            Scopes =
            [
                new()
                {
                    Scope = s_scope,
                    Vpcs = Seen<Vpc>.All(_vpcs),
                    Instances = Seen<Instance>.All(_instances),
                    Zones = Seen<Zone>.All(Enumerable.Range(0, zones).SelectMany(zone => Enumerable.Range(0, 1 + (zone % 3)).Select(at =>
                        new Zone(ResourceId<ZoneKind>.Parse($"Z{zone:D6}"), $"zone{zone}.example", _vpcs[(zone + (at * 7)) % _vpcs.Count].Id, s_scope.Account)))),
                    PublicZones = Seen<PublicZone>.All([]),
                    Endpoints = Seen<ResolverEndpoint>.All([]),
                    Rules = Seen<ForwardRule>.All([]),
                    Parameters = Seen<NodeParameter>.All([]),
                    Network = new()
                    {
                        Subnets = Seen<Subnet>.All(_subnets),
                        RouteTables = Seen<RouteTable>.All(_tables),
                        Peerings = Seen<Peering>.All([]),
                        TransitAttachments = Seen<TransitAttachment>.All(_attachments),
                        TransitRouteTables = Seen<TransitRouteTable>.All(_gatewayTables),
                        PrefixLists = Seen<PrefixList>.All([]),
                    },
                },
            ],
            Devices = Seen<Device>.All(_devices),
            Strayed = Seen<Device>.All([]),
            Health = Seen<RouterProbe>.All([]),
            Keys = Seen<AuthKey>.All([]),
            SplitDns = Seen<SplitDnsDomain>.All([]),
            Nodes = Seen<NodeRecord>.All([]),
            Domains = Seen<DomainRecord>.All([]),
            Sites = Seen<SiteRecord>.All([]),
            OptIn = [],
            Pools = new() { Mark = "", Folder = "/tailnet/pools", Configured = [], Records = Seen<PoolRecord>.All([]), Parameters = Seen<PoolParameter>.Unknown(ScopeSeen.NotLookedAt) },
            Associations = Seen<AssociationRecord>.All([]),
            Names = new(ZoneAssociation.All, [], false),
        };
    }

    private void AddGroup(int first, int count)
    {
        var gateway = ResourceId<TransitGatewayKind>.Parse(Id("tgw", first));
        var table = ResourceId<TransitRouteTableKind>.Parse(Id("tgw-rtb", first));
        var routes = new List<TransitRoute>();
        for (var number = first; number < first + count; number++)
        {
            var prefixes = Enumerable.Range(0, cidrs).Select(at => Cidr(number, at)).ToArray();
            var vpc = ResourceId<VpcKind>.Parse(Id("vpc", number));
            var subnet = ResourceId<SubnetKind>.Parse(Id("subnet", number));
            var attachment = ResourceId<TransitAttachmentKind>.Parse(Id("tgw-attach", number));
            _vpcs.Add(new(vpc, prefixes[0], [.. prefixes.Select(prefix => new VpcCidr(prefix, VpcCidr.Associated))], null, true, true));
            _subnets.Add(new(subnet, vpc, [prefixes[0]], "euw1-az1"));
            _tables.Add(new(
                ResourceId<RouteTableKind>.Parse(Id("rtb", number)), vpc, true, [],
                [.. prefixes.Select(prefix => new Route(prefix, null, Route.Local, Route.Active)), new(Prefix.Parse("0.0.0.0/0"), null, gateway.ToString(), Route.Active)]));
            _attachments.Add(new(attachment, gateway, TransitAttachment.Available, TransitAttachment.ToVpc, vpc.ToString(), s_scope.Account, table, [subnet], false));
            routes.AddRange(prefixes.Select(prefix => new TransitRoute(prefix, Route.Active, "propagated", [attachment])));
            for (var routers = number == first ? 2 : number % 5 == 0 ? 1 : 0; routers > 0; routers--)
            {
                AddRouter((2 * number) + routers - 1, vpc, subnet, prefixes[0]);
            }
        }

        _gatewayTables.Add(new(table, gateway, [.. routes]));
    }

    private void AddRouter(int number, ResourceId<VpcKind> vpc, ResourceId<SubnetKind> subnet, Prefix range)
    {
        var id = ResourceId<InstanceKind>.Parse(Id("i", number));
        var address = range.First with { Value = range.First.Value + 4 + (UInt128)(number % 2) };
        _instances.Add(new(id, "running", "subnet-router", vpc, subnet, s_now.AddHours(-5), address));
        _devices.Add(new(
            ResourceId<DeviceKind>.Parse(string.Create(CultureInfo.InvariantCulture, $"n{number:D8}CNTRL")), $"subnet-router-{id}", ["tag:aws-router"], true, true, s_now.AddHours(-5), null, [], [], []));
    }

    // A /27 for each from 10.0.0.0 on.
    private static Prefix Cidr(int vpc, int at)
    {
        var of = vpc % 10 == 9 ? vpc + Group : vpc;   // one in ten takes those of the next group
        return Prefix.Of(new(false, 0x0A000000u + ((UInt128)((of * 8) + at) << 5)), 27);
    }

    private static string Id(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:x8}");
}

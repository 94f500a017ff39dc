using System.Collections.Immutable;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;
using CsCheck;

namespace Automation.Plans;

/// <summary>
/// Worlds in every condition, the same for the same seed: VPCs that overlap, routers that never joined, went or were stopped, strangers'
/// devices, a ledger that lags, split DNS of ours, of others and in between, keys and parameters left behind, parts that could not be read.
/// </summary>
internal sealed class AnyWorld
{
    private static readonly Scope[] s_scopes = [new("111122223333", "eu-west-1"), new("111122223333", "us-east-1"), new("444455556666", "eu-west-1")];
    private static readonly string[] s_cidrs = ["10.0.0.0/16", "10.0.0.0/17", "10.0.96.0/20", "10.1.0.0/16", "10.1.2.0/28", "10.0.0.0/8", "100.64.0.0/16", "172.31.0.0/16", "192.168.0.0/24"];
    private static readonly string[] s_cidrs6 = ["2001:db8:1200::/56", "2001:db8:1300::/56", "2001:db8:1200::/48"];
    private static readonly string[] s_foreign = ["192.168.7.0/24", "0.0.0.0/0", "::/0", "10.1.0.0/16"];
    private static readonly string[] s_zones = ["corp.internal", "db.corp.internal", "example.com", "ec2.internal", "eu-west-1.compute.internal", "Not Valid", "x.ts.net"];
    private static readonly DateTimeOffset s_now = AWorld.Now;

    private static NetworkSeen Unconnected => new()
    {
        Subnets = Seen<Subnet>.All([]),
        RouteTables = Seen<RouteTable>.All([]),
        Peerings = Seen<Peering>.All([]),
        TransitAttachments = Seen<TransitAttachment>.All([]),
        TransitRouteTables = Seen<TransitRouteTable>.All([]),
        PrefixLists = Seen<PrefixList>.All([]),
    };

    private readonly PCG _dice;
    private readonly List<(Scope Scope, Vpc Vpc)> _vpcs = [];
    private readonly List<(Scope Scope, Instance Instance)> _instances = [];
    private readonly List<(Scope Scope, Zone Zone)> _zones = [];
    private readonly List<(Scope Scope, NodeParameter Parameter)> _parameters = [];
    private readonly List<Device> _devices = [];
    private readonly List<AuthKey> _keys = [];
    private readonly List<NodeRecord> _nodes = [];
    private readonly List<SplitDnsDomain> _splitDns = [];
    private readonly List<DomainRecord> _domains = [];
    private readonly List<KeyPool> _pools = [];
    private readonly List<PoolRecord> _poolRecords = [];
    private readonly List<PoolParameter> _poolParameters = [];
    private int _number;

    private AnyWorld(ulong seed) => _dice = new(11, seed);

    /// <summary>The world of that seed, completely read.</summary>
    public static Snapshot Of(ulong seed) => AnyHolds.Of(AnyHealth.Of(new AnyWorld(seed).Make(), seed), seed);

    /// <summary>The same world with parts unread: all of a part, or some of it, as when the second page fails.</summary>
    public static Snapshot Unread(Snapshot all, ulong seed)
    {
        var dice = new PCG(13, seed);
        Seen<T> Part<T>(Seen<T> part) => dice.Next(4) switch
        {
            0 => Seen<T>.Unknown("AccessDenied"),
            1 => new([.. part.Items.Where(_ => dice.Next(2) == 0)], "Throttling"),
            _ => part,
        };
        return all with
        {
            Scopes = [.. all.Scopes.Select(scope => dice.Next(6) == 0
                ? ScopeSeen.Unseen(scope.Scope, ScopeSeen.NotLookedAt)
                : scope with
                {
                    // The attributes of a VPC are read one by one, each of which can fail.
                    Vpcs = Part(scope.Vpcs) is var vpcs && dice.Next(4) == 0
                        ? vpcs with { Items = [.. vpcs.Items.Select(vpc => vpc with { DnsSupport = null })], Problem = vpcs.Problem ?? "attributes: Throttling" }
                        : vpcs,
                    Instances = Part(scope.Instances),
                    Zones = Part(scope.Zones),
                    Parameters = Part(scope.Parameters),
                    Hooks = Part(scope.Hooks),
                    DetailsProblem = dice.Next(8) == 0 ? "AccessDenied" : null,
                })],
            Devices = Part(all.Devices),
            Health = Part(all.Health),
            Keys = Part(all.Keys),
            SplitDns = Part(all.SplitDns),
            Nodes = Part(all.Nodes),
            Domains = Part(all.Domains),
            Pools = all.Pools with { Records = Part(all.Pools.Records), Parameters = Part(all.Pools.Parameters) },
        };
    }

    /// <summary>The same world, found in another order.</summary>
    public static Snapshot Shuffled(Snapshot seen, ulong seed)
    {
        var random = new Random((int)seed);
        ImmutableArray<T> Mix<T>(ImmutableArray<T> items)
        {
            var mixed = items.ToArray();
            random.Shuffle(mixed);
            return [.. mixed];
        }

        Seen<T> Part<T>(Seen<T> part) => part with { Items = Mix(part.Items) };
        return seen with
        {
            Scopes = Mix([.. seen.Scopes.Select(scope => scope with
            {
                Vpcs = Part(scope.Vpcs with { Items = [.. scope.Vpcs.Items.Select(vpc => vpc with { Cidrs = Mix(vpc.Cidrs) })] }),
                Instances = Part(scope.Instances),
                Zones = Part(scope.Zones),
                Parameters = Part(scope.Parameters),
                Hooks = Part(scope.Hooks),
            })]),
            Devices = Part(seen.Devices with { Items = [.. seen.Devices.Items.Select(device => device with { Tags = Mix(device.Tags) })] }),
            Health = Part(seen.Health),
            Keys = Part(seen.Keys),
            SplitDns = Part(seen.SplitDns),
            Nodes = Part(seen.Nodes),
            Domains = Part(seen.Domains),
            Pools = seen.Pools with { Configured = Mix(seen.Pools.Configured), Records = Part(seen.Pools.Records), Parameters = Part(seen.Pools.Parameters) },
        };
    }

    private Snapshot Make()
    {
        var scopes = s_scopes.Take(1 + (int)_dice.Next(3)).ToArray();
        for (var vpcs = _dice.Next(7); vpcs > 0; vpcs--)
        {
            AddVpc(Any(scopes));
        }

        for (var strangers = _dice.Next(3); strangers > 0; strangers--)
        {
            AddStranger();
        }

        if (Maybe(10))   // an instance refresh that went wrong everywhere at once
        {
            for (var gone = 0; gone < 8 && _vpcs.Count > 0; gone++)
            {
                AddNode(_vpcs[0], gone: true);
            }
        }

        foreach (var name in new[] { "ec2.internal", "eu-west-1.compute.internal", "corp.internal", "db.corp.internal", "example.com", "old.internal", "theirs.example" })
        {
            AddDomain(name, scopes);
        }

        foreach (var name in Some(["ci", "web", "old"], 3))
        {
            AddPool(name);
        }

        return new()
        {
            ObservedAt = s_now,
            NodeTags = AWorld.Tags,
            Scopes = [.. scopes.Select(scope => new ScopeSeen
            {
                Scope = scope,
                Vpcs = Seen<Vpc>.All(_vpcs.Where(item => item.Scope == scope).Select(item => item.Vpc)),
                Instances = Seen<Instance>.All(_instances.Where(item => item.Scope == scope).Select(item => item.Instance)),
                Zones = Seen<Zone>.All(_zones.Where(item => item.Scope == scope).Select(item => item.Zone)),
                PublicZones = Seen<PublicZone>.All([]),
                Endpoints = Seen<ResolverEndpoint>.All([]),
                Rules = Seen<ForwardRule>.All([]),
                Parameters = Seen<NodeParameter>.All(_parameters.Where(item => item.Scope == scope).Select(item => item.Parameter)),
                Network = Unconnected,
            })],
            Devices = Seen<Device>.All(_devices),
            Strayed = Seen<Device>.All([]),
            Health = Seen<RouterProbe>.All([]),
            Keys = Seen<AuthKey>.All(_keys),
            SplitDns = Seen<SplitDnsDomain>.All(_splitDns),
            Nodes = Seen<NodeRecord>.All(_nodes),
            Domains = Seen<DomainRecord>.All(_domains),
            Sites = Seen<SiteRecord>.All([]),
            OptIn = [],
            Associations = Seen<AssociationRecord>.All([]),
            Names = NameSettings.Standard,
            Pools = new() { Mark = AWorld.PoolMark, Folder = "/tailnet/pools", Configured = [.. _pools], Records = Seen<PoolRecord>.All(_poolRecords), Parameters = Seen<PoolParameter>.All(_poolParameters) },
            ApiKey = Maybe(3) ? new(Maybe(3) ? null : s_now + TimeSpan.FromDays(_number % 20), Maybe(3) ? "unread" : null) : null,
        };
    }

    private void AddVpc(Scope scope)
    {
        var primary = Prefix.Parse(Any(s_cidrs));
        string[] states = ["associated", "associated", "associated", "associating", "disassociating", "disassociated", "failed"];
        VpcCidr[] cidrs =
        [
            new(primary, VpcCidr.Associated),
            .. Some(s_cidrs, 3).Where(text => Prefix.Parse(text) != primary).Select(text => new VpcCidr(Prefix.Parse(text), Any(states))),
            .. Some(s_cidrs6, 3).Select(text => new VpcCidr(Prefix.Parse(text), Any(states))),
        ];
        var vpc = new Vpc(AWorld.VpcOf(++_number), primary, [.. cidrs], Any<string?>(null, null, null, "true", "false"), !Maybe(10), !Maybe(10));
        _vpcs.Add((scope, vpc));
        foreach (var name in Some(s_zones, 3))
        {
            // A zone may be associated with several VPCs, also of other accounts, and two zones may have one name.
            _zones.Add((scope, new(ZoneId.Parse($"Z{1 + _dice.Next(2)}{Array.IndexOf(s_zones, name)}"), name, vpc.Id, scope.Account)));
        }

        for (var nodes = _dice.Next(4); nodes > 0; nodes--)
        {
            AddNode((scope, vpc), gone: Maybe(4));
        }
    }

    private void AddNode((Scope Scope, Vpc Vpc) home, bool gone)
    {
        var number = ++_number;
        var (id, host) = (AWorld.InstanceOf(number), AWorld.HostOf(number));
        var launched = s_now - Any(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(12), TimeSpan.FromHours(5));
        if (!gone)
        {
            _instances.Add((home.Scope, new(id, Any("pending", "running", "running", "running", "stopped", "shutting-down", "terminated"), Any("subnet-router", "subnet-router", "subnet-router", "subnet-router+agent", "exit-node", "nonsense", ""), home.Vpc.Id, null, launched)));
        }

        var served = PrefixSet.Of(home.Vpc.Cidrs.Where(_ => !Maybe(5)).Select(cidr => cidr.Prefix).Where(prefix => RefusedRanges.WhyRefused(prefix) is null));
        var key = KeyId.Parse($"k{number:D6}CNTRL");
        var hasKey = Maybe(3);
        var device = AWorld.DeviceOf(number);
        var joined = !Maybe(4);
        for (var copies = joined ? (Maybe(6) ? 2 : 1) : 0; copies > 0; copies--)
        {
            var connected = !Maybe(3);
            _devices.Add(new(
                AWorld.DeviceOf(copies == 1 ? number : 500 + number), host, Maybe(12) ? ["tag:other"] : ["tag:aws-router", "tag:more"], connected, !Maybe(8), launched.AddMinutes(1),
                connected ? null : s_now - Any(TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(2)),
                Routes(served), Routes(served), [AWorld.TailnetAddressOf(number)]));
        }

        if (!Maybe(5))
        {
            _nodes.Add(new(
                id, Maybe(12) ? new("999988887777", "eu-west-1") : home.Scope, NodeRoles.SubnetRouter, Maybe(8) ? null : home.Vpc.Id, launched,
                hasKey ? key : null, hasKey ? launched + LaunchPlanner.KeyLife : null, joined && !Maybe(4) ? device : null,
                Maybe(4) ? PrefixSet.Empty : Routes(served).Where(prefix => !prefix.IsDefaultRoute), gone && Maybe(2) ? s_now.AddMinutes(-Any(3, 20)) : null, 2));
        }

        if (hasKey && !Maybe(4))
        {
            _keys.Add(new(key, AuthKey.DescriptionFor(id), launched, launched + LaunchPlanner.KeyLife, Maybe(4)));
        }

        foreach (var leaf in Some([NodeParameters.AuthKey, NodeParameters.Settings], 2))
        {
            _parameters.Add((home.Scope, new(id, leaf, launched)));
        }
    }

    // Another installation's, with the same tag or its own: neither EC2 nor the ledger knows it here.
    private void AddStranger()
    {
        var number = ++_number;
        _devices.Add(new(AWorld.DeviceOf(number), AWorld.HostOf(number), [Any("tag:aws-router", "tag:other")], Maybe(2), true, s_now.AddDays(-3), s_now.AddHours(-7), AWorld.Prefixes("10.0.0.0/16"), AWorld.Prefixes("10.0.0.0/16"), [AWorld.TailnetAddressOf(number)]));
        _keys.Add(new(KeyId.Parse($"k{number:D6}CNTRL"), AuthKey.DescriptionFor(AWorld.InstanceOf(number)), s_now.AddMinutes(-9), s_now.AddMinutes(6), false));
    }

    private void AddDomain(string name, Scope[] scopes)
    {
        var resolvers = _vpcs.Select(item => new Routes.ServedVpc(item.Scope, item.Vpc, [], PrefixSet.Empty).Resolver.ToString()).Append("10.9.9.9").ToArray();
        ImmutableArray<string> List() => [.. Some(resolvers, 3).Append(Any(resolvers)).Distinct().Order(StringComparer.Ordinal)];
        var (ours, theirs) = (List(), List());
        if (!Maybe(3))
        {
            _splitDns.Add(new(name, Maybe(4) ? theirs : ours));
        }

        if (name != "theirs.example" && !Maybe(3))
        {
            var isInternal = name is "ec2.internal" or "eu-west-1.compute.internal" && !Maybe(4);
            var home = _vpcs.Count > 0 ? Any(_vpcs.ToArray()) : (Any(scopes), new(AWorld.VpcOf(77), Prefix.Parse("10.0.0.0/16"), []));
            _domains.Add(new(name, ours, isInternal ? "" : $"Z{1 + _dice.Next(2)}{Math.Max(0, Array.IndexOf(s_zones, name))}", home.Scope, home.Vpc.Id, !Maybe(4)));
        }
    }

    // In every condition that a process which ended, a person, or another installation may leave it in.
    private void AddPool(string name)
    {
        var life = TimeSpan.FromHours(Any(1, 12, 168));
        if (!Maybe(4))
        {
            _pools.Add(new(name, Any("agent", "agent", "agent", "subnet-router"), Maybe(4) ? TimeSpan.FromHours(24) : life));
        }

        var keys = new List<ExpiringKey>();
        for (var count = _dice.Next(5); count > 0; count--)
        {
            var age = Any(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(6), life / 4, life / 2, life * 0.9, life * 2);
            var key = new ExpiringKey(KeyId.Parse($"k{++_number:D6}CNTRL"), s_now - age + life);
            var isOurs = !Maybe(8);
            if (isOurs)
            {
                keys.Add(key);
            }

            if (!Maybe(6))
            {
                _keys.Add(new(key.Id, AuthKey.DescriptionFor(name, isOurs ? AWorld.PoolMark : "12345678"), s_now - age, key.Expires, Maybe(5) || key.Expires <= s_now));
            }
        }

        if (!Maybe(5))
        {
            var (current, previous) = (keys.FirstOrDefault(), keys.Skip(1).FirstOrDefault());
            _poolRecords.Add(new(
                name, current is null ? null : new(current.Id, current.Expires - life, current.Expires, ["tag:aws-agent"]),
                previous, Any<DateTimeOffset?>(null, null, s_now.AddMinutes(-2), s_now.AddMinutes(3)), Maybe(5), 3));
        }

        if (!Maybe(4))
        {
            _poolParameters.Add(new(name, keys.Count == 0 || Maybe(6) ? null : keys[(int)_dice.Next(Maybe(2) ? 1u : (uint)keys.Count)].Id));
        }
    }

    private PrefixSet Routes(PrefixSet served) => served.Where(_ => !Maybe(4)).Union(PrefixSet.Of(Some(s_foreign, Maybe(3) ? 2u : 0u).Select(Prefix.Parse)));

    private bool Maybe(uint oneIn) => _dice.Next(oneIn) == 0;

    private T Any<T>(params T[] items) => items[_dice.Next((uint)items.Length)];

    private List<T> Some<T>(T[] items, uint most)
    {
        var some = new List<T>();
        for (var count = _dice.Next(most + 1); count > 0; count--)
        {
            some.Add(Any(items));
        }

        return [.. some.Distinct()];
    }
}

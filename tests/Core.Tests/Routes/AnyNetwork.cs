using System.Collections.Immutable;
using System.Globalization;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using CsCheck;

namespace Automation.Routes;

/// <summary>
/// Networks in every condition, the same for the same seed, and most of them connected to some use: peerings and transit gateways in all
/// states, routes that are exact, wider, narrower or by prefix list, ways back that are missing for some subnets or for all, routers at
/// every stage of their lives, overlapping VPCs with and without 4via6 sites.
/// </summary>
internal sealed class AnyNetwork
{
    private static readonly Scope[] s_scopes = [new("111122223333", "eu-west-1"), new("111122223333", "us-east-1"), new("444455556666", "eu-west-1")];
    private static readonly Scope s_stranger = new("999988887777", "eu-west-1");   // is configured nowhere
    private static readonly Prefix[] s_onPremises = [Prefix.Parse("192.168.0.0/16"), Prefix.Parse("10.200.0.0/16")];
    private static readonly Prefix[] s_everything = [Prefix.Parse("0.0.0.0/0"), Prefix.Parse("::/0")];
    private static readonly Prefix[] s_private = [Prefix.Parse("10.0.0.0/8"), Prefix.Parse("2001:db8::/32")];
    private static readonly DateTimeOffset s_now = AWorld.Now;

    private readonly PCG _dice;
    private readonly List<Site> _sites = [];
    private readonly List<Hub> _hubs = [];
    private readonly List<(Scope Scope, Peering Peering)> _peerings = [];
    private readonly List<(Scope Scope, TransitAttachment Attachment)> _attachments = [];
    private readonly List<(Scope Scope, PrefixList List)> _lists = [];
    private readonly List<(Scope Scope, Instance Instance)> _instances = [];
    private readonly List<Device> _devices = [];
    private readonly List<NodeRecord> _nodes = [];
    private readonly List<SiteRecord> _records = [];
    private Scope[] _scopes = [];
    private uint _health = 1;
    private int _number;

    private AnyNetwork(ulong seed) => _dice = new(17, seed);

    /// <summary>The network of that seed, completely read.</summary>
    public static Snapshot Of(ulong seed) => AnyHealth.Of(new AnyNetwork(seed).Make(), seed);

    private Snapshot Make()
    {
        _health = Any(1u, 4u, 4u, 20u);   // a fault at every hop, and nothing is reached any more
        _scopes = [.. s_scopes.Take(1 + (int)_dice.Next(3))];
        for (var vpcs = 3 + _dice.Next(4); vpcs > 0; vpcs--)
        {
            AddVpc();
        }

        AddPeerings();
        AddGateways();
        AddSites();
        foreach (var site in _sites.Where(_ => !Maybe(3)))
        {
            for (var routers = Any(1, 1, 2, 3); routers > 0; routers--)
            {
                AddRouter(site);
            }
        }

        return new()
        {
            ObservedAt = s_now,
            NodeTags = AWorld.Tags,
            Scopes = [.. _scopes.Select(SeenOf)],
            Devices = Seen<Device>.All(_devices),
            Strayed = Seen<Device>.All([]),
            Health = Seen<RouterProbe>.All([]),
            Keys = Seen<AuthKey>.All([]),
            SplitDns = Seen<SplitDnsDomain>.All([]),
            Nodes = Seen<NodeRecord>.All(_nodes),
            Domains = Seen<DomainRecord>.All([]),
            Sites = Seen<SiteRecord>.All(_records),
            Associations = Seen<AssociationRecord>.All([]),
            Names = NameSettings.Standard,
            Pools = new() { Mark = AWorld.PoolMark, Folder = "/tailnet/pools", Configured = [], Records = Seen<PoolRecord>.All([]), Parameters = Seen<PoolParameter>.Unknown(ScopeSeen.NotLookedAt) },
            OptIn = Maybe(4) ? [Any(s_onPremises[0], Prefix.Parse("192.168.4.0/22"), s_onPremises[1], Prefix.Parse("10.150.0.0/17"))] : [],
        };
    }

    private ScopeSeen SeenOf(Scope scope)
    {
        var here = _sites.Where(site => site.Scope == scope).ToArray();
        return new()
        {
            Scope = scope,
            Vpcs = Seen<Vpc>.All(here.Select(site => site.Vpc)),
            Instances = Seen<Instance>.All(_instances.Where(item => item.Scope == scope).Select(item => item.Instance)),
            Zones = Seen<Zone>.All([]),
            PublicZones = Seen<PublicZone>.All([]),
            Endpoints = Seen<ResolverEndpoint>.All([]),
            Rules = Seen<ForwardRule>.All([]),
            Parameters = Seen<NodeParameter>.All([]),
            Network = new()
            {
                Subnets = Seen<Subnet>.All(here.SelectMany(site => site.Subnets)),
                RouteTables = Seen<RouteTable>.All(here.SelectMany(site => site.Tables).Where(table => !table.HasVanished).Select(table => table.Finished())),
                Peerings = Seen<Peering>.All(_peerings.Where(item => item.Scope == scope).Select(item => item.Peering)),
                TransitAttachments = Seen<TransitAttachment>.All(_attachments.Where(item => item.Scope == scope).Select(item => item.Attachment)),
                TransitRouteTables = Seen<TransitRouteTable>.All(_hubs.Where(hub => hub.Owner == scope).SelectMany(hub => hub.Tables).Select(table => table.Finished())),
                PrefixLists = Seen<PrefixList>.All(_lists.Where(item => item.Scope == scope).Select(item => item.List)),
            },
        };
    }

    // ---- VPCs, their subnets and route tables

    private void AddVpc()
    {
        var number = _sites.Count + 1;
        var primary = Maybe(5) && _sites.Count > 0
            ? Inside(Any(_sites.ToArray()).Vpc.Primary)
            : Parsed(Any("10.{0}.0.0/16", "10.{0}.0.0/16", "10.{0}.0.0/17", "10.{0}.16.0/20", "172.31.{0}.0/24", "10.{0}.5.0/28"), number);
        var cidrs = new List<VpcCidr> { new(primary, VpcCidr.Associated) };
        foreach (var text in Some(["10.{0}.128.0/17", "10.10{0}.0.0/20", "100.64.{0}.0/24", "198.18.{0}.0/24", "172.31.{0}.128/25"], Any(0u, 0u, 1u, 4u)))
        {
            var more = Parsed(text, number);
            if (cidrs.Count < 5 && !cidrs.Any(cidr => cidr.Prefix.Overlaps(more)))
            {
                cidrs.Add(new(more, State()));
            }
        }

        if (!Maybe(3))
        {
            cidrs.Add(new(Parsed(Maybe(12) ? "2001:db8:f00::/56" : "2001:db8:{0}00::/56", number), State()));
        }

        var vpc = new Vpc(
            AWorld.VpcOf(number), primary, [.. cidrs], Maybe(12) ? "false" : Any<string?>(null, null, null, "true"), true, true,
            Maybe(12) ? Any("plain", "via6", "via6", "both") : null, Maybe(8) ? Any("1", "7", "24318", "nonsense", "70000") : null);
        var site = new Site(Any(_scopes), vpc);
        _sites.Add(site);
        AddSubnets(site);
        AddTables(site);
    }

    private string State() => Fault(3) ? Any("associating", "disassociated", "failed") : VpcCidr.Associated;

    private void AddSubnets(Site site)
    {
        if (Fault(8))
        {
            return;
        }

        string[] zones = [.. new[] { "az1", "az2", "az3" }.Take(1 + (int)_dice.Next(3)).Select(zone => $"{site.Scope.Region}-{zone}")];
        var v6 = site.Associated.Where(prefix => prefix.IsIPv6).Select(prefix => (Prefix?)prefix).FirstOrDefault();
        foreach (var cidr in site.Associated.Where(prefix => !prefix.IsIPv6))
        {
            var halves = cidr.Length < 28 && Maybe(3);   // wholly given out: then a subnet without a way back leaves one half
            Prefix[] ranges = halves
                ? [Prefix.Of(cidr.First, cidr.Length + 1), Prefix.Of(cidr.Last, cidr.Length + 1)]
                : [.. Enumerable.Range(0, (int)_dice.Next(4)).Select(part => Part(cidr, Math.Max(cidr.Length, Math.Min(28, cidr.Length + Any(2, 4, 8))), part)).Distinct()];
            foreach (var range in ranges.Where((range, at) => ranges.Take(at).All(before => !before.Overlaps(range))))
            {
                var number = ++_number;
                var range6 = v6 is { } all && !Maybe(3) ? new[] { Part(all, 64, number) } : [];
                site.Subnets.Add(new(SubnetId.Parse(Id("subnet", number)), site.Vpc.Id, PrefixSet.Of([range, .. range6]), Any(zones)));
            }
        }
    }

    private void AddTables(Site site)
    {
        for (var tables = 1 + _dice.Next(3); tables > 0; tables--)
        {
            var number = ++_number;
            var table = new Table(RouteTableId.Parse(Id("rtb", number)), site.Vpc.Id, site.Tables.Count == 0, Fault(12));
            site.Tables.Add(table);
            foreach (var cidr in site.Associated)
            {
                table.Add(new(cidr, null, Route.Local, Route.Active));
            }

            if (Maybe(5))   // the gateway endpoint of S3: AWS's own list, which nobody reads
            {
                table.Add(new(null, PrefixListId.Parse("pl-00000063"), "vpce-00000063", Route.Active));
            }
        }

        foreach (var subnet in site.Subnets)
        {
            Any(site.Tables.ToArray()).Subnets.Add(subnet.Id);
        }

        site.Tables[0].Subnets.RemoveAll(_ => !Maybe(4));   // mostly left to the main table without being named
    }

    // ---- peerings

    private void AddPeerings()
    {
        var all = _sites.ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            for (var j = i + 1; j < all.Length; j++)
            {
                if (Maybe(3))
                {
                    Peer(all[i], all[j]);
                }
            }
        }

        if (Maybe(4))   // with a VPC in an account that is not looked at
        {
            Peer(Any(all), new(s_stranger, new(AWorld.VpcOf(900), Prefix.Parse("10.150.0.0/16"), [new(Prefix.Parse("10.150.0.0/16"), VpcCidr.Associated)])));
        }
    }

    private void Peer(Site one, Site other)
    {
        var state = Fault(3) ? Any("pending-acceptance", "deleted", "expired", "failed") : Peering.Active;
        var id = PeeringId.Parse(Id("pcx", ++_number));
        PeeringSide Side(Site site) => new(site.Vpc.Id, site.Scope.Account, site.Scope.Region, state == Peering.Active ? PrefixSet.Of(site.Associated) : []);
        var peering = new Peering(id, state, Side(one), Side(other));
        foreach (var scope in new[] { one.Scope, other.Scope }.Distinct())
        {
            _peerings.Add((scope, peering));
        }

        Connect(one, [.. other.Associated], other, id.ToString());
        Connect(other, [.. one.Associated], one, id.ToString());
    }

    // Gives most tables of a VPC routes to a target: exact, wider, narrower or by list; now and then another route cuts a piece out of it.
    private void Connect(Site from, Prefix[] far, Site? to, string target)
    {
        foreach (var table in from.Tables.Where(_ => !Fault(3)))
        {
            switch (_dice.Next(8))
            {
                case 0:
                    Lead(table, s_everything, target);
                    break;
                case 1 or 2:
                    Lead(table, s_private, target);
                    break;
                case 3:
                    Lead(table, [.. far.Select(Inside)], target);
                    break;
                case 4:
                    Prefix[] entries = Maybe(4) ? s_private : [.. far.Where(_ => !Fault(3))];
                    var list = new PrefixList(PrefixListId.Parse(Id("pl", ++_number)), $"list-{_number}", PrefixSet.Of(entries));
                    if (table.AddList(list, new(null, list.Id, target, State(Route.Active))))
                    {
                        _lists.Add((from.Scope, list));
                    }

                    break;
                default:
                    Lead(table, [.. far.Where(_ => !Fault(4))], target);
                    break;
            }

            if (far.Length > 0 && Maybe(4))
            {
                Lead(table, [Inside(Inside(Any(far)))], Any("eni-00000001", "nat-00000001", "igw-00000001", "vgw-00000001", "eigw-00000001", "", "unheard-of"));
            }

            if (to is { Subnets.Count: > 0 } && Maybe(8))
            {
                table.Add(new(Any([.. Any(to.Subnets.ToArray()).Cidrs]), null, target, "blackhole"));
            }
        }
    }

    private void Lead(Table table, Prefix[] destinations, string target)
    {
        foreach (var destination in destinations)
        {
            table.Add(new(destination, null, target, State(Route.Active)));
        }
    }

    private string State(string usually) => Fault(10) ? "blackhole" : usually;

    // ---- transit gateways

    private void AddGateways()
    {
        for (var hubs = Any(0, 1, 1, 2, 2, 3); hubs > 0; hubs--)
        {
            var owner = Fault(5) ? s_stranger : Any(_scopes);
            var hub = new Hub(TransitGatewayId.Parse(Id("tgw", ++_number)), owner);
            _hubs.Add(hub);
            for (var tables = Any(1, 1, 2); tables > 0; tables--)
            {
                hub.Tables.Add(new(TransitRouteTableId.Parse(Id("tgw-rtb", ++_number)), hub.Id));
            }

            foreach (var site in _sites.Where(site => site.Scope.Region == owner.Region && !Fault(3) && !(hubs > 1 && Maybe(2))))
            {
                if (_hubs.Any(other => other.Vpcs.Contains(site)) && !Maybe(3))
                {
                    continue;   // mostly to one, so that others are behind a peered gateway
                }

                Attach(hub, site);
            }

            AttachOthers(hub);
        }

        for (var i = 0; i < _hubs.Count; i++)
        {
            for (var j = i + 1; j < _hubs.Count; j++)
            {
                if (!Maybe(5))
                {
                    PeerGateways(_hubs[i], _hubs[j]);
                }
            }
        }

        foreach (var hub in _hubs)
        {
            ConnectAttached(hub);
        }
    }

    private void Attach(Hub hub, Site site)
    {
        var ways = site.Subnets.GroupBy(subnet => subnet.Zone).Where(_ => !Fault(3)).Select(zone => zone.First().Id);
        var attachment = Attached(hub, TransitAttachment.ToVpc, site.Vpc.Id.ToString(), site.Scope, [.. ways], !Fault(2));
        hub.Vpcs.Add(site);
        foreach (var table in hub.Tables.Where(_ => !Fault(3)))
        {
            foreach (var cidr in site.Associated)
            {
                table.Add(new(cidr, Route.Active, "propagated", [attachment.Id]));
            }

            if (Maybe(6))   // static, to the same or to nowhere
            {
                var inside = Inside(Any([.. site.Associated]));
                table.Add(Maybe(2) ? new(inside, "blackhole", "static", []) : new(inside, Route.Active, "static", [attachment.Id]));
            }
        }
    }

    private void AttachOthers(Hub hub)
    {
        if (Maybe(2))
        {
            var type = Any("vpn", "direct-connect-gateway", "connect", "network-function");
            var one = Attached(hub, type, Id("vpn", ++_number), hub.Owner, [], false);
            var two = Maybe(3) ? Attached(hub, type, Id("vpn", ++_number), hub.Owner, [], false) : one;   // packets are spread over both
            foreach (var table in hub.Tables)
            {
                foreach (var range in s_onPremises)
                {
                    table.Add(new(range, Route.Active, "propagated", [.. new[] { one.Id, two.Id }.Distinct()]));
                }

                if (Maybe(5) && hub.Vpcs.Count > 0)   // a piece of a VPC is really elsewhere
                {
                    table.Add(new(Inside(Any(hub.Vpcs.ToArray()).Vpc.Primary), Route.Active, "static", [one.Id]));
                }

                if (Maybe(6) && hub.Vpcs.Count > 0)   // spread over a VPC and something else
                {
                    var vpc = Any(hub.Vpcs.ToArray());
                    table.Add(new(Inside(vpc.Vpc.Primary), Route.Active, "static", [one.Id, AttachmentOf(hub, vpc)]));
                }
            }
        }

        if (Maybe(5))   // a VPC of an account that is not looked at
        {
            var foreign = Attached(hub, TransitAttachment.ToVpc, AWorld.VpcOf(901).ToString(), s_stranger, [], true);
            foreach (var table in hub.Tables)
            {
                table.Add(new(Prefix.Parse("10.150.0.0/16"), Route.Active, "propagated", [foreign.Id]));
            }
        }
    }

    private TransitAttachmentId AttachmentOf(Hub hub, Site site) =>
        _attachments.First(item => item.Attachment.Gateway == hub.Id && item.Attachment.ResourceId == site.Vpc.Id.ToString()).Attachment.Id;

    private TransitAttachment Attached(Hub hub, string type, string resource, Scope owner, ImmutableArray<SubnetId> subnets, bool v6)
    {
        var state = Fault(4) ? Any("pendingAcceptance", "modifying", "deleted") : TransitAttachment.Available;
        var attachment = new TransitAttachment(
            TransitAttachmentId.Parse(Id("tgw-attach", ++_number)), hub.Id, state, type, resource, owner.Account, Fault(4) ? null : Any(hub.Tables.ToArray()).Id, subnets, v6);
        Show(hub, owner, attachment);
        return attachment;
    }

    // Both accounts see an attachment; which table it is associated with is the gateway owner's to see.
    private void Show(Hub hub, Scope owner, TransitAttachment attachment)
    {
        _attachments.Add((hub.Owner, attachment));
        if (owner != hub.Owner && attachment.ResourceType == TransitAttachment.ToVpc)
        {
            _attachments.Add((owner, attachment with { RouteTable = null }));
        }
    }

    private void PeerGateways(Hub one, Hub other)
    {
        var state = Fault(4) ? "pendingAcceptance" : TransitAttachment.Available;
        var id = TransitAttachmentId.Parse(Id("tgw-attach", ++_number));
        foreach (var (near, far) in new[] { (one, other), (other, one) })
        {
            _attachments.Add((near.Owner, new(
                id, near.Id, state, TransitAttachment.ToGateway, far.Id.ToString(), far.Owner.Account, Fault(6) ? null : Any(near.Tables.ToArray()).Id, [], false)));
            foreach (var table in near.Tables.Where(_ => !Fault(4)))
            {
                foreach (var range in Maybe(3) ? s_private : [.. far.Vpcs.SelectMany(site => site.Associated).Where(_ => !Fault(4))])
                {
                    table.Add(new(range, Route.Active, "static", [id]));
                }
            }
        }

        one.Beyond.AddRange(other.Vpcs);
        other.Beyond.AddRange(one.Vpcs);
    }

    private void ConnectAttached(Hub hub)
    {
        foreach (var site in hub.Vpcs)
        {
            var others = hub.Vpcs.Concat(hub.Beyond).Where(other => other != site).Distinct().ToArray();
            Connect(site, [.. others.SelectMany(other => other.Associated).Distinct()], others.Length > 0 ? Any(others) : null, hub.Id.ToString());
            if (Maybe(3))
            {
                foreach (var table in site.Tables)
                {
                    Lead(table, [.. s_onPremises.Append(Prefix.Parse("10.150.0.0/16"))], hub.Id.ToString());
                }
            }
        }
    }

    // ---- 4via6 sites, routers

    private void AddSites()
    {
        int[] free = [1, 2, 3, 7, 24317, 24319, 65535];
        var given = 0;
        foreach (var site in _sites.Where(_ => Maybe(6)))
        {
            _records.Add(new(free[given++], site.Vpc.Id, site.Scope, null, Maybe(2) ? null : PrefixSet.Of(site.Associated.Where(prefix => !prefix.IsIPv6 && !Maybe(3)))));
        }

        if (Maybe(4))   // of VPCs that are no more: not noticed yet, resting, rested
        {
            _records.Add(new(free[given], AWorld.VpcOf(950), Any(_scopes), Any<DateTimeOffset?>(null, s_now.AddDays(-3), s_now.AddDays(-89), s_now.AddDays(-91), s_now.AddYears(-1))));
        }
    }

    private void AddRouter(Site home)
    {
        var number = ++_number;
        var id = AWorld.InstanceOf(number);
        var host = AWorld.HostOf(number);
        var isGone = Maybe(12);
        var launched = s_now - (Maybe(8) ? Any(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(12)) : TimeSpan.FromHours(5));
        var subnet = home.Subnets.Count == 0 || Maybe(40) ? null : Any(home.Subnets.ToArray());
        Address? In(bool v6) => subnet?.Cidrs.Where(prefix => prefix.IsIPv6 == v6).Select(prefix => (Address?)Host(prefix, number)).FirstOrDefault();
        if (!isGone)
        {
            _instances.Add((home.Scope, new(
                id, Any("running", "running", "running", "running", "running", "running", "running", "pending", "stopped", "terminated"),
                Maybe(15) ? Any("exit-node", "subnet-router+agent") : "subnet-router", home.Vpc.Id, subnet?.Id, launched, Maybe(5) ? null : In(false), Maybe(2) ? null : In(true))));
        }

        var (enabled, advertised, recorded) = Stage(home);
        var joined = !Maybe(10);
        if (joined)
        {
            var connected = !isGone && !Maybe(5);
            _devices.Add(new(
                AWorld.DeviceOf(number), host, ["tag:aws-router"], connected, !Maybe(12), launched.AddMinutes(1),
                connected ? null : s_now - Any(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(9), TimeSpan.FromHours(2)), advertised, enabled, [AWorld.TailnetAddressOf(number)]));
        }

        if (!Maybe(8))
        {
            _nodes.Add(new(id, home.Scope, NodeRoles.SubnetRouter, home.Vpc.Id, launched, null, null, joined && !Maybe(6) ? AWorld.DeviceOf(number) : null, recorded, null, 2));
        }
    }

    // From "nothing yet" over "its own VPC" to "also others'": what is enabled, advertised and on record need not agree.
    private (PrefixSet Enabled, PrefixSet Advertised, PrefixSet Recorded) Stage(Site home)
    {
        if (Maybe(4))
        {
            return ([], [], []);
        }

        PrefixSet Of(Site site) => PrefixSet.Of([
            .. site.Associated.Where(prefix => RefusedRanges.WhyRefused(prefix) is null && !Maybe(12)),
            .. _records.Where(record => record.Vpc == site.Vpc.Id && record.ReleasedAt is null && !Maybe(4))
                .SelectMany(record => site.Associated.Where(prefix => !prefix.IsIPv6 && !Maybe(8)).Select(prefix => Mapped(record.Site, prefix))),
        ]);
        var own = Of(home);
        var ours = Maybe(3) ? own.Union(Of(Any(_sites.ToArray()))) : own;
        ours = Maybe(10) ? ours.Union(AWorld.Prefixes("10.99.0.0/16")) : ours;
        var theirs = Maybe(8) ? AWorld.Prefixes("192.168.7.0/24") : Maybe(10) ? AWorld.Prefixes("0.0.0.0/0", "::/0") : [];
        return (ours.Where(_ => !Maybe(8)).Union(theirs), ours.Where(_ => !Maybe(8)).Union(theirs), Maybe(6) ? ours.Where(_ => Maybe(2)) : ours);
    }

    /// <summary>The 4via6 form, by hand: <c>fd7a:115c:a1e0:b1a:0:SITE:IPV4/96+n</c>.</summary>
    public static Prefix Mapped(int site, Prefix v4) =>
        Prefix.Of(Prefix.Parse("fd7a:115c:a1e0:b1a::/64").First with { Value = Prefix.Parse("fd7a:115c:a1e0:b1a::/64").First.Value + ((UInt128)site << 32) + v4.First.Value }, 96 + v4.Length);

    // ---- dice and numbers

    private static string Id(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:x8}");

    private static Prefix Parsed(string format, int number) => Prefix.Parse(string.Format(CultureInfo.InvariantCulture, format, number));

    private static Address Host(Prefix prefix, int number) =>
        prefix.First with { Value = prefix.First.Value + (UInt128)(4 + (number % 7)) };   // a /28 has 11 usable ones

    /// <summary>One of the parts of that length, the same for the same number.</summary>
    private static Prefix Part(Prefix all, int length, int number)
    {
        var parts = UInt128.One << Math.Min(16, length - all.Length);
        return Prefix.Of(all.First with { Value = all.First.Value + (((UInt128)number % parts) << (all.First.Bits - length)) }, length);
    }

    /// <summary>The same range or one inside it.</summary>
    private Prefix Inside(Prefix all) => Part(all, Math.Min(all.IsIPv6 ? 64 : 28, Math.Max(all.Length, all.Length + Any(0, 1, 2, 4))), (int)_dice.Next(16));

    private bool Fault(uint oneIn) => _dice.Next(oneIn * _health) == 0;

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

    // ---- what is being made

    private sealed record Site(Scope Scope, Vpc Vpc)
    {
        public List<Subnet> Subnets { get; } = [];

        public List<Table> Tables { get; } = [];

        public IEnumerable<Prefix> Associated => Vpc.Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => cidr.Prefix);

        public bool Equals(Site? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => Vpc.Id.GetHashCode();
    }

    private sealed class Table(RouteTableId id, VpcId vpc, bool isMain, bool hasVanished)
    {
        private readonly List<Route> _routes = [];
        private readonly HashSet<Prefix> _listed = [];

        public bool HasVanished => hasVanished;

        public List<SubnetId> Subnets { get; } = [];

        // As EC2: one route to each destination, and none inside the VPC's own addresses.
        public void Add(Route route)
        {
            if (_routes.All(other => other.Destination != route.Destination || other.PrefixList != route.PrefixList)
                && (route.Destination is not { } destination || _routes.All(other => other.Target != Route.Local || !other.Destination!.Value.Contains(destination))))
            {
                _routes.Add(route);
            }
        }

        // EC2 picks at random between lists with the same entry, and nobody could say where a packet goes.
        public bool AddList(PrefixList list, Route route)
        {
            if (list.Entries.Any(_listed.Contains)
                || list.Entries.Any(entry => _routes.Any(other => other.Target == Route.Local && other.Destination!.Value.Contains(entry))))
            {
                return false;
            }

            _listed.UnionWith(list.Entries);
            _routes.Add(route);
            return true;
        }

        public RouteTable Finished() => new(id, vpc, isMain, [.. Subnets], [.. _routes]);
    }

    private sealed class Hub(TransitGatewayId id, Scope owner)
    {
        public TransitGatewayId Id => id;

        public Scope Owner => owner;

        public List<HubTable> Tables { get; } = [];

        public List<Site> Vpcs { get; } = [];

        public List<Site> Beyond { get; } = [];
    }

    private sealed class HubTable(TransitRouteTableId id, TransitGatewayId gateway)
    {
        private readonly List<TransitRoute> _routes = [];

        public TransitRouteTableId Id => id;

        // A static route may stand beside a propagated one for the same prefix, and goes before it.
        public void Add(TransitRoute route)
        {
            if (_routes.All(other => other.Destination != route.Destination || other.Type != route.Type))
            {
                _routes.Add(route);
            }
        }

        public TransitRouteTable Finished() => new(id, gateway, [.. _routes]);
    }
}

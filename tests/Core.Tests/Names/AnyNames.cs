using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;
using CsCheck;

namespace Automation.Names;

/// <summary>
/// Names in every condition on a network in every condition, the same for the same seed: zones of own, foreign and AWS's accounts in several VPCs,
/// endpoints and rules, associations and domains of ours at every stage, domains of other people.
/// </summary>
internal sealed class AnyNames
{
    private static readonly string[] s_names = ["corp.internal", "db.corp.internal", "dev.internal", "home.local", "svc.example", "a.b.dev.internal"];
    private static readonly string[] s_addresses = ["10.0.0.2", "10.1.0.2", "10.9.9.9", "192.0.2.7", "100.64.0.3"];

    private readonly PCG _dice;
    private readonly Snapshot _network;
    private readonly (Scope Scope, Vpc Vpc)[] _vpcs;
    private readonly List<(Scope Scope, Zone Zone)> _zones = [];

    private AnyNames(ulong seed)
    {
        _dice = new(29, seed);
        _network = AnyNetwork.Of(seed);
        _vpcs = [.. _network.Scopes.SelectMany(scope => scope.Vpcs.Items.Select(vpc => (scope.Scope, vpc)))];
    }

    /// <summary>The world of that seed, completely read.</summary>
    public static Snapshot Of(ulong seed) => new AnyNames(seed).Make();

    private Snapshot Make()
    {
        for (var zones = _dice.Next(7); zones > 0; zones--)
        {
            AddZone((int)zones);
        }

        var seen = _network with
        {
            Scopes = [.. _network.Scopes.Select(WithNames)],
            Names = new(Any(ZoneAssociation.None, ZoneAssociation.Tagged, ZoneAssociation.All, ZoneAssociation.All), Maybe(3) ? ["rds"] : [], Maybe(3)),
            Pools = new() { Mark = AWorld.PoolMark, Folder = "/tailnet/pools", Configured = [], Records = Seen<PoolRecord>.All([]), Parameters = Seen<PoolParameter>.Unknown(ScopeSeen.NotLookedAt) },
            Associations = Seen<AssociationRecord>.All(Associations()),
        };
        var nodes = seen.Nodes.Items.Select(node => node with { Dns64 = Maybe(4) ? "old" : null });
        seen = seen with { Nodes = Seen<NodeRecord>.All(nodes) };
        var (domains, splitDns) = Domains(seen);
        seen = seen with { Domains = Seen<DomainRecord>.All(domains), SplitDns = Seen<SplitDnsDomain>.All(splitDns) };
        // Some of the worlds have been looked after already.
        return Maybe(2) ? seen : After.Of(seen, ReconcilePlanner.Plan(seen));
    }

    // A VPC has one zone of a name.
    private void AddZone(int number)
    {
        var id = ZoneId.Parse($"Z{number:D4}");
        var name = Any(s_names);
        var owner = Maybe(6) ? "vpce.amazonaws.com" : Maybe(5) ? "777766665555" : Any(_vpcs).Scope.Account;
        bool? tag = _dice.Next(3) switch { 0 => null, 1 => true, _ => false };
        foreach (var (scope, vpc) in Some(_vpcs).Where(home => _zones.TrueForAll(other => other.Zone.Vpc != home.Vpc.Id || other.Zone.Name != name)))
        {
            _zones.Add((scope, new(id, name, vpc.Id, owner, tag)));
        }
    }

    private ScopeSeen WithNames(ScopeSeen scope) => scope with
    {
        Vpcs = Seen<Vpc>.All(scope.Vpcs.Items.Select(vpc => vpc with { DnsSupport = !Maybe(12), DnsHostNames = !Maybe(12) })),
        Instances = Seen<Instance>.All(scope.Instances.Items.Select(instance => instance with { Dns64 = Maybe(2) })),
        Zones = Seen<Zone>.All(_zones.Where(pair => pair.Scope == scope.Scope).Select(pair => pair.Zone)),
        PublicZones = Seen<PublicZone>.All(Maybe(3) ? [new(ZoneId.Parse("Z9999"), Any(s_names))] : []),
        Endpoints = Seen<ResolverEndpoint>.All(scope.Vpcs.Items.Where(_ => Maybe(3)).Select((vpc, at) => new ResolverEndpoint(
            $"rslvr-in-{vpc.Id}-{at}",
            vpc.Id,
            Any("OPERATIONAL", "OPERATIONAL", "UPDATING", "CREATING", "ACTION_NEEDED"),
            [.. Enumerable.Range(10, 1 + (int)_dice.Next(3)).Select(host => new ResolverAddress(vpc.Primary.First with { Value = vpc.Primary.First.Value + (uint)host }, Any("ATTACHED", "ATTACHED", "DETACHING")))]))),
        Rules = Seen<ForwardRule>.All(scope.Vpcs.Items.Where(_ => Maybe(4)).Select((vpc, at) => new ForwardRule($"rslvr-rr-{vpc.Id}-{at}", Any(s_names), [vpc.Id]))),
    };

    private List<AssociationRecord> Associations()
    {
        var records = new List<AssociationRecord>();
        foreach (var (scope, zone) in _zones.Where(pair => Scope.IsAccount(pair.Zone.Owner) && Maybe(4)))
        {
            records.Add(new(zone.Id, zone.Name, zone.Vpc, scope, scope, Maybe(3), Maybe(3) ? null : "C1", Maybe(2)));
        }

        if (_zones.Count > 0 && Maybe(4) && Any(_vpcs) is var (home, vpc) && Any(_zones.ToArray()).Zone is var gone && _zones.TrueForAll(pair => pair.Zone.Id != gone.Id || pair.Zone.Vpc != vpc.Id))
        {
            records.Add(new(gone.Id, gone.Name, vpc.Id, home, home, Maybe(2), null, Maybe(3)));
        }

        return records;
    }

    private (List<DomainRecord>, List<SplitDnsDomain>) Domains(Snapshot seen)
    {
        var (ours, has) = (new List<DomainRecord>(), new List<SplitDnsDomain>());
        foreach (var name in s_names.Append("eu-west-1.compute.internal").Append("old.internal").Append("internal").Where(_ => Maybe(2)))
        {
            var (scope, vpc) = Any(_vpcs);
            ImmutableArray<string> resolvers = [.. Some([.. s_addresses, (vpc.Primary.First with { Value = vpc.Primary.First.Value + 2 }).ToString(), .. seen.Devices.Items.Take(1).SelectMany(device => device.Addresses).Select(address => address.ToString())]).Take(2).DefaultIfEmpty("10.9.9.9").Distinct().Order(StringComparer.Ordinal)];
            if (!Maybe(3))
            {
                var zone = _zones.Where(pair => pair.Zone.Name == name).Select(pair => pair.Zone).FirstOrDefault();
                ours.Add(new(name, resolvers, zone is null || Maybe(6) ? "" : zone.Id.ToString(), scope, zone?.Vpc ?? vpc.Id, !Maybe(4), Maybe(4)));
            }

            if (!Maybe(4))
            {
                has.Add(new(name, Maybe(4) ? ["192.0.2.9"] : resolvers, _dice.Next(3) switch { 0 => null, 1 => true, _ => false }));
            }
        }

        return (ours, has);
    }

    private bool Maybe(uint oneIn) => _dice.Next(oneIn) == 0;

    private T Any<T>(params T[] items) => items[_dice.Next((uint)items.Length)];

    private T[] Some<T>(T[] items) => [.. items.Where(_ => Maybe(2))];
}

using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>
/// Associates the VPCs of routers with the private hosted zones of VPCs that they serve for want of routers there: a resolver answers for the zones
/// of its own VPC alone. Undoes only what the ledger says is ours.
/// </summary>
internal sealed class Associations
{
    private readonly Snapshot _seen;
    private readonly ILookup<VpcId, Zone> _zones;
    private readonly Dictionary<(ZoneId, VpcId), AssociationRecord> _records;
    private readonly SortedDictionary<(ZoneId Zone, VpcId Vpc), AssociationRecord> _wanted = [];
    private readonly HashSet<(ZoneId, VpcId)> _leaving = [];
    private readonly HashSet<(ZoneId, VpcId)> _associated;
    private readonly Dictionary<(VpcId, string), SortedSet<ZoneId>> _named = [];
    private readonly ILookup<ZoneId, AssociationRecord> _recordsOf;
    private readonly ILookup<VpcId, AssociationRecord> _pending;
    private readonly bool _everythingRead;

    public Associations(Snapshot seen, Routing routing, ICollection<Finding> findings)
    {
        _seen = seen;
        _zones = seen.Scopes.SelectMany(scope => scope.Zones.Items).Distinct().OrderBy(zone => zone.Id).ToLookup(zone => zone.Vpc);
        _records = seen.Associations.Items.OrderBy(record => record.Zone).ThenBy(record => record.Vpc).DistinctBy(record => (record.Zone, record.Vpc)).ToDictionary(record => (record.Zone, record.Vpc));
        _recordsOf = _records.Values.ToLookup(record => record.Zone);
        _associated = [.. seen.Scopes.SelectMany(scope => scope.Zones.Items).Select(zone => (zone.Id, zone.Vpc))];
        foreach (var (vpc, name, zone) in seen.Scopes.SelectMany(scope => scope.Zones.Items).Select(zone => (zone.Vpc, zone.Name, zone.Id)).Concat(_records.Values.Select(record => (record.Vpc, record.Name, record.Zone))))
        {
            Named(vpc, name).Add(zone);
        }

        _everythingRead = routing.Topology.IsComplete && seen.Devices.IsComplete && seen.Health.IsComplete && seen.Nodes.IsComplete && seen.Associations.IsComplete && seen.Scopes.All(scope => scope.Zones.IsComplete);
        foreach (var reached in routing.Addresses.OrderBy(reached => reached.Service.Vpc.Id))
        {
            Want(reached, findings);
        }

        foreach (var (key, record) in _records.Where(pair => !_wanted.ContainsKey(pair.Key)))
        {
            if (_everythingRead)
            {
                _leaving.Add(key);
            }
            else
            {
                _wanted[key] = record;   // unknown is not empty
            }
        }

        _pending = _wanted.Values.Where(record => !IsAssociated(record)).ToLookup(record => record.Vpc);
    }

    /// <summary>The whole wanted set, in order of zone and VPC.</summary>
    public ImmutableArray<AssociationRecord> Wanted => [.. _wanted.Values];

    public static string Group(ZoneId zone, VpcId vpc) => $"association:{zone}:{vpc}";

    /// <summary>The zones of a VPC, those that it is to be associated with too, and how far its resolvers answer for each.</summary>
    public IEnumerable<(Zone Zone, ResolverSet Resolvers)> ZonesOf(VpcId vpc, ResolverSet resolvers)
    {
        foreach (var zone in _zones[vpc])
        {
            yield return (zone,
                _leaving.Contains((zone.Id, vpc)) ? resolvers with { Answer = Answer.No }
                : _wanted.TryGetValue((zone.Id, vpc), out var record) && !record.InSync ? resolvers.Once(Group(zone.Id, vpc))
                : resolvers);
        }

        foreach (var record in _pending[vpc])
        {
            yield return (new(record.Zone, record.Name, vpc, record.Owner.Account), resolvers.Once(Group(record.Zone, vpc)));
        }
    }

    public void Plan(ICollection<PlannedStep> additions, ICollection<PlannedStep> withdrawals, ICollection<Finding> findings)
    {
        foreach (var (key, wanted) in _wanted)
        {
            var group = Group(key.Zone, key.Vpc);
            var associated = IsAssociated(wanted);
            if (associated ? wanted.InSync : !_everythingRead)
            {
                continue;
            }

            if (!associated)
            {
                if (_records.TryGetValue(key, out var record) && record.InSync)
                {
                    findings.Add(new("zone-association-undone", Finding.Warning, key.Zone.ToString(), $"Somebody dissociated {key.Vpc} from {wanted.Name}: it is associated again."));
                }

                additions.Add(new(new PlanAction.AssociateZone(wanted with { InSync = false, Change = null }), group, []));
            }

            additions.Add(new(new PlanAction.AwaitAssociation(wanted with { InSync = false }), group, [group]));
        }

        foreach (var record in _records.Values.Where(record => _leaving.Contains((record.Zone, record.Vpc))))
        {
            // Names are asked for elsewhere first, or no more.
            withdrawals.Add(IsAssociated(record)
                ? new(new PlanAction.DissociateZone(record), Group(record.Zone, record.Vpc), [NamePlanner.Group(record.Name)])
                : new(new PlanAction.ForgetAssociation(record), Group(record.Zone, record.Vpc), []));
        }
    }

    private bool IsAssociated(AssociationRecord record) => _associated.Contains((record.Zone, record.Vpc));

    /// <summary>The zones of a name that a VPC has, or is to have: one at the most.</summary>
    private SortedSet<ZoneId> Named(VpcId vpc, string name) => _named.TryGetValue((vpc, name), out var zones) ? zones : _named[(vpc, name)] = [];

    private void Want(VpcAddresses reached, ICollection<Finding> findings)
    {
        var vpc = reached.Service.Vpc.Id;
        var hubs = reached.Service.Servers.Where(server => !server.Direct).Select(server => (server.Router.Scope, Vpc: server.Router.Instance.Vpc!)).Distinct().OrderBy(hub => hub.Vpc).ToImmutableArray();
        // Its own routers may only blink: what stands stays.
        var keeps = reached.Service.Waits;
        var isPlain = reached.Plain.Any(prefix => !prefix.IsIPv6);
        if (_seen.Names.Association == ZoneAssociation.None || (!keeps && (hubs.IsEmpty || !isPlain)))
        {
            return;
        }

        foreach (var zone in _zones[vpc].Where(zone => !zone.IsOfService && DomainName.WhyRefused(zone.Name) is null && !_records.ContainsKey((zone.Id, vpc))))
        {
            if (keeps)
            {
                foreach (var record in _recordsOf[zone.Id])
                {
                    _wanted[(record.Zone, record.Vpc)] = record;
                }

                continue;
            }

            foreach (var hub in hubs)
            {
                Want(zone, hub.Vpc, hub.Scope, findings);
            }
        }
    }

    private void Want(Zone zone, VpcId hub, Scope scope, ICollection<Finding> findings)
    {
        var key = (zone.Id, hub);
        var known = _records.GetValueOrDefault(key);
        if (_seen.Names.Association == ZoneAssociation.Tagged && zone.MayAssociate != true)
        {
            if (zone.MayAssociate is null && known is not null)
            {
                _wanted[key] = known;
            }

            return;
        }

        if (known is not null)
        {
            _wanted[key] = known;
            return;
        }

        if (_associated.Contains(key) || !_everythingRead)
        {
            return;   // somebody else's, or it cannot be said
        }

        var named = Named(hub, zone.Name);
        if (named.Count > 0 && named.Min is var other && other != zone.Id)
        {
            findings.Add(new("zone-conflict", Finding.Warning, zone.Id.ToString(), $"{hub}, whose routers serve {zone.Vpc}, has another zone of the name {zone.Name}, {other}, so it is not associated with this one: a VPC has one zone of a name. Start a router in {zone.Vpc}, or rename one of the zones."));
            return;
        }

        var owner = zone.Owner == scope.Account ? scope : _seen.Scopes.Select(candidate => candidate.Scope).Where(candidate => candidate.Account == zone.Owner).Order().Select(candidate => (Scope?)candidate).FirstOrDefault();
        if (owner is null)
        {
            findings.Add(new("zone-owner-not-looked-at", Finding.Warning, zone.Id.ToString(), $"Account {zone.Owner}, which owns {zone.Name}, is not in SCOPES and so cannot authorise an association with {hub}: add it, or associate {hub} by hand."));
            return;
        }

        named.Add(zone.Id);
        _wanted[key] = new(zone.Id, zone.Name, hub, scope, owner, Authorized: false, Change: null, InSync: false);
    }
}

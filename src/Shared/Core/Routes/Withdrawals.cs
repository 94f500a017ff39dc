using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>What may be taken away, and in which order, so that nothing that another router could serve is ever left to nobody.</summary>
internal sealed class Withdrawals
{
    private readonly Snapshot _seen;
    private readonly bool _everythingRead;
    private readonly HashSet<Scope> _read;
    private readonly Reachability _reachability;
    private readonly ImmutableArray<Vpc> _waiting;
    private readonly Dictionary<int, VpcService> _sites;
    private readonly PrefixSet _uncertain;

    public Withdrawals(Snapshot seen, Routing routing)
    {
        _seen = seen;
        _everythingRead = routing.Topology.IsComplete;
        _read = [.. seen.Scopes.Where(scope => scope.Vpcs.IsComplete && scope.Instances.IsComplete).Select(scope => scope.Scope)];
        _reachability = routing.Reachability;
        _waiting = [.. routing.Addresses.Where(reached => reached.Service.Waits).Select(reached => reached.Service.Vpc)];
        _sites = routing.Addresses.Where(reached => reached.Site is not null).ToDictionary(reached => reached.Site!.Value, reached => reached.Service);
        _uncertain = PrefixSet.Of(routing.Addresses.SelectMany(reached => reached.Uncertain));
    }

    /// <summary>The exit-node flag has its own switch.</summary>
    public static PrefixSet AdvertisedOf(Device device) => device.Advertised.Where(prefix => !prefix.IsDefaultRoute);

    /// <summary>Whether a prefix that is ours on a router and no longer wanted there may go. Unknown is not empty: what was not read completely takes nothing away.</summary>
    public bool Withdraw(Duty duty, Prefix prefix)
    {
        if (!_seen.Nodes.IsComplete || !_seen.Devices.IsComplete || !_seen.Health.IsComplete || !_read.Contains(duty.Scope) || _uncertain.Contains(prefix) || duty.Withheld.Contains(prefix))
        {
            return false;
        }

        // Of its own VPC, that VPC's scope tells all; of another, any scope may have the line that leads there.
        if (Via6.TryRead(prefix, out var site, out var ipv4))
        {
            var service = _sites.GetValueOrDefault(site);
            return _seen.Sites.IsComplete
                && ((service?.Vpc.Id == duty.Home.Id && duty.Home.Cidrs.Any(cidr => cidr.Prefix.Contains(ipv4)))
                    || (_everythingRead && !(service is { Waits: true } && StillReaches(duty.Router, service.Vpc, ipv4))));
        }

        return duty.Home.Cidrs.Any(cidr => cidr.Prefix.Contains(prefix)) || (_everythingRead && !_waiting.Any(vpc => StillReaches(duty.Router, vpc, prefix)));
    }

    /// <param name="deleted">The devices that this plan deletes, and the groups of those steps.</param>
    /// <param name="adding">The groups of the routers that get something in this plan, by what they serve.</param>
    public void Plan(ImmutableArray<Duty> duties, Dictionary<DeviceId, string> deleted, PrefixTable<ImmutableArray<string>> adding, ICollection<PlannedStep> steps)
    {
        var going = new List<(Duty Duty, Device Device, PrefixSet Prefixes)>();
        foreach (var duty in duties)
        {
            if (duty.Router.Device is { } device && duty.Ours.Except(duty.Wanted).Where(prefix => Withdraw(duty, prefix)) is { IsEmpty: false } gone)
            {
                going.Add((duty, device, gone));
            }
        }

        var left = LeftBehind(duties, deleted);
        var taken = going.SelectMany(one => one.Prefixes.Select(prefix => (prefix, one.Device.Id, Group: RoutePlanner.Group(one.Duty.Home.Id))))
            .Concat(left.SelectMany(one => one.Prefixes.Select(prefix => (prefix, one.Device.Id, Group: CleanupPlanner.Group(one.Record.Instance)))))
            .Concat(_seen.Devices.Items.Where(device => deleted.ContainsKey(device.Id)).SelectMany(device => device.Enabled.Select(prefix => (prefix, device.Id, Group: deleted[device.Id]))))
            .ToLookup(one => one.prefix);

        foreach (var (record, device, prefixes) in left)
        {
            steps.Add(new(
                new PlanAction.TrimRoutes(record.Instance, device.Id, device.HostName, prefixes, device.Enabled.Except(prefixes), Handover.None),
                CleanupPlanner.Group(record.Instance),
                After([], prefixes, adding)));
        }

        foreach (var (duty, device, prefixes) in going)
        {
            Take(duty, device, prefixes.Where(prefix => IsFirst(duty, prefix)), [], After(Own(duty), prefixes, adding), duties, steps);
        }

        // A narrower prefix beside a wider one goes last, and only where no device keeps it: clients take the narrower one, whoever is behind it.
        foreach (var (duty, device, prefixes) in going)
        {
            var before = prefixes.Where(prefix => IsFirst(duty, prefix));
            var narrower = prefixes.Where(prefix => !IsFirst(duty, prefix)
                && _seen.Devices.Items.All(other => !other.Enabled.Contains(prefix) || taken[prefix].Any(from => from.Id == other.Id)));
            Take(duty, device, narrower, before, After([.. Own(duty), .. narrower.SelectMany(prefix => taken[prefix]).Select(from => from.Group)], prefixes, adding), duties, steps);
        }
    }

    // What is ceded, another device has as it is, so it leads nobody astray.
    private static bool IsFirst(Duty duty, Prefix prefix) => !duty.Wanted.Covers(prefix) || duty.Ceded.Contains(prefix);

    // Once routes have changed, a prefix that led to a VPC may lead to another one with the same addresses.
    private bool StillReaches(Router router, Vpc vpc, Prefix prefix) => _reachability.Reached(router, vpc, out _)?.Any(prefix.Overlaps) ?? true;

    private static ImmutableArray<string> Own(Duty duty) => [RoutePlanner.Group(duty.Home.Id), RoutePlanner.Recorded(duty.Router.Instance.Id)];

    /// <param name="before">What an earlier step takes from the same device.</param>
    private static void Take(Duty duty, Device device, PrefixSet prefixes, PrefixSet before, ImmutableArray<string> after, ImmutableArray<Duty> duties, ICollection<PlannedStep> steps)
    {
        if (prefixes.IsEmpty)
        {
            return;
        }

        var router = duty.Router;
        var advertised = AdvertisedOf(device);
        var handover = HandoverOf(duty, prefixes.Intersect(duty.Ceded), duties);
        if (advertised.Intersect(prefixes) is { IsEmpty: false } removed)
        {
            // A group of its own: a node that cannot be told anything loses its approval all the same.
            steps.Add(new(new PlanAction.UnadvertiseRoutes(duty.Scope, router.Instance.Id, device.Id, router.HostName, removed, advertised.Union(duty.Wanted).Except(prefixes).Except(before), advertised, handover), $"advertisement of {router.Instance.Id}", after));
        }

        steps.Add(new(new PlanAction.TrimRoutes(router.Instance.Id, device.Id, router.HostName, prefixes, duty.Wanted, handover), RoutePlanner.Group(duty.Home.Id), after));
    }

    private static Handover HandoverOf(Duty duty, PrefixSet ceded, ImmutableArray<Duty> duties) => ceded.IsEmpty ? Handover.None
        : new(ceded, [.. duties.Where(other => other.Router.Device is { } device && device.Id != duty.Router.Device?.Id && !other.Wanted.Intersect(ceded).IsEmpty).Select(other => other.Router.Device!.Id).Distinct()]);

    // A device whose instance is gone holds clients to its narrower prefix, while another router serves a wider one that has it too.
    private ImmutableArray<(NodeRecord Record, Device Device, PrefixSet Prefixes)> LeftBehind(ImmutableArray<Duty> duties, Dictionary<DeviceId, string> deleted)
    {
        if (!_everythingRead || !_seen.Devices.IsComplete || !_seen.Nodes.IsComplete || !_seen.Health.IsComplete)
        {
            return [];
        }

        var fates = new NodeFates(_seen);
        var exact = PrefixSet.Of(duties.SelectMany(duty => duty.Wanted));
        var serving = PrefixSet.Of(duties.Where(duty => duty.Router.Serves).SelectMany(duty => duty.Wanted));
        var left = ImmutableArray.CreateBuilder<(NodeRecord, Device, PrefixSet)>();
        foreach (var device in _seen.Devices.Items.Where(device => !device.Connected && !deleted.ContainsKey(device.Id)).DistinctBy(device => device.Id).OrderBy(device => device.Id))
        {
            if (NodeHostName.TryParse(device.HostName, out var instance) && fates.Record(instance) is { } record && fates.Of(instance) == Fate.Gone
                && device.Enabled.Intersect(record.Routes).Where(prefix => !exact.Contains(prefix) && serving.Covers(prefix)) is { IsEmpty: false } prefixes)
            {
                left.Add((record, device, prefixes));
            }
        }

        return left.ToImmutable();
    }

    private static ImmutableArray<string> After(IEnumerable<string> own, PrefixSet prefixes, PrefixTable<ImmutableArray<string>> adding) =>
        [.. own.Concat(prefixes.SelectMany(prefix => adding.Related(prefix)).SelectMany(groups => groups)).Distinct()];
}

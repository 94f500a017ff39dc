using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>
/// Which VPC's prefixes are approved in the tailnet now, on whichever router: those people use. Read from the tailnet, also from devices
/// whose instance is gone, so that a VPC whose only router is being replaced keeps its addresses.
/// </summary>
internal sealed class Incumbents
{
    private readonly Dictionary<VpcId, PrefixSet> _approved, _live;

    public Incumbents(Snapshot seen, ImmutableArray<ServedVpc> served, Reachability reachability)
    {
        var (approved, live, left) = (new Dictionary<VpcId, List<Prefix>>(), new Dictionary<VpcId, List<Prefix>>(), new HashSet<(VpcId Vpc, Prefix Prefix)>());
        var unread = new HashSet<(Prefix, VpcId)>();
        var vpcs = served.DistinctBy(vpc => vpc.Vpc.Id).ToDictionary(vpc => vpc.Vpc.Id, vpc => vpc.Vpc);
        var owners = new Lazy<PrefixTable<ImmutableArray<VpcId>>>(() => new(vpcs.Values
            .SelectMany(vpc => vpc.Cidrs.Select(cidr => (cidr.Prefix, vpc.Id)))
            .GroupBy(owned => owned.Prefix, owned => owned.Id).Select(same => (same.Key, same.ToImmutableArray()))));
        var routers = served.SelectMany(vpc => vpc.Routers).DistinctBy(router => router.Instance.Id).ToImmutableArray();
        foreach (var router in routers)
        {
            if (router is { Device: { } device, Instance.Vpc: { } home })
            {
                Add(live, Attributed(device.Enabled.Where(prefix => IsOf(prefix, home) || router.Record?.Routes.Contains(prefix) == true), home, [router]));
            }
        }

        var standing = routers.ToLookup(router => router.Instance.Vpc);
        var up = seen.Scopes.SelectMany(scope => scope.Instances.Items).ToLookup(instance => instance.IsUp, instance => instance.Id);
        var shown = routers.Select(router => router.Instance.Id).Concat(up[false]).ToHashSet();
        var running = up[true].ToHashSet();
        var read = seen.Scopes.Where(scope => scope.Vpcs.IsComplete && scope.Instances.IsComplete).Select(scope => scope.Scope).ToHashSet();
        var records = seen.Nodes.Items.DistinctBy(record => record.Instance).ToDictionary(record => record.Instance);
        foreach (var device in seen.Devices.Items.Concat(seen.Strayed.Items))
        {
            if (!NodeHostName.TryParse(device.HostName, out var instance) || !records.TryGetValue(instance, out var record) || record.Vpc is not { } home)
            {
                continue;
            }

            var ours = device.Enabled.Intersect(record.Routes);
            if (vpcs.ContainsKey(home))
            {
                Add(device.Connected ? live : approved, Attributed(ours, home, standing[home]));
                // One that runs may be connected again at any time, however long it has been silent.
                if (!shown.Contains(instance) && (device.Connected || running.Contains(instance) || seen.ObservedAt - device.LastSeen < VpcServices.Blink))
                {
                    left.UnionWith(Attributed(ours.Intersect(device.Advertised), home, standing[home])
                        .Where(claim => vpcs[claim.Vpc].Cidrs.Any(cidr => cidr.State == VpcCidr.Associated && cidr.Prefix.Contains(claim.Prefix))));
                }
            }

            // A look at one scope, as an event or a launch asks for, must not give away what a VPC of another has in use.
            if (!shown.Contains(instance) && !read.Contains(record.Scope))
            {
                unread.UnionWith(ours.Where(prefix => !Via6.Range.Contains(prefix)).Select(prefix => (prefix, home)));
            }
        }

        _live = live.ToDictionary(same => same.Key, same => PrefixSet.Of(same.Value));
        _approved = approved.Keys.Union(live.Keys).ToDictionary(vpc => vpc, vpc => PrefixSet.Of([.. approved.GetValueOrDefault(vpc, []), .. live.GetValueOrDefault(vpc, [])]));
        (Left, Unread) = ([.. left], [.. unread]);

        bool IsOf(Prefix prefix, VpcId home)
        {
            if (vpcs.TryGetValue(home, out var vpc))
            {
                foreach (var cidr in vpc.Cidrs)
                {
                    if (cidr.Prefix.Contains(prefix))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        IEnumerable<(VpcId Vpc, Prefix Prefix)> Attributed(PrefixSet prefixes, VpcId home, IEnumerable<Router> through)
        {
            foreach (var prefix in prefixes.Where(prefix => !Via6.Range.Contains(prefix)))
            {
                if (IsOf(prefix, home))
                {
                    yield return (home, prefix);
                }
                else if (FarFrom(through, home, prefix) is { } far)
                {
                    yield return (far, prefix);
                }
                else if (!reachability.Topology.IsComplete)   // it leads somewhere, and people may use it there
                {
                    unread.UnionWith(owners.Value.Related(prefix).SelectMany(same => same).Where(vpc => vpc != home).Select(vpc => (prefix, vpc)));
                }
            }
        }

        VpcId? FarFrom(IEnumerable<Router> through, VpcId home, Prefix prefix)
        {
            foreach (var same in owners.Value.Related(prefix))
            {
                foreach (var vpc in same)
                {
                    if (vpc != home && IsOf(prefix, vpc) && through.Any(router => reachability.LeadsTo(router, vpc, prefix)))
                    {
                        return vpc;
                    }
                }
            }

            return null;
        }
    }

    /// <summary>What is approved in scopes that this look left out or could not read, and whose it is as far as the ledger knows.</summary>
    public ImmutableHashSet<(Prefix Prefix, VpcId Vpc)> Unread { get; }

    /// <summary>What nodes go on serving that are no routers any more: their role was taken off, and nothing is taken from them.</summary>
    public ImmutableHashSet<(VpcId Vpc, Prefix Prefix)> Left { get; }

    public PrefixSet Of(VpcId vpc) => _approved.GetValueOrDefault(vpc, PrefixSet.Empty);

    /// <summary>Of these, what is not only approved on devices of nodes that are gone.</summary>
    public PrefixSet LiveOf(VpcId vpc) => _live.GetValueOrDefault(vpc, PrefixSet.Empty);

    private static void Add(Dictionary<VpcId, List<Prefix>> claims, IEnumerable<(VpcId Vpc, Prefix Prefix)> added)
    {
        foreach (var (vpc, prefix) in added)
        {
            if (!claims.TryGetValue(vpc, out var prefixes))
            {
                claims[vpc] = prefixes = [];
            }

            prefixes.Add(prefix);
        }
    }
}

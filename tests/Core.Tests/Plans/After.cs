using System.Globalization;
using Automation.Network;
using Automation.Nodes;

namespace Automation.Plans;

/// <summary>What the world looks like once a plan has been carried out: the appliers' contract, without the clouds.</summary>
internal static class After
{
    public static Snapshot Of(Snapshot seen, Plan plan) => plan.Steps.Where(step => step.Held is null).Aggregate(seen, (world, step) => Apply(world, step.Action));

    private static Snapshot Apply(Snapshot seen, PlanAction action) => action switch
    {
        PlanAction.RegisterNode a => Registered(seen, a),
        PlanAction.AttendHook a => seen with
        {
            Nodes = seen.Nodes with
            {
                Items =
                [
                    .. seen.Nodes.Items.Where(record => record.Instance != a.Instance.Id),
                    HookPlanner.Marked(a, seen.Nodes.Items.FirstOrDefault(record => record.Instance == a.Instance.Id), seen.ObservedAt),
                ],
            },
        },
        PlanAction.TagDevice a => Device(seen, a.Device, device => device with { Tags = a.All }) with
        {
            Strayed = Without(seen.Strayed, device => device.Id == a.Device),
            Devices = seen.Strayed.Items.FirstOrDefault(device => device.Id == a.Device) is { } back
                ? seen.Devices with { Items = [.. seen.Devices.Items, back with { Tags = a.All }] }
                : Change(seen.Devices, device => device.Id == a.Device, device => device with { Tags = a.All }),
        },
        PlanAction.RecordNode a => Record(seen, a),
        PlanAction.DrainNode a => seen with { Nodes = Change(seen.Nodes, record => record.Instance == a.Instance, record => record with { UnhealthyAt = a.UnhealthyAt }) },
        PlanAction.ReturnNode a => seen with
        {
            Nodes = Change(seen.Nodes, record => record.Instance == a.Instance, record => record with { GoneAt = a.GoneAt is null ? record.GoneAt : null, UnhealthyAt = a.UnhealthyAt is null ? record.UnhealthyAt : null }),
        },
        PlanAction.ApproveRoutes a => Device(seen, a.Device, device => device with { Enabled = device.Enabled.Union(a.Added) }),
        PlanAction.AdvertiseRoutes a => seen with
        {
            Devices = Change(seen.Devices, device => device.HostName == a.HostName, device => device with { Advertised = a.All.Union(device.Advertised.Where(prefix => prefix.IsDefaultRoute)) }),
        },
        PlanAction.UnadvertiseRoutes a => seen with
        {
            Devices = Change(seen.Devices, device => device.HostName == a.HostName, device => device with { Advertised = a.All.Union(device.Advertised.Where(prefix => prefix.IsDefaultRoute)) }),
        },
        PlanAction.TrimRoutes a => Device(seen, a.Device, device => device with { Enabled = device.Enabled.Except(a.Removed) }) with
        {
            Nodes = Change(seen.Nodes, record => record.Instance == a.Instance, record => record with { Routes = record.Routes.Except(a.Removed.Where(prefix => !seen.Devices.Items.Any(device => device.Id == a.Device && device.Advertised.Contains(prefix)))) }),
        },
        PlanAction.SetSplitDns a => Owned(seen, a.Wanted) with
        {
            SplitDns = seen.SplitDns with
            {
                Items = [.. seen.SplitDns.Items.Where(domain => domain.Domain != a.Wanted.Domain), new(a.Wanted.Domain, a.Wanted.Resolvers, seen.SplitDns.Items.FirstOrDefault(domain => domain.Domain == a.Wanted.Domain)?.UseWithExitNode)],
            },
        },
        PlanAction.ConfirmSplitDns a => Owned(seen, a.Record),
        PlanAction.RemoveSplitDns a => Unowned(seen, a.Domain) with { SplitDns = Without(seen.SplitDns, domain => domain.Domain == a.Domain) },
        PlanAction.ForgetSplitDns a => Unowned(seen, a.Domain),
        PlanAction.SetDns64 a => seen with { Nodes = Change(seen.Nodes, record => record.Instance == a.Instance, record => record with { Dns64 = a.Wanted.Mark }) },
        PlanAction.AssociateZone a => Associated(seen, a.Wanted with { Change = "C1" }),
        PlanAction.AwaitAssociation a => Recorded(seen, a.Record, record => record with { InSync = true, Authorized = false }),
        PlanAction.DissociateZone a => Dissociated(seen, a.Record),
        PlanAction.ForgetAssociation a => Dissociated(seen, a.Record),
        PlanAction.DeleteDevice a => seen with { Devices = Without(seen.Devices, device => device.Id == a.Device) },
        PlanAction.RevokeKey a => seen with { Keys = Change(seen.Keys, key => key.Id == a.Key, key => key with { Invalid = true }) },
        PlanAction.DeleteParameters a => seen with
        {
            Scopes = [.. seen.Scopes.Select(scope => scope.Scope != a.Scope ? scope : scope with
            {
                Parameters = Without(scope.Parameters, parameter => parameter.Instance == a.Instance && a.Leaves.Contains(parameter.Leaf)),
            })],
        },
        PlanAction.RotatePoolKey a => Rotated(seen, a),
        PlanAction.RevokePoolKey a => seen with { Keys = Change(seen.Keys, key => key.Id == a.Key, key => key with { Invalid = true }) },
        PlanAction.DeletePoolParameter a => seen with { Pools = seen.Pools with { Parameters = Without(seen.Pools.Parameters, parameter => parameter.Pool == a.Pool) } },
        PlanAction.ForgetPool a => seen with { Pools = seen.Pools with { Records = Without(seen.Pools.Records, record => record.Name == a.Record.Name) } },
        PlanAction.AssignSite a => seen with { Sites = seen.Sites with { Items = [.. seen.Sites.Items.Where(site => site.Site != a.Site), new(a.Site, a.Vpc, a.Scope, null)] } },
        PlanAction.ReleaseSite a => seen with { Sites = Change(seen.Sites, site => site.Site == a.Site, site => site with { ReleasedAt = seen.ObservedAt }) },
        PlanAction.RememberPlain a => seen with { Sites = Change(seen.Sites, site => site.Site == a.Site, site => site with { Plain = a.Prefixes }) },
        PlanAction.TagSite a => seen with
        {
            Scopes = [.. seen.Scopes.Select(scope => scope.Scope != a.Scope ? scope : scope with
            {
                Vpcs = Change(scope.Vpcs, vpc => vpc.Id == a.Vpc, vpc => vpc with { SiteTag = a.Site.ToString(CultureInfo.InvariantCulture) }),
            })],
        },
        PlanAction.ForgetNode a => seen with { Nodes = Without(seen.Nodes, record => record.Instance == a.Instance) },
        _ => throw new NotSupportedException(action.Kind),
    };

    private static Snapshot Registered(Snapshot seen, PlanAction.RegisterNode a)
    {
        var instance = seen.Scopes.SelectMany(scope => scope.Instances.Items).First(instance => instance.Id == a.Instance);
        var record = seen.Nodes.Items.FirstOrDefault(record => record.Instance == a.Instance);
        AuthKey key = new(KeyId.Parse($"kNew{a.Instance.ToString()[2..]}"), AuthKey.DescriptionFor(a.Instance), seen.ObservedAt, seen.ObservedAt.AddMinutes(15), false);
        var role = NodeProfile.Of(instance, seen.NodeTags)!.Role;
        return seen with
        {
            Keys = seen.Keys with { Items = [.. seen.Keys.Items.Select(old => old.Id == record?.Key ? old with { Invalid = true } : old), key] },
            Nodes = seen.Nodes with
            {
                Items =
                [
                    .. seen.Nodes.Items.Where(other => other.Instance != a.Instance),
                    new(a.Instance, a.Scope, role, instance.Vpc, seen.ObservedAt, key.Id, key.Expires, null, PrefixSet.Empty, null, (record?.Version ?? 0) + 1),
                ],
            },
            Scopes = [.. seen.Scopes.Select(scope => scope.Scope != a.Scope ? scope : scope with
            {
                Parameters = scope.Parameters with
                {
                    Items =
                    [
                        .. scope.Parameters.Items.Where(parameter => parameter.Instance != a.Instance),
                        new(a.Instance, NodeParameters.AuthKey, seen.ObservedAt),
                        new(a.Instance, NodeParameters.Settings, seen.ObservedAt),
                    ],
                },
            })],
        };
    }

    private static Snapshot Record(Snapshot seen, PlanAction.RecordNode a)
    {
        var record = seen.Nodes.Items.FirstOrDefault(record => record.Instance == a.Instance)
            ?? new(a.Instance, a.Scope, a.Role, a.Vpc, seen.ObservedAt, null, null, null, PrefixSet.Empty, null, 0);
        var changed = record with { Device = a.Device, Role = a.Role, Vpc = a.Vpc, Routes = record.Routes.Union(a.Routes) };
        return seen with { Nodes = seen.Nodes with { Items = [.. seen.Nodes.Items.Where(other => other.Instance != a.Instance), changed] } };
    }

    private static Snapshot Rotated(Snapshot seen, PlanAction.RotatePoolKey a)
    {
        var (pool, now) = (a.Pool.Name, seen.ObservedAt);
        var minted = new PoolKey(KeyId.Parse($"kNew{pool}CNTRL"), now, now + a.Pool.Life, a.Tags);
        var revoked = Change(seen.Keys, key => a.Superseded.Contains(key.Id), key => key with { Invalid = true });
        return seen with
        {
            Keys = revoked with { Items = [.. revoked.Items, new(minted.Id, AuthKey.DescriptionFor(pool, seen.Pools.Mark), now, minted.Expires, Invalid: false)] },
            Pools = seen.Pools with
            {
                Records = seen.Pools.Records with { Items = [.. seen.Pools.Records.Items.Where(record => record.Name != pool), new(pool, minted, a.Left, now.AddMinutes(5), Unsure: false, 3)] },
                Parameters = seen.Pools.Parameters with { Items = [.. seen.Pools.Parameters.Items.Where(parameter => parameter.Pool != pool), new(pool, minted.Id)] },
            },
        };
    }

    private static Snapshot Owned(Snapshot seen, DomainRecord record) =>
        seen with { Domains = seen.Domains with { Items = [.. seen.Domains.Items.Where(other => other.Domain != record.Domain), record with { Confirmed = true }] } };

    private static Snapshot Recorded(Snapshot seen, AssociationRecord record, Func<AssociationRecord, AssociationRecord> change) =>
        seen with { Associations = Change(seen.Associations, other => other.Zone == record.Zone && other.Vpc == record.Vpc, change) };

    private static Snapshot Associated(Snapshot seen, AssociationRecord record) => Dissociated(seen, record) is var without
        ? without with
        {
            Associations = without.Associations with { Items = [.. without.Associations.Items, record] },
            Scopes = [.. without.Scopes.Select(scope => scope.Scope != record.Scope ? scope : scope with
            {
                Zones = scope.Zones with { Items = [.. scope.Zones.Items, new(record.Zone, record.Name, record.Vpc, seen.Scopes.SelectMany(other => other.Zones.Items).First(zone => zone.Id == record.Zone).Owner)] },
            })],
        }
        : seen;

    private static Snapshot Dissociated(Snapshot seen, AssociationRecord record) => seen with
    {
        Associations = Without(seen.Associations, other => other.Zone == record.Zone && other.Vpc == record.Vpc),
        Scopes = [.. seen.Scopes.Select(scope => scope with { Zones = Without(scope.Zones, zone => zone.Id == record.Zone && zone.Vpc == record.Vpc) })],
    };

    private static Snapshot Unowned(Snapshot seen, string domain) => seen with { Domains = Without(seen.Domains, record => record.Domain == domain) };

    private static Snapshot Device(Snapshot seen, DeviceId id, Func<Device, Device> change) => seen with { Devices = Change(seen.Devices, device => device.Id == id, change) };

    private static Seen<T> Change<T>(Seen<T> part, Func<T, bool> which, Func<T, T> change) => part with { Items = [.. part.Items.Select(item => which(item) ? change(item) : item)] };

    private static Seen<T> Without<T>(Seen<T> part, Func<T, bool> which) => part with { Items = [.. part.Items.Where(item => !which(item))] };
}

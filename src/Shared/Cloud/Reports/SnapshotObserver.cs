using System.Collections.Immutable;
using Automation.Aws;
using Automation.Ledger;
using Automation.Names;
using Automation.Nodes;
using Automation.Plans;
using Automation.Routes;
using Automation.Tailscale;

namespace Automation.Reports;

/// <summary>How much of the world a look takes in.</summary>
public enum Breadth
{
    /// <summary>VPCs and what connects them, routers and their devices: enough to admit a router, or to hand over from one.</summary>
    Routes,

    Everything,
}

/// <summary>Looks at AWS, the tailnet and the ledger, and says of each part whether it was read completely.</summary>
public sealed class SnapshotObserver(IAws aws, ITailscale tailscale, ILedger ledger, HealthObserver health, Settings settings, TimeProvider time)
{
    /// <param name="scopes">The scopes to look at; the others of the settings enter the snapshot as not looked at.</param>
    public async Task<Snapshot> ObserveAsync(IReadOnlyCollection<Scope> scopes, Breadth breadth, CancellationToken stopping)
    {
        var at = time.GetUtcNow();
        var everything = breadth == Breadth.Everything;

        // Instances are read after the ledger and the parameters: whatever an entry or a parameter belongs to is then there to be found.
        // Devices and keys are asked for beside all that: one that is newer than the instances is of none that could count as gone.
        var devices = SeenDevices(stopping);
        var entries = Read(() => ledger.ReadAllAsync(stopping));
        var keys = everything ? SeenKeys(stopping) : NotLookedAt<AuthKey>();
        var apiKey = everything ? Read(() => tailscale.GetApiKeyAsync(stopping)) : Task.FromResult<(ApiKeySeen? Value, string? Problem)>(default);
        var splitDns = everything ? SeenSplitDns(stopping) : NotLookedAt<SplitDnsDomain>();
        var parameters = scopes.ToDictionary(scope => scope, scope => everything
            ? NodesObserver.ParametersAsync(aws.In(scope).Ssm, settings.ParameterPrefix, stopping)
            : NotLookedAt<NodeParameter>());
        var (ledgerSeen, ledgerProblem) = await entries;
        var pools = PoolsObserver.ObserveAsync(aws.In(settings.Home).Ssm, settings, ledgerSeen?.Pools ?? Seen<PoolRecord>.Unknown(ledgerProblem!), everything, stopping);
        await Task.WhenAll(parameters.Values);

        var found = await Task.WhenAll(scopes.Select(async scope =>
        {
            var services = aws.In(scope);
            var onRecord = ledgerSeen?.Nodes.Items.Where(node => node.Scope == scope).Select(node => node.Instance) ?? [];
            var instances = NodesObserver.InstancesAsync(services.Ec2, onRecord, stopping);
            var network = RoutesObserver.ObserveAsync(services.Ec2, stopping);
            var vpcs = await NodesObserver.VpcsAsync(services.Ec2, stopping);
            var (nodes, problem) = everything ? await NodesObserver.DetailsAsync(services, await instances, stopping) : (await instances, null);
            return ScopeSeen.Unseen(scope, ScopeSeen.NotLookedAt) with
            {
                Vpcs = vpcs,
                Instances = nodes,
                DetailsProblem = problem,
                Hooks = everything ? await NodesObserver.HooksAsync(services.AutoScaling, nodes, stopping) : Seen<GroupHook>.Unknown(ScopeSeen.NotLookedAt),
                Parameters = await parameters[scope],
                Network = await network,
            };
        }));

        var seen = new Snapshot
        {
            ObservedAt = at,
            NodeTags = settings.NodeTags,
            Scopes = [.. found.Concat(settings.Scopes.Except(scopes).Select(scope => ScopeSeen.Unseen(scope, ScopeSeen.NotLookedAt))).OrderBy(seen => seen.Scope)],
            Devices = await devices,
            Strayed = Seen<Device>.Unknown("not asked for yet"),
            Health = health.NotAsked,
            Keys = await keys,
            SplitDns = await splitDns,
            Nodes = ledgerSeen?.Nodes ?? Seen<NodeRecord>.Unknown(ledgerProblem!),
            Domains = ledgerSeen?.Domains ?? Seen<DomainRecord>.Unknown(ledgerProblem!),
            Sites = ledgerSeen?.Sites ?? Seen<SiteRecord>.Unknown(ledgerProblem!),
            OptIn = settings.OptIn,
            Associations = ledgerSeen?.Associations ?? Seen<AssociationRecord>.Unknown(ledgerProblem!),
            Names = settings.Names,
            Pools = await pools,
            AttendsHooks = settings.NodeQueue is not null,
            DevicePrice = settings.DevicePrice,

            // Where not even an access token is given, devices, keys and split DNS say so.
            ApiKey = (await apiKey).Value,
        };

        seen = seen with { Strayed = await StrayedAsync(seen, stopping) };
        if (!everything)
        {
            return seen;
        }

        // Last, as who serves a VPC says whether its names matter. Routers take their time to answer.
        var probes = health.ObserveAsync(seen, stopping);
        var names = NamesObserver.ObserveAsync(aws, seen, scopes, stopping);
        await Task.WhenAll(probes, names);
        return await names with { Health = await probes };
    }

    // Seldom any: the list of devices is asked for by tag, so one that lost its tag is not in it. It goes on serving, so it matters also where
    // it is not known whether its instance runs.
    private async Task<Seen<Device>> StrayedAsync(Snapshot seen, CancellationToken stopping)
    {
        if (!seen.Devices.IsComplete)
        {
            return Seen<Device>.All([]);
        }

        var up = seen.Scopes.SelectMany(scope => scope.Instances.Items).Where(instance => instance.IsUp).Select(instance => instance.Id).ToHashSet();
        var unread = seen.Scopes.Where(scope => !scope.Instances.IsComplete).Select(scope => scope.Scope).ToHashSet();
        var listed = seen.Devices.Items.Select(device => device.Id).ToHashSet();
        var strayed = new List<Device>();
        string? problem = null;
        foreach (var lost in seen.Nodes.Items.Where(record => up.Contains(record.Instance) || (unread.Contains(record.Scope) && record.GoneAt is null)).Select(record => record.Device).OfType<DeviceId>().Where(device => !listed.Contains(device)).Order())
        {
            var (device, why) = await Read(() => tailscale.GetDeviceAsync(lost, stopping));
            problem ??= why;
            if (device is not null)
            {
                strayed.Add(device);
            }
        }

        return new([.. strayed], problem);
    }

    private static Task<Seen<T>> NotLookedAt<T>() => Task.FromResult(Seen<T>.Unknown(ScopeSeen.NotLookedAt));

    private async Task<Seen<Device>> SeenDevices(CancellationToken stopping)
    {
        // One question a role: the API's filter joins several tags with "and".
        var byRole = settings.NodeTags.ByRole.Values.Where(tags => !tags.IsEmpty).Select(tags => tags.Order(StringComparer.Ordinal).ToImmutableArray());
        var (devices, problem) = await Read(async () =>
        {
            var all = await Task.WhenAll(byRole.DistinctBy(tags => string.Join('+', tags)).Select(tags => tailscale.ListDevicesAsync(tags, null, stopping)));
            return all.SelectMany(some => some)
                .Where(device => settings.NodeTags.Own(device.Tags) && NodeHostName.TryParse(device.HostName, out _))
                .DistinctBy(device => device.Id)
                .OrderBy(device => device.Id)
                .ToImmutableArray();
        });
        return new(devices.IsDefault ? [] : devices, problem);
    }

    private async Task<Seen<AuthKey>> SeenKeys(CancellationToken stopping)
    {
        var (keys, problem) = await Read(() => tailscale.ListAuthKeysAsync(stopping));
        return new(keys.IsDefault ? [] : [.. keys.Where(key => key.IsForInstance(out _) || key.IsForPool(settings.PoolMark, out _)).OrderBy(key => key.Id)], problem);
    }

    private async Task<Seen<SplitDnsDomain>> SeenSplitDns(CancellationToken stopping)
    {
        // Nothing is withdrawn for want of the flags: unread, they are unknown, and the domains are not.
        var flags = Read(() => tailscale.GetExitNodeDomainsAsync(stopping));
        var (domains, problem) = await Read(() => tailscale.GetSplitDnsAsync(stopping));
        var (withExitNode, flagsProblem) = await flags;
        return new(
            domains.IsDefault ? [] : [.. domains.Select(domain => domain with { UseWithExitNode = flagsProblem is null ? withExitNode.Contains(domain.Domain) : null }).OrderBy(domain => domain.Domain, StringComparer.Ordinal)],
            problem);
    }

    /// <summary>A call that fails makes its part unknown; the plan says so in a finding.</summary>
    internal static async Task<(T? Value, string? Problem)> Read<T>(Func<Task<T>> call)
    {
        try
        {
            return (await call(), null);
        }
        catch (CallFailedException failed)
        {
            return (default, failed.Message);
        }
    }

    /// <summary>As <see cref="Read"/>, for a list.</summary>
    internal static async Task<Seen<T>> ReadList<T>(Func<Task<Listing<T>>> list)
    {
        var (listing, problem) = await Read(list);
        return listing?.AsSeen() ?? Seen<T>.Unknown(problem!);
    }
}

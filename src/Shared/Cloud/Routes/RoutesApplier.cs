using Automation.Ledger;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Routes;

/// <summary>Approves, advertises and withdraws prefixes. Each call and command replaces all that is there, so each step reads, merges and writes.</summary>
public sealed class RoutesApplier(ITailscale tailscale, ILedger ledger, NodeCommands commands, string routesDocument, TimeProvider time)
{
    public async Task<StepOutcome> RecordAsync(PlanAction.RecordNode step, CancellationToken stopping)
    {
        var record = await ledger.GetNodeAsync(step.Instance, stopping);
        if (record is not null && record.Device == step.Device && record.Role == step.Role && step.Routes.IsSubsetOf(record.Routes))
        {
            return new StepOutcome.AlreadySo();
        }

        var wanted = record is null
            ? new NodeRecord(step.Instance, step.Scope, step.Role, step.Vpc, time.GetUtcNow(), null, null, step.Device, step.Routes, null, 0)
            : record with { Device = step.Device, Role = step.Role, Vpc = step.Vpc, Routes = record.Routes.Union(step.Routes) };
        return await ledger.PutNodeAsync(wanted, stopping) is null
            ? new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time")
            : new StepOutcome.Applied();
    }

    public async Task<StepOutcome> DrainAsync(PlanAction.DrainNode step, CancellationToken stopping) => await ledger.GetNodeAsync(step.Instance, stopping) switch
    {
        null => new StepOutcome.Stale("the ledger does not know the node"),
        { UnhealthyAt: not null } => new StepOutcome.AlreadySo(),
        { } record => await MarkAsync(record with { UnhealthyAt = step.UnhealthyAt }, stopping),
    };

    public async Task<StepOutcome> ReturnAsync(PlanAction.ReturnNode step, CancellationToken stopping)
    {
        if (await ledger.GetNodeAsync(step.Instance, stopping) is not { } record)
        {
            return new StepOutcome.Stale("the ledger does not know the node");
        }

        // A mark that is not the one that was looked at is news.
        if ((step.GoneAt is not null && record.GoneAt is not null && record.GoneAt != step.GoneAt)
            || (step.UnhealthyAt is not null && record.UnhealthyAt is not null && record.UnhealthyAt != step.UnhealthyAt))
        {
            return new StepOutcome.Stale("the ledger's entry was marked anew");
        }

        var wanted = record with { GoneAt = step.GoneAt is null ? record.GoneAt : null, UnhealthyAt = step.UnhealthyAt is null ? record.UnhealthyAt : null };
        return wanted == record ? new StepOutcome.AlreadySo() : await MarkAsync(wanted, stopping);
    }

    public async Task<StepOutcome> ApproveAsync(PlanAction.ApproveRoutes step, CancellationToken stopping)
    {
        if (await tailscale.GetDeviceRoutesAsync(step.Device, stopping) is not { } routes)
        {
            return new StepOutcome.Stale("the device is gone");
        }

        if (step.Added.IsSubsetOf(routes.Enabled))
        {
            return new StepOutcome.AlreadySo();
        }

        return await SetAsync(step.Device, routes.Enabled.Union(step.Added), stopping) is { } problem ? problem : new StepOutcome.Applied();
    }

    public Task<StepOutcome> AdvertiseAsync(PlanAction.AdvertiseRoutes step, CancellationToken stopping) =>
        AdvertiseAsync(step.Scope, step.Instance, step.Device, step.All, step.Seen, stopping);

    public async Task<StepOutcome> UnadvertiseAsync(PlanAction.UnadvertiseRoutes step, CancellationToken stopping) =>
        await WhyNotAsync(step.Handover, stopping) is { } why ? why : await AdvertiseAsync(step.Scope, step.Instance, step.Device, step.All, step.Seen, stopping);

    // What the node advertises since its prefixes were planned is another look's, and stays.
    private async Task<StepOutcome> AdvertiseAsync(Scope scope, InstanceId instance, DeviceId device, PrefixSet all, PrefixSet seen, CancellationToken stopping)
    {
        if (await tailscale.GetDeviceRoutesAsync(device, stopping) is not { } routes)
        {
            return new StepOutcome.Stale("the device is gone");
        }

        var since = routes.Advertised.Where(prefix => !prefix.IsDefaultRoute).Except(seen);
        return await commands.RunAsync(scope, instance, routesDocument, "routes", string.Join(',', all.Union(since)), stopping);
    }

    public async Task<StepOutcome> TrimAsync(PlanAction.TrimRoutes step, CancellationToken stopping)
    {
        if (await tailscale.GetDeviceRoutesAsync(step.Device, stopping) is not { } routes)
        {
            return new StepOutcome.Stale("the device is gone");
        }

        if (await WhyNotAsync(step.Handover, stopping) is { } why)
        {
            return why;
        }

        var there = !routes.Enabled.Intersect(step.Removed).IsEmpty;
        if (there && await SetAsync(step.Device, routes.Enabled.Except(step.Removed), stopping) is { } problem)
        {
            return problem;
        }

        // Ours no longer: should somebody enable it now, it is theirs. What the node still advertises is remembered until it stops.
        var forgotten = step.Removed.Except(routes.Advertised);
        if (await ledger.GetNodeAsync(step.Instance, stopping) is { } record && !record.Routes.Intersect(forgotten).IsEmpty
            && await ledger.PutNodeAsync(record with { Routes = record.Routes.Except(forgotten) }, stopping) is null)
        {
            return new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time");
        }

        return there ? new StepOutcome.Applied() : new StepOutcome.AlreadySo();
    }

    // Who is to serve them may have gone since, or been drained by somebody else at the same time.
    private async Task<StepOutcome.Stale?> WhyNotAsync(Handover handover, CancellationToken stopping)
    {
        var left = handover.Prefixes;
        foreach (var id in handover.To)
        {
            if (left.IsEmpty)
            {
                break;
            }

            if (await tailscale.GetDeviceAsync(id, stopping) is { Connected: true, Authorized: true } device)
            {
                left = left.Except(device.Enabled.Intersect(device.Advertised));
            }
        }

        return left.IsEmpty ? null : new($"nobody else serves {left} by now");
    }

    private async Task<StepOutcome> MarkAsync(NodeRecord record, CancellationToken stopping) =>
        await ledger.PutNodeAsync(record, stopping) is null ? new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time") : new StepOutcome.Applied();

    private async Task<StepOutcome?> SetAsync(DeviceId device, PrefixSet enabled, CancellationToken stopping) =>
        await tailscale.SetDeviceRoutesAsync(device, enabled, stopping) switch
        {
            null => new StepOutcome.Stale("the device is gone"),
            { } answer when !answer.Enabled.Equals(enabled) => new StepOutcome.Failed($"Tailscale answers that {answer.Enabled} is enabled, not {enabled}"),
            _ => null,
        };
}

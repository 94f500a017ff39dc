using System.Globalization;
using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;

namespace Automation.Names;

/// <summary>
/// Associates routers' VPCs with private hosted zones, and undoes it. The ledger is written before anything is there, so that nothing
/// that the automation made is ever without an owner: neither an association nor an authorisation.
/// </summary>
public sealed class ZonesApplier(IAws aws, ILedger ledger, TimeProvider time)
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_syncTime = TimeSpan.FromSeconds(90);

    // docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html: generally within 60 seconds
    private static readonly TimeSpan s_unknownChange = TimeSpan.FromSeconds(60);

    public async Task<StepOutcome> AssociateAsync(PlanAction.AssociateZone step, CancellationToken stopping)
    {
        var wanted = step.Wanted;
        var record = await ledger.GetAssociationAsync(wanted.Zone, wanted.Vpc, stopping);
        var (there, problem) = await IsAssociatedAsync(wanted, stopping);
        if (problem is not null)
        {
            return problem;
        }

        if (there)   // with a record, ours from before an interruption; without one, somebody else's, and theirs to undo
        {
            return new StepOutcome.AlreadySo();
        }

        var claim = wanted with { Authorized = record?.Authorized ?? false, Change = null, InSync = false };
        if (claim != record && !await ledger.PutAssociationAsync(claim, record, stopping))
        {
            return WroteFirst();
        }

        record = claim;
        if (wanted.Owner.Account != wanted.Scope.Account)
        {
            var owner = aws.In(wanted.Owner).Route53;
            var authorized = await owner.ListVpcAssociationAuthorizationsAsync(wanted.Zone, stopping);
            if (!authorized.Items.Contains(wanted.Vpc))
            {
                if (authorized.Problem is { } unread)   // it might be there, and somebody else's
                {
                    return new StepOutcome.Failed($"not every authorisation of {wanted.Zone} is known: {unread}");
                }

                if (!record.Authorized)
                {
                    if (!await ledger.PutAssociationAsync(record with { Authorized = true }, record, stopping))
                    {
                        return WroteFirst();
                    }

                    record = record with { Authorized = true };
                }

                await owner.CreateVpcAssociationAuthorizationAsync(wanted.Zone, wanted.Vpc, wanted.Scope.Region, stopping);
            }
        }

        // No change: another run of ours has just associated it, or a person within these milliseconds. It counts as ours either way.
        if (await aws.In(wanted.Scope).Route53.AssociateVpcAsync(wanted.Zone, wanted.Vpc, wanted.Scope.Region, stopping) is not { } change)
        {
            return new StepOutcome.AlreadySo();
        }

        return await ledger.PutAssociationAsync(record with { Change = change }, record, stopping) ? new StepOutcome.Applied() : WroteFirst();
    }

    /// <summary>By the ledger's record as it is now: what is planned together with the association does not know its change yet.</summary>
    public async Task<StepOutcome> AwaitAsync(PlanAction.AwaitAssociation step, CancellationToken stopping)
    {
        if (await ledger.GetAssociationAsync(step.Record.Zone, step.Record.Vpc, stopping) is not { } record)
        {
            return NotOurs();
        }

        if (record is { InSync: true, Authorized: false })
        {
            return new StepOutcome.AlreadySo();
        }

        if (!record.InSync && await NotInSyncAsync(record, stopping) is { } problem)
        {
            return problem;
        }

        await DeauthorizeAsync(record, stopping);
        return await ledger.PutAssociationAsync(record with { Authorized = false, InSync = true }, record, stopping) ? new StepOutcome.Applied() : WroteFirst();
    }

    public async Task<StepOutcome> DissociateAsync(PlanAction.DissociateZone step, CancellationToken stopping)
    {
        if (await ledger.GetAssociationAsync(step.Record.Zone, step.Record.Vpc, stopping) is not { } record)
        {
            return NotOurs();
        }

        await DeauthorizeAsync(record, stopping);
        await aws.In(record.Scope).Route53.DisassociateVpcAsync(record.Zone, record.Vpc, record.Scope.Region, stopping);
        await ledger.DeleteAssociationAsync(record.Zone, record.Vpc, stopping);
        return new StepOutcome.Applied();
    }

    public async Task<StepOutcome> ForgetAsync(PlanAction.ForgetAssociation step, CancellationToken stopping)
    {
        if (await ledger.GetAssociationAsync(step.Record.Zone, step.Record.Vpc, stopping) is not { } record)
        {
            return new StepOutcome.AlreadySo();
        }

        // What is associated must not lose its owner, or nobody ever undoes it.
        if (await VpcIsThereAsync(record, stopping))
        {
            var (there, problem) = await IsAssociatedAsync(record, stopping);
            if (problem is not null || there)
            {
                return problem ?? new StepOutcome.Stale("the VPC is associated with the zone by now");
            }
        }

        await DeauthorizeAsync(record, stopping);
        await ledger.DeleteAssociationAsync(record.Zone, record.Vpc, stopping);
        return new StepOutcome.Applied();
    }

    private static StepOutcome.Stale NotOurs() => new("the ledger no longer says that it is ours");

    private static StepOutcome.Stale WroteFirst() => new("somebody else wrote the ledger's entry at the same time");

    /// <returns>null once all of Route 53's servers have it.</returns>
    private async Task<StepOutcome?> NotInSyncAsync(AssociationRecord record, CancellationToken stopping)
    {
        if (record.Change is not { } change)
        {
            // The process ended after the association and before its change was written. Route 53 shows the change to nobody who does not
            // know its id. The association itself shows, and is taken to be with all servers after the time that this generally takes.
            var (there, problem) = await IsAssociatedAsync(record, stopping);
            if (problem is not null || !there)
            {
                return problem ?? new StepOutcome.Stale("the VPC is not associated with the zone");
            }

            await Task.Delay(s_unknownChange, time, stopping);
            return null;
        }

        var route53 = aws.In(record.Scope).Route53;
        var until = time.GetUtcNow() + s_syncTime;
        while (!await route53.IsInSyncAsync(change, stopping))
        {
            if (time.GetUtcNow() >= until)
            {
                return new StepOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"the change {change} is still PENDING after {s_syncTime.TotalSeconds} s: the next look waits on"));
            }

            await Task.Delay(s_between, time, stopping);
        }

        return null;
    }

    private async Task DeauthorizeAsync(AssociationRecord record, CancellationToken stopping)
    {
        if (record.Authorized)   // others' authorisations stay: they are not ours to take back
        {
            await aws.In(record.Owner).Route53.DeleteVpcAssociationAuthorizationAsync(record.Zone, record.Vpc, record.Scope.Region, stopping);
        }
    }

    private async Task<(bool There, StepOutcome? Problem)> IsAssociatedAsync(AssociationRecord record, CancellationToken stopping)
    {
        var zones = await aws.In(record.Scope).Route53.ListHostedZonesByVpcAsync(record.Vpc, stopping);
        var there = zones.Items.Any(zone => zone.Id == record.Zone);
        return (there, !there && zones.Problem is { } unread ? new StepOutcome.Failed($"not every zone of {record.Vpc} is known: {unread}") : null);
    }

    private async Task<bool> VpcIsThereAsync(AssociationRecord record, CancellationToken stopping)
    {
        try
        {
            return await aws.In(record.Scope).Ec2.DescribeVpcsAsync(record.Vpc, stopping) is not { Items.IsEmpty: true, Problem: null };
        }
        catch (CallFailedException failed) when (failed.Failure == Failure.NotFound)
        {
            return false;
        }
    }
}

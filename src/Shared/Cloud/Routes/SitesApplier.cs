using System.Globalization;
using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Gives 4via6 site ids and lets them rest. The ledger's own conditions decide, so two runs never give one id twice.</summary>
public sealed class SitesApplier(IAws aws, ILedger ledger, TimeProvider time)
{
    public async Task<StepOutcome> AssignAsync(PlanAction.AssignSite step, CancellationToken stopping)
    {
        if (await ledger.GetSiteAsync(step.Site, stopping) is { ReleasedAt: null } owned)
        {
            return owned.Vpc == step.Vpc ? new StepOutcome.AlreadySo() : new StepOutcome.Stale($"{owned.Vpc} has it by now");
        }

        return await ledger.AssignSiteAsync(new(step.Site, step.Vpc, step.Scope, null), time.GetUtcNow() - SiteIds.Rest, stopping)
            ? new StepOutcome.Applied()
            : new StepOutcome.Stale("by now the id is not free, or the VPC has another");
    }

    public async Task<StepOutcome> ReleaseAsync(PlanAction.ReleaseSite step, CancellationToken stopping)
    {
        var site = await ledger.GetSiteAsync(step.Site, stopping);
        if (site is null || (site.Vpc == step.Vpc && site.ReleasedAt is not null))
        {
            return new StepOutcome.AlreadySo();
        }

        if (site.Vpc != step.Vpc)
        {
            return new StepOutcome.Stale($"it is {site.Vpc}'s by now");
        }

        return await ledger.ReleaseSiteAsync(site with { ReleasedAt = time.GetUtcNow() }, stopping)
            ? new StepOutcome.Applied()
            : new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time");
    }

    public async Task<StepOutcome> TagAsync(PlanAction.TagSite step, CancellationToken stopping)
    {
        try
        {
            await aws.In(step.Scope).Ec2.TagVpcAsync(step.Vpc, VpcTags.SiteId, step.Site.ToString(CultureInfo.InvariantCulture), stopping);
            return new StepOutcome.Applied();
        }
        catch (CallFailedException failed) when (failed.Failure == Failure.NotFound)
        {
            return new StepOutcome.Stale("the VPC is gone");
        }
    }
}

using System.Collections.Immutable;
using Automation.Ledger;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Names;

/// <summary>Sets split DNS, one owned domain at a time. Tailscale has no lock on it, so each step reads again just before it writes.</summary>
public sealed class NamesApplier(ITailscale tailscale, ILedger ledger)
{
    public async Task<StepOutcome> SetAsync(PlanAction.SetSplitDns step, CancellationToken stopping)
    {
        var wanted = step.Wanted;
        var current = Resolvers(await tailscale.GetSplitDnsAsync(stopping), wanted.Domain);
        var record = await ledger.GetDomainAsync(wanted.Domain, stopping);
        if (Same(current, wanted.Resolvers) && record is not null)
        {
            return await ConfirmAsync(wanted, record, stopping) ?? new StepOutcome.AlreadySo();
        }

        if (!Same(current, step.Expected))
        {
            return new StepOutcome.Stale($"it is forwarded to {Text(current)} by now");
        }

        if (current is null)
        {
            // Owned before it is there: nothing that is forwarded is ever without an owner.
            var claim = wanted with { Confirmed = false };
            if (!await ledger.PutDomainAsync(claim, record, stopping))
            {
                return new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time");
            }

            record = claim;
        }
        else if (record is null)
        {
            return new StepOutcome.Stale("the ledger no longer says that it is ours");
        }

        var answer = Resolvers(await tailscale.PatchSplitDnsAsync(wanted.Domain, wanted.Resolvers, stopping), wanted.Domain);
        if (!Same(answer, wanted.Resolvers))
        {
            return new StepOutcome.Failed($"Tailscale answers that {wanted.Domain} is forwarded to {Text(answer)}");
        }

        return await ConfirmAsync(wanted, record, stopping) ?? new StepOutcome.Applied();
    }

    public async Task<StepOutcome> ConfirmAsync(PlanAction.ConfirmSplitDns step, CancellationToken stopping)
    {
        var record = await ledger.GetDomainAsync(step.Record.Domain, stopping);
        return record is null
            ? new StepOutcome.Stale("the ledger no longer says that it is ours")
            : await ConfirmAsync(step.Record, record, stopping) ?? new StepOutcome.Applied();
    }

    public async Task<StepOutcome> RemoveAsync(PlanAction.RemoveSplitDns step, CancellationToken stopping)
    {
        var current = Resolvers(await tailscale.GetSplitDnsAsync(stopping), step.Domain);
        if (current is not null)
        {
            if (!Same(current, step.Expected))
            {
                return new StepOutcome.Stale($"it is forwarded to {Text(current)} by now");
            }

            if (await ledger.GetDomainAsync(step.Domain, stopping) is null)
            {
                return new StepOutcome.Stale("the ledger no longer says that it is ours");
            }

            var answer = Resolvers(await tailscale.PatchSplitDnsAsync(step.Domain, [], stopping), step.Domain);
            if (answer is not null)
            {
                return new StepOutcome.Failed($"Tailscale answers that {step.Domain} is still forwarded to {Text(answer)}");
            }
        }

        await ledger.DeleteDomainAsync(step.Domain, stopping);
        return current is null ? new StepOutcome.AlreadySo() : new StepOutcome.Applied();
    }

    public async Task<StepOutcome> ForgetAsync(PlanAction.ForgetSplitDns step, CancellationToken stopping)
    {
        // Another run may have set it since it was planned: what is forwarded must not lose its owner, or nobody ever withdraws it.
        var current = Resolvers(await tailscale.GetSplitDnsAsync(stopping), step.Domain);
        if (current is not null && await ledger.GetDomainAsync(step.Domain, stopping) is { } record && Same(current, record.Resolvers))
        {
            return new StepOutcome.Stale($"it is forwarded to {Text(current)} by now, as the ledger says");
        }

        await ledger.DeleteDomainAsync(step.Domain, stopping);
        return new StepOutcome.Applied();
    }

    private async Task<StepOutcome?> ConfirmAsync(DomainRecord wanted, DomainRecord record, CancellationToken stopping) =>
        await ledger.PutDomainAsync(wanted with { Confirmed = true }, record, stopping)
            ? null
            : new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time");

    private static ImmutableArray<string>? Resolvers(ImmutableArray<SplitDnsDomain> map, string domain) =>
        map.FirstOrDefault(entry => entry.Domain == domain)?.Resolvers;

    private static bool Same(ImmutableArray<string>? one, ImmutableArray<string>? other) =>
        one is null || other is null ? one is null && other is null : one.Value.Order(StringComparer.Ordinal).SequenceEqual(other.Value.Order(StringComparer.Ordinal));

    private static string Text(ImmutableArray<string>? resolvers) => resolvers is { } some ? string.Join(", ", some) : "nothing";
}

using Automation.Aws;
using Automation.Lambda;
using Automation.Ledger;
using Automation.Plans;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Puts auth keys into the parameters of pools, and clears away pools that are no longer wanted.</summary>
public sealed partial class PoolsApplier(IAws aws, ITailscale tailscale, ILedger ledger, Settings settings, TimeProvider time, ILogger log)
{
    /// <remarks>
    /// The lease first, so that no other run mints beside this one, and whoever finds it expired knows that a key may be left over. Then the
    /// ledger, so that a key that is handed out is always on record. The parameter last: its description says which key it holds.
    /// </remarks>
    public async Task<StepOutcome> RotateAsync(PlanAction.RotatePoolKey step, CancellationToken stopping)
    {
        var pool = step.Pool.Name;
        var before = step.Expected ?? new(pool, null, null, null, Unsure: false, 0);
        if (await ledger.PutPoolAsync(before with { Lease = time.GetUtcNow() + PoolPlanner.Lease, Unsure = true }, stopping) is not { } leased)
        {
            return new StepOutcome.Stale("another run has written the ledger's entry since");
        }

        var (isAsked, minted) = (false, (MintedKey?)null);
        try
        {
            foreach (var superseded in step.Superseded)
            {
                await tailscale.DeleteKeyAsync(superseded, stopping);
            }

            isAsked = true;
            minted = await tailscale.CreateReusableKeyAsync(AuthKey.DescriptionFor(pool, settings.PoolMark), step.Tags, step.Pool.Life, stopping);
            var key = new PoolKey(minted.Id, time.GetUtcNow(), minted.Expires, step.Tags);
            if (await RecordAsync(leased with { Key = key, Previous = step.Left, Unsure = false }, minted.Id, stopping) is not { } recorded)
            {
                return new StepOutcome.Stale("another run took over");
            }

            leased = recorded;
            await aws.In(settings.Home).Ssm.PutPoolKeyAsync(PoolParameters.Name(PoolParameters.Folder(settings.ParameterPrefix), pool), pool, minted.Id, minted.Value, stopping);
            return new StepOutcome.Applied();
        }
        catch (CallFailedException failed)
        {
            // The next look need not wait for the lease to run out. Only what was refused outright has certainly left no key.
            var isSure = !isAsked || (minted is null && failed.Failure is not Failure.Unavailable);
            var released = leased with { Lease = null, Unsure = leased.Unsure && (before.Unsure || !isSure) };
            await TryAsync(last => ledger.PutPoolAsync(released, last), pool, stopping);
            throw;
        }
    }

    public async Task<StepOutcome> RevokeAsync(PlanAction.RevokePoolKey step, CancellationToken stopping)
    {
        await tailscale.DeleteKeyAsync(step.Key, stopping);
        return new StepOutcome.Applied();
    }

    public async Task<StepOutcome> DeleteParameterAsync(PlanAction.DeletePoolParameter step, CancellationToken stopping)
    {
        await aws.In(settings.Home).Ssm.DeleteParametersAsync([PoolParameters.Name(PoolParameters.Folder(settings.ParameterPrefix), step.Pool)], stopping);
        return new StepOutcome.Applied();
    }

    public async Task<StepOutcome> ForgetAsync(PlanAction.ForgetPool step, CancellationToken stopping) =>
        await ledger.DeletePoolAsync(step.Record.Name, step.Record.Version, stopping)
            ? new StepOutcome.Applied()
            : new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time");

    // Nobody has the key yet: where it cannot be recorded, it is not left to its expiry if that can be helped. The reconcile finds it otherwise.
    private async Task<PoolRecord?> RecordAsync(PoolRecord record, KeyId minted, CancellationToken stopping)
    {
        PoolRecord? recorded = null;
        try
        {
            return recorded = await ledger.PutPoolAsync(record, stopping);
        }
        finally
        {
            if (recorded is null)
            {
                await TryAsync(last => tailscale.DeleteKeyAsync(minted, last), minted.ToString(), stopping);
            }
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> call, string about, CancellationToken stopping)
    {
        using var last = new CancellationTokenSource(Budget.LastCall, time);
        try
        {
            await call(stopping.IsCancellationRequested ? last.Token : stopping);
        }
        catch (Exception e) when (e is CallFailedException or OperationCanceledException)
        {
            LogLeft(log, about, e.Message);
        }
    }

    [LoggerMessage(3201, LogLevel.Warning, "What a key pool was given could not be taken back for {What}; the reconcile has it: {Why}")]
    private static partial void LogLeft(ILogger log, string what, string why);
}

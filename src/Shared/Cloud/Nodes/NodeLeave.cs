using Automation.Aws;
using Automation.Lambda;
using Automation.Ledger;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Lets a node go: another router stands in first, then all that is left of it is removed.</summary>
public sealed partial class NodeLeave(
    IAws aws,
    ILedger ledger,
    NodeDevices nodeDevices,
    NodeAdmission admission,
    NodeRemains remains,
    Settings settings,
    TimeProvider time,
    ILogger log)
{
    public async Task<NodeOutcome> AttendAsync(Scope scope, InstanceId id, LifecycleHook hook, Departure departure, DateTimeOffset since, CancellationToken stopping)
    {
        try
        {
            return await AttendOnceAsync(scope, id, hook, departure, since, stopping);
        }
        catch (Exception failed) when (hook.Owner == HookOwner.Ours && time.GetUtcNow() - since >= LeavePlanner.Patience
            && (failed is CallFailedException || (failed is OperationCanceledException && stopping.IsCancellationRequested)))
        {
            // The automation never keeps an instance from dying, also where a service does not refuse but hangs until time is up. What is
            // left is marked in the ledger, or found by its ended instance.
            var why = failed is CallFailedException ? failed.Message : "time was up";
            LogLeftOver(log, id.ToString(), why);
            using var last = new CancellationTokenSource(Budget.LastCall, time);
            await hook.CompleteAsync(LifecycleResult.Continue, stopping.IsCancellationRequested ? last.Token : stopping);
            return new NodeOutcome.Done($"{id} goes with work left for the reconcile: {why}", "NodesLeftOver");
        }
    }

    private async Task<NodeOutcome> AttendOnceAsync(Scope scope, InstanceId id, LifecycleHook hook, Departure departure, DateTimeOffset since, CancellationToken stopping)
    {
        var services = aws.In(scope);
        var held = departure == Departure.Held;
        var instance = services.Ec2.DescribeInstanceAsync(id, stopping);
        var state = held ? services.AutoScaling.DescribeLifecycleStateAsync(id, stopping) : Task.FromResult<string?>(null);
        var record = ledger.GetNodeAsync(id, stopping);
        // Of every instance that ends in the account there is news, held or not: only a hook's is worth asking the tailnet at once.
        var devices = held ? nodeDevices.OfAsync(id, stopping) : null;
        await Task.WhenAll(instance, state, record);
        var profile = await instance is { } shown ? NodeProfile.Of(shown, settings.NodeTags) : null;
        if (devices is null && await record is null && await instance is not null && profile is null)
        {
            return new NodeOutcome.Done($"{id} is left alone: it is not a node of ours");
        }

        devices ??= nodeDevices.OfAsync(id, stopping);

        // Marked before the tailnet is heard: when that fails, the ledger remembers what is left to do.
        var marked = LeavePlanner.IsLeaving(await instance, await state) ? await remains.MarkAsync(await record, stopping) : await record;
        var seen = new LeaveSeen(time.GetUtcNow(), since, departure, await instance, profile is not null, await state, marked, await devices);
        var step = LeavePlanner.Decide(seen);
        switch (step)
        {
            case LeaveStep.LeaveAlone alone:
                await hook.CompleteAsync(LifecycleResult.Continue, stopping);   // ours, and there is nothing to hold the instance for
                return new NodeOutcome.Done($"{id} is left alone: {alone.Why}");

            case LeaveStep.Wait wait:
                return new NodeOutcome.Again(NodeLaunch.Delay, $"{id}: {wait.Why}");

            case LeaveStep.HandOver:
                return await HandOverAsync(scope, id, seen, hook, stopping);

            case LeaveStep.Drain:
                await remains.MarkAsync(marked, stopping);   // from now on it counts as leaving: others are asked to serve, and its routes are taken
                return await StandInAsync(scope, id, seen, "EC2 takes it back", stopping);

            case LeaveStep.StandIn standIn:
                return await StandInAsync(scope, id, seen, standIn.Why, stopping);

            case LeaveStep.CleanUp:
                await remains.RemoveAsync(scope, id, seen.Record, seen.Devices, stopping);
                await hook.CompleteAsync(LifecycleResult.Continue, stopping);
                return new NodeOutcome.Done($"{id} is gone, and nothing is left of it", "NodesRemoved");

            default:
                throw new NotSupportedException($"No leaving knows {step.GetType().Name}.");
        }
    }

    private async Task<NodeOutcome> HandOverAsync(Scope scope, InstanceId id, LeaveSeen seen, LifecycleHook hook, CancellationToken stopping)
    {
        var (served, problem) = await admission.StandInAsync(scope, seen.Instance!, stopping);
        if (problem is not null && seen.Age < LeavePlanner.Patience)
        {
            return new NodeOutcome.Again(NodeLaunch.Delay, $"{id}: no other router of {seen.Instance!.Vpc} could be made sure of: {problem}");
        }

        if (!served)
        {
            // Nothing is withdrawn early: its device goes when EC2 says that the instance has ended.
            LogLastRouter(log, id.ToString(), seen.Instance!.Vpc?.ToString() ?? "its VPC", problem);
            await hook.CompleteAsync(LifecycleResult.Continue, stopping);
            return new NodeOutcome.Done($"{id} goes, and no other router is known to serve {seen.Instance!.Vpc}", "LastRoutersLeft");
        }

        await remains.RemoveAsync(scope, id, seen.Record, seen.Devices, stopping);
        await hook.CompleteAsync(LifecycleResult.Continue, stopping);
        return new NodeOutcome.Done($"{id} has handed over and goes", "NodesRemoved");
    }

    private async Task<NodeOutcome> StandInAsync(Scope scope, InstanceId id, LeaveSeen seen, string why, CancellationToken stopping)
    {
        var (served, problem) = await admission.StandInAsync(scope, seen.Instance!, stopping);
        if (problem is not null && seen.Age < LeavePlanner.Patience)
        {
            return new NodeOutcome.Again(NodeLaunch.Delay, $"{id}: {why}, and no other router of {seen.Instance!.Vpc} could be made sure of: {problem}");
        }

        if (!served)
        {
            LogLastRouter(log, id.ToString(), seen.Instance!.Vpc?.ToString() ?? "its VPC", problem);
            return new NodeOutcome.Done($"{id}: {why}, and no other router is known to serve {seen.Instance!.Vpc}", "LastRoutersLeft");
        }

        return new NodeOutcome.Done($"{id}: {why}, and others serve what it did", "NodesStoodInFor");
    }

    [LoggerMessage(3101, LogLevel.Error, "{Instance} leaves, and no other router is known to serve {Vpc}: it cannot be reached until a new one has joined. {Problem}")]
    private static partial void LogLastRouter(ILogger log, string instance, string vpc, string? problem);

    [LoggerMessage(3102, LogLevel.Error, "{Instance} goes with work left for the reconcile: {Why}")]
    private static partial void LogLeftOver(ILogger log, string instance, string why);
}

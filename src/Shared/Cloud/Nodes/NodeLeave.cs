using Automation.Aws;
using Automation.Lambda;
using Automation.Ledger;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Lets a node go: another router stands in first, then all that is left of it is removed.</summary>
public sealed partial class NodeLeave(
    IAws aws,
    ITailscale tailscale,
    ILedger ledger,
    RouterAdmission admission,
    NodeRemains remains,
    Settings settings,
    TimeProvider time,
    ILogger log)
{
    public async Task<NodeOutcome> AttendAsync(Scope scope, InstanceId id, LifecycleHook hook, bool held, DateTimeOffset since, CancellationToken stopping)
    {
        try
        {
            return await AttendOnceAsync(scope, id, hook, held, since, stopping);
        }
        catch (Exception failed) when (hook.IsOurs && time.GetUtcNow() - since >= LeavePlanner.Patience
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

    private async Task<NodeOutcome> AttendOnceAsync(Scope scope, InstanceId id, LifecycleHook hook, bool held, DateTimeOffset since, CancellationToken stopping)
    {
        var services = aws.In(scope);
        var instance = services.Ec2.DescribeInstanceAsync(id, stopping);
        var state = held ? services.AutoScaling.DescribeLifecycleStateAsync(id, stopping) : Task.FromResult<string?>(null);
        var record = ledger.GetNodeAsync(id, stopping);
        var tags = settings.NodeTags.Of(NodeRoles.SubnetRouter);
        var hostName = NodeHostName.Of(NodeRoles.SubnetRouter, id);
        // Of every instance that ends in the account there is news, held or not: only a hook's is worth asking the tailnet at once.
        var devices = held ? tailscale.ListDevicesAsync(tags, hostName, stopping) : null;
        await Task.WhenAll(instance, state, record);
        if (devices is null && await record is null && await instance is { } shown && NodeRoles.Parse(shown.Role).IsEmpty)
        {
            return new NodeOutcome.Done($"{id} is left alone: it is not a node of ours");
        }

        devices ??= tailscale.ListDevicesAsync(tags, hostName, stopping);

        // Marked before the tailnet is heard: when that fails, the ledger remembers what is left to do.
        var marked = LeavePlanner.IsLeaving(await instance, await state) ? await remains.MarkAsync(await record, stopping) : await record;
        if (NodeHostName.OfTag((await instance)?.Role, id) is var named && named != hostName)
        {
            devices = tailscale.ListDevicesAsync(tags, named, stopping);
        }

        var seen = new LeaveSeen(time.GetUtcNow(), since, await instance, await state, marked, await devices);

        var step = LeavePlanner.Decide(seen);
        switch (step)
        {
            case LeaveStep.LeaveAlone alone:
                await hook.CompleteAsync(LifecycleResult.Continue, stopping);   // ours, and there is nothing to hold the instance for
                return new NodeOutcome.Done($"{id} is left alone: {alone.Why}");

            case LeaveStep.Wait wait:
                return new NodeOutcome.Again(NodeLaunch.Delay, $"{id}: {wait.Why}");

            case LeaveStep.HandOver handOver:
                return await HandOverAsync(scope, id, seen, handOver, hook, stopping);

            case LeaveStep.CleanUp:
                await remains.RemoveAsync(scope, id, seen.Record, seen.Devices, stopping);
                await hook.CompleteAsync(LifecycleResult.Continue, stopping);
                return new NodeOutcome.Done($"{id} is gone, and nothing is left of it", "NodesRemoved");

            default:
                throw new NotSupportedException($"No leaving knows {step.GetType().Name}.");
        }
    }

    private async Task<NodeOutcome> HandOverAsync(Scope scope, InstanceId id, LeaveSeen seen, LeaveStep.HandOver step, LifecycleHook hook, CancellationToken stopping)
    {
        var (served, problem) = step.Vpc is { } vpc ? await admission.StandInAsync(scope, vpc, id, stopping) : (false, null);
        if (problem is not null && seen.Age < LeavePlanner.Patience)
        {
            return new NodeOutcome.Again(NodeLaunch.Delay, $"{id}: no other router of {step.Vpc} could be made sure of: {problem}");
        }

        if (!served)
        {
            // Nothing is withdrawn early: its device goes when EC2 says that the instance has ended.
            LogLastRouter(log, id.ToString(), step.Vpc?.ToString() ?? "its VPC", problem);
            await hook.CompleteAsync(LifecycleResult.Continue, stopping);
            return new NodeOutcome.Done($"{id} goes, and no other router is known to serve {step.Vpc}", "LastRoutersLeft");
        }

        await remains.RemoveAsync(scope, id, seen.Record, seen.Devices, stopping);
        await hook.CompleteAsync(LifecycleResult.Continue, stopping);
        return new NodeOutcome.Done($"{id} has handed over and goes", "NodesRemoved");
    }

    [LoggerMessage(3101, LogLevel.Error, "{Instance} leaves, and no other router is known to serve {Vpc}: it cannot be reached until a new one has joined. {Problem}")]
    private static partial void LogLastRouter(ILogger log, string instance, string vpc, string? problem);

    [LoggerMessage(3102, LogLevel.Error, "{Instance} goes with work left for the reconcile: {Why}")]
    private static partial void LogLeftOver(ILogger log, string instance, string why);
}

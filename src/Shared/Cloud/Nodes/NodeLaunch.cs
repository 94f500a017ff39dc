using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Brings a node in: key, settings, join, approval. Looks, takes the next step, and comes back until it is in service.</summary>
public sealed partial class NodeLaunch(
    IAws aws,
    ITailscale tailscale,
    ILedger ledger,
    NodeDevices nodeDevices,
    NodeRegistration registration,
    NodeAdmission admission,
    NodeRemains remains,
    Settings settings,
    TimeProvider time,
    ILogger log)
{
    /// <summary>How soon a node that is on its way is looked at again.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(5);

    public async Task<NodeOutcome> AttendAsync(Scope scope, InstanceId id, LifecycleHook hook, DateTimeOffset since, CancellationToken stopping)
    {
        var services = aws.In(scope);
        if (await SeeAsync(services, id, hook.Owner, since, stopping) is not { } seen)
        {
            return new NodeOutcome.Done($"{id} is left alone: it is not a node of ours");
        }

        var step = LaunchPlanner.Decide(seen);
        switch (step)
        {
            case LaunchStep.LeaveAlone alone:
                return new NodeOutcome.Done($"{id} is left alone: {alone.Why}");

            case LaunchStep.Wait wait:
                return new NodeOutcome.Again(Delay, $"{id}: {wait.Why}");

            case LaunchStep.Register register:
                return new NodeOutcome.Again(Delay, await registration.RegisterAsync(scope, register.Instance, register.Profile, seen.Record, seen.HasKeyParameter, stopping) is { } key
                    ? $"{id} has its settings and auth key {key}, and has not joined yet"
                    : $"{id} is being registered by another invocation");

            case LaunchStep.Admit admit:
                return await AdmitAsync(services, seen, admit, hook, stopping);

            case LaunchStep.PassBy passed:
                LogPassedBy(log, id.ToString(), passed.Why);
                await hook.CompleteAsync(LifecycleResult.Continue, stopping);   // first: whatever else fails, the instance is not kept waiting
                await TakeBackAsync(services, seen, id, stopping);
                return new NodeOutcome.Done($"{id} goes into service as no node: {passed.Why}", "NodesPassedBy");

            case LaunchStep.GiveUp giveUp:
                LogGaveUp(log, id.ToString(), giveUp.Why);
                await hook.CompleteAsync(LifecycleResult.Abandon, stopping);   // first: whatever else fails, the instance is replaced
                await remains.RemoveAsync(scope, id, seen.Record, seen.Devices, stopping);
                return new NodeOutcome.Done($"{id} is abandoned: {giveUp.Why}", "NodesAbandoned");

            default:
                throw new NotSupportedException($"No launch knows {step.GetType().Name}.");
        }
    }

    /// <returns>null where the news is of an instance that is no node, as most are that start in an account.</returns>
    private async Task<LaunchSeen?> SeeAsync(IAwsScope services, InstanceId id, HookOwner hook, DateTimeOffset since, CancellationToken stopping)
    {
        // What a hook holds is likely to be a node, so all is asked for at once. Of other starts, the tailnet hears once EC2 shows the tag
        // and the ledger knows the node: a new one has no device.
        var held = hook != HookOwner.Nobody;
        var instance = services.Ec2.DescribeInstanceAsync(id, stopping);
        var record = ledger.GetNodeAsync(id, stopping);
        // Auto Scaling is asked after who is about to be given up, or may be in a warm pool: news may be old, and its instance long in service.
        var state = held && time.GetUtcNow() - since <= LaunchPlanner.JoinTime
            ? Task.FromResult<string?>(null)
            : services.AutoScaling.DescribeLifecycleStateAsync(id, stopping);
        var devices = held ? nodeDevices.OfAsync(id, stopping) : null;
        var hasKey = held ? services.Ssm.ParameterExistsAsync(registration.KeyParameter(id), stopping) : null;
        await Task.WhenAll(instance, record, state, devices ?? Task.CompletedTask, hasKey ?? Task.CompletedTask);
        if (!held && await record is null && await instance is null or { Role: "" })
        {
            return null;
        }

        if (!held && await record is not null)
        {
            devices = nodeDevices.OfAsync(id, stopping);
            hasKey = services.Ssm.ParameterExistsAsync(registration.KeyParameter(id), stopping);
            await Task.WhenAll(devices, hasKey);
        }

        return new(
            time.GetUtcNow(),
            since,
            hook,
            await instance,
            await instance is { } shown ? NodeProfile.Of(shown, settings.NodeTags) : null,
            await state,
            hasKey is not null && await hasKey,
            await record,
            devices is null ? [] : await devices);
    }

    private async Task<NodeOutcome> AdmitAsync(IAwsScope services, LaunchSeen seen, LaunchStep.Admit step, LifecycleHook hook, CancellationToken stopping)
    {
        var id = step.Instance.Id;
        if (await admission.AdmitAsync(services.Scope, id, stopping) is { } problem)
        {
            return new NodeOutcome.Again(Delay, $"{id} has joined, and is not admitted yet: {problem}");
        }

        var record = await ledger.GetNodeAsync(id, stopping);
        await SpendKeyAsync(services, seen, id, record, stopping);

        // That it left once, as into a warm pool without another router, is over: marked as leaving, it would never count as a stand-in
        // again. Auto Scaling has the last word: this may be old news of one that is leaving now.
        var isBack = record?.GoneAt is not null
            && !LeavePlanner.IsLeaving(step.Instance, await services.AutoScaling.DescribeLifecycleStateAsync(id, stopping));
        if (record is not null && (record.Key is not null || isBack)
            && await ledger.PutNodeAsync(record with { Key = null, KeyExpires = null, GoneAt = isBack ? null : record.GoneAt }, stopping) is null)
        {
            return new NodeOutcome.Again(Delay, $"{id} is being admitted by another invocation");
        }

        await hook.CompleteAsync(LifecycleResult.Continue, stopping);
        return new NodeOutcome.Done($"{id} is in service as device {step.Device.Id}", "NodesAdmitted");
    }

    // It may have been a node until its role was taken off it. One that has joined keeps its device and its entry, as one that is taken over by hand does.
    private async Task TakeBackAsync(IAwsScope services, LaunchSeen seen, InstanceId id, CancellationToken stopping)
    {
        var device = NodeDevice.Choose(seen.Devices, seen.Record?.Device)?.Id ?? seen.Record?.Device;
        if (device is null && (seen.Record is not null || seen.HasKeyParameter))
        {
            await remains.RemoveAsync(services.Scope, id, seen.Record, [], stopping);
        }
        else if (device is not null)
        {
            await SpendKeyAsync(services, seen, id, seen.Record, stopping);
            if (seen.Record is { Key: not null } record)
            {
                await ledger.PutNodeAsync(record with { Key = null, KeyExpires = null, Device = device }, stopping);
            }
        }
    }

    // The ledger forgets a key only after it is revoked and its parameter is gone.
    private async Task SpendKeyAsync(IAwsScope services, LaunchSeen seen, InstanceId id, NodeRecord? record, CancellationToken stopping)
    {
        var revoked = record?.Key is { } key ? tailscale.DeleteKeyAsync(key, stopping) : Task.CompletedTask;
        var deleted = seen.HasKeyParameter ? services.Ssm.DeleteParametersAsync([registration.KeyParameter(id)], stopping) : Task.CompletedTask;
        await Task.WhenAll(revoked, deleted);
    }

    [LoggerMessage(3001, LogLevel.Warning, "{Instance} is abandoned: {Why}.")]
    private static partial void LogGaveUp(ILogger log, string instance, string why);

    [LoggerMessage(3003, LogLevel.Warning, "{Instance} is held by a hook of ours and goes into service as no node: {Why}.")]
    private static partial void LogPassedBy(ILogger log, string instance, string why);
}

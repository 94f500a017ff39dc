using System.Collections.Immutable;
using System.Globalization;
using Automation.Aws;
using Automation.Lambda;
using Automation.Ledger;
using Automation.Names;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Brings a node in: key, settings, join, approval. Looks, takes the next step, and comes back until it is in service.</summary>
public sealed partial class NodeLaunch(
    IAws aws,
    ITailscale tailscale,
    ILedger ledger,
    RouterAdmission admission,
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
        var hostName = NodeHostName.Of(NodeRoles.SubnetRouter, id);
        var tags = settings.NodeTags.Of(NodeRoles.SubnetRouter);

        var instance = services.Ec2.DescribeInstanceAsync(id, stopping);
        var hasKey = services.Ssm.ParameterExistsAsync(KeyParameter(id), stopping);
        var record = ledger.GetNodeAsync(id, stopping);
        var devices = tailscale.ListDevicesAsync(tags, hostName, stopping);
        await Task.WhenAll(instance, hasKey, record, devices);
        if (NodeHostName.OfTag((await instance)?.Role, id) is var named && named != hostName)   // seldom: asked for together with the rest, it costs most launches nothing
        {
            hostName = named;
            devices = tailscale.ListDevicesAsync(tags, hostName, stopping);
        }

        var now = time.GetUtcNow();
        // Only who is about to be given up is asked after at Auto Scaling: news may be old, and its instance long in service.
        var state = now - since > LaunchPlanner.JoinTime ? await services.AutoScaling.DescribeLifecycleStateAsync(id, stopping) : null;
        var seen = new LaunchSeen(now, since, hook.IsOurs, await instance, state, await hasKey, await record, await devices);

        var step = LaunchPlanner.Decide(seen);
        switch (step)
        {
            case LaunchStep.LeaveAlone alone:
                return new NodeOutcome.Done($"{id} is left alone: {alone.Why}");

            case LaunchStep.Wait wait:
                return new NodeOutcome.Again(Delay, $"{id}: {wait.Why}");

            case LaunchStep.Register register:
                return await RegisterAsync(services, seen, register, hostName, tags, stopping);

            case LaunchStep.Admit admit:
                return await AdmitAsync(services, seen, admit, hook, stopping);

            case LaunchStep.GiveUp giveUp:
                LogGaveUp(log, id.ToString(), giveUp.Why);
                await hook.CompleteAsync(LifecycleResult.Abandon, stopping);   // first: whatever else fails, the instance is replaced
                await remains.RemoveAsync(scope, id, seen.Record, seen.Devices, stopping);
                return new NodeOutcome.Done($"{id} is abandoned: {giveUp.Why}", "NodesAbandoned");

            default:
                throw new NotSupportedException($"No launch knows {step.GetType().Name}.");
        }
    }

    private async Task<NodeOutcome> RegisterAsync(
        IAwsScope services,
        LaunchSeen seen,
        LaunchStep.Register step,
        string hostName,
        ImmutableArray<string> tags,
        CancellationToken stopping)
    {
        var id = step.Instance.Id;

        // A key without its parameter is lost, and a parameter without its key is spent: neither helps the node, and there is never a second usable key.
        if (seen.Record?.Key is { } lost)
        {
            await tailscale.DeleteKeyAsync(lost, stopping);
        }

        if (seen.HasKeyParameter)
        {
            await services.Ssm.DeleteParametersAsync([KeyParameter(id)], stopping);
        }

        var vpcs = services.Ec2.DescribeVpcsAsync(step.Vpc, stopping);
        var minting = tailscale.CreateAuthKeyAsync(AuthKey.DescriptionFor(id), tags, LaunchPlanner.KeyLife, stopping);
        var key = await minting;
        try
        {
            var vpc = (await vpcs).Items.FirstOrDefault(vpc => vpc.Id == step.Vpc)
                ?? throw new CallFailedException(Failure.Unavailable, "EC2", "DescribeVpcs", "empty", $"{step.Vpc} of {id} was not in the answer.");
            var findings = new List<Finding>();
            var routes = ServedVpcs.OwnCidrs(vpc, findings);
            var record = new NodeRecord(
                id, services.Scope, NodeRoles.SubnetRouter, step.Vpc, seen.Record?.RegisteredAt ?? seen.Now, key.Id, key.Expires, null, routes, null, seen.Record?.Version ?? 0);
            var settingsWritten = services.Ssm.PutStringAsync(
                NodeParameters.Name(settings.ParameterPrefix, id, NodeParameters.Settings), NodeSettings.Of(hostName, routes, tags).With(Dns64Of(step.Instance, vpc, routes)).ToJson(), id, stopping);
            var recorded = ledger.PutNodeAsync(record, stopping);
            await Task.WhenAll(settingsWritten, recorded);

            if (await recorded is null)
            {
                await tailscale.DeleteKeyAsync(key.Id, stopping);
                return new NodeOutcome.Again(Delay, $"{id} is being registered by another invocation");
            }
        }
        catch (Exception e) when (e is CallFailedException or OperationCanceledException)
        {
            // Nobody has the key: do not leave it to its expiry if that can be helped. The reconcile finds it otherwise.
            await TryRevokeAsync(key.Id, stopping);
            throw;
        }

        // The key goes last: a node that finds it finds everything, and a key that the ledger does not know never reaches a node.
        // From here on a failure revokes nothing: the call may have been done, and the next look sees whether it was.
        if (!await services.Ssm.CreateSecretAsync(KeyParameter(id), key.Value, id, stopping)
            && (await services.Ssm.GetSecretAsync(KeyParameter(id), stopping))?.Reveal() != key.Value.Reveal())
        {
            await services.Ssm.DeleteParametersAsync([KeyParameter(id)], stopping);
            return new NodeOutcome.Again(Delay, $"{id} had a key parameter that the ledger did not know: it is registered anew");
        }

        return new NodeOutcome.Again(Delay, $"{id} has its settings and auth key {key.Id}, and has not joined yet");
    }

    // By the tag that shows the VPC's site. The ledger decides, and a look: no name is forwarded to the node before it was told by those.
    private static Dns64? Dns64Of(Instance instance, Vpc vpc, PrefixSet routes) =>
        instance.Dns64 && int.TryParse(vpc.SiteTag, NumberStyles.None, CultureInfo.InvariantCulture, out var site) && SiteIds.Allows(site)
            ? new(site, ServedVpc.ResolverOf(vpc), PrefixSet.Of(routes.Where(prefix => !prefix.IsIPv6)))
            : null;

    private async Task<NodeOutcome> AdmitAsync(IAwsScope services, LaunchSeen seen, LaunchStep.Admit step, LifecycleHook hook, CancellationToken stopping)
    {
        var id = step.Instance.Id;
        if (await admission.AdmitAsync(services.Scope, id, stopping) is { } problem)
        {
            return new NodeOutcome.Again(Delay, $"{id} has joined, and is not admitted yet: {problem}");
        }

        // Its key is spent. The ledger forgets it only after it is revoked and its parameter is gone.
        var record = await ledger.GetNodeAsync(id, stopping);
        var revoked = record?.Key is { } key ? tailscale.DeleteKeyAsync(key, stopping) : Task.CompletedTask;
        var deleted = seen.HasKeyParameter ? services.Ssm.DeleteParametersAsync([KeyParameter(id)], stopping) : Task.CompletedTask;
        await Task.WhenAll(revoked, deleted);

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

    private async Task TryRevokeAsync(KeyId key, CancellationToken stopping)
    {
        using var last = new CancellationTokenSource(Budget.LastCall, time);
        try
        {
            await tailscale.DeleteKeyAsync(key, stopping.IsCancellationRequested ? last.Token : stopping);
        }
        catch (Exception e) when (e is CallFailedException or OperationCanceledException)
        {
            LogKeyLeft(log, key.ToString(), e.Message);
        }
    }

    private string KeyParameter(InstanceId id) => NodeParameters.Name(settings.ParameterPrefix, id, NodeParameters.AuthKey);

    [LoggerMessage(3001, LogLevel.Warning, "{Instance} is abandoned: {Why}.")]
    private static partial void LogGaveUp(ILogger log, string instance, string why);

    [LoggerMessage(3002, LogLevel.Warning, "Auth key {Key} could not be revoked and ends with its expiry, or with the next reconcile: {Why}")]
    private static partial void LogKeyLeft(ILogger log, string key, string why);
}

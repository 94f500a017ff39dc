using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Nodes;

/// <summary>Clears away what is left of nodes that are gone.</summary>
public sealed class NodesApplier(IAws aws, ITailscale tailscale, ILedger ledger, NodeRegistration registration, Settings settings, TimeProvider time)
{
    public async Task<StepOutcome> RegisterAsync(PlanAction.RegisterNode step, CancellationToken stopping)
    {
        var services = aws.In(step.Scope);
        var found = services.Ec2.DescribeInstanceAsync(step.Instance, stopping);
        var hasKey = services.Ssm.ParameterExistsAsync(registration.KeyParameter(step.Instance), stopping);
        var record = ledger.GetNodeAsync(step.Instance, stopping);
        await Task.WhenAll(found, hasKey, record);
        if (await found is not { State: "running", Vpc: not null } instance || NodeProfile.Of(instance, settings.NodeTags) is not { } profile)
        {
            return new StepOutcome.Stale("it is no running node any more");
        }

        var known = await record;
        if (!LaunchPlanner.MayJoinAnew(instance, known) || (await hasKey && known?.HasUsableKey(time.GetUtcNow()) == true))
        {
            return new StepOutcome.Stale("it was registered meanwhile");
        }

        return await registration.RegisterAsync(step.Scope, instance, profile, known, await hasKey, stopping) is null
            ? new StepOutcome.Stale("somebody else registers it at the same time")
            : new StepOutcome.Applied();
    }

    public async Task<StepOutcome> TagAsync(PlanAction.TagDevice step, CancellationToken stopping) =>
        await tailscale.GetDeviceAsync(step.Device, stopping) is not { } device ? new StepOutcome.Stale("the device is gone")
        : device.HostName != step.HostName || device.Tags.IsEmpty ? new StepOutcome.Stale("the device is a person's by now")
        : step.Added.All(device.Tags.Contains) ? new StepOutcome.AlreadySo()
        : await tailscale.SetDeviceTagsAsync(step.Device, [.. device.Tags.Union(step.All)], stopping) ? new StepOutcome.Applied()
        : new StepOutcome.Stale("the device is gone");

    public async Task<StepOutcome> DeleteDeviceAsync(PlanAction.DeleteDevice step, CancellationToken stopping)
    {
        // The one step that cannot be taken back: look again, right before it, that the device is ours and silent.
        foreach (var tags in settings.NodeTags.ByRole.Values)
        {
            var same = await tailscale.ListDevicesAsync(tags, step.HostName, stopping);
            if (same.FirstOrDefault(device => device.Id == step.Device) is { } device)
            {
                if (device.Connected)
                {
                    return new StepOutcome.Stale("the device is connected again");
                }

                await tailscale.DeleteDeviceAsync(step.Device, stopping);
                return new StepOutcome.Applied();
            }
        }

        return new StepOutcome.AlreadySo();
    }

    public async Task<StepOutcome> RevokeKeyAsync(PlanAction.RevokeKey step, CancellationToken stopping)
    {
        await tailscale.DeleteKeyAsync(step.Key, stopping);
        return new StepOutcome.Applied();
    }

    public async Task<StepOutcome> DeleteParametersAsync(PlanAction.DeleteParameters step, CancellationToken stopping)
    {
        await aws.In(step.Scope).Ssm.DeleteParametersAsync([.. step.Leaves.Select(leaf => NodeParameters.Name(settings.ParameterPrefix, step.Instance, leaf))], stopping);
        return new StepOutcome.Applied();
    }

    public async Task<StepOutcome> ForgetAsync(PlanAction.ForgetNode step, CancellationToken stopping) =>
        await ledger.GetNodeAsync(step.Instance, stopping) is not { } record ? new StepOutcome.AlreadySo()
        : await ledger.DeleteNodeAsync(step.Instance, record.Version, stopping) ? new StepOutcome.Applied()
        : new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time");
}

using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Nodes;

/// <summary>Clears away what is left of nodes that are gone.</summary>
public sealed class NodesApplier(IAws aws, ITailscale tailscale, ILedger ledger, Settings settings)
{
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

using System.Collections.Immutable;
using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Nodes;

/// <summary>Removes all that is left of a node: devices, key, parameters, and last its entry in the ledger, which remembers the rest until then.</summary>
public sealed class NodeRemains(IAws aws, ITailscale tailscale, ILedger ledger, Settings settings, TimeProvider time)
{
    /// <summary>Marks the node as leaving, so that the reconcile finishes what may fail from here on.</summary>
    /// <returns>The entry as it is now; null where the ledger has none.</returns>
    public async Task<NodeRecord?> MarkAsync(NodeRecord? record, CancellationToken stopping)
    {
        if (record is null or { GoneAt: not null })
        {
            return record;
        }

        var marked = record with { GoneAt = time.GetUtcNow() };
        return await ledger.PutNodeAsync(marked, stopping)
            ?? throw new CallFailedException(Failure.Conflict, "DynamoDB", "PutItem", "ConditionalCheckFailed", $"the entry of {record.Instance} was written by somebody else at the same time.");
    }

    /// <param name="devices">Devices of ours that report the node's host name.</param>
    public async Task RemoveAsync(Scope scope, InstanceId instance, NodeRecord? record, ImmutableArray<Device> devices, CancellationToken stopping)
    {
        var marked = await MarkAsync(record, stopping);
        if (record?.Device is { } recorded && !devices.Any(device => device.Id == recorded))
        {
            // It reports another host name by now. Whether it is still ours, its tags say: a person may have taken it over.
            foreach (var tags in settings.NodeTags.ByRole.Values.Where(tags => !tags.IsEmpty))
            {
                var owned = await tailscale.ListDevicesAsync(tags, null, stopping);
                devices = [.. devices.Union(owned.Where(device => device.Id == recorded))];
            }
        }

        await Task.WhenAll(
        [
            .. devices.Select(device => tailscale.DeleteDeviceAsync(device.Id, stopping)),
            record?.Key is { } key ? tailscale.DeleteKeyAsync(key, stopping) : Task.CompletedTask,
            aws.In(scope).Ssm.DeleteParametersAsync(
                [
                    NodeParameters.Name(settings.ParameterPrefix, instance, NodeParameters.AuthKey),
                    NodeParameters.Name(settings.ParameterPrefix, instance, NodeParameters.Settings),
                ],
                stopping),
        ]);
        if (marked is not null)
        {
            await ledger.DeleteNodeAsync(instance, marked.Version, stopping);
        }
    }
}

using System.Collections.Immutable;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Nodes;

/// <summary>Finds the devices of one instance or task, whichever of our roles they joined with.</summary>
public sealed class NodeDevices(ITailscale tailscale, Settings settings)
{
    /// <summary>Devices of ours that report the host name of the instance; side by side, so that the role need not be known before.</summary>
    public Task<ImmutableArray<Device>> OfAsync(InstanceId instance, CancellationToken stopping) =>
        NamedAsync(role => NodeHostName.Of(role, instance), stopping);

    /// <param name="hostName">The host name by the role.</param>
    public async Task<ImmutableArray<Device>> NamedAsync(Func<string, string> hostName, CancellationToken stopping)
    {
        var found = await Task.WhenAll(settings.NodeTags.ByRole.Where(role => !role.Value.IsEmpty)
            .Select(role => tailscale.ListDevicesAsync(role.Value, hostName(role.Key), stopping)));
        return [.. found.SelectMany(devices => devices).DistinctBy(device => device.Id)];
    }
}

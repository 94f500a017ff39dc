using Automation.Plans;

namespace Automation.Nodes;

/// <summary>Which device is the node's.</summary>
public static class NodeDevice
{
    /// <summary>By the instance that is in their host names, whatever role they joined with.</summary>
    public static ILookup<InstanceId, Device> ByInstance(IEnumerable<Device> devices) => devices
        .Select(device => (Device: device, Instance: NodeHostName.TryParse(device.HostName, out var instance) ? instance : null))
        .Where(pair => pair.Instance is not null)
        .ToLookup(pair => pair.Instance!, pair => pair.Device);

    /// <summary>The living one before dead ones of an earlier join; then the one on record; then the newest.</summary>
    public static Device? Choose(IEnumerable<Device> sameInstance, DeviceId? onRecord) =>
        sameInstance
            .OrderByDescending(device => device.Connected)
            .ThenByDescending(device => device.Id == onRecord)
            .ThenByDescending(device => device.Created)
            .ThenBy(device => device.Id)
            .FirstOrDefault();
}

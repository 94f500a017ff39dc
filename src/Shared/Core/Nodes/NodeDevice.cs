using Automation.Plans;

namespace Automation.Nodes;

/// <summary>Which device is the node's, when several report its host name.</summary>
public static class NodeDevice
{
    /// <summary>The living one before dead ones of an earlier join; then the one on record; then the newest.</summary>
    public static Device? Choose(IEnumerable<Device> sameHostName, DeviceId? onRecord) =>
        sameHostName
            .OrderByDescending(device => device.Connected)
            .ThenByDescending(device => device.Id == onRecord)
            .ThenByDescending(device => device.Created)
            .ThenBy(device => device.Id)
            .FirstOrDefault();
}

using Automation.Tailscale;

namespace Automation.Nodes;

/// <summary>Deletes the devices of ECS tasks that have stopped, so that they are not listed, and paid for, until Tailscale removes them.</summary>
/// <remarks>A task that joins with a pool's key registers as <c>&lt;role&gt;-&lt;task id&gt;</c>. What no news came of goes when Tailscale removes silent ephemeral devices.</remarks>
public sealed class TaskLeave(NodeDevices nodeDevices, ITailscale tailscale)
{
    public async Task<NodeOutcome> AttendAsync(TaskId task, TimeSpan age, CancellationToken stopping)
    {
        var devices = await nodeDevices.NamedAsync(role => $"{role}-{task}", stopping);
        if (devices.IsEmpty)
        {
            return new NodeOutcome.Done($"task {task} has no device");
        }

        if (devices.Any(device => device.Connected))
        {
            // A device that stays connected is of another machine with that name.
            return age > LaunchPlanner.JoinTime
                ? new NodeOutcome.Done($"task {task} has stopped, and its device is still connected: it is left alone")
                : new NodeOutcome.Again(NodeLaunch.Delay, $"task {task} has stopped, and its device is still connected");
        }

        foreach (var device in devices)
        {
            await tailscale.DeleteDeviceAsync(device.Id, stopping);
        }

        return new NodeOutcome.Done($"task {task} is gone, and nothing is left of it", "NodesRemoved");
    }
}

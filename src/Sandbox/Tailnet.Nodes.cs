using Automation.Network;

namespace Automation.Sandbox;

/// <summary>What a node does to the tailnet. The nodes reach it also while its API is down.</summary>
public sealed partial class Tailnet
{
    /// <summary><c>tailscale up --auth-key --hostname --advertise-routes</c>.</summary>
    /// <exception cref="JoinRefusedException">The key is unknown, used, expired or revoked.</exception>
    public DeviceId Join(Secret authKey, string hostName, PrefixSet advertised) => Do(now =>
    {
        var key = _keys.Values.FirstOrDefault(key => key.Value.Reveal() == authKey.Reveal())
            ?? throw new JoinRefusedException("invalid key: API key not valid");
        if (key.Revoked is not null)
        {
            throw new JoinRefusedException($"the key {key.Id} was revoked");
        }

        if (key.Expires <= now)
        {
            throw new JoinRefusedException($"the key {key.Id} has expired");
        }

        if (key is { Used: true, Reusable: false })
        {
            throw new JoinRefusedException($"the key {key.Id} was used already");
        }

        _keys[key.Id.ToString()] = key with { Used = true };
        var machine = AddMachine(hostName, key.Tags, key.Ephemeral, key.Preauthorized || !_deviceApprovalOn, now);
        machine.Wanted = advertised;
        Hear(machine);
        return machine.Device.Id;
    });

    /// <summary><c>tailscale set --advertise-routes</c>; while the node is disconnected, the tailnet hears of it when it comes back.</summary>
    /// <returns>false where the tailnet does not know the device any more.</returns>
    public bool Advertise(DeviceId device, PrefixSet prefixes) => Do(now =>
    {
        if (Find(device) is not { } machine)
        {
            return false;
        }

        machine.Wanted = prefixes;
        if (machine.Device.Connected)
        {
            Hear(machine);
        }

        return true;
    });

    /// <summary>The node loses the control plane: it stopped, died, or is cut off.</summary>
    /// <returns>false where the tailnet does not know the device any more.</returns>
    public bool Disconnect(DeviceId device) => Do(now =>
    {
        if (Find(device) is not { } machine)
        {
            return false;
        }

        if (machine.Device.Connected)
        {
            machine.LastActive = now;
            machine.Device = machine.Device with { Connected = false, LastSeen = now };
        }

        return true;
    });

    /// <returns>false where the tailnet does not know the device any more: it was deleted or has logged out, and must join anew.</returns>
    public bool Connect(DeviceId device) => Do(now =>
    {
        if (Find(device) is not { IsLoggedOut: false } machine)
        {
            return false;
        }

        machine.LastActive = now;
        machine.Device = machine.Device with { Connected = true, LastSeen = null };
        Hear(machine);
        return true;
    });

    /// <summary><c>tailscale logout</c>: an ephemeral device goes at once, another stays listed and offline.</summary>
    public void LogOut(DeviceId device) => Do(now =>
    {
        if (Find(device) is { } machine)
        {
            machine.IsLoggedOut = true;
            machine.LastActive = now;
            machine.Device = machine.Device with { Connected = false, LastSeen = machine.Device.LastSeen ?? now };
            if (machine.Device.Ephemeral)
            {
                _machines.Remove(machine.Device.Number);
            }
        }

        return true;
    });
}

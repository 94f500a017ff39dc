using System.Collections.Immutable;
using System.Globalization;
using Automation.Network;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>The tailnet: what people do in the admin console, and what nodes do.</summary>
internal static partial class Verbs
{
    private static Verb[] OfTailnet =>
    [
        new("remove-device", 1, RemoveDevice),
        new("disable-routes", 2, DisableRoutes),
        new("approve-more", 2, ApproveMore),
        new("strip-tags", 1, StripTags),
        new("foreign-device", 3, AddForeign),
        new("foreign-domain", 3, SetForeignDomain),
        new("remove-domain", 2, RemoveDomain),
        new("disconnect", 4, Disconnect),
        new("connect", 3, Connect),
        new("revoke-key", 1, RevokeKey),
    ];

    private static string? RemoveDevice(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.OwnDevices, a) is not { } device)
        {
            return null;
        }

        stage.Tailnet.RemoveDevice(device.Id);
        foreach (var (_, instance) in stage.InstancesWhere(instance => instance.Device == device.Id))
        {
            instance.Device = null;
            instance.Boots = false;   // its key is spent: it joins when it is started anew
        }

        return $"a person removes {device.HostName} ({device.Id})";
    }

    private static string? DisableRoutes(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.OwnDevices.Where(device => !device.Enabled.IsEmpty).ToArray(), a) is not { } device)
        {
            return null;
        }

        stage.Tailnet.DisableRoutes(device.Id, device.Enabled);
        return $"a person disables {device.Enabled} of {device.HostName}";
    }

    private static string? ApproveMore(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.OwnDevices, a) is not { } device)
        {
            return null;
        }

        stage.Tailnet.ApproveRoutes(device.Id, [Prefix.Parse("172.30.0.0/16")]);
        return $"a person approves 172.30.0.0/16 on {device.HostName}";
    }

    private static string? StripTags(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.OwnDevices, a) is not { } device)
        {
            return null;
        }

        stage.Tailnet.SetTags(device.Id, ["tag:laptop"]);
        return $"a person gives {device.HostName} the tag tag:laptop alone";
    }

    private static string? AddForeign(Stage stage, int a, int b, int c)
    {
        if (stage.Foreign.Count >= 4)
        {
            return null;
        }

        // One of another team, one that has our tag, and one whose name is nearly like ours.
        var (name, tag) = (a % 3) switch
        {
            0 => ("berlin-office", "tag:office"),
            1 => ("subnet-router-berlin", "tag:aws-router"),
            _ => (string.Create(CultureInfo.InvariantCulture, $"subnet-router-i-0f0f0f0f0f0f{stage.NewNumber():x5}"), "tag:office"),
        };
        PrefixSet routes = [Prefix.Parse(b % 2 == 0 ? "192.168.77.0/24" : "10.200.0.0/16")];
        var device = stage.Tailnet.AddDevice(name, [tag], routes);
        stage.Tailnet.ApproveRoutes(device, routes);
        if (c % 3 == 0)
        {
            stage.Tailnet.Disconnect(device);
        }

        stage.Expect(device);
        return $"somebody else joins {name} with {tag} and {routes}{(c % 3 == 0 ? ", and switches it off" : "")}";
    }

    private static string? SetForeignDomain(Stage stage, int a, int b, int c)
    {
        var domain = s_domains[a % s_domains.Length];
        if (stage.World.Ledger.Domains.ContainsKey(domain))
        {
            stage.Tailnet.SetSplitDns(domain, ["192.0.2.66"]);
            return $"a person forwards {domain}, which is ours, elsewhere";
        }

        ImmutableArray<string> resolvers = ["192.0.2.53"];
        stage.Tailnet.SetSplitDns(domain, resolvers);
        stage.ForeignDomains[domain] = resolvers;
        return $"a person forwards {domain} to 192.0.2.53";
    }

    private static string? RemoveDomain(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Tailnet.SplitDns.Keys.ToArray(), a) is not { } domain)
        {
            return null;
        }

        stage.Tailnet.SetSplitDns(domain, []);
        stage.ForeignDomains.Remove(domain);
        return $"a person removes {domain} from split DNS";
    }

    private static string? Disconnect(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.OwnDevices.Where(device => device.Connected).ToArray(), a) is not { } device)
        {
            return null;
        }

        stage.Tailnet.Disconnect(device.Id);
        return $"{device.HostName} loses its connection";
    }

    private static string? Connect(Stage stage, int a, int b, int c) =>
        Pick(stage.InstancesWhere(instance => instance is { State: "running", Device: not null } && stage.Tailnet.Devices.All(device => device.Id != instance.Device || !device.Connected)), a) is (_, { } instance)
            ? Connect(stage, instance)
            : null;

    /// <summary>A node finds the control plane again, if that still knows it.</summary>
    internal static string Connect(Stage stage, SimulatedInstance instance)
    {
        var device = instance.Device!;
        if (stage.Tailnet.Connect(device))
        {
            return $"{instance.Id} is connected again";
        }

        (instance.Device, instance.Boots) = (null, false);   // logged out: its key is spent
        return $"{instance.Id} finds that its device is gone";
    }

    private static string? RevokeKey(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Tailnet.Keys.Where(key => !key.IsInvalid(stage.Now)).ToArray(), a) is not { } key)
        {
            return null;
        }

        stage.Tailnet.RevokeKey(key.Id);
        return $"a person revokes the key {key.Id} of '{key.Description}'";
    }
}

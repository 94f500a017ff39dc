using System.Collections.Immutable;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using Automation.Reports;
using Automation.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Fuzz;

/// <summary>Simulated accounts, and snapshots of them in which there is something of everything.</summary>
internal static class Worlds
{
    public static readonly InstanceId Blue = InstanceId.Parse("i-0a1b2c3d4e5f60718"), Green = InstanceId.Parse("i-0b1b2c3d4e5f60718");

    private static readonly Lazy<ImmutableArray<Snapshot>> s_snapshots = new(() => [.. Stories().GetAwaiter().GetResult()]);

    public static ImmutableArray<Snapshot> Snapshots => s_snapshots.Value;

    /// <summary>An account with one VPC and two routers in service, and none of the news that led there.</summary>
    public static async Task<SandboxWorld> WithTwoRoutersAsync()
    {
        var world = new SandboxWorld(NullLogger.Instance);
        world.Copies = _ => 0;
        var hub = world.HomeRegion.AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        world.Copies = null;
        world.HomeRegion.Launch(Blue.ToString(), hub, "subnet-0a1b2c3d4e5f60001");
        world.HomeRegion.Launch(Green.ToString(), hub, "subnet-0a1b2c3d4e5f60001");
        await world.SettleAsync(TimeSpan.FromMinutes(5));
        await world.ReconcileAsync();
        return world;
    }

    private static async Task<List<Snapshot>> Stories()
    {
        var snapshots = new List<Snapshot>();
        var world = await WithTwoRoutersAsync();
        world.Reconfigure(settings => settings with
        {
            NodeTags = SandboxWorld.EveryRole,
            KeyPools = [new("ci", NodeRoles.Agent, TimeSpan.FromHours(12))],
            Names = settings.Names with { Association = ZoneAssociation.All, Services = ["eks"], ReverseZones = true },
            OptIn = PrefixSet.Of([Prefix.Parse("192.168.10.0/24")]),
            DevicePrice = 0.5m,
        });
        async Task TakeAsync() => snapshots.Add(await world.WhileTimePasses(() => world.Parts.Observer.ObserveAsync(world.Settings.Scopes, Breadth.Everything, CancellationToken.None)));

        var region = world.HomeRegion;
        var hub = region.Vpcs.Single().Id;
        region.AddPrivateZone("Z0123456789ABCDEFGHIJ", "corp.example.internal", hub);
        var spoke = region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        region.AddPrivateZone("Z0123456789ABCDEFGHIK", "spoke.example.internal", spoke);
        region.Network.AddSubnet("subnet-0f1b2c3d4e5f60001", spoke, "10.20.0.0/24");
        var peering = world.Aws.Peerings.Peer("pcx-0a1b2c3d4e5f60718", hub, spoke);
        world.Aws.Peerings.Accept(peering);
        region.Network.AddRoute(region.Network.MainTable(hub), "10.20.0.0/16", peering.ToString());
        region.Network.AddRoute(region.Network.MainTable(spoke), "10.0.0.0/16", peering.ToString());
        await TakeAsync();   // before anything of it is served

        await world.RunAsync(TimeSpan.FromMinutes(6));
        var twin = region.AddVpc("vpc-0c77d66e55f44a33b", "10.0.0.0/16");
        region.Launch("i-0c7b2c3d4e5f60718", twin, "subnet-0c7b2c3d4e5f60001", group: "twin-routers").Dns64 = true;
        region.AddPrivateZone("Z0123456789ABCDEFGHIL", "twin.example.internal", twin);
        region.Start("i-0d7b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60001", "exit-node+peer-relay");
        await world.RunAsync(TimeSpan.FromMinutes(12));
        await TakeAsync();   // at rest

        region.Kill(Green, told: false);
        region.SetState(Blue, "stopping");
        region.AssociateCidr(hub, "10.64.0.0/16");
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await TakeAsync();   // one is dead, one stops

        for (var number = 1; number <= 7; number++)
        {
            region.Launch($"i-0e{number}b2c3d4e5f60718", spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        }

        await world.RunAsync(TimeSpan.FromMinutes(6));
        for (var number = 1; number <= 7; number++)
        {
            region.Kill(InstanceId.Parse($"i-0e{number}b2c3d4e5f60718"), told: false);
        }

        world.Clock.Advance(TimeSpan.FromMinutes(15));
        await TakeAsync();   // too many are dead to be deleted at once
        return snapshots;
    }
}

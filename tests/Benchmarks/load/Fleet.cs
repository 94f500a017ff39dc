using System.Globalization;
using Automation.Nodes;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;

namespace Automation.Load;

/// <summary>A fleet that nobody has looked after yet: its routers have joined the tailnet, and serve nothing.</summary>
/// <remarks>
/// Fifty VPCs to a transit gateway, and one in ten with the addresses of a VPC behind another one. Of each ten VPCs the first few have routers,
/// in pairs; the others are reached from there.
/// </remarks>
internal sealed class Fleet
{
    private const int AroundAGateway = 50;

    private readonly SandboxWorld _world;
    private readonly FleetSize _size;

    private Fleet(SandboxWorld world, FleetSize size) => (_world, _size) = (world, size);

    public static SandboxWorld Start(FleetSize size, ILogger log)
    {
        var scopes = Scopes(size.Vpcs);
        var world = new SandboxWorld(log, null, [.. scopes]) { Copies = _ => 0 };   // the story begins with all of it there, not with its news
        var fleet = new Fleet(world, size);
        for (var first = 0; first < size.Vpcs; first += AroundAGateway)
        {
            fleet.AddGroup(world.Aws.Region(scopes[first / AroundAGateway % scopes.Length]), first, Math.Min(AroundAGateway, size.Vpcs - first));
        }

        for (var number = 0; number < size.Foreign; number++)
        {
            world.Tailnet.AddDevice(Id("laptop", number), [], []);
        }

        world.Copies = null;
        return world;
    }

    // Five accounts of four Regions once there are enough VPCs to fill them.
    private static Scope[] Scopes(int vpcs)
    {
        string[] regions = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2"];
        var most = Math.Clamp(vpcs / AroundAGateway, 1, 20);
        return [.. Enumerable.Range(1, 5).SelectMany(account => regions.Select(region => new Scope(string.Create(CultureInfo.InvariantCulture, $"11112222333{account}"), region))).Take(most)];
    }

    private void AddGroup(SimulatedRegion region, int first, int count)
    {
        var gateway = _world.Aws.Transit.AddGateway(Id("tgw", first / AroundAGateway), region.Scope);
        for (var number = first; number < first + count; number++)
        {
            var cidr = Cidr(number);
            var vpc = region.AddVpc(Id("vpc", number), $"{cidr}.0/22");
            var subnet = region.Network.AddSubnet(Id("subnet", 2 * number), vpc, $"{cidr}.0/24", 1);
            var other = region.Network.AddSubnet(Id("subnet", (2 * number) + 1), vpc, $"{Cidr(number, 1)}.0/24", 2);
            _world.Aws.Transit.Attach(Id("tgw-attach", number), gateway, vpc, [subnet, other]);
            region.Network.AddRoute(region.Network.MainTable(vpc), "10.0.0.0/8", gateway.ToString());
            for (var router = 0; router < RoutersOf(number); router++)
            {
                AddRouter(region, (2 * number) + router, vpc, router == 0 ? subnet : other);
            }

            for (var zone = ZonesBefore(number); zone < ZonesBefore(number + 1); zone++)
            {
                region.AddPrivateZone(string.Create(CultureInfo.InvariantCulture, $"Z{zone:D8}"), string.Create(CultureInfo.InvariantCulture, $"z{zone}.corp.example"), vpc);
            }
        }
    }

    // In every so manyth VPC, from the first on.
    private int ZonesBefore(int vpc) => ((vpc * _size.Zones) + _size.Vpcs - 1) / _size.Vpcs;

    private int RoutersOf(int vpc)
    {
        var before = vpc % 10 * 2;
        return Math.Clamp(_size.RoutersInTen - before, 0, 2);
    }

    private void AddRouter(SimulatedRegion region, int number, VpcId vpc, SubnetId subnet)
    {
        var instance = region.Start(Id("i", number), vpc, subnet.ToString());
        instance.Device = _world.Tailnet.AddDevice($"{NodeRoles.SubnetRouter}-{instance.Id}", ["tag:aws-router"], []);
    }

    // A /22 for each from 10.0.0.0 on; one in ten takes that of a VPC around the next gateway.
    private static string Cidr(int vpc, int third = 0)
    {
        var of = vpc % 10 == 9 ? vpc + AroundAGateway - 1 : vpc;
        return string.Create(CultureInfo.InvariantCulture, $"10.{of >> 6}.{((of & 63) << 2) + third}");
    }

    private static string Id(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:x8}");
}

/// <param name="RoutersInTen">How many of each ten VPCs' routers there are.</param>
/// <param name="Foreign">Devices of the tailnet that are none of ours.</param>
internal sealed record FleetSize(int Vpcs, int RoutersInTen, int Foreign, int Zones)
{
    /// <summary>Half as many devices as VPCs, and a zone for each ten.</summary>
    public static FleetSize Of(int vpcs) => new(vpcs, 4, vpcs / 10, vpcs / 10);

    /// <summary>What a simulation of many days runs on: of each ten VPCs one has a pair of routers.</summary>
    public static readonly FleetSize OfManyLooks = new(200, 2, 300, 50);
}

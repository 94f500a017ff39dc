using Automation.Network;
using Automation.Plans;
using Automation.Routes;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>VPCs and what connects them: what people do.</summary>
internal static partial class Verbs
{
    private const int MostVpcs = 7;

    // Few, so that many overlap.
    private static readonly string[] s_primaries = ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.0.0.0/16", "10.1.128.0/17", "192.168.0.0/16"];

    private static readonly string[] s_secondaries = ["10.64.0.0/16", "10.65.0.0/16", "10.2.0.0/16", "10.64.128.0/17", "100.64.0.0/16"];

    private static Verb[] OfNetwork =>
    [
        new("vpc", 5, AddVpc),
        new("delete-vpc", 2, DeleteVpc),
        new("cidr", 5, AddCidr),
        new("remove-cidr", 3, RemoveCidr),
        new("advertise", 3, Advertise),
        new("peer", 5, Peer),
        new("delete-peering", 2, DeletePeering),
        new("attach", 4, Attach),
        new("detach", 1, Detach),
        new("route", 2, ChangeRoute),
        new("overlap-tag", 1, OverlapTag),
    ];

    private static string? AddVpc(Stage stage, int a, int b, int c)
    {
        if (stage.Vpcs.Count >= MostVpcs)
        {
            return null;
        }

        var region = Pick(stage.World.Settings.Scopes, a) is { } scope ? stage.Aws.Region(scope) : stage.World.HomeRegion;
        var cidr = Prefix.Parse(s_primaries[b % s_primaries.Length]);
        var vpc = region.AddVpc(stage.NewId("vpc-"), cidr.ToString());
        region.Network.AddSubnet(stage.NewId("subnet-"), vpc, $"{cidr.First}/24");
        return $"{vpc} is made in {region.Scope}, with {cidr}";
    }

    private static string? DeleteVpc(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc) || stage.Vpcs.Count < 2 || region.Instances.Any(instance => instance.Vpc == vpc.Id && instance.EndedAt is null))
        {
            return null;
        }

        region.DeleteVpc(vpc.Id);
        return $"{vpc.Id} is deleted";
    }

    private static string? AddCidr(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc))
        {
            return null;
        }

        var cidr = Prefix.Parse(s_secondaries[b % s_secondaries.Length]);
        // EC2 refuses what overlaps its own, and what is as wide as a route of one of its tables, or wider.
        var routes = region.Network.RouteTables.Where(table => table.Vpc == vpc.Id).SelectMany(table => table.Routes).Where(route => route.Target != Route.Local);
        if (vpc.Cidrs.Any(known => known.State == VpcCidr.Associated && known.Prefix.Overlaps(cidr)) || vpc.Cidrs.Any(known => known.Prefix == cidr)
            || routes.Any(route => route.Destination is { } to && cidr.Contains(to)))
        {
            return null;
        }

        region.AssociateCidr(vpc.Id, cidr.ToString());
        return $"{vpc.Id} gets {cidr}";
    }

    private static string? RemoveCidr(Stage stage, int a, int b, int c)
    {
        var all = stage.Vpcs.SelectMany(one => one.Vpc.Cidrs.Where(cidr => cidr.Prefix != one.Vpc.Primary && cidr.State == VpcCidr.Associated).Select(cidr => (one.Region, one.Vpc, cidr.Prefix))).ToArray();
        if (Pick(all, a) is not ({ } region, { } vpc, var prefix))
        {
            return null;
        }

        region.DisassociateCidr(vpc.Id, prefix.ToString());
        return $"{vpc.Id} loses {prefix}";
    }

    private static string? Advertise(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc))
        {
            return null;
        }

        stage.Opted[vpc.Id] = stage.Now;
        region.TagVpc(vpc.Id, VpcTags.Advertise, vpc.Advertise == "false" ? null : "false");
        return $"{vpc.Id} is {(vpc.Advertise == "false" ? "opted in again" : "opted out")}";
    }

    private static string? OverlapTag(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc))
        {
            return null;
        }

        var value = (b % 3) switch { 0 => null, 1 => "plain", _ => "via6" };
        region.TagVpc(vpc.Id, VpcTags.Overlap, value);
        return $"{vpc.Id}: overlap is to be {value ?? "as it comes"}";
    }

    private static string? Peer(Stage stage, int a, int b, int c)
    {
        var vpcs = stage.Vpcs;
        if (vpcs.Count < 2)
        {
            return null;
        }

        var (one, other) = (vpcs[a % vpcs.Count], vpcs[(a + 1 + (b % (vpcs.Count - 1))) % vpcs.Count]);
        var id = stage.Aws.Peerings.Peer(stage.NewId("pcx-"), one.Vpc.Id, other.Vpc.Id);
        if (!stage.Aws.Peerings.SeenFrom(one.Region.Scope).Any(peering => peering.Id == id && peering.State == "pending-acceptance"))
        {
            return $"{one.Vpc.Id} and {other.Vpc.Id} cannot be peered: they overlap";
        }

        stage.Aws.Peerings.Accept(id);
        var routes = AddRoute(one.Region, one.Vpc.Id, other.Vpc.Primary, id.ToString()) + (c % 4 == 0 ? 0 : AddRoute(other.Region, other.Vpc.Id, one.Vpc.Primary, id.ToString()));
        return $"{id} peers {one.Vpc.Id} and {other.Vpc.Id}; {routes} routes lead over it";
    }

    private static string? DeletePeering(Stage stage, int a, int b, int c)
    {
        var all = stage.Aws.Regions.SelectMany(region => stage.Aws.Peerings.SeenFrom(region.Scope)).Where(peering => peering.IsActive).Select(peering => peering.Id).Distinct().ToArray();
        if (Pick(all, a) is not { } id)
        {
            return null;
        }

        stage.Aws.Peerings.Delete(id, byAccepter: b % 2 == 0);
        return $"{id} is deleted";
    }

    private static string? Attach(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc) || stage.Aws.Transit.AttachmentsSeenFrom(region.Scope).Any(known => known.State == TransitAttachment.Available && known.ResourceId == vpc.Id.ToString()))
        {
            return null;
        }

        var gateway = stage.Aws.Transit.AttachmentsSeenFrom(region.Scope).Select(known => known.Gateway).FirstOrDefault() ?? stage.Aws.Transit.AddGateway(stage.NewId("tgw-"), region.Scope);
        stage.Aws.Transit.Attach(stage.NewId("tgw-attach-"), gateway, vpc.Id, [SubnetId.Parse(SubnetOf(region, vpc.Id))]);
        var routes = AddRoute(region, vpc.Id, Prefix.Parse("10.0.0.0/8"), gateway.ToString());
        return $"{vpc.Id} is attached to {gateway}; {routes} routes lead there";
    }

    private static string? Detach(Stage stage, int a, int b, int c)
    {
        var all = stage.Aws.Regions.SelectMany(region => stage.Aws.Transit.AttachmentsSeenFrom(region.Scope)).Where(known => known.State == TransitAttachment.Available).Select(known => known.Id).Distinct().ToArray();
        if (Pick(all, a) is not { } id)
        {
            return null;
        }

        stage.Aws.Transit.Detach(id);
        return $"{id} is detached";
    }

    private static string? ChangeRoute(Stage stage, int a, int b, int c)
    {
        var all = stage.Vpcs.SelectMany(one => one.Region.Network.RouteTables.Where(table => table.Vpc == one.Vpc.Id)
            .SelectMany(table => table.Routes.Where(route => route.Target != Route.Local && route.Destination is not null).Select(route => (one.Region, table.Id, route)))).ToArray();
        if (Pick(all, a) is not ({ } region, { } table, { } chosen))
        {
            return null;
        }

        region.Network.DeleteRoute(table, chosen.Destination.ToString()!);
        return $"{table} loses its route to {chosen.Destination}";
    }

    private static int AddRoute(SimulatedRegion region, VpcId vpc, Prefix to, string target)
    {
        var table = region.Network.RouteTables.First(table => table.Vpc == vpc && table.IsMain);
        if (table.Routes.Any(route => route.Destination == to))
        {
            return 0;
        }

        region.Network.AddRoute(table.Id, to.ToString(), target);
        return 1;
    }
}

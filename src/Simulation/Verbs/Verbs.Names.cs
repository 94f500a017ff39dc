using System.Globalization;

namespace Automation.Simulation;

/// <summary>Route 53 and its Resolver: what people do.</summary>
internal static partial class Verbs
{
    private static readonly string[] s_domains = ["corp.internal", "shop.internal", "eu.corp.internal", "db.example.internal"];

    private static Verb[] OfNames =>
    [
        new("zone", 5, AddZone),
        new("delete-zone", 2, DeleteZone),
        new("associate-zone", 2, AssociateZone),
        new("disassociate-zone", 1, DisassociateZone),
        new("endpoint", 2, AddEndpoint),
        new("delete-endpoint", 1, DeleteEndpoint),
    ];

    private static string? AddZone(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc))
        {
            return null;
        }

        var name = s_domains[b % s_domains.Length];
        if (stage.Aws.Zones.At(vpc.Id).Any(zone => zone.Name == name))
        {
            return null;
        }

        var id = region.AddPrivateZone(string.Create(CultureInfo.InvariantCulture, $"Z{stage.NewNumber():D20}"), name, vpc.Id);
        return $"{id}, {name}, is made for {vpc.Id}";
    }

    private static string? DeleteZone(Stage stage, int a, int b, int c)
    {
        if (Pick(Zones(stage), a) is not { } id)
        {
            return null;
        }

        stage.Aws.Zones.Delete(id);
        return $"{id} is deleted";
    }

    private static string? AssociateZone(Stage stage, int a, int b, int c)
    {
        if (Pick(Zones(stage), a) is not { } id || Pick(stage.Vpcs, b) is not (_, { } vpc))
        {
            return null;
        }

        try
        {
            stage.Aws.Zones.Authorize(id, vpc.Id);
            stage.Aws.Zones.Associate(id, vpc.Id);
            stage.Aws.Zones.Deauthorize(id, vpc.Id);
            return $"{vpc.Id} is associated with {id}";
        }
        catch (CallFailedException refused)   // Route 53's own rules
        {
            return $"{vpc.Id} is not associated with {id}: {refused.Code}";
        }
    }

    private static string? DisassociateZone(Stage stage, int a, int b, int c)
    {
        if (Pick(Zones(stage).Where(zone => stage.Aws.Zones.VpcsOf(zone).Length > 1).ToArray(), a) is not { } id)
        {
            return null;
        }

        var vpc = Pick(stage.Aws.Zones.VpcsOf(id), b)!;
        stage.Aws.Zones.Disassociate(id, vpc);
        return $"{vpc} is no longer associated with {id}";
    }

    private static string? AddEndpoint(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc))
        {
            return null;
        }

        var first = vpc.Primary.First;
        var id = region.Resolver.AddInboundEndpoint(stage.NewId("rslvr-in-"), vpc.Id, $"{first with { Value = first.Value + 10 }}", $"{first with { Value = first.Value + 11 }}");
        return $"{id} is made in {vpc.Id}";
    }

    private static string? DeleteEndpoint(Stage stage, int a, int b, int c)
    {
        var all = stage.Aws.Regions.SelectMany(region => region.Resolver.Endpoints.Select(endpoint => (region, endpoint.Id))).ToArray();
        if (Pick(all, a) is not ({ } region, { } id))
        {
            return null;
        }

        region.Resolver.DeleteEndpoint(id);
        return $"{id} is deleted";
    }

    private static ZoneId[] Zones(Stage stage) => [.. stage.World.Settings.Scopes.Select(scope => scope.Account).Distinct().SelectMany(stage.Aws.Zones.Of).Select(zone => zone.Id)];
}

using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Says which routes of routers' own subnets lead to nothing: somebody meant something by them.</summary>
internal static class LostRoutes
{
    private const int MostNamed = 5;

    public static void Report(ImmutableArray<ServedVpc> served, Reachability reachability, ICollection<Finding> findings)
    {
        var lost = served
            .SelectMany(vpc => vpc.Routers)
            .SelectMany(router => reachability.Lost(router))
            .Where(leg => leg.Landing != Landing.Unknown || reachability.Topology.IsComplete)   // else another finding says what was not read
            .GroupBy(leg => (leg.Landing, leg.Trail.Resource, leg.What), leg => leg.Trail.FromStart().First().ToString());
        foreach (var same in lost)
        {
            var (landing, resource, what) = same.Key;
            ImmutableArray<string> lines = [.. same.Distinct().Order(StringComparer.Ordinal)];
            var more = lines.Length > MostNamed ? $" and {lines.Length - MostNamed} more" : "";
            findings.Add(landing == Landing.Blackhole
                ? new("route-blackhole", Finding.Info, resource, $"{what}. {string.Join(", ", lines.Take(MostNamed))}{more} {(lines.Length == 1 ? "leads" : "lead")} there, and no router advertises it.")
                : new("route-not-followed", Finding.Warning, resource, $"{what}. {string.Join(", ", lines.Take(MostNamed))}{more} {(lines.Length == 1 ? "leads" : "lead")} there, so no router advertises what is behind it: mend it, or delete the route."));
        }
    }
}

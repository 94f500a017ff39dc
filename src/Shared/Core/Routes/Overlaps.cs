using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>
/// Two VPCs with the same addresses cannot both be reached at them: clients would meet one or the other. Whoever is approved now
/// keeps its prefix, because people use it; a newcomer is held back. What a scope that was not read has approved is asked of the tailnet.
/// </summary>
internal static class Overlaps
{
    public static ImmutableArray<ServedVpc> HoldBack(Snapshot seen, ImmutableArray<ServedVpc> served, ICollection<Finding> findings)
    {
        var wanted = served.SelectMany(vpc => vpc.Wanted.Select(prefix => new Claim(vpc.Vpc.Id, prefix)));
        var unread = Unread(seen, served).ToHashSet();
        // By VPC and not by scope: one that is shared is seen in several, and approved in all of them once it is in one.
        HashSet<Claim> approved =
        [
            .. served.SelectMany(vpc => vpc.Routers, (vpc, router) => (vpc.Vpc.Id, router.Device))
                .SelectMany(router => router.Device?.Enabled ?? PrefixSet.Empty, (router, prefix) => new Claim(router.Id, prefix)),
            .. unread,
        ];
        var held = new HashSet<Claim>();
        foreach (var (outer, inner) in Pairs(wanted.Concat(unread).Distinct()))
        {
            var (outerStays, innerStays) = (approved.Contains(outer), approved.Contains(inner));
            if (!outerStays)
            {
                held.Add(outer);
            }

            if (!innerStays)
            {
                held.Add(inner);
            }

            findings.Add(Describe(outer, outerStays, inner, innerStays));
            findings.Add(Describe(inner, innerStays, outer, outerStays));
        }

        return held.Count == 0
            ? served
            : [.. served.Select(vpc => vpc with { Wanted = vpc.Wanted.Where(prefix => !held.Contains(new(vpc.Vpc.Id, prefix))) })];
    }

    // Prefixes nest or are disjoint: in order, whatever contains the next one is on the stack.
    private static IEnumerable<(Claim Outer, Claim Inner)> Pairs(IEnumerable<Claim> claims)
    {
        var containing = new Stack<Claim>();
        foreach (var claim in claims.OrderBy(claim => claim.Prefix).ThenBy(claim => claim.Vpc))
        {
            while (containing.Count > 0 && !containing.Peek().Prefix.Contains(claim.Prefix))
            {
                containing.Pop();
            }

            foreach (var outer in containing)
            {
                if (outer.Vpc != claim.Vpc)
                {
                    yield return (outer, claim);
                }
            }

            containing.Push(claim);
        }
    }

    // A look at one scope, as an event or a launch asks for, must not give away what a VPC of another has in use.
    private static IEnumerable<Claim> Unread(Snapshot seen, ImmutableArray<ServedVpc> served)
    {
        var shown = served.SelectMany(vpc => vpc.Routers).Select(router => router.Instance.Id)
            .Concat(seen.Scopes.SelectMany(scope => scope.Instances.Items).Where(instance => !instance.IsUp).Select(instance => instance.Id))
            .ToHashSet();
        var read = seen.Scopes.Where(scope => scope.Vpcs.IsComplete && scope.Instances.IsComplete).Select(scope => scope.Scope).ToHashSet();
        var records = seen.Nodes.Items
            .Where(record => !shown.Contains(record.Instance) && !read.Contains(record.Scope))
            .DistinctBy(record => record.Instance)
            .ToDictionary(record => record.Instance);
        foreach (var device in seen.Devices.Items)
        {
            if (NodeHostName.TryParse(device.HostName, out var instance) && records.TryGetValue(instance, out var record) && record.Vpc is { } vpc)
            {
                foreach (var prefix in device.Enabled.Intersect(record.Routes))
                {
                    yield return new(vpc, prefix);
                }
            }
        }
    }

    private static Finding Describe(Claim about, bool stays, Claim other, bool otherStays) => new(
        "overlapping-vpc",
        stays && otherStays ? Finding.Error : Finding.Warning,
        about.Vpc.ToString(),
        $"{about.Prefix} overlaps {other.Prefix} of {other.Vpc}: "
            + (stays && otherStays ? "both are approved and left as they are, so clients may reach the wrong VPC; set tailscale:advertise = false on one of them."
            : stays ? "it is approved already and stays."
            : "it is held back; renumber the VPC, or set tailscale:advertise = false on one of them."));

    private readonly record struct Claim(VpcId Vpc, Prefix Prefix);
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>
/// Two VPCs with the same addresses cannot both be reached at them: clients would meet one or the other. Whoever is approved now
/// keeps its prefix, because people use it; a newcomer is held back.
/// </summary>
internal static class Overlaps
{
    public static ImmutableArray<ServedVpc> HoldBack(ImmutableArray<ServedVpc> served, ICollection<Finding> findings)
    {
        var held = new HashSet<(VpcId Vpc, Prefix Prefix)>();
        foreach (var (outer, inner) in Pairs(served))
        {
            var (outerStays, innerStays) = (IsApproved(outer), IsApproved(inner));
            if (!outerStays)
            {
                held.Add((outer.Served.Vpc.Id, outer.Prefix));
            }

            if (!innerStays)
            {
                held.Add((inner.Served.Vpc.Id, inner.Prefix));
            }

            findings.Add(Describe(outer, outerStays, inner, innerStays));
            findings.Add(Describe(inner, innerStays, outer, outerStays));
        }

        return held.Count == 0
            ? served
            : [.. served.Select(vpc => vpc with { Wanted = vpc.Wanted.Where(prefix => !held.Contains((vpc.Vpc.Id, prefix))) })];
    }

    // Prefixes nest or are disjoint: in order, whatever contains the next one is on the stack.
    private static IEnumerable<(Claim Outer, Claim Inner)> Pairs(ImmutableArray<ServedVpc> served)
    {
        var containing = new Stack<Claim>();
        foreach (var claim in served.SelectMany(vpc => vpc.Wanted.Select(prefix => new Claim(vpc, prefix))).OrderBy(claim => claim.Prefix).ThenBy(claim => claim.Served.Vpc.Id))
        {
            while (containing.Count > 0 && !containing.Peek().Prefix.Contains(claim.Prefix))
            {
                containing.Pop();
            }

            foreach (var outer in containing)
            {
                if (outer.Served.Vpc.Id != claim.Served.Vpc.Id)
                {
                    yield return (outer, claim);
                }
            }

            containing.Push(claim);
        }
    }

    private static bool IsApproved(Claim claim) => claim.Served.Routers.Any(router => router.Device?.Enabled.Contains(claim.Prefix) == true);

    private static Finding Describe(Claim about, bool stays, Claim other, bool otherStays) => new(
        "overlapping-vpc",
        stays && otherStays ? Finding.Error : Finding.Warning,
        about.Served.Vpc.Id.ToString(),
        $"{about.Prefix} overlaps {other.Prefix} of {other.Served.Vpc.Id}: "
            + (stays && otherStays ? "both are approved and left as they are, so clients may reach the wrong VPC; set tailscale:advertise = false on one of them."
            : stays ? "it is approved already and stays."
            : "it is held back; renumber the VPC, or set tailscale:advertise = false on one of them."));

    private sealed record Claim(ServedVpc Served, Prefix Prefix);
}

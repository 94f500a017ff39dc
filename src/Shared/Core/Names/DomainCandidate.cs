using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>How far a VPC's resolver can be forwarded to for one domain.</summary>
internal enum Answer
{
    /// <summary>Certainly not: the VPC opted out, has DNS off, or nothing routes to its resolver.</summary>
    No,

    /// <summary>Not now, and what is forwarded stays: no router has joined yet, or its attributes or routes could not be read.</summary>
    NotNow,

    Yes,
}

/// <summary>One VPC in which a domain can be resolved.</summary>
/// <param name="View">What the answers come from: the hosted zone's id, or the VPC's where the domain is EC2's own. Two views never share a domain.</param>
internal sealed record DomainCandidate(string Domain, string View, string Zone, ServedVpc Served, Answer Answer)
{
    public Address Resolver => Served.Resolver;
}

internal static class DomainCandidates
{
    public static ImmutableArray<DomainCandidate> Of(Snapshot seen, ImmutableArray<ServedVpc> served, ICollection<Finding> findings)
    {
        var zones = seen.Scopes.SelectMany(scope => scope.Zones.Items).ToLookup(zone => zone.Vpc);
        var routesAreKnown = seen.Devices.IsComplete && seen.Nodes.IsComplete;
        var candidates = ImmutableArray.CreateBuilder<DomainCandidate>();
        foreach (var vpc in served)
        {
            var answer = AnswerOf(vpc, zones.Contains(vpc.Vpc.Id), routesAreKnown, findings);
            foreach (var zone in zones[vpc.Vpc.Id].OrderBy(zone => zone.Id))
            {
                if (DomainName.WhyRefused(zone.Name) is { } why)
                {
                    findings.Add(new("zone-not-forwarded", Finding.Warning, zone.Id.ToString(), $"{Printable.Of(zone.Name)} is not forwarded: {why}."));
                    continue;
                }

                candidates.Add(new(zone.Name, zone.Id.ToString(), zone.Id.ToString(), vpc, answer));
            }

            candidates.Add(new(DomainName.InternalOf(vpc.Scope.Region), vpc.Vpc.Id.ToString(), "", vpc, answer));
        }

        return candidates.ToImmutable();
    }

    private static Answer AnswerOf(ServedVpc vpc, bool hasZones, bool routesAreKnown, ICollection<Finding> findings)
    {
        if (vpc.IsOptedOut)
        {
            return Answer.No;
        }

        if (vpc.Vpc.DnsSupport == false || vpc.Vpc.DnsHostNames == false)
        {
            if (hasZones || !vpc.Routers.IsEmpty)
            {
                findings.Add(new("vpc-dns-off", Finding.Warning, vpc.Vpc.Id.ToString(), "Its resolver answers no private names: switch on enableDnsSupport and enableDnsHostnames."));
            }

            return Answer.No;
        }

        if (vpc.Vpc.DnsSupport is null || vpc.Vpc.DnsHostNames is null || vpc.Routers.IsEmpty)
        {
            return Answer.NotNow;
        }

        if (!vpc.Wanted.Covers(vpc.Resolver))
        {
            if (!routesAreKnown)   // of overlapping VPCs, which one is in use cannot be said
            {
                return Answer.NotNow;
            }

            findings.Add(new("resolver-not-covered", Finding.Warning, vpc.Vpc.Id.ToString(), vpc.Site is null
                ? $"No route is advertised to its resolver {vpc.Resolver}, so no name is forwarded to it."
                : $"It is reached by 4via6 only, and its resolver {vpc.Resolver} answers with addresses that lead elsewhere, so no name is forwarded to it."));
            return Answer.No;
        }

        return vpc.Routers.Any(router => router.Device is not null) ? Answer.Yes : Answer.NotNow;
    }
}

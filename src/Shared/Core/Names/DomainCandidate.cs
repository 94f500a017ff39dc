using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>One VPC in which a domain can be resolved.</summary>
/// <param name="View">What the answers come from: the hosted zone's id, or the VPC's where there is no zone. Two views never share a domain.</param>
/// <param name="Zone">The hosted zone's id; empty where there is none.</param>
internal sealed record DomainCandidate(string Domain, string View, string Zone, ServedVpc Served, ResolverSet Resolvers)
{
    public Answer Answer => Resolvers.Answer;
}

internal static class DomainCandidates
{
    public static ImmutableArray<DomainCandidate> Of(Snapshot seen, ImmutableArray<ServedVpc> served, ResolverChoice choice, Associations associations, ICollection<Finding> findings)
    {
        var candidates = ImmutableArray.CreateBuilder<DomainCandidate>();
        foreach (var vpc in served)
        {
            var resolvers = choice.Of(vpc);
            var id = vpc.Vpc.Id;
            // A zone that an AWS service made, for an interface endpoint or the like, means the service everywhere else: only SERVICE_DOMAINS forwards such names.
            foreach (var (zone, asked) in associations.ZonesOf(id, resolvers).Where(pair => !pair.Zone.IsOfService))
            {
                if (DomainName.WhyRefused(zone.Name) is { } why)
                {
                    findings.Add(new("zone-not-forwarded", Finding.Warning, zone.Id.ToString(), $"{Printable.Of(zone.Name)} is not forwarded: {why}."));
                    continue;
                }

                candidates.Add(new(zone.Name, zone.Id.ToString(), zone.Id.ToString(), vpc, asked));
            }

            foreach (var domain in OfVpc(seen.Names, vpc, findings).Prepend(DomainName.InternalOf(vpc.Scope.Region)))
            {
                candidates.Add(new(domain, id.ToString(), "", vpc, resolvers));
            }
        }

        return candidates.ToImmutable();
    }

    private static IEnumerable<string> OfVpc(NameSettings names, ServedVpc vpc, ICollection<Finding> findings)
    {
        foreach (var domain in names.Services.Select(service => ServiceDomains.Of(service, vpc.Scope.Region)).OfType<string>())
        {
            yield return domain;
        }

        if (!names.ReverseZones || vpc.Routers.IsEmpty)
        {
            yield break;
        }

        foreach (var cidr in vpc.Vpc.Cidrs.Select(cidr => cidr.Prefix).Where(prefix => !prefix.IsIPv6 && vpc.Wanted.Covers(prefix)).Distinct().Order())
        {
            var zones = ReverseZones.Of(cidr);
            if (zones.IsEmpty)
            {
                findings.Add(new("reverse-zone-not-whole", Finding.Info, vpc.Vpc.Id.ToString(), $"{cidr} is no whole number of reverse zones, or too many, so names of its addresses are not forwarded."));
            }

            foreach (var zone in zones)
            {
                yield return zone;
            }
        }
    }
}

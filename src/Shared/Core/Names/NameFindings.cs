using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Names;

/// <summary>What a person should know of a domain that is forwarded as it should be, and yet may not answer as they expect.</summary>
internal static class NameFindings
{
    /// <summary>From this many domains on, the limit of a VPC's own resolver is worth a word.</summary>
    private const int ManyDomains = 25;

    public static void Of(Snapshot seen, WantedDomain want, IEnumerable<DomainCandidate> candidates, ICollection<Finding> findings)
    {
        var domain = want.Record.Domain;
        if (domain == "local" || domain.EndsWith(".local", StringComparison.Ordinal))
        {
            findings.Add(new("local-domain", Finding.Warning, domain, "macOS and Linux ask .local names by multicast on their own network, so clients may never ask for it: use another name for the zone."));
        }

        if (want.Record.Zone.Length == 0)
        {
            return;
        }

        if (seen.Scopes.SelectMany(scope => scope.PublicZones.Items).Where(zone => zone.Name == domain).Select(zone => (ZoneId?)zone.Id).Min() is { } open)
        {
            findings.Add(new("public-zone-too", Finding.Warning, domain, $"The public hosted zone {open} has the same name: clients of the tailnet get the private zone {want.Record.Zone} alone, and names that only the public one has are gone for them."));
        }

        var vpcs = candidates.Where(candidate => candidate.Zone == want.Record.Zone && candidate.Answer == Answer.Yes).Select(candidate => candidate.Served.Vpc.Id).ToHashSet();
        // Of a shared rule every account shows its own VPCs.
        foreach (var rule in seen.Scopes.SelectMany(scope => scope.Rules.Items).GroupBy(rule => (rule.Id, rule.Domain), rule => rule.Vpcs).OrderBy(rule => rule.Key.Id, StringComparer.Ordinal))
        {
            // The most specific one wins in a VPC, and of the same name the rule.
            var wins = rule.Key.Domain == domain || rule.Key.Domain.EndsWith("." + domain, StringComparison.Ordinal);
            if (wins && rule.SelectMany(shown => shown).Where(vpcs.Contains).Distinct().Order().ToImmutableArray() is { IsEmpty: false } ruled)
            {
                findings.Add(new("forward-rule-wins", Finding.Warning, domain, $"The Resolver rule {Printable.Of(rule.Key.Id)} for {Printable.Of(rule.Key.Domain)} in {string.Join(", ", ruled)} goes before the zone {want.Record.Zone}: names below {Printable.Of(rule.Key.Domain)} are answered by what the rule forwards to."));
            }
        }
    }

    public static void OfLoad(IEnumerable<DomainRecord> wanted, ILookup<string, DomainCandidate> candidates, ICollection<Finding> findings)
    {
        var load = wanted
            .SelectMany(record => candidates[record.Domain].Where(candidate => candidate.Resolvers is { Answer: Answer.Yes, Through: Through.VpcResolver } && record.Resolvers.Contains(candidate.Served.Resolver.ToString())).Select(candidate => (candidate.Served, record.Domain)))
            .Distinct()
            .GroupBy(pair => pair.Served.Vpc.Id, pair => pair);
        foreach (var many in load.Where(domains => domains.Select(pair => pair.Domain).Distinct().Count() is >= ManyDomains))
        {
            // docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#vpc-dns-limits
            findings.Add(new("resolver-limit", Finding.Info, many.Key.ToString(), $"{many.Select(pair => pair.Domain).Distinct().Count()} domains are forwarded to its own resolver {many.First().Served.Resolver}, which takes 1,024 packets a second from each router, and drops the rest: an inbound endpoint of Route 53 Resolver takes ten times as many."));
        }
    }
}

using System.Collections.Immutable;
using Automation.Aws;
using Automation.Plans;
using Automation.Reports;

namespace Automation.Names;

/// <summary>Hosted zones and DNS attributes of the VPCs that names are forwarded into, or were.</summary>
internal static class NamesObserver
{
    public static async Task<ScopeSeen> ObserveAsync(IAwsScope services, ScopeSeen seen, Seen<DomainRecord> domains, CancellationToken stopping)
    {
        var served = seen.Instances.Items.Where(instance => instance.IsUp).Select(instance => instance.Vpc)
            .Concat(domains.Items.Where(domain => domain.Scope == seen.Scope).Select(domain => (VpcId?)domain.Vpc))
            .ToHashSet();
        var vpcs = ImmutableArray.CreateBuilder<Vpc>();
        var zones = ImmutableArray.CreateBuilder<Zone>();
        var problems = new List<string>();
        foreach (var vpc in seen.Vpcs.Items)
        {
            if (!served.Contains(vpc.Id))
            {
                vpcs.Add(vpc);
                continue;
            }

            // One VPC after the other: Route 53 takes five calls a second from the whole account.
            var attributes = SnapshotObserver.Read(() => services.Ec2.DescribeVpcDnsAsync(vpc.Id, stopping));
            var (listing, zonesProblem) = await SnapshotObserver.Read(() => services.Route53.ListHostedZonesByVpcAsync(vpc.Id, stopping));
            var (dns, dnsProblem) = await attributes;
            vpcs.Add(dnsProblem is null ? vpc with { DnsSupport = dns.Support, DnsHostNames = dns.HostNames } : vpc);
            zones.AddRange(listing?.Items ?? []);
            problems.AddRange(new[] { zonesProblem, listing?.Problem, dnsProblem }.OfType<string>().Select(problem => $"{vpc.Id}: {problem}"));
        }

        if (seen.Vpcs.Problem is not null)
        {
            problems.Add("not every VPC is known");
        }

        return seen with
        {
            Vpcs = seen.Vpcs with { Items = vpcs.ToImmutable() },
            Zones = new([.. zones.OrderBy(zone => zone.Vpc).ThenBy(zone => zone.Id)], problems.Count == 0 ? null : string.Join("; ", problems)),
        };
    }
}

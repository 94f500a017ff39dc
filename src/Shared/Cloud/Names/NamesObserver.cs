using System.Collections.Immutable;
using Automation.Aws;
using Automation.Plans;
using Automation.Reports;

namespace Automation.Names;

/// <summary>
/// Hosted zones and DNS attributes of the VPCs that names are forwarded into, were, or may be; and what else answers names in their scopes.
/// Zones are asked for by VPC, never one by one.
/// </summary>
internal static class NamesObserver
{
    private const string NotEveryVpc = "not every VPC is known";

    /// <param name="seen">All but the names.</param>
    /// <param name="scopes">The scopes to look at.</param>
    public static async Task<Snapshot> ObserveAsync(IAws aws, Snapshot seen, IReadOnlyCollection<Scope> scopes, CancellationToken stopping)
    {
        // Endpoints first: they answer for VPCs that have no router of their own, too.
        var resolvers = await Task.WhenAll(seen.Scopes.Select(scope => scopes.Contains(scope.Scope) ? WithResolverAsync(aws.In(scope.Scope), scope, stopping) : Task.FromResult(scope)));
        seen = seen with { Scopes = [.. resolvers] };
        var looked = seen.Scopes.Where(scope => scopes.Contains(scope.Scope)).ToImmutableArray();
        var asked = VpcsToAsk(seen, looked);

        // An account's zones are the same from each of its Regions.
        var accountsFirst = looked.GroupBy(scope => scope.Scope.Account).Select(account => account.Min(scope => scope.Scope)).ToHashSet();
        var found = await Task.WhenAll(looked.Select(scope => ObserveAsync(aws.In(scope.Scope), scope, asked[scope.Scope], accountsFirst.Contains(scope.Scope), stopping)));
        var named = seen.Names.Association == ZoneAssociation.Tagged ? await WithTagsAsync(aws, [.. found], AccountScopes(seen, scopes), stopping) : [.. found];
        var byScope = named.ToDictionary(scope => scope.Scope);
        return seen with { Scopes = [.. seen.Scopes.Select(scope => byScope.GetValueOrDefault(scope.Scope, scope))] };
    }

    /// <summary>By scope: each VPC where an instance or a ledger entry is, and a VPC that only others' routers reach in the first scope that shows it.</summary>
    private static ILookup<Scope, VpcId> VpcsToAsk(Snapshot seen, ImmutableArray<ScopeSeen> looked)
    {
        var named = NamedVpcs.Of(seen);
        var entries = seen.Domains.Items.Select(domain => (domain.Scope, domain.Vpc)).Concat(seen.Associations.Items.Select(association => (association.Scope, association.Vpc))).ToHashSet();
        var shown = looked.SelectMany(scope =>
        {
            var own = scope.Instances.Items.Where(instance => instance.IsUp).Select(instance => instance.Vpc).ToHashSet();
            return scope.Vpcs.Items.Where(vpc => named.Contains(vpc.Id)).Select(vpc => (scope.Scope, vpc.Id, IsHere: own.Contains(vpc.Id) || entries.Contains((scope.Scope, vpc.Id))));
        });
        return shown.GroupBy(vpc => vpc.Id)
            .SelectMany(vpc => vpc.Any(scope => scope.IsHere) ? vpc.Where(scope => scope.IsHere) : [vpc.MinBy(scope => scope.Scope)])
            .ToLookup(vpc => vpc.Scope, vpc => vpc.Id);
    }

    private static async Task<ScopeSeen> ObserveAsync(IAwsScope services, ScopeSeen seen, IEnumerable<VpcId> ask, bool isAccountsFirst, CancellationToken stopping)
    {
        var asked = ask.ToHashSet();
        var publicZones = isAccountsFirst ? SnapshotObserver.ReadList(() => services.Route53.ListPublicZonesAsync(stopping)) : Task.FromResult(Seen<PublicZone>.All([]));

        var vpcs = ImmutableArray.CreateBuilder<Vpc>();
        var zones = ImmutableArray.CreateBuilder<Zone>();
        var problems = new List<string>();
        foreach (var vpc in seen.Vpcs.Items)
        {
            if (!asked.Contains(vpc.Id))
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
            problems.Add(NotEveryVpc);
        }

        return seen with
        {
            Vpcs = seen.Vpcs with { Items = vpcs.ToImmutable() },
            Zones = new([.. zones.OrderBy(zone => zone.Vpc).ThenBy(zone => zone.Id)], problems.Count == 0 ? null : string.Join("; ", problems)),
            PublicZones = await publicZones,
        };
    }

    // Where a scope has no VPC, nothing answers names there.
    private static async Task<ScopeSeen> WithResolverAsync(IAwsScope services, ScopeSeen seen, CancellationToken stopping)
    {
        if (seen.Vpcs is { IsComplete: true, Items.IsEmpty: true })
        {
            return seen with { Endpoints = Seen<ResolverEndpoint>.All([]), Rules = Seen<ForwardRule>.All([]) };
        }

        var endpoints = SnapshotObserver.ReadList(() => services.Resolver.ListInboundEndpointsAsync(stopping));
        var rules = SnapshotObserver.ReadList(() => services.Resolver.ListForwardRulesAsync(stopping));
        return seen with { Endpoints = await endpoints, Rules = await rules };
    }

    /// <summary>A scope of each account, one that is looked at where there is one.</summary>
    private static Dictionary<string, Scope> AccountScopes(Snapshot seen, IReadOnlyCollection<Scope> scopes) => seen.Scopes
        .GroupBy(scope => scope.Scope.Account)
        .ToDictionary(account => account.Key, account => account.Select(scope => scope.Scope).OrderBy(scope => !scopes.Contains(scope)).ThenBy(scope => scope).First());

    /// <summary>Tags show only to the account that owns a zone: of zones of others, nothing is asked.</summary>
    private static async Task<ImmutableArray<ScopeSeen>> WithTagsAsync(
        IAws aws, ImmutableArray<ScopeSeen> found, Dictionary<string, Scope> accountScopes, CancellationToken stopping)
    {
        var owned = found.SelectMany(scope => scope.Zones.Items).Where(zone => accountScopes.ContainsKey(zone.Owner)).ToLookup(zone => zone.Owner, zone => zone.Id);
        var answers = await Task.WhenAll(owned.Select(async account => (
            Account: account.Key,
            Seen: await SnapshotObserver.ReadList(() => aws.In(accountScopes[account.Key]).Route53.ListAssociableZonesAsync([.. account.Distinct().Order()], stopping)))));
        var tagged = answers.ToDictionary(answer => answer.Account, answer => (Zones: answer.Seen.Items.ToHashSet(), answer.Seen.Problem));

        bool? MayAssociate(Zone zone) => !tagged.TryGetValue(zone.Owner, out var answer) ? null
            : answer.Zones.Contains(zone.Id) ? true
            : answer.Problem is null ? false
            : null;

        return
        [
            .. found.Select(scope =>
            {
                var unread = scope.Zones.Items.Select(zone => zone.Owner).Distinct().Order(StringComparer.Ordinal)
                    .Where(owner => tagged.TryGetValue(owner, out var answer) && answer.Problem is not null)
                    .Select(owner => $"tags of the zones of {owner}: {tagged[owner].Problem}");
                var problems = new[] { scope.Zones.Problem }.OfType<string>().Concat(unread).ToArray();
                return scope with
                {
                    Zones = new([.. scope.Zones.Items.Select(zone => zone with { MayAssociate = MayAssociate(zone) })], problems.Length == 0 ? null : string.Join("; ", problems)),
                };
            }),
        ];
    }
}

using Automation.Ledger;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Sandbox;

/// <summary>The ledger in memory, with the conditions of the real one.</summary>
public sealed class SimulatedLedger(OutsideCalls calls) : ILedger
{
    public SortedDictionary<InstanceId, NodeRecord> Nodes { get; } = [];

    public SortedDictionary<string, DomainRecord> Domains { get; } = new(StringComparer.Ordinal);

    /// <summary>By id; those that rest, too.</summary>
    public SortedDictionary<int, SiteRecord> Sites { get; } = [];

    public SortedDictionary<(ZoneId Zone, VpcId Vpc), AssociationRecord> Associations { get; } = [];

    public SortedDictionary<string, PoolRecord> Pools { get; } = new(StringComparer.Ordinal);

    public Task<NodeRecord?> GetNodeAsync(InstanceId instance, CancellationToken stopping) =>
        calls.Do("DynamoDB GetItem", stopping, () => Nodes.GetValueOrDefault(instance));

    public Task<NodeRecord?> PutNodeAsync(NodeRecord node, CancellationToken stopping) =>
        calls.Do("DynamoDB PutItem", stopping, () => (Nodes.GetValueOrDefault(node.Instance)?.Version ?? 0) == node.Version
            ? Nodes[node.Instance] = node with { Version = node.Version + 1 }
            : null);

    public Task<bool> DeleteNodeAsync(InstanceId instance, long version, CancellationToken stopping) =>
        calls.Do("DynamoDB DeleteItem", stopping, () => !Nodes.TryGetValue(instance, out var node) || (node.Version == version && Nodes.Remove(instance)));

    public Task<DomainRecord?> GetDomainAsync(string domain, CancellationToken stopping) =>
        calls.Do("DynamoDB GetItem", stopping, () => Domains.GetValueOrDefault(domain));

    public Task<bool> PutDomainAsync(DomainRecord domain, DomainRecord? expected, CancellationToken stopping) =>
        calls.Do("DynamoDB PutItem", stopping, () =>
        {
            var current = Domains.GetValueOrDefault(domain.Domain);
            var asExpected = current is null || expected is null
                ? current is null && expected is null
                : current.Confirmed == expected.Confirmed && current.Resolvers.SequenceEqual(expected.Resolvers);
            if (asExpected)
            {
                Domains[domain.Domain] = domain;
            }

            return asExpected;
        });

    public Task DeleteDomainAsync(string domain, CancellationToken stopping) =>
        calls.Do("DynamoDB DeleteItem", stopping, () => { Domains.Remove(domain); });

    public Task<LedgerListing> ReadAllAsync(CancellationToken stopping) =>
        calls.Do("DynamoDB Scan", stopping, () => new LedgerListing(Seen<NodeRecord>.All(Nodes.Values), Seen<DomainRecord>.All(Domains.Values), Seen<SiteRecord>.All(Sites.Values), Seen<AssociationRecord>.All(Associations.Values), Seen<PoolRecord>.All(Pools.Values)));

    public Task<AssociationRecord?> GetAssociationAsync(ZoneId zone, VpcId vpc, CancellationToken stopping) =>
        calls.Do("DynamoDB GetItem", stopping, () => Associations.GetValueOrDefault((zone, vpc)));

    public Task<bool> PutAssociationAsync(AssociationRecord association, AssociationRecord? expected, CancellationToken stopping) =>
        calls.Do("DynamoDB PutItem", stopping, () =>
        {
            var key = (association.Zone, association.Vpc);
            var current = Associations.GetValueOrDefault(key);
            var asExpected = current is null || expected is null
                ? current is null && expected is null
                : (current.Change, current.Authorized, current.InSync) == (expected.Change, expected.Authorized, expected.InSync);
            if (asExpected)
            {
                Associations[key] = association;
            }

            return asExpected;
        });

    public Task DeleteAssociationAsync(ZoneId zone, VpcId vpc, CancellationToken stopping) =>
        calls.Do("DynamoDB DeleteItem", stopping, () => { Associations.Remove((zone, vpc)); });

    public Task<PoolRecord?> PutPoolAsync(PoolRecord pool, CancellationToken stopping) =>
        calls.Do("DynamoDB PutItem", stopping, () => (Pools.GetValueOrDefault(pool.Name)?.Version ?? 0) == pool.Version
            ? Pools[pool.Name] = pool with { Version = pool.Version + 1 }
            : null);

    public Task<bool> DeletePoolAsync(string pool, long version, CancellationToken stopping) =>
        calls.Do("DynamoDB DeleteItem", stopping, () => !Pools.TryGetValue(pool, out var record) || (record.Version == version && Pools.Remove(pool)));

    public Task<SiteRecord?> GetSiteAsync(int site, CancellationToken stopping) =>
        calls.Do("DynamoDB GetItem", stopping, () => Sites.GetValueOrDefault(site));

    public Task<bool> AssignSiteAsync(SiteRecord site, DateTimeOffset freeSince, CancellationToken stopping) =>
        calls.Do("DynamoDB TransactWriteItems", stopping, () =>
        {
            SiteIds.ThrowIfNotAllowed(site.Site);
            if (Sites.Values.FirstOrDefault(known => known.Vpc == site.Vpc && known.ReleasedAt is null) is { } own)
            {
                return own.Site == site.Site;
            }

            var isFree = Sites.GetValueOrDefault(site.Site) is not { } last || last.Vpc == site.Vpc || last.ReleasedAt < freeSince;
            if (isFree)
            {
                Sites[site.Site] = site with { ReleasedAt = null };
            }

            return isFree;
        });

    public Task<bool> ReleaseSiteAsync(SiteRecord site, CancellationToken stopping) =>
        calls.Do("DynamoDB TransactWriteItems", stopping, () =>
        {
            var last = Sites.GetValueOrDefault(site.Site);
            if (site.ReleasedAt is null || last?.Vpc != site.Vpc || (last.ReleasedAt is not null && last.ReleasedAt != site.ReleasedAt))
            {
                return false;
            }

            Sites[site.Site] = site;
            return true;
        });

    public Task<bool> PutSiteAsync(SiteRecord site, CancellationToken stopping) =>
        calls.Do("DynamoDB PutItem", stopping, () =>
        {
            var has = Sites.GetValueOrDefault(site.Site) is { ReleasedAt: null } last && last.Vpc == site.Vpc;
            if (has)
            {
                Sites[site.Site] = site;
            }

            return has;
        });
}

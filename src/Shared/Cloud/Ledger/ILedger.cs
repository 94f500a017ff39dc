using Automation.Plans;

namespace Automation.Ledger;

/// <summary>What the world does not show: which keys were minted, which devices, prefixes and domains are ours. Reads are consistent.</summary>
public interface ILedger
{
    /// <returns>null where the ledger has no such node.</returns>
    Task<NodeRecord?> GetNodeAsync(InstanceId instance, CancellationToken stopping);

    /// <summary>Writes a node with <c>Version</c> + 1, if the ledger still has the version that the record carries (0: has none).</summary>
    /// <returns>The record as written; null where somebody else wrote first, and nothing was written.</returns>
    Task<NodeRecord?> PutNodeAsync(NodeRecord node, CancellationToken stopping);

    /// <summary>Strikes a node; one that is not there counts as struck.</summary>
    /// <returns>false where somebody else wrote it since the version given, and it stays.</returns>
    Task<bool> DeleteNodeAsync(InstanceId instance, long version, CancellationToken stopping);

    /// <returns>null where the ledger has no such domain.</returns>
    Task<DomainRecord?> GetDomainAsync(string domain, CancellationToken stopping);

    /// <summary>Writes a domain if the ledger still has what is expected (null: has none), compared by its resolvers and whether it is confirmed.</summary>
    /// <returns>false where somebody else wrote first, and nothing was written.</returns>
    Task<bool> PutDomainAsync(DomainRecord domain, DomainRecord? expected, CancellationToken stopping);

    /// <summary>Strikes a domain; one that is not there counts as struck.</summary>
    Task DeleteDomainAsync(string domain, CancellationToken stopping);

    /// <returns>null where the ledger has no such association.</returns>
    Task<AssociationRecord?> GetAssociationAsync(ZoneId zone, VpcId vpc, CancellationToken stopping);

    /// <summary>Writes an association if the ledger still has what is expected (null: has none), compared by its change, and whether it is authorised and in sync.</summary>
    /// <returns>false where somebody else wrote first, and nothing was written.</returns>
    Task<bool> PutAssociationAsync(AssociationRecord association, AssociationRecord? expected, CancellationToken stopping);

    /// <summary>Strikes an association; one that is not there counts as struck.</summary>
    Task DeleteAssociationAsync(ZoneId zone, VpcId vpc, CancellationToken stopping);

    /// <returns>Whose the 4via6 site id is, or was last; null where it was never given.</returns>
    Task<SiteRecord?> GetSiteAsync(int site, CancellationToken stopping);

    /// <summary>Gives a VPC a 4via6 site id, if the VPC has none and no other VPC has it, or had it until its rest is over; or the same VPC had it.</summary>
    /// <param name="freeSince">An id that was released before this instant may be given again.</param>
    /// <returns>false where that is no longer so, and nothing was written; true also where the VPC has this very id already.</returns>
    Task<bool> AssignSiteAsync(SiteRecord site, DateTimeOffset freeSince, CancellationToken stopping);

    /// <summary>Takes a VPC's site id from it, and lets the id rest from the record's <c>ReleasedAt</c> on.</summary>
    /// <returns>false where the VPC does not have that id (any more), and nothing was written.</returns>
    Task<bool> ReleaseSiteAsync(SiteRecord site, CancellationToken stopping);

    /// <summary>Writes what is remembered of a VPC that has a site.</summary>
    /// <returns>false where the VPC does not have that id (any more), and nothing was written.</returns>
    Task<bool> PutSiteAsync(SiteRecord site, CancellationToken stopping);

    /// <summary>Writes a key pool with <c>Version</c> + 1, if the ledger still has the version that the record carries (0: has none).</summary>
    /// <returns>The record as written; null where somebody else wrote first, and nothing was written.</returns>
    Task<PoolRecord?> PutPoolAsync(PoolRecord pool, CancellationToken stopping);

    /// <summary>Strikes a key pool; one that is not there counts as struck.</summary>
    /// <returns>false where somebody else wrote it since the version given, and it stays.</returns>
    Task<bool> DeletePoolAsync(string pool, long version, CancellationToken stopping);

    /// <summary>Every node, domain, site, association and key pool. An entry that cannot be read is left out and makes the list incomplete.</summary>
    Task<LedgerListing> ReadAllAsync(CancellationToken stopping);
}

public sealed record LedgerListing(Seen<NodeRecord> Nodes, Seen<DomainRecord> Domains, Seen<SiteRecord> Sites, Seen<AssociationRecord> Associations, Seen<PoolRecord> Pools);

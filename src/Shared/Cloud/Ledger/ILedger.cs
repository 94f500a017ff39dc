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

    /// <summary>Every node and every domain. An entry that cannot be read is left out and makes the list incomplete.</summary>
    Task<LedgerListing> ReadAllAsync(CancellationToken stopping);
}

public sealed record LedgerListing(Seen<NodeRecord> Nodes, Seen<DomainRecord> Domains);

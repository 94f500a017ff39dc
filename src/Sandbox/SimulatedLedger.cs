using Automation.Ledger;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The ledger in memory, with the conditions of the real one.</summary>
public sealed class SimulatedLedger(OutsideCalls calls) : ILedger
{
    public SortedDictionary<InstanceId, NodeRecord> Nodes { get; } = [];

    public SortedDictionary<string, DomainRecord> Domains { get; } = new(StringComparer.Ordinal);

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
        calls.Do("DynamoDB Scan", stopping, () => new LedgerListing(Seen<NodeRecord>.All(Nodes.Values), Seen<DomainRecord>.All(Domains.Values), Seen<SiteRecord>.All([])));

    public Task<bool> AssignSiteAsync(SiteRecord site, DateTimeOffset freeSince, CancellationToken stopping) => throw new NotSupportedException();

    public Task<bool> ReleaseSiteAsync(SiteRecord site, CancellationToken stopping) => throw new NotSupportedException();
}

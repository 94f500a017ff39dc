using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Automation.Aws;
using Automation.Plans;

namespace Automation.Ledger;

/// <summary>The ledger as a DynamoDB table with the string key <c>pk</c>.</summary>
internal sealed partial class DynamoLedger(IAmazonDynamoDB client, string table, AwsCaller caller) : ILedger
{
    private const string Nothing = "attribute_not_exists(pk)";

    /// <summary>Attribute that differs with each write.</summary>
    private const string WriteId = "writeId";

    public async Task<NodeRecord?> GetNodeAsync(InstanceId instance, CancellationToken stopping)
    {
        var item = await GetAsync(NodeItem.Key(instance), stopping).ConfigureAwait(false);
        return item is null ? null : Readable(NodeItem.TryRead(item, out var node, out var problem) ? node : null, problem);
    }

    public async Task<NodeRecord?> PutNodeAsync(NodeRecord node, CancellationToken stopping)
    {
        var written = node with { Version = node.Version + 1 };
        return await PutAsync(VersionedPut(NodeItem.Of(written), node.Version), stopping).ConfigureAwait(false) ? written : null;
    }

    public Task<bool> DeleteNodeAsync(InstanceId instance, long version, CancellationToken stopping) => DeleteAsync(NodeItem.Key(instance), version, stopping);

    public async Task<DomainRecord?> GetDomainAsync(string domain, CancellationToken stopping)
    {
        var item = await GetAsync(DomainItem.Key(domain), stopping).ConfigureAwait(false);
        return item is null ? null : Readable(DomainItem.TryRead(item, out var record, out var problem) ? record : null, problem);
    }

    public Task<bool> PutDomainAsync(DomainRecord domain, DomainRecord? expected, CancellationToken stopping)
    {
        var put = new PutItemRequest { TableName = table, Item = DomainItem.Of(domain), ConditionExpression = Nothing };
        if (expected is not null)
        {
            var item = DomainItem.Of(expected);
            put.ConditionExpression = "resolvers = :resolvers AND confirmed = :confirmed";
            put.ExpressionAttributeValues = new() { [":resolvers"] = item["resolvers"], [":confirmed"] = item["confirmed"] };
        }

        return PutAsync(put, stopping);
    }

    public async Task DeleteDomainAsync(string domain, CancellationToken stopping)
    {
        var request = new DeleteItemRequest { TableName = table, Key = ItemKey(DomainItem.Key(domain)) };
        await caller.CallAsync("DeleteItem", token => client.DeleteItemAsync(request, token), stopping).ConfigureAwait(false);
    }

    public async Task<LedgerListing> ReadAllAsync(CancellationToken stopping)
    {
        var nodes = new ListingBuilder<NodeRecord>();
        var domains = new ListingBuilder<DomainRecord>();
        var sites = new ListingBuilder<SiteRecord>();
        var associations = new ListingBuilder<AssociationRecord>();
        var pools = new ListingBuilder<PoolRecord>();
        for (Dictionary<string, AttributeValue>? from = null; ;)
        {
            var request = new ScanRequest { TableName = table, ConsistentRead = true, ExclusiveStartKey = from };
            ScanResponse page;
            try
            {
                page = await caller.CallAsync("Scan", token => client.ScanAsync(request, token), stopping).ConfigureAwait(false);
                if (page.Items is null || page.Items.Contains(null!))
                {
                    throw caller.Unreadable("Scan", "the answer has no items, or one that is null");
                }
            }
            catch (CallFailedException failed) when (from is not null)
            {
                AddProblem(failed.Message);
                break;
            }

            foreach (var item in page.Items)
            {
                Read(item, nodes, domains, sites, associations, pools);
            }

            var next = page.LastEvaluatedKey;
            if (next is not { Count: > 0 })
            {
                break;
            }

            if (from is not null && from.Text("pk") == next.Text("pk"))
            {
                AddProblem("the service gave the same last key twice");
                break;
            }

            from = next;
        }

        return new(nodes.ToListing().AsSeen(), domains.ToListing().AsSeen(), sites.ToListing().AsSeen(), associations.ToListing().AsSeen(), pools.ToListing().AsSeen());

        void AddProblem(string problem)
        {
            nodes.AddProblem(problem);
            domains.AddProblem(problem);
            sites.AddProblem(problem);
            associations.AddProblem(problem);
            pools.AddProblem(problem);
        }
    }

    private static void Read(
        Dictionary<string, AttributeValue> item,
        ListingBuilder<NodeRecord> nodes,
        ListingBuilder<DomainRecord> domains,
        ListingBuilder<SiteRecord> sites,
        ListingBuilder<AssociationRecord> associations,
        ListingBuilder<PoolRecord> pools)
    {
        var key = item.GetValueOrDefault("pk")?.S ?? "";
        string? problem;
        if (key.StartsWith(NodeItem.KeyStart, StringComparison.Ordinal))
        {
            Add(nodes, NodeItem.TryRead(item, out var node, out problem) ? node : null, problem);
        }
        else if (key.StartsWith(DomainItem.KeyStart, StringComparison.Ordinal))
        {
            Add(domains, DomainItem.TryRead(item, out var domain, out problem) ? domain : null, problem);
        }
        else if (key.StartsWith(SiteItem.KeyStart, StringComparison.Ordinal))
        {
            Add(sites, SiteItem.TryRead(item, out var site, out problem) ? site : null, problem);
        }
        else if (key.StartsWith(AssociationItem.KeyStart, StringComparison.Ordinal))
        {
            Add(associations, AssociationItem.TryRead(item, out var association, out problem) ? association : null, problem);
        }
        else if (key.StartsWith(PoolItem.KeyStart, StringComparison.Ordinal))
        {
            Add(pools, PoolItem.TryRead(item, out var pool, out problem) ? pool : null, problem);
        }
    }

    private static void Add<T>(ListingBuilder<T> listing, T? record, string? problem)
        where T : class
    {
        if (record is not null)
        {
            listing.Add(record);
        }
        else
        {
            listing.AddProblem(problem!);
        }
    }

    private async Task<Dictionary<string, AttributeValue>?> GetAsync(string key, CancellationToken stopping)
    {
        var request = new GetItemRequest { TableName = table, Key = ItemKey(key), ConsistentRead = true };
        var answer = await caller.CallAsync("GetItem", token => client.GetItemAsync(request, token), stopping).ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? item : null;
    }

    /// <param name="version">The one that the ledger must have; 0 for none.</param>
    private PutItemRequest VersionedPut(Dictionary<string, AttributeValue> item, long version)
    {
        var put = new PutItemRequest { TableName = table, Item = item, ConditionExpression = Nothing };
        if (version > 0)
        {
            put.ConditionExpression = "version = :version";
            put.ExpressionAttributeValues = new() { [":version"] = Number(version) };
        }

        return put;
    }

    private async Task<bool> DeleteAsync(string key, long version, CancellationToken stopping)
    {
        var request = new DeleteItemRequest
        {
            TableName = table,
            Key = ItemKey(key),
            ConditionExpression = $"{Nothing} OR version = :version",
            ExpressionAttributeValues = new() { [":version"] = Number(version) },
        };
        try
        {
            await caller.CallAsync("DeleteItem", token => client.DeleteItemAsync(request, token), stopping).ConfigureAwait(false);
            return true;
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.ConditionalCheckFailed)
        {
            return false;
        }
    }

    private async Task<bool> PutAsync(PutItemRequest put, CancellationToken stopping)
    {
        put.Item.Add(WriteId, Guid.NewGuid().ToString("N"));
        put.ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD;
        try
        {
            await caller.CallAsync("PutItem", token => WriteAsync(put, token), stopping).ConfigureAwait(false);
            return true;
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.ConditionalCheckFailed)
        {
            return false;
        }
    }

    // The SDK repeats a write whose answer was lost, and then it meets itself.
    private async Task<PutItemResponse> WriteAsync(PutItemRequest put, CancellationToken stopping)
    {
        try
        {
            return await client.PutItemAsync(put, stopping).ConfigureAwait(false);
        }
        catch (ConditionalCheckFailedException failed) when (failed.Item?.Text(WriteId) is { } written && written == put.Item.Text(WriteId))
        {
            return new();
        }
    }

    private static T Readable<T>(T? record, string? problem)
        where T : class =>
        record ?? throw new CallFailedException(
            Failure.Invalid, AwsService.DynamoDb.Name, "GetItem", "unreadable", $"{problem}; delete the item or mend it");

    private static Dictionary<string, AttributeValue> ItemKey(string key) => new() { ["pk"] = new() { S = key } };

    private static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };
}

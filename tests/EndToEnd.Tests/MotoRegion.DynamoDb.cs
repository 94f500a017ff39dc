using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    /// <summary>Creates the ledger's table: one text key, <c>pk</c>, on demand.</summary>
    /// <param name="key">ARN of its KMS key; null for DynamoDB's own.</param>
    public Task CreateLedgerAsync(string table, string? key = null) =>
        DynamoDb.CreateTableAsync(new CreateTableRequest
        {
            TableName = table,
            KeySchema = [new KeySchemaElement("pk", KeyType.HASH)],
            AttributeDefinitions = [new AttributeDefinition("pk", ScalarAttributeType.S)],
            BillingMode = BillingMode.PAY_PER_REQUEST,
            SSESpecification = key is null ? null : new SSESpecification { Enabled = true, SSEType = SSEType.KMS, KMSMasterKeyId = key },
        });

    public Task PutLedgerItemAsync(string table, Dictionary<string, AttributeValue> item) =>
        DynamoDb.PutItemAsync(new PutItemRequest { TableName = table, Item = item });

    /// <returns>null where the ledger has no such key.</returns>
    public async Task<IReadOnlyDictionary<string, AttributeValue>?> LedgerItemAsync(string table, string key)
    {
        var found = await DynamoDb.GetItemAsync(
            new GetItemRequest { TableName = table, Key = new() { ["pk"] = new AttributeValue(key) }, ConsistentRead = true });
        return found.Item is { Count: > 0 } item ? item : null;
    }

    /// <returns>The ledger's keys, sorted.</returns>
    public async Task<IReadOnlyList<string>> LedgerKeysAsync(string table)
    {
        List<string> keys = [];
        Dictionary<string, AttributeValue>? next = null;
        do
        {
            var page = await DynamoDb.ScanAsync(new ScanRequest { TableName = table, ConsistentRead = true, ExclusiveStartKey = next });
            keys.AddRange((page.Items ?? []).Select(item => item["pk"].S));
            next = page.LastEvaluatedKey;
        }
        while (next is { Count: > 0 });
        return [.. keys.Order(StringComparer.Ordinal)];
    }
}

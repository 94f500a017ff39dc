using Amazon.DynamoDBv2.Model;
using Automation.Plans;

namespace Automation.Ledger;

internal sealed partial class DynamoLedger
{
    public async Task<AssociationRecord?> GetAssociationAsync(ZoneId zone, VpcId vpc, CancellationToken stopping)
    {
        var item = await GetAsync(AssociationItem.Key(zone, vpc), stopping).ConfigureAwait(false);
        return item is null ? null : Readable(AssociationItem.TryRead(item, out var record, out var problem) ? record : null, problem);
    }

    public Task<bool> PutAssociationAsync(AssociationRecord association, AssociationRecord? expected, CancellationToken stopping)
    {
        var put = new PutItemRequest { TableName = table, Item = AssociationItem.Of(association), ConditionExpression = Nothing };
        if (expected is not null)
        {
            var item = AssociationItem.Of(expected);
            put.ConditionExpression = $"{AssociationItem.Authorized} = :authorized AND {AssociationItem.InSync} = :inSync AND "
                + (expected.Change is null ? $"attribute_not_exists({AssociationItem.Change})" : $"{AssociationItem.Change} = :change");
            put.ExpressionAttributeValues = new() { [":authorized"] = item[AssociationItem.Authorized], [":inSync"] = item[AssociationItem.InSync] };
            if (expected.Change is not null)
            {
                put.ExpressionAttributeValues.Add(":change", item[AssociationItem.Change]);
            }
        }

        return PutAsync(put, stopping);
    }

    public async Task DeleteAssociationAsync(ZoneId zone, VpcId vpc, CancellationToken stopping)
    {
        var request = new DeleteItemRequest { TableName = table, Key = ItemKey(AssociationItem.Key(zone, vpc)) };
        await caller.CallAsync("DeleteItem", token => client.DeleteItemAsync(request, token), stopping).ConfigureAwait(false);
    }
}

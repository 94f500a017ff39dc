using System.Net;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Automation.Aws;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Ledger;

internal sealed partial class DynamoLedger
{
    private const string Transact = "TransactWriteItems";

    public async Task<SiteRecord?> GetSiteAsync(int site, CancellationToken stopping)
    {
        var item = await GetAsync(SiteItem.Key(site), stopping).ConfigureAwait(false);
        return item is null ? null : Readable(SiteItem.TryRead(item, out var record, out var problem) ? record : null, problem);
    }

    public async Task<bool> AssignSiteAsync(SiteRecord site, DateTimeOffset freeSince, CancellationToken stopping)
    {
        SiteIds.ThrowIfNotAllowed(site.Site);
        var ofVpc = Put(SiteItem.OfVpc(site), Nothing);
        var ofId = Put(SiteItem.OfId(site with { ReleasedAt = null }), $"{Nothing} OR {SiteItem.Vpc} = :vpc OR {SiteItem.ReleasedAt} < :freeSince");
        ofId.ExpressionAttributeValues = [];
        ofId.ExpressionAttributeValues.Add(":vpc", site.Vpc.ToString());
        ofId.ExpressionAttributeValues.Add(":freeSince", (DateTimeOffset?)freeSince);   // as text: all instants are written in UTC and at the same length
        return await TransactAsync([new() { Put = ofVpc }, new() { Put = ofId }], stopping).ConfigureAwait(false)
            is not [{ } vpcRefusal, { } idRefusal]
            // An earlier call did it, and its answer was lost.
            || (!IsRefusal(idRefusal) && vpcRefusal.Item?.GetValueOrDefault(SiteItem.Site)?.N == Number(site.Site).N);
    }

    public async Task<bool> ReleaseSiteAsync(SiteRecord site, CancellationToken stopping)
    {
        var resting = SiteItem.OfId(site.ReleasedAt is not null ? site : throw new ArgumentException("It does not say when it was released.", nameof(site)));
        var ofVpc = new Delete
        {
            TableName = table,
            Key = ItemKey(SiteItem.Key(site.Vpc)),
            ConditionExpression = $"{Nothing} OR {SiteItem.Site} = :site",
            ExpressionAttributeValues = new() { [":site"] = Number(site.Site) },
        };
        var ofId = Put(resting, $"{SiteItem.Vpc} = :vpc AND attribute_not_exists({SiteItem.ReleasedAt})");
        ofId.ExpressionAttributeValues = new() { [":vpc"] = resting[SiteItem.Vpc] };
        return await TransactAsync([new() { Delete = ofVpc }, new() { Put = ofId }], stopping).ConfigureAwait(false)
            is not [{ } vpcRefusal, { } idRefusal]
            || (!IsRefusal(vpcRefusal)
                && idRefusal.Item is { } there
                && there.Text(SiteItem.Vpc) == resting[SiteItem.Vpc].S
                && there.Text(SiteItem.ReleasedAt) == resting.Text(SiteItem.ReleasedAt));
    }

    private Put Put(Dictionary<string, AttributeValue> item, string condition) => new()
    {
        TableName = table,
        Item = item,
        ConditionExpression = condition,
        ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
    };

    /// <returns>Null where all was written; else nothing was, and each write's reason, in order.</returns>
    private Task<List<CancellationReason>?> TransactAsync(List<TransactWriteItem> writes, CancellationToken stopping)
    {
        // By its token DynamoDB knows a transaction again that the SDK repeats because the answer was lost.
        var request = new TransactWriteItemsRequest { TransactItems = writes, ClientRequestToken = Guid.NewGuid().ToString() };
        return caller.CallAsync(Transact, WriteAsync, stopping);

        async Task<List<CancellationReason>?> WriteAsync(CancellationToken token)
        {
            try
            {
                await client.TransactWriteItemsAsync(request, token).ConfigureAwait(false);
                return null;
            }
            catch (TransactionCanceledException canceled) when (canceled.CancellationReasons is { } reasons && reasons.Count == writes.Count)
            {
                return reasons.Exists(IsRefusal)
                    ? reasons
                    : throw Failed(reasons.Find(reason => reason.Code is not (null or "None")), canceled.Message);
            }
        }
    }

    // In a conflict somebody else is writing one of the items at this moment: whoever reads again knows more.
    private static bool IsRefusal(CancellationReason reason) => reason.Code is "ConditionalCheckFailed" or "TransactionConflict";

    private static CallFailedException Failed(CancellationReason? reason, string message)
    {
        var code = Printable.Of(reason?.Code ?? nameof(TransactionCanceledException));
        return new(
            AwsErrorCodes.Meaning(code, HttpStatusCode.BadRequest), AwsService.DynamoDb.Name, Transact, code, Printable.Of(reason?.Message ?? message));
    }
}

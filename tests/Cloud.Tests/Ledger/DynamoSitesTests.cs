using Automation.Aws;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Ledger;

public sealed class DynamoSitesTests : IDisposable
{
    private const string Dynamo = "POST https://dynamodb.eu-west-1.amazonaws.com/";
    private const string Transact = "X-Amz-Target: DynamoDB_20120810.TransactWriteItems";

    private const string SiteText =
        """
        {"pk":{"S":"site-id#7"},"vpc":{"S":"vpc-0a1b2c3d4e5f60718"},"scope":{"S":"111122223333/eu-west-1"},"releasedAt":{"S":"2026-11-23T10:00:00.0000000+00:00"}}
        """;

    private static readonly DateTimeOffset s_released = DateTimeOffset.Parse("2026-11-23T10:00:00Z", null);

    private static readonly DateTimeOffset s_freeSince = DateTimeOffset.Parse("2026-08-25T12:00:00+02:00", null);

    private static readonly SiteRecord s_site = new(7, RouterVpc, Home, null);

    private static readonly SiteRecord s_resting = s_site with { ReleasedAt = s_released };

    private readonly FakeAws _aws = new();

    private ILedger Ledger => Clients(_aws).Ledger;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Gives_an_id_in_one_transaction_if_VPC_and_id_are_free()
    {
        _aws.On(
                Dynamo,
                Transact,
                """{"Put":{"ConditionExpression":"attribute_not_exists(pk)","Item":{"pk":{"S":"site#vpc-0a1b2c3d4e5f60718"},"site":{"N":"7"},"scope":{"S":"111122223333/eu-west-1"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"ledger"}}""",
                """{"Put":{"ConditionExpression":"attribute_not_exists(pk) OR vpc = :vpc OR releasedAt \u003C :freeSince","ExpressionAttributeValues":{":vpc":{"S":"vpc-0a1b2c3d4e5f60718"},":freeSince":{"S":"2026-08-25T10:00:00.0000000\u002B00:00"}},"Item":{"pk":{"S":"site-id#7"},"vpc":{"S":"vpc-0a1b2c3d4e5f60718"},"scope":{"S":"111122223333/eu-west-1"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"ledger"}}""",
                "\"ClientRequestToken\":\"")
            .Json("{}");

        Assert.True(await Ledger.AssignSiteAsync(s_resting, s_freeSince, Stopping));
    }

    [Theory]
    [InlineData("ConditionalCheckFailed", "{\"site\":{\"N\":\"8\"}}", "None", "{}", false)]   // the VPC has another id
    [InlineData("None", "{}", "ConditionalCheckFailed", "{\"vpc\":{\"S\":\"vpc-0a1b2c3d4e5f60719\"}}", false)]   // another VPC has the id
    [InlineData("None", "{}", "TransactionConflict", "{}", false)]
    [InlineData("ConditionalCheckFailed", "{\"site\":{\"N\":\"7\"}}", "None", "{}", true)]   // the VPC has this very id
    [InlineData("ConditionalCheckFailed", "{\"site\":{\"N\":\"7\"}}", "ConditionalCheckFailed", "{}", false)]
    public async Task Says_whether_the_VPC_has_the_id_when_a_condition_does_not_hold(string ofVpc, string vpcItem, string ofId, string idItem, bool has)
    {
        _aws.On(Dynamo, Transact).Json(() => Canceled((ofVpc, vpcItem), (ofId, idItem)));

        Assert.Equal(has, await Ledger.AssignSiteAsync(s_site, s_freeSince, Stopping));
    }

    [Fact]
    public async Task Repeats_a_transaction_whose_answer_was_lost_under_the_same_token()
    {
        _aws.On(Dynamo, Transact).NoConnection().On(Dynamo, Transact).Json("{}");

        Assert.True(await Ledger.AssignSiteAsync(s_site, s_freeSince, Stopping));
        Assert.Equal(_aws.Requests[0].Body, _aws.Requests[1].Body);
    }

    [Fact]
    public async Task Lets_an_id_rest_in_one_transaction_if_the_VPC_has_it()
    {
        _aws.On(
                Dynamo,
                Transact,
                """{"Delete":{"ConditionExpression":"attribute_not_exists(pk) OR site = :site","ExpressionAttributeValues":{":site":{"N":"7"}},"Key":{"pk":{"S":"site#vpc-0a1b2c3d4e5f60718"}},"TableName":"ledger"}}""",
                "\"ConditionExpression\":\"vpc = :vpc AND attribute_not_exists(releasedAt)\"",
                "\"releasedAt\":{\"S\":\"2026-11-23T10:00:00.0000000\\u002B00:00\"}")
            .Json("{}");

        Assert.True(await Ledger.ReleaseSiteAsync(s_resting, Stopping));
    }

    [Theory]
    [InlineData("ConditionalCheckFailed", "None", "{}", false)]
    [InlineData("None", "ConditionalCheckFailed", "{}", false)]
    [InlineData("None", "ConditionalCheckFailed", """{"vpc":{"S":"vpc-0a1b2c3d4e5f60718"},"releasedAt":{"S":"2026-11-23T09:59:59.0000000+00:00"}}""", false)]
    [InlineData("None", "ConditionalCheckFailed", """{"vpc":{"S":"vpc-0a1b2c3d4e5f60719"},"releasedAt":{"S":"2026-11-23T10:00:00.0000000+00:00"}}""", false)]
    [InlineData("None", "ConditionalCheckFailed", """{"vpc":{"S":"vpc-0a1b2c3d4e5f60718"},"releasedAt":{"S":"2026-11-23T10:00:00.0000000+00:00"}}""", true)]   // it did so itself
    public async Task Says_whether_it_let_the_id_rest_when_a_condition_does_not_hold(string ofVpc, string ofId, string idItem, bool released)
    {
        _aws.On(Dynamo, Transact).Json(() => Canceled((ofVpc, "{}"), (ofId, idItem)));

        Assert.Equal(released, await Ledger.ReleaseSiteAsync(s_resting, Stopping));
    }

    [Theory]
    [InlineData("ThrottlingError", Failure.Throttled)]
    [InlineData("ProvisionedThroughputExceeded", Failure.Throttled)]
    [InlineData("ValidationError", Failure.Invalid)]
    public async Task Says_why_a_transaction_was_canceled_where_no_condition_is_to_blame(string code, Failure meaning)
    {
        _aws.On(Dynamo, Transact).Json(() => Canceled(("None", "{}"), (code, "{}")));

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ledger.AssignSiteAsync(s_site, s_freeSince, Stopping));

        Assert.Equal((meaning, code), (failed.Failure, failed.Code));
    }

    [Fact]
    public async Task A_cancellation_without_reasons_is_a_conflict()
    {
        _aws.On(Dynamo, Transact).JsonError("TransactionCanceledException", "Transaction cancelled");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ledger.ReleaseSiteAsync(s_resting, Stopping));

        Assert.Equal(Failure.Conflict, failed.Failure);
    }

    [Fact]
    public async Task Reads_whose_an_id_is()
    {
        _aws.On(Dynamo, "{\"pk\":{\"S\":\"site-id#7\"}}", "\"ConsistentRead\":true").Json($"{{\"Item\":{SiteText}}}").On(Dynamo).Json("{}");

        Assert.Equal(s_resting, await Ledger.GetSiteAsync(7, Stopping));
        Assert.Null(await Ledger.GetSiteAsync(8, Stopping));
    }

    [Fact]
    public async Task Reads_all_sites_by_their_ids()
    {
        _aws.On(Dynamo).Json(
            $$$"""{"Items":[{"pk":{"S":"site#vpc-0a1b2c3d4e5f60718"},"site":{"N":"7"}},{{{SiteText}}},{{{SiteText.Replace("releasedAt", "other", StringComparison.Ordinal).Replace("#7", "#65535", StringComparison.Ordinal)}}}]}""");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Equal([s_resting, s_site with { Site = 65535 }], all.Sites.Items);
        Assert.True(all.Sites.IsComplete && all.Nodes.IsComplete && all.Domains.IsComplete);
    }

    [Theory]
    [InlineData("site-id#7", "site-id#0", "site id")]
    [InlineData("site-id#7", "site-id#65536", "site id")]
    [InlineData("site-id#7", "site-id#24318", "site id")]
    [InlineData("site-id#7", "site-id#07", "site id")]
    [InlineData("site-id#7", "site-id#-7", "site id")]
    [InlineData("site-id#7", "site-id#", "site id")]
    [InlineData("\"vpc\"", "\"vpcs\"", "vpc")]
    [InlineData("vpc-0a1b2c3d4e5f60718", "vpc", "vpc")]
    [InlineData("111122223333/eu-west-1", "nowhere", "scope")]
    [InlineData("2026-11-23T10:00:00.0000000+00:00", "once", "releasedAt")]
    public async Task Leaves_out_a_site_that_cannot_be_read_and_says_which(string what, string by, string attribute)
    {
        _aws.On(Dynamo).Json($$"""{"Items":[{{SiteText.Replace(what, by, StringComparison.Ordinal)}}]}""");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Empty(all.Sites.Items);
        Assert.StartsWith("the ledger's item site-id#", all.Sites.Problem, StringComparison.Ordinal);
        Assert.EndsWith($"has no readable {attribute}", all.Sites.Problem, StringComparison.Ordinal);
        Assert.True(all.Nodes.IsComplete && all.Domains.IsComplete);
    }

    [Fact]
    public async Task Does_not_know_all_sites_when_a_later_page_fails()
    {
        _aws.On(Dynamo).Json($$$"""{"Items":[{{{SiteText}}}],"LastEvaluatedKey":{"pk":{"S":"x"} } }""").On(Dynamo).JsonError("AccessDeniedException", "no");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Single(all.Sites.Items);
        Assert.Contains("allow dynamodb:Scan", all.Sites.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(24318)]
    [InlineData(65536)]
    public async Task Gives_no_id_that_it_could_not_read_again(int site) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Ledger.AssignSiteAsync(s_site with { Site = site }, s_freeSince, Stopping));

    private static string Canceled(params (string Code, string Item)[] reasons) =>
        $$"""
        {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons":[{{string.Join(',', reasons.Select(reason => reason.Code == "None" ? """{"Code":"None"}""" : $$"""{"Code":"{{reason.Code}}","Message":"no","Item":{{reason.Item}}}"""))}}]}
        """;
}

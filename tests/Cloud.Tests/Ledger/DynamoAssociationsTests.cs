using Automation.Aws;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Ledger;

public sealed class DynamoAssociationsTests : IDisposable
{
    private const string Dynamo = "POST https://dynamodb.eu-west-1.amazonaws.com/";
    private const string Put = "X-Amz-Target: DynamoDB_20120810.PutItem";
    private const string Key = "{\"pk\":{\"S\":\"zone#Z1#vpc-0a1b2c3d4e5f60718\"}}";

    private const string Text =
        """
        {"pk":{"S":"zone#Z1#vpc-0a1b2c3d4e5f60718"},"name":{"S":"corp.internal"},"scope":{"S":"111122223333/eu-west-1"},
        "owner":{"S":"444455556666/eu-west-3"},"authorized":{"BOOL":true},"change":{"S":"C1"},"inSync":{"BOOL":false}}
        """;

    private static readonly AssociationRecord s_association = new(
        ZoneId.Parse("Z1"), "corp.internal", RouterVpc, Home, new("444455556666", "eu-west-3"), Authorized: true, "C1", InSync: false);

    private readonly FakeAws _aws = new();

    private ILedger Ledger => Clients(_aws).Ledger;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Reads_an_association_consistently_and_knows_none_that_is_not_there()
    {
        _aws.On(Dynamo, Key, "\"ConsistentRead\":true").Json($"{{\"Item\":{Text}}}")
            .On(Dynamo).Json($"{{\"Item\":{Text.Replace("change", "other", StringComparison.Ordinal)}}}")
            .On(Dynamo).Json("{}");

        Assert.Equal(s_association, await ReadAsync());
        Assert.Equal(s_association with { Change = null }, await ReadAsync());
        Assert.Null(await ReadAsync());

        Task<AssociationRecord?> ReadAsync() => Ledger.GetAssociationAsync(s_association.Zone, RouterVpc, Stopping);
    }

    [Fact]
    public async Task Writes_an_association_if_the_ledger_has_what_is_expected()
    {
        _aws.On(Dynamo, Put, "\"ConditionExpression\":\"attribute_not_exists(pk)\"", "\"name\":{\"S\":\"corp.internal\"}", "\"owner\":{\"S\":\"444455556666/eu-west-3\"}", "\"authorized\":{\"BOOL\":true}", "\"inSync\":{\"BOOL\":false}").Json("{}")
            .On(
                Dynamo,
                Put,
                "\"ConditionExpression\":\"authorized = :authorized AND inSync = :inSync AND attribute_not_exists(change)\"",
                "\"ExpressionAttributeValues\":{\":authorized\":{\"BOOL\":true},\":inSync\":{\"BOOL\":false}}",
                "\"change\":{\"S\":\"C1\"}").Json("{}")
            .On(
                Dynamo,
                Put,
                "\"ConditionExpression\":\"authorized = :authorized AND inSync = :inSync AND change = :change\"",
                "\"ExpressionAttributeValues\":{\":authorized\":{\"BOOL\":true},\":inSync\":{\"BOOL\":false},\":change\":{\"S\":\"C1\"}}",
                "\"inSync\":{\"BOOL\":true}").Json("{}");
        var intended = s_association with { Change = null };

        Assert.True(await Ledger.PutAssociationAsync(intended, null, Stopping));
        Assert.True(await Ledger.PutAssociationAsync(s_association, intended, Stopping));
        Assert.True(await Ledger.PutAssociationAsync(s_association with { InSync = true }, s_association, Stopping));
        Assert.DoesNotContain("\"change\"", _aws.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_when_somebody_else_wrote_first()
    {
        _aws.On(Dynamo, Put).JsonError("ConditionalCheckFailedException", "The conditional request failed");

        Assert.False(await Ledger.PutAssociationAsync(s_association, null, Stopping));
    }

    [Fact]
    public async Task Strikes_an_association()
    {
        _aws.On(Dynamo, "X-Amz-Target: DynamoDB_20120810.DeleteItem", Key).Json("{}");

        await Ledger.DeleteAssociationAsync(s_association.Zone, RouterVpc, Stopping);
    }

    [Fact]
    public async Task Reads_all_associations_and_does_not_know_them_all_when_a_later_page_fails()
    {
        _aws.On(Dynamo).Json($$$"""{"Items":[{{{Text}}},{"pk":{"S":"zones"}}]}""")
            .On(Dynamo).Json($$$"""{"Items":[{{{Text}}}],"LastEvaluatedKey":{"pk":{"S":"x"} } }""").On(Dynamo).JsonError("AccessDeniedException", "no");

        var all = (await Ledger.ReadAllAsync(Stopping)).Associations;
        var some = (await Ledger.ReadAllAsync(Stopping)).Associations;

        Assert.Equal(s_association, Assert.Single(all.Items));
        Assert.True(all.IsComplete);
        Assert.Single(some.Items);
        Assert.Contains("allow dynamodb:Scan", some.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zone#Z1#", "zone#Z-1#", "zone")]
    [InlineData("zone#Z1#", "zone#", "zone")]
    [InlineData("vpc-0a1b2c3d4e5f60718", "vpc-1", "vpc")]
    [InlineData("vpc-0a1b2c3d4e5f60718", "vpc-0a1b2c3d4e5f60718#x", "zone")]
    [InlineData("corp.internal", "", "name")]
    [InlineData("111122223333/eu-west-1", "nowhere", "scope")]
    [InlineData("444455556666/eu-west-3", "nowhere", "owner")]
    [InlineData("\"authorized\"", "\"authorised\"", "authorized")]
    [InlineData("\"C1\"", "\"/change/C1\"", "change")]
    [InlineData("{\"S\":\"C1\"}", "{\"N\":\"1\"}", "change")]
    [InlineData("{\"BOOL\":false}", "{\"S\":\"false\"}", "inSync")]
    public async Task Leaves_out_an_association_that_cannot_be_read_and_says_which(string what, string by, string attribute)
    {
        var broken = Text.Replace(what, by, StringComparison.Ordinal);
        _aws.On(Dynamo).Json($$"""{"Items":[{{broken}}]}""").On(Dynamo).Json($"{{\"Item\":{broken}}}");

        var all = await Ledger.ReadAllAsync(Stopping);
        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ledger.GetAssociationAsync(s_association.Zone, RouterVpc, Stopping));

        Assert.Empty(all.Associations.Items);
        Assert.StartsWith("the ledger's item zone#", all.Associations.Problem, StringComparison.Ordinal);
        Assert.EndsWith($"has no readable {attribute}", all.Associations.Problem, StringComparison.Ordinal);
        Assert.True(all.Nodes.IsComplete && all.Domains.IsComplete && all.Sites.IsComplete);
        Assert.Contains(attribute, failed.Message, StringComparison.Ordinal);
    }
}

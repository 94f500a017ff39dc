using Automation.Aws;
using Automation.Network;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Ledger;

public sealed class DynamoLedgerTests : IDisposable
{
    private const string Dynamo = "POST https://dynamodb.eu-west-1.amazonaws.com/";
    private const string Put = "X-Amz-Target: DynamoDB_20120810.PutItem";

    private const string NodeText =
        """
        {"pk":{"S":"node#i-0a1b2c3d4e5f60718"},"scope":{"S":"111122223333/eu-west-1"},"role":{"S":"subnet-router"},"vpc":{"S":"vpc-0a1b2c3d4e5f60718"},
        "registeredAt":{"S":"2026-11-23T10:00:00.1230000+00:00"},"key":{"S":"k1CNTRL"},"keyExpires":{"S":"2026-11-23T10:15:00.0000000+00:00"},
        "device":{"S":"n1CNTRL"},"routes":{"L":[{"S":"10.0.0.0/16"},{"S":"2001:db8::/56"}]},"goneAt":{"S":"2026-11-23T11:00:00.0000000+00:00"},"version":{"N":"4"}}
        """;

    private const string DomainText =
        """
        {"pk":{"S":"dns#corp.internal"},"resolvers":{"L":[{"S":"10.0.0.2"}]},"zone":{"S":"Z1"},"scope":{"S":"111122223333/eu-west-1"},
        "vpc":{"S":"vpc-0a1b2c3d4e5f60718"},"confirmed":{"BOOL":true}}
        """;

    private static readonly NodeRecord s_node = new(
        Router,
        Home,
        "subnet-router",
        RouterVpc,
        DateTimeOffset.Parse("2026-11-23T10:00:00.123Z", null),
        KeyId.Parse("k1CNTRL"),
        DateTimeOffset.Parse("2026-11-23T10:15:00Z", null),
        DeviceId.Parse("n1CNTRL"),
        [Prefix.Parse("10.0.0.0/16"), Prefix.Parse("2001:db8::/56")],
        DateTimeOffset.Parse("2026-11-23T11:00:00Z", null),
        4);

    private static readonly NodeRecord s_bareNode = new(
        Router, Home, "agent", null, s_node.RegisteredAt, null, null, null, PrefixSet.Empty, null, 0);

    private static readonly DomainRecord s_domain = new("corp.internal", ["10.0.0.2"], "Z1", Home, RouterVpc, true);

    private readonly FakeAws _aws = new();

    private ILedger Ledger => Clients(_aws).Ledger;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Reads_a_node_consistently()
    {
        _aws.On(
                Dynamo,
                "X-Amz-Target: DynamoDB_20120810.GetItem",
                "\"ConsistentRead\":true",
                "\"TableName\":\"ledger\"",
                "{\"pk\":{\"S\":\"node#i-0a1b2c3d4e5f60718\"}}")
            .Json($"{{\"Item\":{NodeText}}}");

        Assert.Equal(s_node, await Ledger.GetNodeAsync(Router, Stopping));
    }

    [Fact]
    public async Task Knows_no_node_and_no_domain_that_is_not_there()
    {
        _aws.On(Dynamo).Json("{}").On(Dynamo, "{\"pk\":{\"S\":\"dns#corp.internal\"}}", "\"ConsistentRead\":true").Json("{}");

        Assert.Null(await Ledger.GetNodeAsync(Router, Stopping));
        Assert.Null(await Ledger.GetDomainAsync("corp.internal", Stopping));
    }

    [Fact]
    public async Task Writes_a_first_node_only_where_there_is_none()
    {
        _aws.On(
                Dynamo,
                Put,
                "\"ConditionExpression\":\"attribute_not_exists(pk)\"",
                "\"version\":{\"N\":\"1\"}",
                "\"routes\":{\"L\":[]}",
                "\"registeredAt\":{\"S\":\"2026-11-23T10:00:00.1230000\\u002B00:00\"}")
            .Json("{}");

        Assert.Equal(s_bareNode with { Version = 1 }, await Ledger.PutNodeAsync(s_bareNode, Stopping));
        Assert.DoesNotContain("keyExpires", _aws.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_a_node_over_the_version_that_it_knows()
    {
        _aws.On(
                Dynamo,
                Put,
                "\"ConditionExpression\":\"version = :version\"",
                "\"ExpressionAttributeValues\":{\":version\":{\"N\":\"4\"}}",
                "\"version\":{\"N\":\"5\"}",
                "\"routes\":{\"L\":[{\"S\":\"10.0.0.0/16\"},{\"S\":\"2001:db8::/56\"}]}")
            .Json("{}");

        Assert.Equal(5, (await Ledger.PutNodeAsync(s_node, Stopping))!.Version);
    }

    [Fact]
    public async Task Says_when_somebody_else_wrote_first()
    {
        _aws.On(Dynamo, Put).Json($$"""{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{{NodeText}}}""", System.Net.HttpStatusCode.BadRequest)
            .On(Dynamo, Put).JsonError("ConditionalCheckFailedException", "The conditional request failed");

        Assert.Null(await Ledger.PutNodeAsync(s_node, Stopping));
        Assert.False(await Ledger.PutDomainAsync(s_domain, null, Stopping));
    }

    [Fact]
    public async Task Knows_its_own_write_again_when_the_first_answer_was_lost()
    {
        string? lost = null;
        _aws.On(Dynamo, Put, "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"").NoConnection()
            .On(Dynamo, Put).Json(() =>
            {
                using var body = System.Text.Json.JsonDocument.Parse(_aws.Requests[0].Body);
                lost = body.RootElement.GetProperty("Item").GetRawText();
                return $$"""{"__type":"x#ConditionalCheckFailedException","message":"no","Item":{{lost}}}""";
            });

        Assert.Equal(5, (await Ledger.PutNodeAsync(s_node, Stopping))!.Version);
        Assert.NotNull(lost);
    }

    [Fact]
    public async Task Strikes_a_node_of_the_version_that_it_knows()
    {
        const string Condition = "\"ConditionExpression\":\"attribute_not_exists(pk) OR version = :version\"";
        _aws.On(Dynamo, "X-Amz-Target: DynamoDB_20120810.DeleteItem", Condition, "{\":version\":{\"N\":\"4\"}}").Json("{}")
            .On(Dynamo).JsonError("ConditionalCheckFailedException", "The conditional request failed");

        Assert.True(await Ledger.DeleteNodeAsync(Router, 4, Stopping));
        Assert.False(await Ledger.DeleteNodeAsync(Router, 4, Stopping));
    }

    [Fact]
    public async Task Reads_writes_and_strikes_a_domain()
    {
        _aws.On(Dynamo).Json($"{{\"Item\":{DomainText}}}")
            .On(Dynamo, Put, "\"ConditionExpression\":\"attribute_not_exists(pk)\"", "\"confirmed\":{\"BOOL\":true}").Json("{}")
            .On(
                Dynamo,
                Put,
                "\"ConditionExpression\":\"resolvers = :resolvers AND confirmed = :confirmed\"",
                "\":resolvers\":{\"L\":[{\"S\":\"10.0.0.2\"}]}",
                "\":confirmed\":{\"BOOL\":true}",
                "\"confirmed\":{\"BOOL\":false}").Json("{}")
            .On(Dynamo, "X-Amz-Target: DynamoDB_20120810.DeleteItem", "{\"pk\":{\"S\":\"dns#corp.internal\"}}").Json("{}");

        var domain = await Ledger.GetDomainAsync("corp.internal", Stopping);
        Assert.Equal(s_domain, domain! with { Resolvers = s_domain.Resolvers });
        Assert.Equal(s_domain.Resolvers, domain.Resolvers);
        Assert.True(await Ledger.PutDomainAsync(s_domain, null, Stopping));
        Assert.True(await Ledger.PutDomainAsync(s_domain with { Confirmed = false }, s_domain, Stopping));
        await Ledger.DeleteDomainAsync("corp.internal", Stopping);
    }

    [Fact]
    public async Task Reads_all_to_the_last_page_and_passes_over_other_items()
    {
        _aws.On(Dynamo, "X-Amz-Target: DynamoDB_20120810.Scan", "\"ConsistentRead\":true")
            .Json($$$"""{"Items":[{{{NodeText}}},{"pk":{"S":"site#vpc-1"}}],"LastEvaluatedKey":{"pk":{"S":"site#vpc-1"} } }""")
            .On(Dynamo, "\"ExclusiveStartKey\":{\"pk\":{\"S\":\"site#vpc-1\"}}").Json($$"""{"Items":[{{DomainText}}]}""");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Equal(s_node, Assert.Single(all.Nodes.Items));
        Assert.Equal("corp.internal", Assert.Single(all.Domains.Items).Domain);
        Assert.True(all.Nodes.IsComplete && all.Domains.IsComplete);
    }

    [Fact]
    public async Task Keeps_what_was_read_when_a_later_page_fails()
    {
        _aws.On(Dynamo).Json($$$"""{"Items":[{{{NodeText}}}],"LastEvaluatedKey":{"pk":{"S":"x"} } }""").On(Dynamo).JsonError("AccessDeniedException", "no");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Single(all.Nodes.Items);
        Assert.Contains("allow dynamodb:Scan", all.Nodes.Problem, StringComparison.Ordinal);
        Assert.Contains("allow dynamodb:Scan", all.Domains.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scan_that_goes_round_in_circles_ends_and_counts_as_incomplete()
    {
        var page = $$$"""{"Items":[{{{NodeText}}}],"LastEvaluatedKey":{"pk":{"S":"x"} } }""";
        _aws.On(Dynamo).Json(page).On(Dynamo).Json(page);

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Equal("the service gave the same last key twice", all.Nodes.Problem);
        Assert.False(all.Domains.IsComplete || all.Sites.IsComplete || all.Associations.IsComplete || all.Pools.IsComplete);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Items":[null]}""")]
    public async Task Does_not_take_an_answer_without_items_for_an_empty_ledger(string answer)
    {
        _aws.On(Dynamo).Json(answer);

        await Assert.ThrowsAsync<CallFailedException>(() => Ledger.ReadAllAsync(Stopping));
    }

    [Fact]
    public async Task Throws_when_the_first_page_fails()
    {
        _aws.On(Dynamo).JsonError("ResourceNotFoundException", "Requested resource not found");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ledger.ReadAllAsync(Stopping));

        Assert.Equal(Failure.NotFound, failed.Failure);
    }

    [Fact]
    public async Task Reads_what_was_written_before_DNS64_and_exit_nodes_were_known()
    {
        _aws.On(Dynamo).Json($$"""{"Items":[{{NodeText}},{{DomainText}}]}""");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Null(Assert.Single(all.Nodes.Items).Dns64);
        Assert.False(Assert.Single(all.Domains.Items).UseWithExitNode);
        Assert.True(all.Nodes.IsComplete && all.Domains.IsComplete);
    }

    [Fact]
    public async Task Keeps_the_DNS64_mark_of_a_node_and_the_flag_of_a_domain()
    {
        const string Mark = "7 10.0.0.2 10.0.0.0/16";
        _aws.On(Dynamo, Put, $"\"dns64\":{{\"S\":\"{Mark}\"}}").Json("{}")
            .On(Dynamo, Put, "\"useWithExitNode\":{\"BOOL\":true}").Json("{}")
            .On(Dynamo).Json($$$"""{"Items":[{{{NodeText[..^1]}}},"dns64":{"S":"{{{Mark}}}"}},{{{DomainText[..^1]}}},"useWithExitNode":{"BOOL":true}}]}""");

        await Ledger.PutNodeAsync(s_node with { Dns64 = Mark }, Stopping);
        await Ledger.PutDomainAsync(s_domain with { UseWithExitNode = true }, null, Stopping);
        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.Equal(s_node with { Dns64 = Mark }, Assert.Single(all.Nodes.Items));
        Assert.True(Assert.Single(all.Domains.Items).UseWithExitNode);
    }

    [Fact]
    public async Task Keeps_that_a_node_is_unhealthy()
    {
        var at = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        const string Text = "\"unhealthyAt\":{\"S\":\"2026-11-23T12:00:00.0000000+00:00\"}";
        _aws.On(Dynamo, Put, Text[..^12]).Json("{}").On(Dynamo).Json($$"""{"Items":[{{NodeText[..^1]}},{{Text}}}]}""");   // the plus sign is escaped on the way

        await Ledger.PutNodeAsync(s_node with { UnhealthyAt = at }, Stopping);

        Assert.Equal(s_node with { UnhealthyAt = at }, Assert.Single((await Ledger.ReadAllAsync(Stopping)).Nodes.Items));
    }

    [Theory]
    [InlineData("\"node#i-0a1b2c3d4e5f60718\"", "\"node#i-1\"", "instance")]
    [InlineData("111122223333/eu-west-1", "nowhere", "scope")]
    [InlineData("\"role\"", "\"roll\"", "role")]
    [InlineData("vpc-0a1b2c3d4e5f60718", "vpc", "vpc")]
    [InlineData("2026-11-23T10:00:00.1230000+00:00", "today", "registeredAt")]
    [InlineData("k1CNTRL", "tskey-auth-1", "key")]
    [InlineData("2026-11-23T10:15:00.0000000+00:00", "soon", "keyExpires")]
    [InlineData("n1CNTRL", "n-1", "device")]
    [InlineData("10.0.0.0/16", "10.0.0.0/99", "routes")]
    [InlineData("{\"S\":\"10.0.0.0/16\"}", "{\"N\":\"1\"}", "routes")]
    [InlineData("2026-11-23T11:00:00.0000000+00:00", "once", "goneAt")]
    [InlineData("\"N\":\"4\"", "\"N\":\"-4\"", "version")]
    [InlineData("{\"N\":\"4\"}}", "{\"N\":\"4\"},\"unhealthyAt\":{\"S\":\"lately\"}}", "unhealthyAt")]
    [InlineData("{\"N\":\"4\"}}", "{\"N\":\"4\"},\"dns64\":{\"BOOL\":true}}", "dns64")]
    public async Task Leaves_out_a_node_that_cannot_be_read_and_says_which(string what, string by, string attribute)
    {
        var broken = NodeText.Replace(what, by, StringComparison.Ordinal);
        _aws.On(Dynamo).Json($$"""{"Items":[{{broken}},{{DomainText}}]}""").On(Dynamo).Json($"{{\"Item\":{broken}}}");

        var all = await Ledger.ReadAllAsync(Stopping);
        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ledger.GetNodeAsync(Router, Stopping));

        Assert.Empty(all.Nodes.Items);
        Assert.StartsWith("the ledger's item node#i-", all.Nodes.Problem, StringComparison.Ordinal);
        Assert.EndsWith($"has no readable {attribute}", all.Nodes.Problem, StringComparison.Ordinal);
        Assert.True(all.Domains.IsComplete);
        Assert.Single(all.Domains.Items);
        Assert.Contains(attribute, failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dns#corp.internal", "dns#", "domain")]
    [InlineData("{\"L\":[{\"S\":\"10.0.0.2\"}]}", "{\"S\":\"10.0.0.2\"}", "resolvers")]
    [InlineData("\"zone\"", "\"zones\"", "zone")]
    [InlineData("111122223333/eu-west-1", "nowhere", "scope")]
    [InlineData("vpc-0a1b2c3d4e5f60718", "vpc", "vpc")]
    [InlineData("{\"BOOL\":true}", "{\"S\":\"true\"}", "confirmed")]
    [InlineData("{\"BOOL\":true}}", "{\"BOOL\":true},\"useWithExitNode\":{\"S\":\"true\"}}", "useWithExitNode")]
    public async Task Leaves_out_a_domain_that_cannot_be_read_and_says_which(string what, string by, string attribute)
    {
        _aws.On(Dynamo).Json($$"""{"Items":[{{NodeText}},{{DomainText.Replace(what, by, StringComparison.Ordinal)}}]}""");

        var all = await Ledger.ReadAllAsync(Stopping);

        Assert.True(all.Nodes.IsComplete);
        Assert.Empty(all.Domains.Items);
        Assert.EndsWith($"has no readable {attribute}", all.Domains.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retries_DynamoDB_s_throttling_and_then_says_so()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(Dynamo).JsonError("ProvisionedThroughputExceededException", "slow down");
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ledger.GetNodeAsync(Router, Stopping));

        Assert.Equal(Failure.Throttled, failed.Failure);
    }
}

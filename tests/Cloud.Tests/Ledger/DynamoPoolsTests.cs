using Automation.Aws;
using static Automation.Aws.AnAccount;

namespace Automation.Ledger;

public sealed class DynamoPoolsTests : IDisposable
{
    private const string Dynamo = "POST https://dynamodb.eu-west-1.amazonaws.com/";
    private const string Put = "X-Amz-Target: DynamoDB_20120810.PutItem";

    private const string Text =
        """
        {"pk":{"S":"pool#ci"},"key":{"S":"k2CNTRL"},"minted":{"S":"2026-03-04T09:00:00.0000000+00:00"},"expires":{"S":"2026-03-04T21:00:00.0000000+00:00"},
        "tags":{"L":[{"S":"tag:aws-agent"}]},"previous":{"S":"k1CNTRL"},"previousExpires":{"S":"2026-03-04T15:00:00.0000000+00:00"},
        "lease":{"S":"2026-03-04T09:05:00.0000000+00:00"},"unsure":{"BOOL":true},"version":{"N":"3"}}
        """;

    private static readonly DateTimeOffset s_nine = new(2026, 3, 4, 9, 0, 0, TimeSpan.Zero);

    private readonly FakeAws _aws = new();

    private ILedger Ledger => Clients(_aws).Ledger;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Reads_what_is_known_of_a_pool()
    {
        _aws.On(Dynamo).Json($"{{\"Items\":[{Text},{{\"pk\":{{\"S\":\"pool#web\"}},\"unsure\":{{\"BOOL\":false}},\"version\":{{\"N\":\"1\"}}}}]}}");

        var pools = (await Ledger.ReadAllAsync(Stopping)).Pools;

        Assert.Null(pools.Problem);
        Assert.Equal(["ci", "web"], pools.Items.Select(pool => pool.Name));
        Assert.Equal((KeyId.Parse("k2CNTRL"), s_nine, s_nine.AddHours(12), "tag:aws-agent"), (pools.Items[0].Key!.Id, pools.Items[0].Key!.Minted, pools.Items[0].Key!.Expires, Assert.Single(pools.Items[0].Key!.Tags)));
        Assert.Equal(new(KeyId.Parse("k1CNTRL"), s_nine.AddHours(6)), pools.Items[0].Previous);
        Assert.Equal((s_nine.AddMinutes(5), true, 3), (pools.Items[0].Lease, pools.Items[0].Unsure, pools.Items[0].Version));
        Assert.Equal(new("web", null, null, null, Unsure: false, 1), pools.Items[1]);
    }

    [Theory]
    [InlineData("pool#ci", "pool#c_i")]
    [InlineData("k2CNTRL", "no/key")]
    [InlineData("\"minted\"", "\"other\"")]
    [InlineData("\"expires\"", "\"other\"")]
    [InlineData("\"tags\"", "\"other\"")]
    [InlineData("\"previous\"", "\"other\"")]
    [InlineData("\"previousExpires\"", "\"other\"")]
    [InlineData("2026-03-04T09:05", "at nine")]
    [InlineData("\"unsure\"", "\"other\"")]
    [InlineData("\"version\"", "\"other\"")]
    public async Task What_cannot_be_read_makes_the_list_incomplete(string right, string wrong)
    {
        _aws.On(Dynamo).Json($"{{\"Items\":[{Text.Replace(right, wrong, StringComparison.Ordinal)}]}}");

        var pools = (await Ledger.ReadAllAsync(Stopping)).Pools;

        Assert.Empty(pools.Items);
        Assert.Contains("has no readable", pools.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_a_pool_if_the_ledger_has_the_version_that_was_read()
    {
        _aws.On(Dynamo, Put, "\"ConditionExpression\":\"attribute_not_exists(pk)\"", "\"version\":{\"N\":\"1\"}").Json("{}")
            .On(
                Dynamo, Put, "\"ConditionExpression\":\"version = :version\"", "\":version\":{\"N\":\"1\"}", "\"version\":{\"N\":\"2\"}", "\"key\":{\"S\":\"k2CNTRL\"}",
                "\"tags\":{\"L\":[{\"S\":\"tag:aws-agent\"}]}", "\"previous\":{\"S\":\"k1CNTRL\"}", "\"minted\":{\"S\":\"2026-03-04T09:00:00.0000000").Json("{}")
            .On(Dynamo, Put).JsonError("ConditionalCheckFailedException", "");

        var leased = await Ledger.PutPoolAsync(new("ci", null, null, s_nine, Unsure: true, 0), Stopping);
        var minted = await Ledger.PutPoolAsync(
            leased! with { Key = new(KeyId.Parse("k2CNTRL"), s_nine, s_nine, ["tag:aws-agent"]), Previous = new(KeyId.Parse("k1CNTRL"), s_nine) }, Stopping);

        Assert.Equal((1, 2), (leased!.Version, minted!.Version));
        Assert.Null(await Ledger.PutPoolAsync(leased, Stopping));
    }

    [Fact]
    public async Task Strikes_a_pool_unless_somebody_wrote_it_since()
    {
        _aws.On(Dynamo, "X-Amz-Target: DynamoDB_20120810.DeleteItem", "{\"pk\":{\"S\":\"pool#ci\"}}", "version = :version").Json("{}")
            .On(Dynamo).JsonError("ConditionalCheckFailedException", "");

        Assert.True(await Ledger.DeletePoolAsync("ci", 3, Stopping));
        Assert.False(await Ledger.DeletePoolAsync("ci", 3, Stopping));
    }
}

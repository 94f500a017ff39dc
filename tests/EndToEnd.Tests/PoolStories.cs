using System.Text.Json.Nodes;
using Amazon.DynamoDBv2.Model;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>Key pools: what AWS has of one from its first key to the day when it is no longer wanted.</summary>
public sealed class PoolStories(Moto moto) : IAsyncLifetime
{
    private Installation _here = null!;

    private MotoRegion World => _here.World;

    public async ValueTask InitializeAsync()
    {
        _here = await Installation.CreateAsync(moto);
        _here.Tailnet.SetTagOwners("tag:aws-agent", ["tag:aws-router"]);
    }

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task A_pool_has_one_key_in_its_parameter_a_new_one_at_half_its_life_and_nothing_once_it_is_not_wanted()
    {
        var function = await StartAsync("ci=agent/12");
        Assert.Equal("applied", Assert.Single(await LookAsync(function)));
        var first = Assert.Single(Usable());
        Assert.Equal(TimeSpan.FromHours(12), first.Expires - first.Created);
        await AssertHoldsAsync(first);
        Assert.Equal(new() { ["TailnetPool"] = "ci" }, (await World.ParameterTagsAsync(Installation.PoolParameter)).ToDictionary());
        Assert.Equal(Installation.PoolParameter, Assert.Single(await World.ParameterNamesAsync("/tailnet/pools")));
        Assert.Empty(await LookAsync(function));

        await AgeAsync(TimeSpan.FromHours(6));
        Assert.Equal("applied", Assert.Single(await LookAsync(function)));
        var second = Assert.Single(Usable(), key => key.Id != first.Id);
        await AssertHoldsAsync(second);
        Assert.Contains(Usable(), key => key.Id == first.Id);   // whoever read it just before may still join
        Assert.Equal("ci", (await World.ParameterTagsAsync(Installation.PoolParameter))["TailnetPool"]);

        await AgeAsync(TimeSpan.Zero);
        Assert.All(await LookAsync(await StartAsync(null)), outcome => Assert.Equal("applied", outcome));
        Assert.Empty(Usable());
        Assert.Empty(await World.ParameterNamesAsync("/tailnet/pools"));
        Assert.Empty(await World.LedgerKeysAsync(Installation.Ledger));
    }

    [Fact]
    public async Task A_pool_that_the_credential_may_not_give_its_tag_is_said_and_leaves_no_key()
    {
        var function = await _here.StartAsync("Reconcile", ("NODE_TAGS", "subnet-router=tag:aws-router,agent=tag:other"), ("KEY_POOLS", "ci=agent"));
        foreach (var _ in new[] { 1, 2 })
        {
            var action = Assert.Single((await RunAsync(function))["actions"]!.AsArray())!;
            Assert.Equal("failed", (string?)action["outcome"]);
            Assert.Contains("tag:other", (string?)action["detail"], StringComparison.Ordinal);
        }

        Assert.Empty(Usable());
        Assert.Empty(await World.ParameterNamesAsync("/tailnet/pools"));
    }

    private Task<Function> StartAsync(string? pools) =>
        _here.StartAsync("Reconcile", ("NODE_TAGS", "subnet-router=tag:aws-router,agent=tag:aws-agent"), ("KEY_POOLS", pools));

    private static async Task<JsonNode> RunAsync(Function function)
    {
        var answer = await function.InvokeAsync("{}");
        Assert.True(answer.Kind == RuntimeAnswerKind.Response, answer.Body);
        return JsonNode.Parse(answer.Body)!;
    }

    private static async Task<string[]> LookAsync(Function function) =>
        [.. (await RunAsync(function))["actions"]!.AsArray().Select(action => (string)action!["outcome"]!)];

    private SandboxKey[] Usable() => [.. _here.Tailnet.Keys.Where(key => !key.IsInvalid(DateTimeOffset.UtcNow))];

    private async Task AssertHoldsAsync(SandboxKey key)
    {
        var parameter = await World.GetParameterAsync(Installation.PoolParameter);
        Assert.Equal("SecureString", parameter!.Type.Value);
        Assert.True(parameter.Value == key.Value.Reveal(), $"the parameter does not hold {key.Id}");
        _here.Tailnet.Join(new(parameter.Value), "agent-0123456789abcdef0123456789abcdef", []);
    }

    /// <summary>The ledger's item as it would be after that time, without the lease that would have run out.</summary>
    private async Task AgeAsync(TimeSpan time)
    {
        var item = (await World.LedgerItemAsync(Installation.Ledger, "pool#ci"))!.ToDictionary();
        item.Remove("lease");
        item["minted"] = new AttributeValue((DateTimeOffset.UtcNow - time).ToString("O"));
        await World.PutLedgerItemAsync(Installation.Ledger, item);
    }
}

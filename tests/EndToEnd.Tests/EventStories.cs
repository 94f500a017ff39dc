using System.Text.Json.Nodes;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>Every file of <c>events/</c>, told of this account, reaches both functions: what concerns one is looked into, the rest costs nothing.</summary>
public sealed class EventStories(Moto moto) : IAsyncLifetime
{
    private static readonly string[] s_ofNodes = 
    [
        "asg-launch-lifecycle", "asg-terminate-lifecycle", "ec2-state-running", "ec2-state-stop", "ec2-state-shutting-down", "ec2-state-terminated",
        "ec2-spot-interruption", "ec2-rebalance-recommendation", "tag-change-instance", "ecs-task-stopped",
    ];

    private static readonly string[] s_ofNetworks =
        ["cloudtrail-ec2-", "cloudtrail-route53-", "cloudtrail-resolver-", "cloudtrail-autoscaling-", "health-", "tag-change-", "asg-launch-successful", "scheduled-rule", "scheduler-"];

    // Tags of EC2 come as events of their own, and a refused call changes nothing.
    private static readonly string[] s_notOfNetworks = ["cloudtrail-ec2-create-tags", "cloudtrail-ec2-delete-tags", "cloudtrail-ec2-create-vpc-failed"];

    private Installation _here = null!;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Theory]
    [InlineData("NodeLifecycle")]
    [InlineData("Reconcile")]
    public async Task Each_event_is_looked_into_by_the_function_that_it_concerns_and_costs_the_other_no_call(string handler)
    {
        // The group that the samples name: without it, nobody may answer its hooks.
        var subnet = await _here.World.CreateSubnetAsync(await _here.World.CreateVpcAsync("10.10.0.0/16"), "10.10.0.0/24");
        await _here.World.CreateGroupAsync("ts-router-eu-west-1", subnet, Installation.RouterTags, instances: 0);
        var function = await _here.StartAsync(handler);
        await _here.WarmAsync();
        var concerning = Samples.Names.Where(name => Concerns(handler, name)).ToArray();
        Assert.True(concerning.Length > 5 && concerning.Length < Samples.Names.Count - 5);

        foreach (var some in Samples.Names.Except(concerning).Chunk(10))
        {
            await SendAsync(some);
            Assert.Empty((await _here.DeliverAsync(function)).Unfinished);
        }

        Assert.All(await _here.Account.RequestsAsync(), request => Assert.Equal("ssm:GetParameter", request.ToString()));   // the credential
        Assert.All(_here.Api.Requests, request => Assert.EndsWith("/oauth/token", request.Path));

        foreach (var name in concerning)
        {
            var calls = (await _here.Account.RequestsAsync()).Count + _here.Api.Requests.Length;
            await _here.SendAsync(Samples.Tell(name, _here.World.Scope, DateTimeOffset.UtcNow));
            var looked = await _here.DeliverAsync(function);
            Assert.True((await _here.Account.RequestsAsync()).Count + _here.Api.Requests.Length > calls, $"{name} led to no look.");
            Assert.Equal(RuntimeAnswerKind.Response, looked.Answer.Kind);

            // Young news of what AWS may not show yet comes back: not here.
            await _here.World.Sqs.PurgeQueueAsync(_here.Queue.Url, TestContext.Current.CancellationToken);
        }

        Assert.Empty(function.Logged("ERROR"));
        Assert.Empty(function.Logged("FATAL"));
        Assert.Empty(_here.Tailnet.Keys);
        Assert.Empty(await _here.World.LedgerKeysAsync(Installation.Ledger));
    }

    [Fact]
    public async Task Events_of_accounts_and_Regions_that_are_not_in_SCOPES_cost_no_call()
    {
        var function = await _here.StartAsync("Reconcile");
        await _here.WarmAsync();
        foreach (var scope in (Scope[])[new("111122223333", Installation.Region), new(_here.Account.Id, "ap-south-1")])
        {
            await _here.SendAsync(Samples.Tell("cloudtrail-ec2-create-vpc", scope, DateTimeOffset.UtcNow));
        }

        Assert.Empty((await _here.DeliverAsync(function)).Unfinished);
        Assert.All(await _here.Account.RequestsAsync(), request => Assert.Equal("ssm:GetParameter", request.ToString()));
    }

    [Fact]
    public async Task A_batch_as_Lambda_documents_it_is_answered()
    {
        var function = await _here.StartAsync("NodeLifecycle");
        var file = Path.Combine(Repository.Root, "events", "wrapped", "lambda-sqs-standard-batch.json");
        var batch = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        var answer = await function.InvokeAsync(batch);
        Assert.Empty(JsonNode.Parse(answer.Body)!["batchItemFailures"]!.AsArray());   // another account's: none of this function's
    }

    private static bool Concerns(string handler, string name) => handler == "NodeLifecycle"
        ? s_ofNodes.Any(start => name.StartsWith(start, StringComparison.Ordinal))
        : s_ofNetworks.Any(start => name.StartsWith(start, StringComparison.Ordinal)) && !s_notOfNetworks.Contains(name);

    private async Task SendAsync(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            await _here.SendAsync(Samples.Tell(name, _here.World.Scope, DateTimeOffset.UtcNow));
        }
    }
}

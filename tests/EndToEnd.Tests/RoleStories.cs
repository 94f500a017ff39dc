using System.Text.Json.Nodes;
using Automation.Network;

namespace Automation.EndToEnd;

/// <summary>Whole lives under the roles of template.yaml: each statement's every action is needed for them, and for nothing more is there a permission.</summary>
public sealed class RoleStories(Moto moto) : IAsyncLifetime
{
    // Lambda's own calls, in the functions' name: nothing here stands for its queue poller and its log.
    private static readonly Dictionary<string, string> s_notByTheFunctions = new()
    {
        ["TakeMessages sqs:ReceiveMessage"] = "the event source mapping takes messages",
        ["TakeMessages sqs:DeleteMessage"] = "the event source mapping deletes those that are answered",
        ["TakeMessages sqs:GetQueueAttributes"] = "the event source mapping measures the queue",
        ["DecryptMessages kms:Decrypt"] = "SQS opens messages for the event source mapping",
        ["WriteLog logs:CreateLogStream"] = "the runtime opens a stream for each process",
        ["WriteLog logs:PutLogEvents"] = "the runtime writes what the process prints",
    };

    private Installation _here = null!;

    private MotoRegion World => _here.World;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task The_life_of_routers_needs_all_that_NodeLifecycle_may_do()
    {
        var function = await _here.StartAsync("NodeLifecycle");
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);

        // Somebody else's key parameter appears while the first one is registered: it is read, deleted and written anew.
        await _here.HoldAsync(routers[0], Installation.LaunchHook);
        var pause = await _here.Account.PauseAsync(after: 0, service: "dynamodb", operation: "PutItem");
        var delivery = _here.DeliverAsync(function);
        await pause.WaitUntilStoppedAsync(TimeSpan.FromSeconds(20));
        await World.PutSecretAsync(Installation.KeyParameter(routers[0]), "another", _here.Key);
        await pause.ReleaseAsync();
        var disturbed = await delivery;
        Assert.NotNull(await World.GetParameterAsync(Installation.SettingsParameter(routers[0])));
        Assert.Null(await World.GetParameterAsync(Installation.KeyParameter(routers[0])));
        var registered = await _here.RedeliverAsync(function, disturbed);

        // The VPC grows before it joins, so it is told to advertise more.
        var vpc = Assert.IsType<string>((await World.DescribeInstanceAsync(routers[0]))?.VpcId);
        await World.Ec2.AssociateVpcCidrBlockAsync(new() { VpcId = vpc, CidrBlock = "10.11.0.0/16" }, TestContext.Current.CancellationToken);
        var device = await _here.JoinAsync(routers[0]);
        Assert.Empty((await _here.RedeliverAsync(function, registered)).Unfinished);
        Assert.Single(await World.CommandsAsync());
        _here.Tailnet.Advertise(device, PrefixSet.Of([Prefix.Parse("10.10.0.0/16"), Prefix.Parse("10.11.0.0/16")]));

        await _here.BringInAsync(function, routers[1]);
        await _here.HoldAsync(routers[0], Installation.TerminateHook);
        Assert.Empty((await _here.DeliverAsync(function)).Unfinished);
        Assert.Equal([$"node#{routers[1]}"], await World.LedgerKeysAsync(Installation.Ledger));

        await AssertNothingNeedlessAsync("NodeLifecycle");
    }

    [Fact]
    public async Task Looks_at_everything_need_all_that_Reconcile_may_do()
    {
        var node = await _here.StartAsync("NodeLifecycle");
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);
        var vpc = VpcId.Parse((await World.DescribeInstanceAsync(routers[0]))?.VpcId);
        var zone = await World.CreatePrivateZoneAsync("corp.internal", vpc);
        await _here.BringInAsync(node, routers[0]);
        await _here.BringInAsync(node, routers[1]);
        var function = await _here.StartAsync("Reconcile");
        await LookAsync(function);
        Assert.Contains("corp.internal", _here.Tailnet.SplitDns.Keys);

        // A CIDR comes, a zone goes, and a router ends without a word.
        await World.Ec2.AssociateVpcCidrBlockAsync(new() { VpcId = vpc.ToString(), CidrBlock = "10.11.0.0/16" }, TestContext.Current.CancellationToken);
        await World.DeleteZoneAsync(zone);
        await World.TerminateInstanceAsync(routers[1]);
        await LookAsync(function);
        Assert.NotEmpty(await World.CommandsAsync());
        Assert.DoesNotContain("dns#corp.internal", await World.LedgerKeysAsync(Installation.Ledger));
        Assert.Equal([Installation.SettingsParameter(routers[0])], await World.ParameterNamesAsync("/tailnet/nodes"));

        await _here.SendAsync(Samples.Tell("cloudtrail-ec2-create-vpc", World.Scope, DateTimeOffset.UtcNow));
        Assert.Single((await _here.DeliverAsync(function)).Unfinished);   // so young that AWS may not show it yet

        await AssertNothingNeedlessAsync("Reconcile");
    }

    /// <remarks>Needed is what no other statement allowed: without it the call would have been refused, and the story would have failed.</remarks>
    private async Task AssertNothingNeedlessAsync(string function)
    {
        var needed = (await _here.Account.DecisionsAsync())
            .Where(decision => decision.Role == function && decision.AllowedBy.Count == 1)
            .Select(decision => $"{decision.AllowedBy[0]} {decision.Action}");
        var allowed = _here.Statements[function].SelectMany(
            statement => Texts(statement!["Action"]!).Select(action => $"{statement["Sid"]} {action}")).ToList();

        Assert.Equal(allowed.Distinct(), allowed);
        Assert.Equal(allowed.Except(s_notByTheFunctions.Keys).Order(StringComparer.Ordinal), needed.Distinct().Order(StringComparer.Ordinal));
        Assert.Subset(allowed.ToHashSet(), s_notByTheFunctions.Keys.ToHashSet());
    }

    private static async Task LookAsync(Function function)
    {
        var answer = await function.InvokeAsync("{}");
        Assert.True(answer.Kind == Sandbox.RuntimeAnswerKind.Response, answer.Body);
        Assert.All(JsonNode.Parse(answer.Body)!["actions"]!.AsArray(), action => Assert.Equal("applied", (string?)action!["outcome"]));
    }

    private static IEnumerable<string> Texts(JsonNode node) => node is JsonArray list ? list.Select(text => (string)text!) : [(string)node!];
}

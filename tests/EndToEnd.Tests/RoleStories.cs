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
        var (vpc, _, _) = await ConnectAsync(routers[0]);

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
        await GrowAsync(vpc);
        var device = await _here.JoinAsync(routers[0]);
        Assert.Empty((await _here.RedeliverAsync(function, registered)).Unfinished);
        var told = Told(Assert.Single(await World.CommandsAsync()));
        Assert.Equal(["10.10.0.0/16", "10.11.0.0/16", "10.20.0.0/16", "10.30.0.0/16"], told.Where(prefix => !prefix.IsIPv6).Select(prefix => prefix.ToString()));
        Assert.Equal(2, told.Count(Via6.Range.Contains));
        Assert.Equal(told, Device(device).Enabled);
        _here.Tailnet.Advertise(device, told);

        var other = await _here.BringInAsync(function, routers[1]);
        Assert.Equal(told, Told((await World.CommandsAsync())[^1]));
        _here.Tailnet.Advertise(other, told);
        await _here.HoldAsync(routers[0], Installation.TerminateHook);
        Assert.Empty((await _here.DeliverAsync(function)).Unfinished);
        var keys = await World.LedgerKeysAsync(Installation.Ledger);
        Assert.Equal([$"node#{routers[1]}", $"site#{vpc}"], keys.Where(key => !key.StartsWith("site-id#", StringComparison.Ordinal)));
        Assert.Equal(3, keys.Count);

        await AssertNothingNeedlessAsync("NodeLifecycle");
    }

    [Fact]
    public async Task Looks_at_everything_need_all_that_Reconcile_may_do()
    {
        var node = await _here.StartAsync("NodeLifecycle");
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);
        var (vpc, peered, twin) = await ConnectAsync(routers[0]);
        var zone = await World.CreatePrivateZoneAsync("corp.internal", vpc);
        var associated = await NameAsync(vpc, peered);
        await World.CreatePrivateZoneAsync("twin.internal", twin);
        await _here.AddRouterAsync(await World.CreateSubnetAsync(twin, "10.10.2.0/24"), Installation.Dns64RouterTags);
        await _here.BringInAsync(node, routers[0]);
        await _here.BringInAsync(node, routers[1]);
        var function = await _here.StartAsync("Reconcile", ("ZONE_ASSOCIATION", "tagged"), ("KEY_POOLS", "ci=subnet-router/1"), ("PROBE_DOCUMENT", Installation.ProbeDocument), ("NODE_QUEUE_URL", _here.Queue.Url));
        await LookAsync(function);
        Assert.Superset(new HashSet<string>(["corp.internal", "peered.internal", "twin.internal"]), _here.Tailnet.SplitDns.Keys.ToHashSet());
        Assert.NotNull(await World.GetParameterAsync(Installation.PoolParameter));
        Assert.Contains(associated, (await World.ZonesOfAsync(vpc)).Keys);
        Assert.Equal(["1", "2"], new[] { await SiteTagAsync(vpc), await SiteTagAsync(twin) }.Order(StringComparer.Ordinal));

        // A CIDR comes, a zone goes, another is not to be associated any more, and a router ends without a word.
        await GrowAsync(vpc);
        await World.DeleteZoneAsync(zone);
        await World.UntagZoneAsync(associated, "tailscale:associate");
        await World.TerminateInstanceAsync(routers[1]);
        await LookAsync(function);
        Assert.Equal([Installation.ProbeDocument, Installation.Dns64Document, Installation.RoutesDocument], (await World.CommandsAsync()).Select(command => command.DocumentName).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(associated, (await World.ZonesOfAsync(vpc)).Keys);
        Assert.DoesNotContain("dns#corp.internal", await World.LedgerKeysAsync(Installation.Ledger));
        Assert.Equal([Installation.SettingsParameter(routers[0])], await World.ParameterNamesAsync("/tailnet/nodes"));

        // A router started, and nobody told: it is given its key, also where somebody else's appears meanwhile.
        var lost = await World.RunInstanceAsync(SubnetId.Parse((await World.DescribeInstanceAsync(routers[0]))!.SubnetId), Installation.RouterTags);
        await World.AgeInstanceAsync(lost, minutes: 5);
        var pause = await _here.Account.PauseAsync(after: 0, service: "dynamodb", operation: "PutItem");
        var look = function.InvokeAsync("{}");
        await pause.WaitUntilStoppedAsync(TimeSpan.FromSeconds(20));
        await World.PutSecretAsync(Installation.KeyParameter(lost), "another", _here.Key);
        await pause.ReleaseAsync();
        await look;
        Assert.Null(await World.GetParameterAsync(Installation.KeyParameter(lost)));
        await LookAsync(function);
        Assert.NotNull(await World.GetParameterAsync(Installation.KeyParameter(lost)));

        await _here.SendAsync(Samples.Tell("cloudtrail-ec2-create-vpc", World.Scope, DateTimeOffset.UtcNow));
        Assert.Single((await _here.DeliverAsync(function)).Unfinished);   // so young that AWS may not show it yet

        // A router is held on its way out, and nobody told.
        await World.HoldAsync(Installation.Group, Installation.TerminateHook, routers[0]);
        await LookAsync(function);
        Assert.Contains(await World.ReceiveAsync(_here.Queue.Url), message => message.Body.Contains(routers[0].ToString(), StringComparison.Ordinal));

        await AssertNothingNeedlessAsync("Reconcile");
    }

    /// <summary>Gives a router's VPC a neighbour behind a peering, one behind a transit gateway, by way of a prefix list, and one with the same addresses.</summary>
    private async Task<(VpcId Own, VpcId Peered, VpcId Twin)> ConnectAsync(InstanceId router)
    {
        var instance = await World.DescribeInstanceAsync(router);
        var (own, subnet) = (VpcId.Parse(instance?.VpcId), SubnetId.Parse(instance?.SubnetId));
        await World.TagAsync(own.ToString(), "tailscale:overlap", "plain");
        var table = await World.MainRouteTableAsync(own);

        var peered = await World.CreateVpcAsync("10.20.0.0/16");
        await World.CreateSubnetAsync(peered, "10.20.1.0/24");
        var peering = (await World.PeerAsync(own, peered)).ToString();
        await World.AddRouteAsync(table, "10.20.0.0/16", peering);
        await World.AddRouteAsync(await World.MainRouteTableAsync(peered), "10.10.0.0/16", peering);

        var attached = await World.CreateVpcAsync("10.30.0.0/16");
        var gateway = await World.CreateTransitGatewayAsync();
        await World.AttachAsync(gateway, own, [subnet]);
        await World.AttachAsync(gateway, attached, [await World.CreateSubnetAsync(attached, "10.30.1.0/24")]);
        await World.AddRouteAsync(table, (await World.CreatePrefixListAsync("attached", "10.30.0.0/16")).ToString(), gateway.Id.ToString());
        await World.AddRouteAsync(await World.MainRouteTableAsync(attached), "10.0.0.0/8", gateway.Id.ToString());

        var twin = await World.CreateVpcAsync("10.10.0.0/16");
        await World.RunInstanceAsync(await World.CreateSubnetAsync(twin, "10.10.1.0/24"), Installation.RouterTags);
        return (own, peered, twin);
    }

    /// <summary>All that answers names: a zone of a neighbour that is to be associated, a public zone, an inbound endpoint, and a rule.</summary>
    private async Task<ZoneId> NameAsync(VpcId own, VpcId neighbour)
    {
        var zone = await World.CreatePrivateZoneAsync("peered.internal", neighbour);
        await World.TagZoneAsync(zone, "tailscale:associate", "true");
        await World.CreatePublicZoneAsync("example.com");
        await World.AssociateRuleAsync(await World.CreateForwardRuleAsync("rule.example.com", await EndpointAsync(neighbour, "OUTBOUND", "10.20.2.0/24", "10.20.3.0/24")), own);
        await EndpointAsync(neighbour, "INBOUND", "10.20.4.0/24", "10.20.5.0/24");
        return zone;
    }

    private async Task<string> EndpointAsync(VpcId vpc, string direction, string one, string two) =>
        await World.CreateResolverEndpointAsync(vpc, await World.CreateSubnetAsync(vpc, one), await World.CreateSubnetAsync(vpc, two), direction);

    private Task GrowAsync(VpcId vpc) =>
        World.Ec2.AssociateVpcCidrBlockAsync(new() { VpcId = vpc.ToString(), CidrBlock = "10.11.0.0/16" }, TestContext.Current.CancellationToken);

    private async Task<string?> SiteTagAsync(VpcId vpc) => (await World.DescribeVpcAsync(vpc)).Tags?.Find(tag => tag.Key == "tailscale:site-id")?.Value;

    private Sandbox.SandboxDevice Device(DeviceId id) => _here.Tailnet.Devices.Single(device => device.Id == id);

    private static PrefixSet Told(Amazon.SimpleSystemsManagement.Model.Command command) =>
        PrefixSet.Of(Assert.Single(command.Parameters["routes"]).Split(',').Select(Prefix.Parse));

    /// <remarks>Needed is what no other statement allowed: without it the call would have been refused, and the story would have failed.</remarks>
    private async Task AssertNothingNeedlessAsync(string function)
    {
        var needed = (await _here.Account.DecisionsAsync())
            .Where(decision => decision.Role == function && decision.AllowedBy.Count == 1)
            .Select(decision => $"{decision.AllowedBy[0]} {decision.Action}");
        var allowed = _here.Statements[function].SelectMany(
            statement => Texts(statement!["Action"]!).Select(action => $"{statement["Sid"]} {action}")).ToList();

        Assert.Equal(allowed.Distinct(), allowed);
        Assert.Equal(allowed.Except(s_notByTheFunctions.Keys).Order(StringComparer.Ordinal), needed.Distinct().Except(s_notByTheFunctions.Keys).Order(StringComparer.Ordinal));
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

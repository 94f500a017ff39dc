using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Network;

namespace Automation.EndToEnd;

/// <summary>Nodes that no lifecycle hook announces, and those that go for a while, or without a word.</summary>
public sealed class ComeAndGoStories(Moto moto) : IAsyncLifetime
{
    private const string Task = "0a1b2c3d4e5f46078a9b0c1d2e3f4a5b";

    private Installation _here = null!;

    private MotoRegion World => _here.World;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task An_instance_of_no_group_gets_its_key_joins_and_is_admitted()
    {
        var function = await _here.StartAsync("NodeLifecycle");
        var router = await RunAsync(Installation.RouterTags);
        await _here.SendStateAsync(router, "running");

        await AssertComesInAsync(function, router);
    }

    [Fact]
    public async Task An_instance_that_gets_its_tag_later_comes_in_then_and_is_nobodys_before()
    {
        var function = await _here.StartAsync("NodeLifecycle");
        var router = await RunAsync(tags: null);
        await _here.SendStateAsync(router, "running");
        Assert.Empty((await _here.DeliverAsync(function)).Unfinished);
        Assert.DoesNotContain(_here.Api.Requests, request => request.Path.EndsWith("/devices", StringComparison.Ordinal));
        Assert.Empty(_here.Tailnet.Keys);

        await World.TagAsync(router.ToString(), "tailscale:role", "subnet-router");
        var changed = JsonNode.Parse(Samples.Tell("tag-change-instance", World.Scope, DateTimeOffset.UtcNow))!;
        changed["resources"] = new JsonArray($"arn:aws:ec2:{Installation.Region}:{_here.Account.Id}:instance/{router}");
        await _here.SendAsync(changed.ToJsonString());

        await AssertComesInAsync(function, router);
    }

    [Fact]
    public async Task A_held_router_whose_event_was_lost_is_handed_over_by_a_look_and_comes_in_by_the_queue()
    {
        var (node, look) = (await _here.StartAsync("NodeLifecycle"), await _here.StartAsync("Reconcile", ("NODE_QUEUE_URL", _here.Queue.Url)));
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await World.HoldAsync(Installation.Group, Installation.LaunchHook, router);
        await look.InvokeAsync("{}");
        Assert.Equal((0, 0), await World.CountMessagesAsync(_here.Queue.Url));   // its news may still be on its way

        await World.AgeInstanceAsync(router, minutes: 3);
        Assert.Equal([$"attend to tailnet-launch, which holds {router}: its news was lost"], await AttendedAsync(look));
        Assert.Empty(await AttendedAsync(look));
        var delivered = await _here.DeliverAsync(node);
        Assert.Single(delivered.Messages);
        await _here.JoinAsync(router);
        Assert.Empty((await _here.RedeliverAsync(node, delivered)).Unfinished);
        Assert.Equal("InService", (await World.LifecycleStatesAsync(Installation.Group))[router]);
        var completed = Assert.Single(await _here.Account.LifecycleAsync(), record => record.Operation == "CompleteLifecycleAction");
        Assert.Equal(("CONTINUE", true, Installation.LaunchHook), (completed.Result, completed.Accepted, completed.Hook));

        await look.InvokeAsync("{}");
        await World.HoldAsync(Installation.Group, Installation.TerminateHook, router);
        Assert.Equal([$"attend to tailnet-terminate, which holds {router}: its news was lost"], await AttendedAsync(look));
        Assert.Empty((await _here.DeliverAsync(node)).Unfinished);
        Assert.Equal("terminated", (await World.DescribeInstanceAsync(router))?.State.Name.Value);
    }

    [Fact]
    public async Task A_spot_instance_that_EC2_takes_back_hands_over_at_once_and_its_device_goes_with_it()
    {
        var function = await _here.StartAsync("NodeLifecycle");
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);
        var (leaving, staying) = (await _here.BringInAsync(function, routers[0]), await _here.BringInAsync(function, routers[1]));
        _here.Tailnet.DisableRoutes(staying, PrefixSet.Of([Prefix.Parse("10.10.0.0/16")]));
        await _here.SendAsync(Samples.Tell("ec2-spot-interruption", World.Scope, DateTimeOffset.UtcNow, ("instance-id", routers[0].ToString())));
        var warned = await _here.DeliverAsync(function);

        Assert.Empty(warned.Unfinished);
        Assert.Equal("10.10.0.0/16", Device(staying).Enabled.ToString());
        Assert.Empty(Device(leaving).Enabled);
        Assert.True((await World.LedgerItemAsync(Installation.Ledger, $"node#{routers[0]}"))!.ContainsKey("goneAt"));
        Assert.False((await World.LedgerItemAsync(Installation.Ledger, $"node#{routers[1]}"))!.ContainsKey("goneAt"));
        function.AssertLogged(warned.Logged, "INFO", $"{routers[0]}: EC2 takes it back, and others serve what it did");

        await World.TerminateInstanceAsync(routers[0]);
        await _here.SendStateAsync(routers[0], "terminated");
        Assert.Empty((await _here.DeliverAsync(function)).Unfinished);
        Assert.Equal(staying, Assert.Single(_here.Tailnet.Devices).Id);
        Assert.Equal([$"node#{routers[1]}"], await World.LedgerKeysAsync(Installation.Ledger));
        Assert.Equal([Installation.SettingsParameter(routers[1])], await World.ParameterNamesAsync("/tailnet/nodes"));
    }

    [Fact]
    public async Task An_exit_node_is_approved_for_both_default_routes()
    {
        _here.Tailnet.SetTagOwners("tag:aws-exit", ["tag:aws-router"]);
        var function = await _here.StartAsync("NodeLifecycle", ("NODE_TAGS", "subnet-router=tag:aws-router,exit-node=tag:aws-exit"));
        var exit = await RunAsync(new() { ["tailscale:role"] = "exit-node" });
        await _here.SendStateAsync(exit, "running");
        var started = await _here.DeliverAsync(function);
        Assert.Single(started.Unfinished);
        var device = await _here.JoinAsync(exit);
        Assert.Empty((await _here.RedeliverAsync(function, started)).Unfinished);

        Assert.Equal(($"exit-node-{exit}", "tag:aws-exit"), (Device(device).HostName, Assert.Single(Device(device).Tags)));
        Assert.Equal("0.0.0.0/0, ::/0", Device(device).Enabled.ToString());
        await AssertAdmittedAsync(exit, device);
        Assert.Equal("exit-node", (await World.LedgerItemAsync(Installation.Ledger, $"node#{exit}"))!["role"].S);
    }

    [Fact]
    public async Task A_task_that_has_stopped_loses_its_device_once_that_is_silent()
    {
        var function = await _here.StartAsync("NodeLifecycle");
        var device = _here.Tailnet.AddDevice($"subnet-router-{Task}", ["tag:aws-router"], []);
        var other = _here.Tailnet.AddDevice($"subnet-router-{Task}", ["tag:somebody"], []);
        _here.Tailnet.Disconnect(other);
        await _here.SendAsync(Samples.Tell(
            "ecs-task-stopped", World.Scope, DateTimeOffset.UtcNow, ("taskArn", $"arn:aws:ecs:{Installation.Region}:{_here.Account.Id}:task/edge/{Task}")));
        var stopped = await _here.DeliverAsync(function);
        Assert.Single(stopped.Unfinished);
        Assert.Equal(2, _here.Tailnet.Devices.Length);

        _here.Tailnet.Disconnect(device);
        Assert.Empty((await _here.RedeliverAsync(function, stopped)).Unfinished);
        Assert.Equal(other, Assert.Single(_here.Tailnet.Devices).Id);
    }

    [Fact]
    public async Task A_look_takes_a_router_in_standby_out_of_service_and_tells_of_what_EC2_is_to_do()
    {
        var node = await _here.StartAsync("NodeLifecycle");
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);
        var (resting, serving) = (await _here.BringInAsync(node, routers[0]), await _here.BringInAsync(node, routers[1]));
        var look = await _here.StartAsync("Reconcile");
        Assert.DoesNotContain(Findings(await LookAsync(look)), finding => finding.StartsWith("maintenance-scheduled", StringComparison.Ordinal));
        Assert.Equal(("10.10.0.0/16", "10.10.0.0/16"), (Device(resting).Enabled.ToString(), Device(serving).Enabled.ToString()));

        await World.EnterStandbyAsync(Installation.Group, routers[0]);
        await _here.Account.FailAsync(MotoFault.Answer(200, "text/xml", Retirement(routers[1])), "ec2", "DescribeInstanceStatus");
        var report = await LookAsync(look);

        Assert.Empty(Device(resting).Enabled);
        Assert.Equal("10.10.0.0/16", Device(serving).Enabled.ToString());
        Assert.Equal(1, Assert.Single(await _here.Account.FaultsAsync()).Hits);
        Assert.Single(Findings(report), finding => finding.StartsWith($"maintenance-scheduled {routers[1]}", StringComparison.Ordinal));
        Assert.All(await _here.Account.RequestsAsync(), request => Assert.NotEqual("DescribeAutoScalingGroups", request.Operation));
    }

    /// <summary>EC2's answer with an event a week from now; moto has none of its own.</summary>
    private static string Retirement(InstanceId instance) => $"""
        <DescribeInstanceStatusResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>
        <instanceStatusSet><item><instanceId>{instance}</instanceId><availabilityZone>eu-west-1a</availabilityZone>
        <eventsSet><item><instanceEventId>instance-event-0d59937288b749b32</instanceEventId><code>instance-retirement</code><description>The instance is running on degraded hardware</description>
        <notBefore>{DateTime.UtcNow.AddDays(7).ToString("yyyy-MM-dd'T'HH:mm:ss'.000Z'", CultureInfo.InvariantCulture)}</notBefore></item></eventsSet>
        <instanceState><code>16</code><name>running</name></instanceState></item></instanceStatusSet></DescribeInstanceStatusResponse>
        """;

    private static async Task<string[]> AttendedAsync(Function look)
    {
        var report = await LookAsync(look);
        return [.. report["actions"]!.AsArray().Where(action => (string?)action!["kind"] == "AttendHook").Select(action => (string)action!["text"]!)];
    }

    private async Task<InstanceId> RunAsync(Dictionary<string, string>? tags) =>
        await World.RunInstanceAsync(await World.CreateSubnetAsync(await World.CreateVpcAsync("10.10.0.0/16"), "10.10.1.0/24"), tags);

    private async Task AssertComesInAsync(Function function, InstanceId router)
    {
        var started = await _here.DeliverAsync(function);
        Assert.Single(started.Unfinished);
        Assert.Equal(_here.Tailnet.Keys.Single().Value.Reveal(), (await World.GetParameterAsync(Installation.KeyParameter(router)))?.Value);
        Assert.NotNull(await World.GetParameterAsync(Installation.SettingsParameter(router)));

        var device = await _here.JoinAsync(router);
        var joined = await _here.RedeliverAsync(function, started);
        Assert.Empty(joined.Unfinished);
        Assert.Equal("10.10.0.0/16", Device(device).Enabled.ToString());
        await AssertAdmittedAsync(router, device);
        Assert.Empty(await _here.Account.LifecycleAsync());
        function.AssertLogged(joined.Logged, "INFO", $"{router} is in service as device {device}");
    }

    private async Task AssertAdmittedAsync(InstanceId node, DeviceId device)
    {
        Assert.NotNull(_here.Tailnet.Keys.Single().Revoked);
        Assert.Equal([Installation.SettingsParameter(node)], await World.ParameterNamesAsync("/tailnet/nodes"));
        var entry = await World.LedgerItemAsync(Installation.Ledger, $"node#{node}");
        Assert.Equal(device.ToString(), entry!["device"].S);
        Assert.False(entry.ContainsKey("key"));
    }

    private Sandbox.SandboxDevice Device(DeviceId id) => _here.Tailnet.Devices.Single(device => device.Id == id);

    private static async Task<JsonNode> LookAsync(Function function)
    {
        var answer = await function.InvokeAsync("{}");
        Assert.True(answer.Kind == Sandbox.RuntimeAnswerKind.Response, answer.Body);
        var report = JsonNode.Parse(answer.Body)!;
        Assert.All(report["actions"]!.AsArray(), action => Assert.Matches("^(applied|already-so)$", (string?)action!["outcome"]));
        Assert.DoesNotContain(Findings(report), finding => finding.StartsWith("instance-details-unread", StringComparison.Ordinal));
        return report;
    }

    private static IEnumerable<string> Findings(JsonNode report) => report["findings"]!.AsArray().Select(finding => $"{finding!["rule"]} {finding["resource"]}");
}

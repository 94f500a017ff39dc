using System.Text.Json.Nodes;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace Automation.EndToEnd;

/// <summary>Nodes come and go: queue, function, AWS and tailnet together, and what is read back from them.</summary>
public sealed class NodeStories(Moto moto) : IAsyncLifetime
{
    private Installation _here = null!;
    private Function _function = null!;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _here = await Installation.CreateAsync(moto);
        _function = await _here.StartAsync("NodeLifecycle");
    }

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task A_launched_router_gets_its_key_joins_and_goes_into_service()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);
        var launched = await _here.DeliverAsync(_function);

        Assert.Single(launched.Unfinished);
        await AssertRegisteredAsync(router);
        var beat = Assert.Single(await _here.Account.LifecycleAsync());
        Assert.Equal(("RecordLifecycleActionHeartbeat", true), (beat.Operation, beat.Accepted));

        // The queue alone would keep the message for ten minutes.
        var back = await _here.World.ReceiveAsync(_here.Queue.Url, TimeSpan.FromSeconds(15));
        Assert.Equal("2", Assert.Single(back).Attributes["ApproximateReceiveCount"]);

        var device = await _here.JoinAsync(router);
        var joined = await _here.RedeliverAsync(_function, launched with { Unfinished = back });

        Assert.Empty(joined.Unfinished);
        Assert.Equal((0, 0), await _here.World.CountMessagesAsync(_here.Queue.Url));
        Assert.Equal("10.10.0.0/16", _here.Tailnet.Devices.Single().Enabled.ToString());
        Assert.Equal("InService", (await _here.World.LifecycleStatesAsync(Installation.Group))[router]);
        var completed = Assert.Single(await _here.Account.LifecycleAsync(), record => record.Operation == "CompleteLifecycleAction");
        Assert.Equal(("CONTINUE", true, Installation.LaunchHook), (completed.Result, completed.Accepted, completed.Hook));
        Assert.Equal([Installation.SettingsParameter(router)], await _here.World.ParameterNamesAsync("/tailnet/nodes"));
        Assert.NotNull(_here.Tailnet.Keys.Single().Revoked);
        var entry = await _here.World.LedgerItemAsync(Installation.Ledger, $"node#{router}");
        Assert.Equal(device.ToString(), entry!["device"].S);
        Assert.False(entry.ContainsKey("key"));
        _function.AssertLogged(joined.Logged, "INFO", $"{router} is in service as device {device}");
    }

    [Fact]
    public async Task A_launch_that_is_announced_twice_at_once_makes_one_usable_key()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);
        await _here.SendHeldAsync(router, Installation.LaunchHook, "another");
        var launched = await _here.DeliverAsync(_function);
        Assert.Equal(2, launched.Unfinished.Count);

        var again = await _here.RedeliverAsync(_function, launched);
        var usable = Assert.Single(_here.Tailnet.Keys, key => !key.IsInvalid(DateTimeOffset.UtcNow));
        Assert.Equal(usable.Value.Reveal(), (await _here.World.GetParameterAsync(Installation.KeyParameter(router)))?.Value);

        await _here.JoinAsync(router);
        var joined = await _here.RedeliverAsync(_function, again);
        while (joined.Unfinished.Count > 0)   // of two at the same moment, one may find that the other was first
        {
            joined = await _here.RedeliverAsync(_function, joined);
        }

        Assert.Equal("InService", (await _here.World.LifecycleStatesAsync(Installation.Group))[router]);
    }

    [Fact]
    public async Task Of_several_hooks_of_ours_each_is_answered_and_one_key_is_given()
    {
        const string Second = "tailnet-second";
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.World.PutLaunchHookAsync(Installation.Group, Second);
        await _here.HoldAsync(router, Installation.LaunchHook);
        await _here.HoldAsync(router, Second);
        var waiting = await _here.RedeliverAsync(_function, await _here.DeliverAsync(_function));
        Assert.Single(_here.Tailnet.Keys, key => !key.IsInvalid(DateTimeOffset.UtcNow));

        await _here.JoinAsync(router);
        do
        {
            waiting = await _here.RedeliverAsync(_function, waiting);
        }
        while (waiting.Unfinished.Count > 0);

        Assert.Equal(
            [Second, Installation.LaunchHook],
            (await _here.Account.LifecycleAsync()).Where(record => record is { Operation: "CompleteLifecycleAction", Accepted: true }).Select(record => record.Hook).Distinct().OrderDescending(StringComparer.Ordinal));
        Assert.Equal("InService", (await _here.World.LifecycleStatesAsync(Installation.Group))[router]);
    }

    [Fact]
    public async Task A_router_that_does_not_join_within_ten_minutes_is_abandoned_and_nothing_is_left_of_it()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);
        await _here.DeliverAsync(_function);
        Assert.NotNull(await _here.World.GetParameterAsync(Installation.KeyParameter(router)));

        await _here.SendHeldAsync(router, Installation.LaunchHook, "the same", DateTimeOffset.UtcNow - TimeSpan.FromMinutes(11));
        var late = await _here.DeliverAsync(_function);

        Assert.Empty(late.Unfinished);
        var completed = Assert.Single(await _here.Account.LifecycleAsync(), record => record.Operation == "CompleteLifecycleAction");
        Assert.Equal(("ABANDON", true), (completed.Result, completed.Accepted));
        Assert.Equal("terminated", (await _here.World.DescribeInstanceAsync(router))?.State.Name.Value);
        Assert.NotNull(_here.Tailnet.Keys.Single().Revoked);
        Assert.Empty(await _here.World.ParameterNamesAsync("/tailnet/nodes"));
        Assert.Empty(await _here.World.LedgerKeysAsync(Installation.Ledger));
        _function.AssertLogged(late.Logged, "WARN", router.ToString(), "has not joined within 10 minutes", "see its boot log");
    }

    [Fact]
    public async Task Late_news_of_a_router_in_service_abandons_nothing()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.SendHeldAsync(router, Installation.LaunchHook, "long answered", DateTimeOffset.UtcNow - TimeSpan.FromMinutes(11));

        Assert.Empty((await _here.DeliverAsync(_function)).Unfinished);
        Assert.Empty(await _here.Account.LifecycleAsync());
        Assert.Equal("InService", (await _here.World.LifecycleStatesAsync(Installation.Group))[router]);
    }

    [Fact]
    public async Task A_leaving_router_hands_over_to_another_and_nothing_is_left_of_it()
    {
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);
        var leaving = await _here.BringInAsync(_function, routers[0]);
        var staying = await _here.BringInAsync(_function, routers[1]);
        await _here.HoldAsync(routers[0], Installation.TerminateHook);
        var left = await _here.DeliverAsync(_function);

        Assert.Empty(left.Unfinished);
        var device = Assert.Single(_here.Tailnet.Devices);
        Assert.Equal((staying, "10.10.0.0/16"), (device.Id, device.Enabled.ToString()));
        Assert.Equal("terminated", (await _here.World.DescribeInstanceAsync(routers[0]))?.State.Name.Value);
        Assert.Equal([Installation.SettingsParameter(routers[1])], await _here.World.ParameterNamesAsync("/tailnet/nodes"));
        Assert.Equal([$"node#{routers[1]}"], await _here.World.LedgerKeysAsync(Installation.Ledger));
        Assert.NotEqual(leaving, staying);
        _function.AssertLogged(left.Logged, "INFO", $"{routers[0]} has handed over and goes");
    }

    [Fact]
    public async Task The_last_router_of_a_VPC_goes_in_time_and_its_device_is_not_withdrawn_early()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        var device = await _here.BringInAsync(_function, router);
        await _here.HoldAsync(router, Installation.TerminateHook);
        var left = await _here.DeliverAsync(_function);

        Assert.Empty(left.Unfinished);
        Assert.Equal("terminated", (await _here.World.DescribeInstanceAsync(router))?.State.Name.Value);
        Assert.Equal(device, Assert.Single(_here.Tailnet.Devices).Id);
        _function.AssertLogged(left.Logged, "ERROR", router.ToString(), "no other router is known to serve vpc-");

        await _here.SendStateAsync(router, "terminated");
        Assert.Empty((await _here.DeliverAsync(_function)).Unfinished);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_router_that_ends_without_a_hook_is_cleared_away()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.BringInAsync(_function, router);
        await _here.World.TerminateInstanceAsync(router);
        await _here.SendStateAsync(router, "terminated");

        Assert.Empty((await _here.DeliverAsync(_function)).Unfinished);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_router_that_EC2_has_forgotten_is_found_in_the_ledger_and_cleared_away()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.BringInAsync(_function, router);
        await _here.World.TerminateInstanceAsync(router);
        await _here.World.ForgetInstanceAsync(router);
        await _here.SendStateAsync(router, "terminated");

        Assert.Empty((await _here.DeliverAsync(_function)).Unfinished);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Another_teams_hook_is_news_of_a_router_and_is_never_answered()
    {
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.World.PutLaunchHookAsync(Installation.Group, "monitoring");
        await _here.HoldAsync(router, "monitoring");
        var launched = await _here.DeliverAsync(_function);
        await _here.JoinAsync(router);

        Assert.Empty((await _here.RedeliverAsync(_function, launched)).Unfinished);
        Assert.Equal("10.10.0.0/16", _here.Tailnet.Devices.Single().Enabled.ToString());
        Assert.Empty(await _here.Account.LifecycleAsync());
        Assert.Equal("Pending:Wait", (await _here.World.LifecycleStatesAsync(Installation.Group))[router]);
    }

    [Fact]
    public async Task A_dry_run_looks_at_news_and_changes_nothing()
    {
        var dry = await _here.StartAsync("NodeLifecycle", ("DRY_RUN", "true"));
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);

        Assert.Empty((await _here.DeliverAsync(dry)).Unfinished);
        Assert.Empty(_here.Tailnet.Keys);
        Assert.Empty(await _here.World.ParameterNamesAsync("/tailnet/nodes"));
        Assert.Empty(await _here.Account.LifecycleAsync());
    }

    private async Task AssertRegisteredAsync(InstanceId router)
    {
        var key = Assert.Single(_here.Tailnet.Keys);
        Assert.Equal(
            ($"aws {router}", false, true, true, TimeSpan.FromMinutes(15), "tag:aws-router"),
            (key.Description, key.Reusable, key.Ephemeral, key.Preauthorized, key.Expires - key.Created, string.Join(' ', key.Tags)));

        var secret = await _here.World.GetParameterAsync(Installation.KeyParameter(router));
        Assert.Equal((ParameterType.SecureString, key.Value.Reveal()), (secret?.Type, secret?.Value));
        Assert.Equal(_here.Key, await KmsKeyAsync(Installation.KeyParameter(router)));
        var settings = await _here.World.GetParameterAsync(Installation.SettingsParameter(router));
        Assert.Equal(ParameterType.String, settings?.Type);
        const string Flags = """{"accept-dns":"false"}""";
        var wanted = JsonNode.Parse(
            $$"""{"hostname":"subnet-router-{{router}}","advertiseRoutes":["10.10.0.0/16"],"advertiseTags":["tag:aws-router"],"flags":{{Flags}}}""");
        Assert.True(JsonNode.DeepEquals(wanted, JsonNode.Parse(settings!.Value)), settings.Value);
        foreach (var parameter in (string[])[Installation.KeyParameter(router), Installation.SettingsParameter(router)])
        {
            var tags = await _here.World.ParameterTagsAsync(parameter);
            Assert.Equal($"arn:aws:ec2:{Installation.Region}:{_here.Account.Id}:instance/{router}", tags["InstanceArn"]);
            Assert.Equal(router.ToString(), tags["InstanceId"]);
        }

        var entry = await _here.World.LedgerItemAsync(Installation.Ledger, $"node#{router}");
        Assert.Equal(
            (_here.World.Scope.ToString(), "subnet-router", key.Id.ToString()),
            (entry!["scope"].S, entry["role"].S, entry["key"].S));
    }

    private async Task<string?> KmsKeyAsync(string name)
    {
        var filter = new ParameterStringFilter { Key = "Name", Option = "Equals", Values = [name] };
        var found = await _here.World.Ssm.DescribeParametersAsync(new DescribeParametersRequest { ParameterFilters = [filter] }, Stopping);
        return found.Parameters.Single().KeyId;
    }

    private async Task AssertNothingLeftAsync()
    {
        Assert.Empty(_here.Tailnet.Devices);
        Assert.All(_here.Tailnet.Keys, key => Assert.NotNull(key.Revoked));
        Assert.Empty(await _here.World.ParameterNamesAsync("/tailnet/nodes"));
        Assert.Empty(await _here.World.LedgerKeysAsync(Installation.Ledger));
    }
}

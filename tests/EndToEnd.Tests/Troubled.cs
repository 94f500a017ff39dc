namespace Automation.EndToEnd;

/// <summary>One installation, and one process, for many kinds of trouble: each with a router of its own, held by its launch hook.</summary>
public sealed class Troubled(Moto moto) : IAsyncLifetime
{
    private Queue<InstanceId> _routers = [];

    internal Installation Here { get; private set; } = null!;

    internal Function Function { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Here = await Installation.CreateAsync(moto);
        Function = await Here.StartAsync("NodeLifecycle");
        _routers = new(await Here.CreateRoutersAsync("10.10.0.0/16", instances: 60));
        await Here.WarmAsync();
    }

    public ValueTask DisposeAsync() => Here.DisposeAsync();

    /// <summary>A router that no other test has, in a world that one that failed has not left troubled.</summary>
    internal async Task<InstanceId> NextRouterAsync()
    {
        await Here.Account.ResetAsync();
        await Here.World.Sqs.PurgeQueueAsync(Here.Queue.Url, TestContext.Current.CancellationToken);
        return _routers.Dequeue();
    }

    /// <summary>What holds whatever the trouble: the message comes back, the hook is kept waiting, and nothing is deleted.</summary>
    /// <param name="delaySeconds">null where each instance comes back after a time of its own.</param>
    internal async Task<Delivery> MeetAsync(InstanceId router, int? delaySeconds)
    {
        var met = await Here.DeliverAsync(Function);
        Assert.Single(met.Unfinished);
        Function.AssertLogged(met.Logged, "INFO", delaySeconds is null ? "It is looked at again in " : $"It is looked at again in {delaySeconds} s.");
        Assert.Equal("Pending:Wait", (await Here.World.LifecycleStatesAsync(Installation.Group))[router]);
        Assert.DoesNotContain(await Here.Account.LifecycleAsync(), record => record.Operation != "RecordLifecycleActionHeartbeat");
        return met;
    }

    /// <summary>The trouble is over: the message that came back leads to the end that it would have had without.</summary>
    internal async Task RecoverAsync(InstanceId router, Delivery met)
    {
        await Here.Account.ResetAsync();
        await Here.RedeliverAsync(Function, met);
        var stored = await Here.World.GetParameterAsync(Installation.KeyParameter(router));
        var key = Assert.Single(Here.Tailnet.Keys, key => key.Value.Reveal() == stored?.Value);
        Assert.False(key.IsInvalid(DateTimeOffset.UtcNow));

        var device = await Here.JoinAsync(router);
        var last = await Here.RedeliverAsync(Function, met);
        Assert.Empty(last.Unfinished);
        Assert.Equal("10.10.0.0/16", Here.Tailnet.Devices.Single(shown => shown.Id == device).Enabled.ToString());
        Assert.Equal("InService", (await Here.World.LifecycleStatesAsync(Installation.Group))[router]);
        Assert.Equal((0, 0), await Here.World.CountMessagesAsync(Here.Queue.Url));
    }
}

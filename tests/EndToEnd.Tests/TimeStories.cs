namespace Automation.EndToEnd;

/// <summary>Time runs out, and Lambda asks the process to end.</summary>
public sealed class TimeStories(Moto moto) : IAsyncLifetime
{
    private static readonly TimeSpan s_left = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private Installation _here = null!;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task A_Tailscale_API_that_hangs_is_given_up_before_the_deadline_and_only_its_message_comes_again()
    {
        var function = await WarmAsync("NodeLifecycle");
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);
        await _here.SendAsync(Samples.Tell("ec2-state-running", _here.World.Scope, DateTimeOffset.UtcNow));
        _here.Api.Respond(new("GET", "/devices", 0) { Stalls = true });
        var stopped = await DeliverInTimeAsync(function);

        var message = Assert.Single(stopped.Unfinished);
        Assert.Contains(router.ToString(), message.Body, StringComparison.Ordinal);
        function.AssertLogged(stopped.Logged, "WARN", "was not finished in time and comes back");

        Assert.Single((await _here.RedeliverAsync(function, stopped)).Unfinished);   // the same process goes on
        Assert.NotNull(await _here.World.GetParameterAsync(Installation.KeyParameter(router)));
    }

    [Fact]
    public async Task A_key_that_was_minted_when_time_ran_out_is_not_left_usable_beside_another()
    {
        var function = await WarmAsync("NodeLifecycle");
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);
        var pause = await _here.Account.PauseAsync(after: 0, service: "dynamodb", operation: "PutItem");
        var stopped = await DeliverInTimeAsync(function);
        await pause.DropAsync();

        Assert.Single(stopped.Unfinished);
        await _here.RedeliverAsync(function, stopped);
        var stored = await _here.World.GetParameterAsync(Installation.KeyParameter(router));
        var usable = Assert.Single(_here.Tailnet.Keys, key => !key.IsInvalid(DateTimeOffset.UtcNow));
        Assert.Equal(usable.Value.Reveal(), stored?.Value);
    }

    [Fact]
    public async Task A_look_that_hangs_is_given_up_before_the_deadline_and_its_messages_come_again()
    {
        var function = await WarmAsync("Reconcile");
        await _here.SendAsync(Samples.Tell("scheduled-rule", _here.World.Scope, DateTimeOffset.UtcNow - TimeSpan.FromMinutes(1)));
        var pause = await _here.Account.PauseAsync(after: 0, service: "ec2", operation: "DescribeVpcs");
        var stopped = await DeliverInTimeAsync(function);
        await pause.DropAsync();

        Assert.Single(stopped.Unfinished);
        Assert.Empty((await _here.RedeliverAsync(function, stopped)).Unfinished);
    }

    [Theory]
    [InlineData("NodeLifecycle")]
    [InlineData("Reconcile")]
    public async Task An_idle_process_ends_when_Lambda_asks_it_to(string handler)
    {
        var function = await WarmAsync(handler);
        function.Terminate();
        Assert.Equal(0, await function.ExitAsync().WaitAsync(s_limit, Stopping));
    }

    [Fact]
    public async Task An_invocation_under_way_is_finished_before_the_process_ends()
    {
        var function = await WarmAsync("NodeLifecycle");
        var router = Assert.Single(await _here.CreateRoutersAsync("10.10.0.0/16"));
        await _here.HoldAsync(router, Installation.LaunchHook);
        var pause = await _here.Account.PauseAsync(after: 0, service: "ec2", operation: "DescribeInstances");
        var delivery = _here.DeliverAsync(function);
        await pause.WaitUntilStoppedAsync(s_limit);
        function.Terminate();
        await pause.ReleaseAsync();

        Assert.Single((await delivery).Unfinished);
        Assert.NotNull(await _here.World.GetParameterAsync(Installation.KeyParameter(router)));
        Assert.Equal(0, await function.ExitAsync().WaitAsync(s_limit, Stopping));
    }

    private async Task<Function> WarmAsync(string handler)
    {
        var function = await _here.StartAsync(handler);
        await _here.WarmAsync();
        await function.InvokeAsync("""{"Records":[]}""");
        await function.Api.IdleAsync(Stopping);
        return function;
    }

    private async Task<Delivery> DeliverInTimeAsync(Function function)
    {
        var deadline = DateTimeOffset.UtcNow + s_left + TimeSpan.FromMilliseconds(500);   // what receiving the messages may take
        var delivery = await _here.DeliverAsync(function, left: s_left);
        Assert.True(DateTimeOffset.UtcNow < deadline, "The answer came after the deadline.");
        return delivery;
    }
}

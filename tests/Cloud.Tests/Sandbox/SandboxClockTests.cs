using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Sandbox;

public sealed class SandboxClockTests
{
    private readonly SandboxWorld _world = new(NullLogger.Instance);

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    [Fact]
    public async Task Whoever_waits_goes_on_at_the_moment_waited_for()
    {
        var begun = Now;
        var seen = new List<TimeSpan>();
        async Task WaitAsync(int seconds)
        {
            await DelayAsync(seconds);
            seen.Add(Now - begun);
        }

        await _world.WhileTimePasses(async () =>
        {
            await Task.WhenAll(new[] { 5, 2, 9 }.Select(WaitAsync));
            return true;
        });

        Assert.Equal([2, 5, 9], seen.Select(passed => passed.TotalSeconds));
    }

    [Fact]
    public async Task Time_passes_for_work_that_waits_and_only_for_it()
    {
        var begun = Now;

        Assert.Equal(7, await _world.WhileTimePasses(() => Task.FromResult(7)));
        Assert.Equal(begun, Now);

        Assert.Equal(7, await _world.WhileTimePasses(async () =>
        {
            await Task.WhenAll(DelayAsync(40), DelayAsync(40));
            await DelayAsync(2);
            return 7;
        }));
        Assert.Equal(TimeSpan.FromSeconds(42), Now - begun);
    }

    [Fact]
    public void A_process_that_has_ended_waits_for_nothing()
    {
        var waits = DelayAsync(2);
        _world.Restart();
        _world.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.False(waits.IsCompleted);
    }

    private Task DelayAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), _world.Clock, TestContext.Current.CancellationToken);
}

using Microsoft.Extensions.Time.Testing;

namespace Automation.Aws;

public sealed class RateLimitTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RateLimit _limit;

    public RateLimitTests() => _limit = new(2, _time);

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task Lets_so_many_through_at_once_and_the_next_when_the_first_is_a_second_old()
    {
        await PassAsync(2);
        var third = _limit.WaitAsync(Stopping);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(third.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await third;
    }

    [Fact]
    public async Task Never_lets_more_through_in_any_second_wherever_it_begins()
    {
        await PassAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(900));
        await PassAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await PassAsync(1);
        var fourth = _limit.WaitAsync(Stopping);
        _time.Advance(TimeSpan.FromMilliseconds(800));
        Assert.False(fourth.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(100));
        await fourth;
    }

    [Fact]
    public async Task Whoever_came_first_goes_first()
    {
        await PassAsync(2);
        var passed = new List<int>();
        var waiting = Enumerable.Range(0, 6).Select(number => NoteAsync(number)).ToList();
        for (var second = 1; second <= 3; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAll(waiting.Take(2 * second));
            Assert.Equal(Enumerable.Range(0, 2 * second), passed.Order());   // two of one second may be noted in either order
        }

        async Task NoteAsync(int number)
        {
            await _limit.WaitAsync(Stopping);
            lock (passed)
            {
                passed.Add(number);
            }
        }
    }

    [Fact]
    public async Task Whoever_gives_up_takes_no_place()
    {
        await PassAsync(2);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        var givenUp = Enumerable.Range(0, 10).Select(_ => _limit.WaitAsync(stop.Token)).ToList();
        var patient = _limit.WaitAsync(Stopping);
        await stop.CancelAsync();
        foreach (var one in givenUp)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        }

        // Only when its turn has come does it wait for the clock.
        while (!patient.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Stopping);
        }

        Assert.True(_time.GetUtcNow() - _time.Start < TimeSpan.FromSeconds(5), "it waited for those that had given up");
    }

    private async Task PassAsync(int times)
    {
        for (var time = 0; time < times; time++)
        {
            var pass = _limit.WaitAsync(Stopping);
            Assert.True(pass.IsCompletedSuccessfully);
            await pass;
        }
    }
}

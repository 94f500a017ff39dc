namespace Automation.Fuzz;

/// <summary>A clock on which whoever waits some seconds waits no time, and limits of ten seconds and more never come.</summary>
internal sealed class InstantTime : TimeProvider
{
    private static readonly TimeSpan s_limits = TimeSpan.FromSeconds(10);

    private long _ticks = new DateTimeOffset(2026, 3, 4, 9, 5, 0, TimeSpan.Zero).Ticks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= TimeSpan.Zero && dueTime < s_limits)
        {
            Interlocked.Add(ref _ticks, dueTime.Ticks);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }

        return new Fired();
    }

    private sealed class Fired : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

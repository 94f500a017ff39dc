namespace Automation.Sandbox;

/// <summary>A clock that moves only when told to, and fires its timers as it does.</summary>
public sealed class SandboxClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var until = _now + by;
        while (AdvanceToTimer(until))
        {
        }

        _now = until;
    }

    /// <summary>Moves on to the timer that is due first.</summary>
    /// <returns>false where nobody waits for a timer.</returns>
    internal bool AdvanceToTimer() => AdvanceToTimer(DateTimeOffset.MaxValue);

    /// <summary>Whoever waited for a timer is no more.</summary>
    internal void ForgetTimers()
    {
        lock (_gate)
        {
            _timers.Clear();
        }
    }

    private bool AdvanceToTimer(DateTimeOffset until)
    {
        Timer? first;
        lock (_gate)
        {
            first = _timers.MinBy(timer => timer.Due);
            if (first is null || first.Due > until)
            {
                return false;
            }

            _timers.Remove(first);
        }

        _now = first.Due > _now ? first.Due : _now;
        first.Fire();
        return true;
    }

    private sealed class Timer(SandboxClock clock, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero)
            {
                throw new NotSupportedException("A timer of this clock fires once.");
            }

            lock (clock._gate)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

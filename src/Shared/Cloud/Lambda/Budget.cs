namespace Automation.Lambda;

/// <summary>What an invocation's remaining time is spent on.</summary>
/// <param name="UntilStop">Then the handler's token fires.</param>
/// <param name="UntilAnswer">Then a handler that does not heed its token is answered for.</param>
internal readonly record struct Budget(TimeSpan UntilStop, TimeSpan UntilAnswer)
{
    /// <summary>For the one call that is still made when time is up: it fits between the stop and the answer.</summary>
    public static readonly TimeSpan LastCall = TimeSpan.FromSeconds(1);

    // Two seconds are enough to finish a call, revoke a key or post a report; a short deadline gives a fifth of itself.
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromMilliseconds(250);

    // Lambda ends an invocation after 15 minutes; a timer takes no more than 49 days.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <param name="left">Time to the deadline; more than nothing.</param>
    public static Budget Of(TimeSpan left)
    {
        left = left < s_longest ? left : s_longest;
        var toStop = Least(s_longestStop, left / 5);
        var toAnswer = Least(s_longestAnswer, toStop / 2);
        return new(left - toStop, left - toAnswer);
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

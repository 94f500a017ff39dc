namespace Automation.Sandbox;

/// <summary>Stands between the functions and the simulated world: counts every call, and lets a test fail one or end the process at one.</summary>
public sealed class OutsideCalls
{
    private int _dieAt;
    private bool _dieAfterEffect;
    private readonly List<Action> _waiting = [];
    private bool _countsRounds;

    /// <summary>
    /// Of how many calls that wait at once, which is answered next: functions that run at the same time then meet between any two calls.
    /// Null answers each call as it is made.
    /// </summary>
    public Func<int, int>? Order { get; set; }

    /// <summary>While it is there, reads answer again what they answered first: the services lag behind.</summary>
    public Dictionary<object, object?>? Memory { get; set; }

    /// <summary>Asked on a call whose answer has pages; true leaves the second half of them unanswered.</summary>
    public Func<string, bool>? Halves { get; set; }

    /// <summary>Asked before a call takes effect; an exception that it throws is what the caller gets, and nothing is done.</summary>
    public Action<string>? Before { get; set; }

    /// <summary>Asked after a call took effect; an exception that it throws is what the caller gets, though it was done.</summary>
    public Action<string>? After { get; set; }

    public int Count { get; private set; }

    /// <summary>The process has ended at a call. Until the next one starts, no call has an effect and none returns.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Ends the process at a call to come, once.</summary>
    /// <param name="next">1 for the very next call; 0 for none any more.</param>
    /// <param name="afterEffect">The call is done, and its answer reaches nobody.</param>
    public void DieAt(int next, bool afterEffect) => (_dieAt, _dieAfterEffect) = (Count + next, afterEffect);

    /// <summary>Counts how many calls follow one another: those that are under way at the same time are one round.</summary>
    public async Task<int> CountRoundsAsync(Func<Task> work)
    {
        var rounds = 0;
        _countsRounds = true;
        try
        {
            for (var running = work(); !running.IsCompleted; rounds++)
            {
                if (_waiting.Count == 0)
                {
                    throw new InvalidOperationException("The work waits for something that is no outside call.");
                }

                var round = _waiting.ToArray();
                _waiting.Clear();
                Array.ForEach(round, answer => answer());
            }
        }
        finally
        {
            _countsRounds = false;
        }

        return rounds;
    }

    /// <summary>Calls wait for each other at this moment, so that no time passes.</summary>
    internal bool CountsRounds => _countsRounds;

    /// <summary>Answers one of the calls that wait.</summary>
    /// <returns>false where none does.</returns>
    internal bool AnswerNext()
    {
        if (_waiting.Count == 0)
        {
            return false;
        }

        var at = Order?.Invoke(_waiting.Count) ?? 0;
        var answer = _waiting[at];
        _waiting.RemoveAt(at);
        answer();
        return true;
    }

    /// <summary>A new process starts: whoever waited is no more.</summary>
    internal void Revive()
    {
        IsDead = false;
        _waiting.Clear();
    }

    /// <param name="of">Operation and subject: the same of the same answers the same while the services lag behind.</param>
    internal T Read<T>(object of, Func<T> effect)
    {
        if (Memory is null)
        {
            return effect();
        }

        if (!Memory.TryGetValue(of, out var answer))
        {
            Memory[of] = answer = effect();
        }

        return (T)answer!;
    }

    /// <param name="operation">Service and operation, such as <c>EC2 DescribeInstances</c>.</param>
    internal Task<T> Do<T>(string operation, CancellationToken stopping, Func<T> effect)
    {
        if (!_countsRounds && Order is null)
        {
            return DoNow(operation, stopping, effect);
        }

        var answer = new TaskCompletionSource<Task<T>>();
        _waiting.Add(() => answer.SetResult(DoNow(operation, stopping, effect)));
        return answer.Task.Unwrap();
    }

    internal Task Do(string operation, CancellationToken stopping, Action effect) => Do(operation, stopping, () =>
    {
        effect();
        return true;
    });

    private Task<T> DoNow<T>(string operation, CancellationToken stopping, Func<T> effect)
    {
        if (IsDead)
        {
            return Never<T>();
        }

        if (stopping.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(stopping);
        }

        var dies = ++Count == _dieAt;
        if (dies && !_dieAfterEffect)
        {
            IsDead = true;
            return Never<T>();
        }

        try
        {
            Before?.Invoke(operation);
            var answer = effect();
            After?.Invoke(operation);
            IsDead = dies;
            return dies ? Never<T>() : Task.FromResult(answer);
        }
        catch (Exception e)   // an asynchronous call fails in its task, not where it is made
        {
            IsDead = dies;
            return dies ? Never<T>() : Task.FromException<T>(e);
        }
    }

    // An exception would run the catch and finally blocks of a process that is no more.
    private static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}

namespace Automation.Sandbox;

/// <summary>Stands between the functions and the simulated world: counts every call, and lets a test fail one or end the process at one.</summary>
public sealed class OutsideCalls
{
    /// <summary>Asked before a call takes effect; an exception that it throws is what the caller gets, and nothing is done.</summary>
    public Action<string>? Before { get; set; }

    /// <summary>Asked after a call took effect; an exception that it throws is what the caller gets, though it was done.</summary>
    public Action<string>? After { get; set; }

    public int Count { get; private set; }

    /// <param name="operation">Service and operation, such as <c>EC2 DescribeInstances</c>.</param>
    internal Task<T> Do<T>(string operation, CancellationToken stopping, Func<T> effect)
    {
        if (stopping.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(stopping);
        }

        try
        {
            Count++;
            Before?.Invoke(operation);
            var answer = effect();
            After?.Invoke(operation);
            return Task.FromResult(answer);
        }
        catch (Exception e)   // an asynchronous call fails in its task, not where it is made
        {
            return Task.FromException<T>(e);
        }
    }

    internal Task Do(string operation, CancellationToken stopping, Action effect) => Do(operation, stopping, () =>
    {
        effect();
        return true;
    });
}

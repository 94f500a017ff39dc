namespace Automation.Aws;

/// <summary>Lets through so many a second, whenever that second begins: first come, first served.</summary>
/// <remarks>Whoever gives up while waiting takes no place.</remarks>
internal sealed class RateLimit(int perSecond, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    // One at a time waits for the clock, the others behind it. A semaphore lets in asynchronous waiters in the order in which they came.
    private readonly SemaphoreSlim _turn = new(1, 1);

    private readonly Queue<long> _passed = new(perSecond);

    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task WaitAsync(CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            if (_passed.Count == perSecond)
            {
                var left = s_second - time.GetElapsedTime(_passed.Peek());
                if (left > TimeSpan.Zero)
                {
                    await Task.Delay(left, time, stopping).ConfigureAwait(false);
                }

                _passed.Dequeue();
            }

            _passed.Enqueue(time.GetTimestamp());
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}

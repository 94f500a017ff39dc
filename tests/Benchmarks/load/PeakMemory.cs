namespace Automation.Load;

/// <summary>The most memory that managed objects took above what was there before, looked at every few milliseconds from another thread.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);
    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _watching;
    private long _most;

    public PeakMemory()
    {
        _watching = new(Watch) { IsBackground = true };
        _watching.Start();
    }

    public long Bytes => Math.Max(0, Volatile.Read(ref _most) - _before);

    public void Dispose()
    {
        _over.Set();
        _watching.Join();
        _over.Dispose();
    }

    private void Watch()
    {
        do
        {
            Volatile.Write(ref _most, Math.Max(_most, GC.GetTotalMemory(forceFullCollection: false)));
        }
        while (!_over.Wait(TimeSpan.FromMilliseconds(5)));
    }
}

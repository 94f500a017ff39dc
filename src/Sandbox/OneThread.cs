using System.Collections.Concurrent;

namespace Automation.Sandbox;

/// <summary>What waited goes on here and not in a thread of its own, so that the same story goes the same way each time.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _ready = [];

    public override void Post(SendOrPostCallback d, object? state) => _ready.Enqueue((d, state));

    /// <returns>false where nothing was ready.</returns>
    public bool GoOn()
    {
        if (!_ready.TryDequeue(out var next))
        {
            return false;
        }

        next.Callback(next.State);
        return true;
    }
}

namespace Automation.EndToEnd;

/// <summary>The world stops at one call of an account, and at every matching one after it, until it is released.</summary>
public sealed class MotoPause
{
    private readonly MotoControl _control;
    private readonly int _id;

    internal MotoPause(MotoControl control, int id)
    {
        _control = control;
        _id = id;
    }

    /// <summary>Waits until a call is stopped.</summary>
    /// <exception cref="TimeoutException">None came.</exception>
    public async Task<MotoStoppedCall> WaitUntilStoppedAsync(TimeSpan limit)
    {
        var shown = await _control.PostAsync<Shown>("paused", new { id = _id, wait = limit.TotalSeconds });
        return shown.Blocked ?? throw new TimeoutException($"no call was stopped in {limit}; {shown.Passed} passed");
    }

    /// <summary>Lets the stopped calls go on.</summary>
    public Task ReleaseAsync() => _control.PostAsync<Shown>("release", new { id = _id });

    /// <summary>Hangs up on the stopped calls: one that was stopped before its effect never has one. For a caller that was killed.</summary>
    public Task DropAsync() => _control.PostAsync<Shown>("release", new { id = _id, drop = true });

    internal sealed record Shown(int Id, int Passed, MotoStoppedCall? Blocked);
}

public sealed record MotoStoppedCall(string Service, string Operation, long Order)
{
    public override string ToString() => $"{Service}:{Operation}";
}

using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>What goes wrong between the functions and the world: single calls, whole services, events on their way.</summary>
internal sealed class Faults
{
    private readonly Stage _stage;
    private readonly List<(int At, Action Happens)> _meanwhile = [];
    private readonly List<(int At, Failure Failure, bool AfterEffect)> _single = [];
    private readonly List<(string Service, DateTimeOffset Until, Failure Failure)> _outages = [];
    private readonly Queue<Fate> _events = [];
    private int _halfAt;
    private DateTimeOffset _lagUntil;

    public Faults(Stage stage)
    {
        _stage = stage;
        stage.World.Copies = Copies;
        stage.World.Died = () => Troubles.Add(stage.Now);
        Calls.Halves = Halve;
    }

    /// <summary>What becomes of an event.</summary>
    private readonly record struct Fate(int Copies, TimeSpan Delay);

    /// <summary>When a call failed, or the process ended at one: of what it was to write, something may be left over.</summary>
    public List<DateTimeOffset> Troubles { get; } = [];

    private OutsideCalls Calls => _stage.World.Calls;

    /// <summary>One call to come fails.</summary>
    public void Fail(int next, Failure failure, bool afterEffect) => _single.Add((Calls.Count + next, failure, afterEffect));

    /// <summary>Every call of a service fails for a while.</summary>
    public void Outage(string service, TimeSpan lasts, Failure failure) => _outages.Add((service, _stage.Now + lasts, failure));

    public void Halve(int next) => _halfAt = Calls.Count + next;

    public void Lag(TimeSpan lasts) => (_lagUntil, Calls.Memory) = (_stage.Now + lasts, []);

    public void Events(int count, int copies, TimeSpan delay)
    {
        for (; count > 0; count--)
        {
            _events.Enqueue(new(copies, delay));
        }
    }

    /// <summary>Something happens in the world while a function is at work, just before one of its calls to come.</summary>
    public void Meanwhile(int next, Action happens) => _meanwhile.Add((Calls.Count + next, happens));

    /// <summary>The process ends at a call to come.</summary>
    public void Kill(int next, bool afterEffect)
    {
        Calls.DieAt(next, afterEffect);
        LostHandlings++;
    }

    /// <summary>All is well again; what was late arrives.</summary>
    public void End()
    {
        _single.Clear();
        _outages.Clear();
        _events.Clear();
        (_halfAt, Calls.Memory) = (0, null);
        Calls.DieAt(0, false);
        foreach (var (_, happens) in _meanwhile.ToArray())
        {
            happens();
        }

        _meanwhile.Clear();
    }

    /// <exception cref="CallFailedException">The call meets a fault before it takes effect.</exception>
    public void Before(string operation)
    {
        if (Calls.Memory is not null && _stage.Now >= _lagUntil)
        {
            Calls.Memory = null;
        }

        foreach (var due in _meanwhile.Where(due => due.At <= Calls.Count).ToArray())
        {
            _meanwhile.Remove(due);
            due.Happens();
        }

        Meet(operation, afterEffect: false);
        _outages.RemoveAll(outage => outage.Until <= _stage.Now);
        foreach (var outage in _outages.Where(outage => operation.StartsWith(outage.Service, StringComparison.Ordinal)))
        {
            LostHandlings += outage.Service == "SQS" ? 1 : 0;
            throw Failed(operation, outage.Failure);
        }
    }

    /// <exception cref="CallFailedException">The call took effect, and its answer is lost.</exception>
    public void After(string operation) => Meet(operation, afterEffect: true);

    private void Meet(string operation, bool afterEffect)
    {
        var at = _single.FindIndex(fault => fault.At == Calls.Count && fault.AfterEffect == afterEffect);
        if (at >= 0)
        {
            var failure = _single[at].Failure;
            LostHandlings += operation.StartsWith("SQS", StringComparison.Ordinal) ? 1 : 0;
            _single.RemoveAt(at);
            _stage.Tell($"  {operation} fails {(afterEffect ? "after" : "before")} it took effect: {failure}");
            throw Failed(operation, failure);
        }
    }

    private bool Halve(string operation)
    {
        if (_halfAt == 0 || Calls.Count < _halfAt)
        {
            return false;
        }

        _halfAt = 0;
        _stage.Tell($"  {operation} answers its first page alone");
        return true;
    }

    /// <summary>How often a message could only come back after the queue's own delay: its process ended, or the queue could not be asked for another.</summary>
    public int LostHandlings { get; set; }

    public int LostEvents { get; private set; }

    private int Copies(string text)
    {
        if (!_events.TryDequeue(out var fate))
        {
            return 1;
        }

        if (fate.Delay > TimeSpan.Zero)
        {
            _stage.Later.Add((_stage.Now + fate.Delay, () => _stage.World.Deliver(text)));
            return 0;
        }

        LostEvents += fate.Copies == 0 ? 1 : 0;
        return fate.Copies;
    }

    private CallFailedException Failed(string operation, Failure failure)
    {
        Troubles.Add(_stage.Now);
        var space = operation.StartsWith("Tailscale", StringComparison.Ordinal) ? "Tailscale".Length : operation.LastIndexOf(' ');
        return new(failure, operation[..space], operation[(space + 1)..], Code(failure), "as the story wants it");
    }

    private static string Code(Failure failure) => failure switch
    {
        Failure.Throttled => "Throttling",
        Failure.Denied => "AccessDenied",
        Failure.BadCredential => "ExpiredToken",
        _ => "503",
    };
}

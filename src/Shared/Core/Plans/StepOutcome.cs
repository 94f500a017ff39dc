
namespace Automation.Plans;

/// <summary>What became of a step.</summary>
public abstract record StepOutcome
{
    private StepOutcome()   // closed: every case is in this file
    {
    }

    /// <summary>A dry run, or a plan that nobody has applied.</summary>
    public sealed record Planned : StepOutcome;

    public sealed record Applied : StepOutcome;

    /// <summary>Someone, perhaps an earlier run, did it already.</summary>
    public sealed record AlreadySo : StepOutcome;

    /// <summary>The world moved since it was looked at; nothing was done, and the next look plans again.</summary>
    public sealed record Stale(string Found) : StepOutcome;

    public sealed record Failed(string Message) : StepOutcome;

    /// <summary>Waits for a person.</summary>
    public sealed record Held(string Why) : StepOutcome;

    /// <summary>Not tried: an earlier step that it depends on failed, or the run ended before it.</summary>
    public sealed record NotReached(string Why) : StepOutcome;

    /// <summary>The word of the report.</summary>
    public string Word => this switch
    {
        Planned => "planned",
        Applied => "applied",
        AlreadySo => "already-so",
        Stale => "stale",
        Failed => "failed",
        Held => "held",
        _ => "not-reached",
    };

    public string? Detail => this switch
    {
        Stale s => s.Found,
        Failed f => f.Message,
        Held h => h.Why,
        NotReached n => n.Why,
        _ => null,
    };
}

public sealed record StepResult(PlannedStep Step, StepOutcome Outcome);

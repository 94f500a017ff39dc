namespace Automation.Nodes;

/// <summary>What attending to one piece of news came to.</summary>
public abstract record NodeOutcome
{
    private NodeOutcome()   // closed: every case is in this file
    {
    }

    /// <summary>Nothing is left to do about it.</summary>
    /// <param name="Metric">The counter that it adds to; null where it changed nothing worth counting.</param>
    public sealed record Done(string What, string? Metric = null) : NodeOutcome;

    /// <summary>Not finished: the message comes back after the delay.</summary>
    public sealed record Again(TimeSpan Delay, string Why) : NodeOutcome;
}

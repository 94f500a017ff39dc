using System.Text;

namespace Automation.Fuzz;

/// <summary>What became of a target's inputs.</summary>
internal sealed record Tally(string Target)
{
    private readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);
    private readonly HashSet<string> _outcomes = [];

    public long Inputs { get; private set; }

    public long Accepted { get; private set; }

    /// <summary>By the name of the error.</summary>
    public IReadOnlyDictionary<string, long> Refused => _refused;

    public int Outcomes => _outcomes.Count;

    public TimeSpan Slowest { get; private set; }

    public long SlowestInput { get; private set; }

    public long MostAllocated { get; private set; }

    public long MostAllocatedInput { get; private set; }

    /// <summary>Bytes for each byte of the input, of inputs that are long enough to tell.</summary>
    public double MostForAByte { get; private set; }

    public Finding? Finding { get; init; }

    public void Add(Outcome outcome, long number, int length, TimeSpan took, long allocated, int longEnough)
    {
        Inputs++;
        if (outcome.Accepted)
        {
            Accepted++;
        }
        else
        {
            _refused[outcome.Kind] = _refused.GetValueOrDefault(outcome.Kind) + 1;
        }

        _outcomes.Add($"{outcome.Kind}: {Shape(outcome.Text)}");
        if (took > Slowest)
        {
            (Slowest, SlowestInput) = (took, number);
        }

        if (allocated > MostAllocated)
        {
            (MostAllocated, MostAllocatedInput) = (allocated, number);
        }

        if (length >= longEnough)
        {
            MostForAByte = Math.Max(MostForAByte, (double)allocated / length);
        }
    }

    // What is quoted or counted in a text differs with each input.
    private static string Shape(string text)
    {
        var shape = new StringBuilder();
        var quoted = false;
        foreach (var letter in text.Length > 200 ? text.AsSpan(0, 200) : text)
        {
            quoted ^= letter is '\'' or '"';
            if (!quoted && !char.IsAsciiDigit(letter) && char.IsAscii(letter))
            {
                shape.Append(letter);
            }
        }

        return shape.ToString();
    }
}

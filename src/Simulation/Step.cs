using System.Globalization;

namespace Automation.Simulation;

/// <summary>
/// One line of a story: what happens, and numbers that say to whom. A number chooses among what is there at that moment, so that a story
/// can still be told when lines of it are left out.
/// </summary>
public readonly record struct Step(string Verb, int A = 0, int B = 0, int C = 0)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Verb} {A} {B} {C}");

    /// <exception cref="FormatException">The line is none, or its verb is not known.</exception>
    public static Step Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var verb, var a, var b, var c] && Verbs.All.ContainsKey(verb)
            && int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            && int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out var third)
            ? new(verb, first, second, third)
            : throw new FormatException($"'{Printable.Of(line)}' is no line of a story: a known verb and three numbers.");
    }
}

using System.Collections.Immutable;

namespace Automation.Simulation;

/// <summary>What can happen in a story.</summary>
/// <param name="Weight">How often it does, beside the others.</param>
/// <param name="Do">Lets it happen, to what the numbers choose, and says what did; null where there was nothing to do it to.</param>
internal sealed record Verb(string Name, int Weight, Func<Stage, int, int, int, string?> Do);

/// <summary>One file for each who acts: AWS and people in it, people in the tailnet, and trouble on the way.</summary>
internal static partial class Verbs
{
    /// <summary>Handled by whoever tells the story, since time passes in it.</summary>
    public const string Wait = "wait";

    /// <summary>The next line happens not now, but while a function is at work.</summary>
    public const string Meanwhile = "meanwhile";

    private static readonly Lazy<ImmutableSortedDictionary<string, Verb>> s_all = new(() => new[]
    {
        new Verb(Wait, 0, (_, _, _, _) => null),
        new Verb(Meanwhile, 10, (_, _, _, _) => null),
    }.Concat(OfCloud).Concat(OfNetwork).Concat(OfNames).Concat(OfTailnet).Concat(OfTrouble).ToImmutableSortedDictionary(verb => verb.Name, verb => verb, StringComparer.Ordinal));

    private static readonly TimeSpan[] s_waits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(6), TimeSpan.FromMinutes(13)];

    /// <summary>By name.</summary>
    public static ImmutableSortedDictionary<string, Verb> All => s_all.Value;

    public static TimeSpan WaitOf(Step step) => s_waits[step.A % s_waits.Length];

    /// <summary>Chooses one of what is there.</summary>
    /// <returns>default where nothing is.</returns>
    private static T? Pick<T>(IReadOnlyList<T> items, int number) => items.Count == 0 ? default : items[number % items.Count];
}

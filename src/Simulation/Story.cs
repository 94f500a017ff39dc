using System.Collections.Immutable;
using System.Globalization;

namespace Automation.Simulation;

/// <summary>What happens in a world, line by line, and the seed that decides what the lines leave open: in which order calls that meet are answered.</summary>
public sealed record Story(ulong Seed, ImmutableArray<Step> Steps)
{
    private const int Fewest = 12, Most = 45;

    public static Story Of(ulong seed)
    {
        var dice = new Dice(seed);
        var bag = Verbs.All.Values.SelectMany(verb => Enumerable.Repeat(verb.Name, verb.Weight)).ToArray();
        var steps = ImmutableArray.CreateBuilder<Step>();

        // Something to look after first.
        for (var vpc = dice.Next(3); vpc >= 0; vpc--)
        {
            steps.Add(Roll("vpc"));
            steps.Add(Roll("launch"));
        }

        for (var left = Fewest + dice.Next(Most - Fewest); left > 0; left--)
        {
            steps.Add(Roll(dice.Next(3) == 0 ? "wait" : bag[dice.Next(bag.Length)]));
        }

        return new(seed, steps.ToImmutable());

        Step Roll(string verb) => new(verb, dice.Next(1000), dice.Next(1000), dice.Next(1000));
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"seed {Seed}\n{string.Join('\n', Steps)}\n");

    /// <param name="text">A line <c>seed N</c>, then one line for each step; empty lines and what follows a <c>#</c> do not count.</param>
    /// <exception cref="FormatException">Names the line that is none.</exception>
    public static Story Parse(string text)
    {
        string[] lines = [.. text.Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)];
        return lines is [var first, .. var steps] && first.Split(' ') is ["seed", var number] && ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? new(seed, [.. steps.Select(Step.Parse)])
            : throw new FormatException($"A story begins with a line such as 'seed 7', not with '{Printable.Of(lines.FirstOrDefault())}'.");
    }
}

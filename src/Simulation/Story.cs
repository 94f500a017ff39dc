using System.Collections.Immutable;

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
}

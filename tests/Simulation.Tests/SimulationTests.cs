namespace Automation.Simulation;

/// <summary>Random stories through the real functions. SEEDS=10000 in the environment tells more of them.</summary>
public sealed class SimulationTests
{
    private static readonly ulong s_seeds = ulong.TryParse(Environment.GetEnvironmentVariable("SEEDS"), out var seeds) ? seeds : 500;

    [Fact]
    public async Task Every_invariant_holds_in_every_story()
    {
        var result = await Simulator.RunAsync(1, s_seeds, 20, null, TestContext.Current.CancellationToken);

        Assert.True(result.Failures.Count == 0, string.Join("\n\n", result.Failures.Select(failure => $"{failure.Violation!.Invariant.Name}: {failure.Violation.Text}\n{failure.Story}{string.Join('\n', failure.Told)}")));
        Assert.Equal((int)s_seeds, result.LooksToRest.Values.Sum());
        Assert.All(Invariant.All, invariant => Assert.True(result.Checks.GetValueOrDefault(invariant.Name) > 0, $"{invariant.Name} was never looked at"));
    }

    public static TheoryData<string> Stories => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "stories")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task What_failed_once_holds_now(string file)
    {
        var outcome = await Telling.TellAsync(Story.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "stories", file), TestContext.Current.CancellationToken)));

        Assert.True(outcome.Violation is null, $"{outcome.Violation}\n{string.Join('\n', outcome.Told)}");
    }

    [Fact]
    public async Task A_seed_tells_the_same_story_each_time()
    {
        for (var seed = 1UL; seed <= 30; seed++)
        {
            var (first, second) = (await Telling.TellAsync(Story.Of(seed), tellsLog: true), await Telling.TellAsync(Story.Of(seed), tellsLog: true));

            Assert.Equal(first.Told, second.Told);
            Assert.Equal((first.Calls, first.Looks, first.Rest, first.Simulated), (second.Calls, second.Looks, second.Rest, second.Simulated));
        }
    }

    [Fact]
    public void A_story_is_read_as_it_was_written()
    {
        for (var seed = 1UL; seed <= 100; seed++)
        {
            var story = Story.Of(seed);

            Assert.Equal(story.ToString(), Story.Parse(story.ToString()).ToString());
            Assert.Equal(story.Steps, Story.Parse(story.ToString()).Steps);
        }
    }

    [Theory]
    [InlineData("", "'seed 7'")]
    [InlineData("vpc 0 0 0", "'vpc 0 0 0'")]
    [InlineData("seed 1\nfly 0 0 0", "'fly 0 0 0'")]
    [InlineData("seed 1\nvpc 0 0", "'vpc 0 0'")]
    [InlineData("seed 1\nvpc 0 0 -1", "'vpc 0 0 -1'")]
    public void A_line_that_is_none_is_named(string text, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => Story.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_kind_of_thing_happens_in_the_stories_that_are_told()
    {
        var verbs = Enumerable.Range(1, 500).SelectMany(seed => Story.Of((ulong)seed).Steps).Select(step => step.Verb).ToHashSet();

        Assert.Equal(Verbs.All.Keys, verbs.Order(StringComparer.Ordinal));
    }
}

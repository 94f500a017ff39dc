namespace Automation.Fuzz;

/// <summary>Some of the inputs that tests/Fuzz makes, the same each time; docs/fuzzing.md says what each target must hold.</summary>
public sealed class FuzzTests
{
    // All targets together, each with its share.
    private const int All = 20_000;

    public static TheoryData<string> TargetNames => [.. Targets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(TargetNames))]
    public void No_input_crashes_hangs_allocates_without_bounds_or_does_what_it_must_not(string name)
    {
        var target = Targets.All.Single(target => target.Name == name);
        var count = All * target.Share / Targets.All.Sum(each => each.Share);

        var tally = new Runner(seed: 1, TimeProvider.System).Run(target, first: 0, count);

        Assert.Null(tally.Finding?.What);
        Assert.Equal(count, tally.Inputs);
        Assert.True(tally.Accepted > count / 20, $"only {tally.Accepted} of {count} inputs were taken: what is refused at once tries little");
        Assert.True(tally.Outcomes > 3, $"only {tally.Outcomes} outcomes were seen");
    }

    [Fact]
    public void An_input_is_the_same_whatever_was_made_before_it()
    {
        foreach (var target in Targets.All)
        {
            var inOrder = Enumerable.Range(0, 5).Select(number => target.Make(new(7, target.Name, number)).Bytes).ToArray();

            Assert.Equal(inOrder[3], target.Make(new(7, target.Name, 3)).Bytes);
            Assert.NotEqual(inOrder[3], target.Make(new(8, target.Name, 3)).Bytes);
        }
    }

    [Fact]
    public void A_finding_stops_its_target_and_says_which_input_it_was()
    {
        var tally = new Runner(seed: 1, TimeProvider.System).Run(new Careless(), first: 0, count: 100);

        Assert.Equal(42, tally.Finding!.Number);
        Assert.Contains("careless", tally.Finding.What, StringComparison.Ordinal);
    }

    [Fact]
    public void What_allocates_more_than_its_limit_is_a_finding()
    {
        var tally = new Runner(seed: 1, TimeProvider.System).Run(new Careless(wasteful: true), first: 0, count: 10);

        Assert.Contains("bytes were allocated", tally.Finding!.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--inputs", "0")]
    [InlineData("--target", "nothing")]
    [InlineData("--output", "xml")]
    [InlineData("--seed", "")]
    public void Options_that_are_none_are_refused(params string[] args)
    {
        var told = new StringWriter();

        Assert.Equal(2, CommandLine.Run(args, new StringWriter(), told));
        Assert.Contains("is no option", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_figures_are_a_table_or_json()
    {
        var (table, json) = (new StringWriter(), new StringWriter());

        Assert.Equal(0, CommandLine.Run(["--target", "reconcile", "--inputs", "50"], table, new StringWriter()));
        Assert.Equal(0, CommandLine.Run(["--target", "reconcile", "--inputs", "50", "--output", "json"], json, new StringWriter()));

        Assert.Contains("| reconcile | 50 |", table.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"inputs\": 50", json.ToString(), StringComparison.Ordinal);
    }

    private sealed class Careless(bool wasteful = false) : Target
    {
        private int _made;

        public override string Name => "careless";

        public override int Share => 1;

        public override AllocationLimit Limit => new(100_000, 1);

        public override Input Make(Dice dice)
        {
            var isBad = ++_made == 143;   // the first hundred are let in twice: to warm up, and to be measured
            return new([1], () => wasteful ? Waste() : isBad ? throw new InvalidOperationException("careless") : Outcome.Of("good"));
        }

        private static Outcome Waste() => Outcome.Of("waste", string.Concat(new byte[1_000_000].Length));
    }
}

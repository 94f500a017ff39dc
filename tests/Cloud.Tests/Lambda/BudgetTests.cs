namespace Automation.Lambda;

public sealed class BudgetTests
{
    [Theory]
    [InlineData(900_000, 898_000, 899_750)]
    [InlineData(10_000, 8_000, 9_750)]
    [InlineData(5_000, 4_000, 4_750)]
    [InlineData(1_000, 800, 900)]
    public void Stops_two_seconds_early_and_answers_250_ms_early_or_a_share_of_a_short_deadline(int left, int untilStop, int untilAnswer) =>
        Assert.Equal(
            new Budget(TimeSpan.FromMilliseconds(untilStop), TimeSpan.FromMilliseconds(untilAnswer)),
            Budget.Of(TimeSpan.FromMilliseconds(left)));
}

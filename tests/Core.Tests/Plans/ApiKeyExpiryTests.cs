namespace Automation.Plans;

public class ApiKeyExpiryTests
{
    private static readonly Snapshot s_seen = new AWorld().Seen();

    [Theory]
    [InlineData(14.1, null)]
    [InlineData(14.0, Finding.Warning)]
    [InlineData(3.1, Finding.Warning)]
    [InlineData(3.0, Finding.Error)]
    [InlineData(-1.0, Finding.Error)]
    public void It_is_said_a_fortnight_before_and_is_an_error_from_three_days_before(double days, string? severity)
    {
        var expires = s_seen.ObservedAt + TimeSpan.FromDays(days);
        var finding = Find(new(expires, null));

        Assert.Equal(severity, finding?.Severity);
        if (finding is not null)
        {
            Assert.Contains(expires.ToString("yyyy-MM-dd", null), finding.Text, StringComparison.Ordinal);
            Assert.Contains(days < 0 ? "expired on" : "expires on", finding.Text, StringComparison.Ordinal);
            Assert.Contains("an OAuth client: that and a federated identity do not expire", finding.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_credential_that_does_not_expire_or_was_not_looked_at_is_nothing_to_say() => Assert.Null(Find(null));

    [Fact]
    public void An_expiry_that_could_not_be_read_is_no_warning_but_is_said()
    {
        var finding = Find(new(null, "GET failed"));

        Assert.Equal(Finding.Info, finding?.Severity);
        Assert.Contains("GET failed", finding!.Text, StringComparison.Ordinal);
        Assert.False(finding.IsIncomplete);
    }

    [Fact]
    public void It_keeps_nothing_from_being_done_and_is_the_same_after_the_file()
    {
        var seen = s_seen with { ApiKey = new(s_seen.ObservedAt + TimeSpan.FromDays(1), null) };

        Assert.Equal(ReconcilePlanner.Plan(s_seen).Steps, ReconcilePlanner.Plan(seen).Steps);
        Assert.Equal(seen.ApiKey, SnapshotJson.Read(SnapshotJson.Write(seen)).ApiKey);
    }

    private static Finding? Find(ApiKeySeen? key) =>
        ReconcilePlanner.Plan(s_seen with { ApiKey = key }).Findings.SingleOrDefault(finding => finding.Rule == ApiKeyExpiry.Rule);
}

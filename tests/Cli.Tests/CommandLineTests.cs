namespace Automation.Cli;

/// <summary>What is typed, and what is wrong with it, before anything is looked at.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "TAILSCALE_CREDENTIAL and LEDGER_TABLE", "demo", "plan", "apply", "status", "snapshot <FILE>")]
    [InlineData("demo", "simulated", "--output <json|text>")]
    [InlineData("plan", "Changes nothing", "--output <json|text>", "--scope", "--snapshot", "--allow-mass-delete", "--detailed-exitcode", "could not be read")]
    [InlineData("apply", "ask", "--output <json|text>", "--scope", "--yes", "--allow-mass-delete")]
    [InlineData("status", "Changes nothing", "--output <json|text>", "--scope")]
    [InlineData("snapshot", "no secrets", "<FILE>", "--scope")]
    public async Task Help_names_what_a_command_takes(string command, params string[] words)
    {
        var help = await Terminal.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(ExitCode.Done, help.Exit);
        Assert.All(words, word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("destroy", "'destroy'")]
    [InlineData("plan --destroy", "'--destroy'")]
    [InlineData("plan --yes", "'--yes'")]
    [InlineData("plan --output yaml", "'yaml'")]
    [InlineData("snapshot", "'snapshot'")]
    [InlineData("plan --snapshot world.json --scope 111122223333/eu-west-1", "--scope and --snapshot do not go together")]
    public async Task What_it_does_not_know_is_refused_by_name(string typed, string words)
    {
        var refused = await Terminal.RunIn(Terminal.Settings, typed.Split(' '));

        Assert.Equal(ExitCode.Failed, refused.Exit);
        Assert.Contains(words, refused.Progress, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("apply")]
    [InlineData("apply", "--yes")]
    [InlineData("status")]
    [InlineData("snapshot", "world.json")]
    public async Task All_settings_that_are_missing_are_named_before_AWS_is_asked(params string[] typed)
    {
        var refused = await Terminal.RunIn(new() { ["AWS_REGION"] = "eu-west-1", ["DRY_RUN"] = "yes" }, typed);

        Assert.Equal((ExitCode.Failed, ""), (refused.Exit, refused.Output));
        Assert.StartsWith("The environment has 3 problem(s):", refused.Progress, StringComparison.Ordinal);
        Assert.All(
            ["- TAILSCALE_CREDENTIAL is not set", "- LEDGER_TABLE is not set", "- DRY_RUN is 'yes'"],
            line => Assert.Contains(line, refused.Progress, StringComparison.Ordinal));
        Assert.DoesNotContain("ACCOUNT_ID", refused.Progress, StringComparison.Ordinal);   // which AWS is asked for
    }

    [Fact]
    public async Task An_account_that_is_set_and_wrong_is_named()
    {
        var refused = await Terminal.RunIn(new(Terminal.Settings) { ["ACCOUNT_ID"] = "my-account" }, "plan");

        Assert.Equal(ExitCode.Failed, refused.Exit);
        Assert.Contains("- ACCOUNT_ID is 'my-account'", refused.Progress, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("somewhere")]
    [InlineData("999999999999/eu-west-1")]
    public async Task A_scope_that_is_not_of_the_settings_is_refused(string scope)
    {
        var refused = await Terminal.RunIn(Terminal.Settings, "plan", "--scope", "111122223333/eu-west-1", "--scope", scope);

        Assert.Equal((ExitCode.Failed, ""), (refused.Exit, refused.Output));
        Assert.Equal($"'{scope}' is not one of SCOPES: 111122223333/eu-west-1.", refused.Progress.TrimEnd());
    }
}

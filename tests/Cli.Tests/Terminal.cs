using System.CommandLine;

namespace Automation.Cli;

/// <summary>What a command wrote, and how it ended.</summary>
internal sealed record Ran(int Exit, string Output, string Progress)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The command line with an environment and an input of the test's own.</summary>
internal static class Terminal
{
    public static readonly Dictionary<string, string?> Settings = new()
    {
        ["AWS_REGION"] = "eu-west-1",
        ["ACCOUNT_ID"] = "111122223333",
        ["TAILSCALE_CREDENTIAL"] = "/tailnet/credential",
        ["LEDGER_TABLE"] = "tailnet-ledger",
    };

    public static Task<Ran> RunAsync(params string[] arguments) => RunIn([], arguments);

    public static async Task<Ran> RunIn(Dictionary<string, string?> environment, params string[] arguments)
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();
        var exit = await CommandLine.Of(TextReader.Null, output, progress, environment.GetValueOrDefault)
            .Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = progress }, TestContext.Current.CancellationToken);
        return new(exit, output.ToString(), progress.ToString());
    }
}

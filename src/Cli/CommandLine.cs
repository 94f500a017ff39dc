using System.CommandLine;

namespace Automation.Cli;

/// <summary>What can be typed: commands, options and their help.</summary>
internal static class CommandLine
{
    private const string Environment = """
        plan, apply, status and snapshot take their settings from the functions' own environment variables: TAILSCALE_CREDENTIAL and LEDGER_TABLE are required; TAILNET, TAILSCALE_API_URL,
        NODE_TAGS, PARAMETER_PREFIX, PARAMETER_KMS_KEY, SCOPES, MEMBER_ROLE, ROUTES_DOCUMENT and DRY_RUN have defaults. AWS credentials and
        AWS_ENDPOINT_URL are the SDK's own. docs/operations.md describes them all.
        """;

    public static RootCommand Of(TextReader input, TextWriter output, TextWriter progress)
    {
        var commands = new Commands(input, output, progress);
        var format = new Option<OutputFormat>("--output")
        {
            Description = "text for people; json: the report that the Reconcile function answers. Data goes to standard output, progress to standard error.",
            DefaultValueFactory = _ => OutputFormat.Text,
        };
        var scopes = new Option<string[]>("--scope") { Description = "Look at this account and Region only, such as 111122223333/eu-west-1; may be given several times." };
        var allowMassDelete = new Option<bool>("--allow-mass-delete") { Description = "Deletions over the limits, and of last routers, are right this once." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var detailed = new Option<bool>("--detailed-exitcode") { Description = "Exit with 0 where there is nothing to do, 1 on an error, 2 where there is something to do." };
        var snapshot = new Option<string?>("--snapshot") { Description = "Plan from a file that tailnet snapshot wrote: offline, and the same plan byte for byte." };
        var file = new Argument<string>("FILE") { Description = "Where to write it." };

        var demo = new Command("demo", "Play a story on a simulated cloud and tailnet, through the real functions. Needs no account, network or credentials.") { format };
        demo.SetAction((parsed, stopping) => Run(progress, () => new Demo(output, progress).RunAsync(IsJson(parsed))));

        var plan = new Command("plan", "Look, and say what a reconcile would do. Changes nothing.") { format, scopes, snapshot, allowMassDelete, detailed };
        plan.SetAction((parsed, stopping) => Run(progress, () => commands.PlanAsync(
            parsed.GetValue(snapshot), parsed.GetValue(scopes) ?? [], IsJson(parsed), parsed.GetValue(allowMassDelete), parsed.GetValue(detailed), stopping)));

        var apply = new Command("apply", "Look, show the plan, ask, and carry it out.") { format, scopes, yes, allowMassDelete };
        apply.SetAction((parsed, stopping) => Run(progress, () => commands.ApplyAsync(
            parsed.GetValue(scopes) ?? [], parsed.GetValue(yes), IsJson(parsed), parsed.GetValue(allowMassDelete), stopping)));

        var status = new Command("status", "Show prefixes, routers, names and findings as they are wanted now. Changes nothing.") { format, scopes };
        status.SetAction((parsed, stopping) => Run(progress, () => commands.StatusAsync(parsed.GetValue(scopes) ?? [], IsJson(parsed), stopping)));

        var save = new Command("snapshot", "Write what can be observed to a file, for tailnet plan --snapshot. It holds no secrets.") { file, scopes };
        save.SetAction((parsed, stopping) => Run(progress, () => commands.SnapshotAsync(parsed.GetValue(file)!, parsed.GetValue(scopes) ?? [], stopping)));

        return new RootCommand($"Runs Tailscale on AWS from a terminal: the same look, plan and apply as the functions.\n\n{Environment}") { demo, plan, apply, status, save };

        bool IsJson(ParseResult parsed) => parsed.GetValue(format) == OutputFormat.Json;
    }

    private static async Task<int> Run(TextWriter progress, Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception e) when (e is CliException or SettingsException or CallFailedException)
        {
            await progress.WriteLineAsync(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            await progress.WriteLineAsync("Interrupted. Steps that were done stay done; run it again to go on.");
            return ExitCode.Failed;
        }
    }
}

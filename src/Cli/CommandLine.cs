using System.CommandLine;

namespace Automation.Cli;

/// <summary>What can be typed: commands, options and their help.</summary>
internal static class CommandLine
{
    private const string Description = """
        Runs Tailscale on AWS from a terminal: the same look, plan and apply as the functions.

        plan, apply, status, explain, adopt, snapshot and doctor take their settings from the functions' own environment variables. Required:
        TAILSCALE_CREDENTIAL and LEDGER_TABLE. With defaults: TAILNET, TAILSCALE_API_URL, NODE_TAGS, PARAMETER_PREFIX,
        PARAMETER_KMS_KEY, SCOPES, MEMBER_ROLE, ROUTES_DOCUMENT, OPT_IN_PREFIXES, ZONE_ASSOCIATION, SERVICE_DOMAINS, REVERSE_ZONES,
        DNS64_DOCUMENT, PROBE_DOCUMENT, KEY_POOLS, DEVICE_PRICE, NODE_QUEUE_URL and DRY_RUN. AWS is asked for ACCOUNT_ID where it is not set; the Region comes from AWS_REGION,
        AWS_DEFAULT_REGION or the profile. AWS credentials, AWS_PROFILE and AWS_ENDPOINT_URL are the SDK's own. docs/operations.md
        describes them all.

        Data goes to standard output, progress and questions to standard error. Exit code 0 means done, 1 that something
        failed, was refused or could not be read.
        """;

    private const string Json = "json";

    /// <param name="variable">The environment, by name.</param>
    public static RootCommand Of(TextReader input, TextWriter output, TextWriter progress, Func<string, string?> variable)
    {
        var commands = new Commands(input, output, progress, variable);
        var format = new Option<string>("--output")
        {
            Description = "text for people; json: the report that the Reconcile function answers, and nothing else on standard output.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", Json);
        var scopes = new Option<string[]>("--scope")
        {
            Description = "Look at this account and Region only, such as 111122223333/eu-west-1; may be given several times.",
            HelpName = "ACCOUNT/REGION",
        };
        var allowMassDelete = new Option<bool>("--allow-mass-delete")
        {
            Description = "Deletions over the limits, and of last routers, are right this once: without it they are held.",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var detailed = new Option<bool>("--detailed-exitcode")
        {
            Description = "Exit with 0 where there is nothing to do, 2 where there is something to do, and 1 on an error, which it also is when "
                + "something could not be read, whatever else there is to do. What is held is not something to do.",
        };
        var snapshot = new Option<string?>("--snapshot")
        {
            Description = "Plan from a file that tailnet snapshot wrote: offline, and the same plan byte for byte.",
            HelpName = "FILE",
        };
        var file = new Argument<string>("FILE") { Description = "Where to write it." };

        var demo = new Command("demo", "Play a story on a simulated cloud and tailnet, through the real functions. Needs no account, network or credentials.") { format };
        demo.SetAction((parsed, _) => Run(progress, () => new Demo(output, progress).RunAsync(IsJson(parsed))));

        var plan = new Command("plan", "Look, and say what a reconcile would do. Changes nothing.") { format, scopes, snapshot, allowMassDelete, detailed };
        plan.Validators.Add(parsed =>
        {
            if (parsed.GetResult(snapshot) is not null && parsed.GetResult(scopes) is not null)
            {
                parsed.AddError("--scope and --snapshot do not go together: a snapshot is planned as it was taken.");
            }
        });
        plan.SetAction((parsed, stopping) => Run(progress, () => commands.PlanAsync(
            parsed.GetValue(snapshot), parsed.GetValue(scopes) ?? [], IsJson(parsed), parsed.GetValue(allowMassDelete), parsed.GetValue(detailed), stopping)));

        var apply = new Command("apply", "Look, show the plan, ask, and carry it out.") { format, scopes, yes, allowMassDelete };
        apply.SetAction((parsed, stopping) => Run(progress, () => commands.ApplyAsync(
            parsed.GetValue(scopes) ?? [], parsed.GetValue(yes), IsJson(parsed), parsed.GetValue(allowMassDelete), stopping)));

        var status = new Command("status", "Show prefixes, routers, names and findings as they are wanted now. Changes nothing.") { format, scopes };
        status.SetAction((parsed, stopping) => Run(progress, () => commands.StatusAsync(parsed.GetValue(scopes) ?? [], IsJson(parsed), stopping)));

        var target = new Argument<string>("ADDRESS|PREFIX|NAME") { Description = "Such as 10.1.2.3, 10.1.0.0/16, either in 4via6 form, or db.corp.internal." };
        var explain = new Command(
            "explain",
            "Say which router serves an address or a prefix and why, hop by hop and back, in which other form it is reached, and what else was considered; "
            + "of a name, which domain it is in, what is asked for it and why, and what clients get. Exits with 1 where nothing serves or answers it.")
        { target, format, snapshot };
        explain.SetAction((parsed, stopping) => Run(progress, () => commands.ExplainAsync(parsed.GetValue(target)!, parsed.GetValue(snapshot), IsJson(parsed), stopping)));

        var save = new Command("snapshot", "Write what can be observed to a file, for tailnet plan --snapshot. It holds no secrets.") { file, scopes };
        save.SetAction((parsed, stopping) => Run(progress, () => commands.SnapshotAsync(parsed.GetValue(file)!, parsed.GetValue(scopes) ?? [], stopping)));

        var doctor = new Command(
            "doctor",
            "Check the credential, its scopes and tags, the policy file, the SSM documents, roles, the ledger, CloudTrail and MagicDNS, and say of each: ok, warning or failure, and the remedy. "
            + "It only reads. Exits with 0 where nothing fails, warnings or none.")
        { format };
        doctor.SetAction((parsed, stopping) => Run(progress, () => commands.DoctorAsync(IsJson(parsed), stopping)));

        var domain = new Argument<string>("DOMAIN") { Description = "A domain of split DNS, such as corp.internal." };
        var adopt = new Command(
            "adopt",
            "Take over a domain that somebody else forwards: shows what it is forwarded to and what it should be, asks, and writes into the ledger that it is the automation's. The next reconcile sets it.")
        { domain, yes };
        adopt.SetAction((parsed, stopping) => Run(progress, () => commands.AdoptAsync(parsed.GetValue(domain)!, parsed.GetValue(yes), stopping)));

        var seeds = new Option<string>("--seeds")
        {
            Description = "The first and the last seed, such as 1..10000, or one seed.",
            HelpName = "A..B",
            DefaultValueFactory = _ => "1..500",
        };
        var mostFailures = new Option<int>("--max-failures")
        {
            Description = "After this many failures no further story begins.",
            HelpName = "N",
            DefaultValueFactory = _ => 20,
        };
        var story = new Option<string?>("--story")
        {
            Description = "Tell this one story from a file instead: a line 'seed N', then the steps that a failure shows, one a line. Says what happens, line by line, with the functions' log.",
            HelpName = "FILE",
        };
        var simulate = new Command(
            "simulate",
            "Tell random stories on a simulated cloud and tailnet, through the real functions, with lost, doubled and late events, failing calls, killed processes and people who interfere, "
            + "and check after every step what must always hold. Each seed is the same story each time. A failure is shown as the shortest story that still fails. Needs no account, network or credentials.")
        { seeds, mostFailures, story, format };
        simulate.SetAction((parsed, stopping) => Run(progress, () => new Simulate(output, progress).RunAsync(parsed.GetValue(seeds)!, parsed.GetValue(mostFailures), parsed.GetValue(story), IsJson(parsed), stopping)));

        return new RootCommand(Description) { demo, plan, apply, status, explain, adopt, save, doctor, simulate };

        bool IsJson(ParseResult parsed) => parsed.GetValue(format) == Json;
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
        catch (OperationCanceledException)   // an apply that has begun ends by itself, and says what stays
        {
            await progress.WriteLineAsync("Interrupted. Nothing was changed.");
            return ExitCode.Failed;
        }
    }
}

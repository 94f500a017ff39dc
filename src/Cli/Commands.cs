using System.Globalization;
using System.Text;
using Automation.Names;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Cli;

/// <summary>The reconcile from a terminal: the plan's lines and tables on standard output, progress on standard error.</summary>
internal sealed class Commands(TextReader input, TextWriter output, TextWriter progress, Func<string, string?> variable)
{
    private readonly PlanText _text = new(output);

    public async Task<int> PlanAsync(string? snapshotFile, string[] scopes, bool json, bool allowMassDelete, bool detailed, CancellationToken stopping)
    {
        var (seen, calls) = snapshotFile is null ? await LookAsync(scopes, stopping) : (SnapshotFile.Read(snapshotFile), null);
        var plan = ReconcilePlanner.Plan(seen, allowMassDelete);
        Show(Report.Of(seen, plan, Report.Unapplied(plan), dryRun: true, calls), plan, json);
        var exit = Exit(plan);

        // A script must notice what is unread, whatever else there is.
        return exit is ExitCode.Done && detailed && !plan.IsEmpty ? ExitCode.Changes : exit;
    }

    public async Task<int> ApplyAsync(string[] scopes, bool yes, bool json, bool allowMassDelete, CancellationToken stopping)
    {
        using var account = await Account.OpenAsync(variable, new ProgressLog(progress), stopping);
        var seen = await LookAsync(account, scopes, stopping);
        var plan = ReconcilePlanner.Plan(seen, allowMassDelete);
        if (account.Settings.DryRun || plan.IsEmpty)
        {
            Show(Report.Of(seen, plan, Report.Unapplied(plan), account.Settings.DryRun, account.Calls), plan, json);
            progress.WriteLine(account.Settings.DryRun ? "DRY_RUN is true: nothing was changed." : "Nothing to do.");
            return Exit(plan);
        }

        new PlanText(json ? progress : output).Write(plan, Report.Of(seen, plan));
        if (!yes && !await AgreesAsync(plan.Steps.Count(step => step.Held is null) is 1 ? "Apply this step" : $"Apply these {plan.Steps.Count(step => step.Held is null)} steps", stopping))
        {
            return ExitCode.Failed;
        }

        var results = await account.Parts.Applier.ApplyAsync(plan.Steps, stopping);
        var report = Report.Of(seen, plan, results, dryRun: false, account.Calls);
        if (json)
        {
            _text.WriteJson(report);
        }
        else
        {
            _text.WriteOutcomes(report);
        }

        if (stopping.IsCancellationRequested)
        {
            progress.WriteLine("Interrupted. What was applied stays; tailnet plan shows what is left, and tailnet apply goes on from there.");
        }

        return results.All(result => result.Outcome is StepOutcome.Applied or StepOutcome.AlreadySo or StepOutcome.Held)
            ? Exit(plan)
            : ExitCode.Failed;
    }

    public async Task<int> StatusAsync(string[] scopes, bool json, CancellationToken stopping)
    {
        var (seen, calls) = await LookAsync(scopes, stopping);
        var plan = ReconcilePlanner.Plan(seen);
        var report = Report.Of(seen, plan, Report.Unapplied(plan), dryRun: true, calls);
        if (json)
        {
            _text.WriteJson(report);
        }
        else
        {
            new ReportTable(output).Write(report);
            output.WriteLine(Rest(plan));
        }

        return Exit(plan);
    }

    public async Task<int> ExplainAsync(string target, string? snapshotFile, bool json, CancellationToken stopping)
    {
        var isName = !Prefix.TryParse(target, out var prefix) && !Prefix.TryParse($"{target}/{(target.Contains(':') ? 128 : 32)}", out prefix);
        if (isName && (!target.Any(char.IsAsciiLetter) || DomainName.WhyRefused(DomainName.Normal(target)) is not null))
        {
            throw new CliException($"'{Printable.Of(target)}' is no address, such as 10.1.2.3, no prefix, such as 10.1.0.0/16, and no name, such as db.corp.internal.");
        }

        var seen = snapshotFile is null ? (await LookAsync([], stopping)).Seen : SnapshotFile.Read(snapshotFile);
        return isName ? ExplainName(seen, target, json) : ExplainAddress(seen, prefix, json);
    }

    public async Task<int> AdoptAsync(string domain, bool yes, CancellationToken stopping)
    {
        domain = DomainName.Normal(domain);
        using var account = await Account.OpenAsync(variable, new ProgressLog(progress), stopping);
        var seen = await LookAsync(account, [], stopping);
        if (Adoption.Of(seen, domain, out var refusal) is not { } adoption)
        {
            progress.WriteLine($"{domain} is not taken over. {refusal}");
            return ExitCode.Failed;
        }

        output.WriteLine($"{domain} is forwarded to {string.Join(", ", adoption.Has)} now, set by somebody else.");
        output.WriteLine(adoption.Has.SequenceEqual(adoption.Wanted)
            ? "That is right, and from now on the automation keeps it so."
            : $"The next reconcile forwards it to {string.Join(", ", adoption.Wanted)}, and the automation keeps it so.");
        if (account.Settings.DryRun)
        {
            progress.WriteLine("DRY_RUN is true: nothing was changed.");
            return ExitCode.Done;
        }

        if (!yes && !await AgreesAsync($"Take {domain} over", stopping))
        {
            return ExitCode.Failed;
        }

        if (!await account.Parts.Ledger.PutDomainAsync(adoption.Record, adoption.Replaces, stopping))
        {
            progress.WriteLine("Somebody else wrote the ledger's entry at the same time: look again.");
            return ExitCode.Failed;
        }

        output.WriteLine($"{domain} is the automation's. tailnet plan shows what it would do, and tailnet apply does it.");
        return ExitCode.Done;
    }

    /// <summary>Warnings do not fail: what they are about works, or cannot be told from here.</summary>
    public async Task<int> DoctorAsync(bool json, CancellationToken stopping)
    {
        var diagnosis = await DiagnoseAsync(stopping);
        if (json)
        {
            output.WriteLine(diagnosis.ToJson());
        }
        else
        {
            new ReportTable(output).Write(diagnosis);
        }

        return diagnosis.Verdict == CheckResult.IsFailure ? ExitCode.Failed : ExitCode.Done;
    }

    private async Task<Diagnosis> DiagnoseAsync(CancellationToken stopping)
    {
        try
        {
            using var account = await Account.OpenAsync(variable, new ProgressLog(progress), stopping);
            progress.WriteLine($"Checking {string.Join(", ", account.Settings.Scopes)} and the tailnet ...");
            return await account.DiagnoseAsync(stopping);
        }
        catch (SettingsException wrong)
        {
            return Doctor.Unreadable(wrong);
        }
        catch (CliException unknown)
        {
            return Diagnosis.Of([CheckResult.Failure("caller", "AWS", unknown.Message, "Sign in, or set ACCOUNT_ID.")]);
        }
    }

    private int ExplainName(Snapshot seen, string name, bool json)
    {
        var explanation = new NameExplainer(seen).Explain(name);
        if (json)
        {
            output.WriteLine(Encoding.UTF8.GetString(explanation.ToUtf8Json()));
        }
        else
        {
            new ExplanationText(output).Write(explanation);
        }

        return explanation.Answered ? ExitCode.Done : ExitCode.Failed;
    }

    private int ExplainAddress(Snapshot seen, Prefix prefix, bool json)
    {
        var explanation = new Explainer(seen).Explain(prefix);
        if (json)
        {
            output.WriteLine(Encoding.UTF8.GetString(explanation.ToUtf8Json()));
        }
        else
        {
            new ExplanationText(output).Write(explanation);
        }

        return explanation.Served ? ExitCode.Done : ExitCode.Failed;
    }

    public async Task<int> SnapshotAsync(string file, string[] scopes, CancellationToken stopping)
    {
        var (seen, _) = await LookAsync(scopes, stopping);
        await SnapshotFile.WriteAsync(file, seen, stopping);
        progress.WriteLine(
            $"Wrote what was observed at {seen.ObservedAt.ToString("u", CultureInfo.InvariantCulture)} to {file}. It holds ids, addresses and names, and no secrets.");
        var plan = ReconcilePlanner.Plan(seen);
        foreach (var finding in plan.Findings.Where(finding => finding.IsIncomplete))
        {
            progress.WriteLine(PlanText.Line(finding));
        }

        return Exit(plan);
    }

    private async Task<(Snapshot Seen, IReadOnlyDictionary<string, int>? Calls)> LookAsync(string[] scopes, CancellationToken stopping)
    {
        using var account = await Account.OpenAsync(variable, new ProgressLog(progress), stopping);
        var seen = await LookAsync(account, scopes, stopping);
        return (seen, account.Calls);
    }

    private Task<Snapshot> LookAsync(Account account, string[] scopes, CancellationToken stopping)
    {
        var chosen = account.Choose(scopes);
        progress.WriteLine($"Looking at {string.Join(", ", chosen.AsEnumerable())} and the tailnet ...");
        return account.ObserveAsync(chosen, stopping);
    }

    private void Show(Report report, Plan plan, bool json)
    {
        if (json)
        {
            _text.WriteJson(report);
        }
        else
        {
            _text.Write(plan, report);
        }
    }

    // The reader waits in a thread of its own: it cannot be interrupted, and Ctrl+C must be heard.
    private async Task<bool> AgreesAsync(string question, CancellationToken stopping)
    {
        progress.Write($"{question}? Only 'yes' does: ");
        var answer = await Task.Run(input.ReadLine, stopping).WaitAsync(stopping);
        if (answer is null)
        {
            progress.WriteLine();
            progress.WriteLine("Nobody answers, so nothing was changed. --yes goes on without asking.");
        }
        else if (answer.Trim() != "yes")
        {
            progress.WriteLine("Nothing was changed.");
        }

        return answer?.Trim() == "yes";
    }

    private int Exit(Plan plan)
    {
        if (plan.IsComplete)
        {
            return ExitCode.Done;
        }

        progress.WriteLine("Not everything could be read: the findings that end in -incomplete say what.");
        return ExitCode.Failed;
    }

    private static string Rest(Plan plan)
    {
        var held = plan.Steps.Count(step => step.Held is not null);
        return (plan.IsEmpty, held, plan.IsComplete) switch
        {
            (false, _, _) => $"{plan.Summary} tailnet plan shows the steps.",
            (_, > 0, _) => $"{held} deletion{(held == 1 ? " is" : "s are")} held and wait{(held == 1 ? "s" : "")} for a person: tailnet plan says why.",
            (_, _, false) => "Nothing to do for what could be read.",
            _ => "Everything is as wanted.",
        };
    }
}

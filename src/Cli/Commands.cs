using System.Globalization;
using Automation.Plans;

namespace Automation.Cli;

/// <summary>The reconcile from a terminal: the plan's lines and tables on standard output, progress on standard error.</summary>
internal sealed class Commands(TextReader input, TextWriter output, TextWriter progress)
{
    public async Task<int> PlanAsync(string? snapshotFile, string[] scopes, bool json, bool allowMassDelete, bool detailed, CancellationToken stopping)
    {
        var seen = snapshotFile is null ? await LookAsync(scopes, stopping) : Read(snapshotFile);
        var plan = ReconcilePlanner.Plan(seen, allowMassDelete);
        Show(Report.Of(seen, plan), plan, json);
        return detailed && !plan.IsEmpty ? ExitCode.Changes : Unread(seen);
    }

    public async Task<int> ApplyAsync(string[] scopes, bool yes, bool json, bool allowMassDelete, CancellationToken stopping)
    {
        using var account = await Account.OpenAsync(new ProgressLog(progress), stopping);
        var chosen = account.Choose(scopes);
        Looking(chosen);
        var seen = await account.ObserveAsync(chosen, stopping);
        var plan = ReconcilePlanner.Plan(seen, allowMassDelete);
        if (account.Settings.DryRun)
        {
            Show(Report.Of(seen, plan), plan, json);
            progress.WriteLine("DRY_RUN is true: nothing is changed.");
            return Unread(seen);
        }

        WriteLines(json ? progress : output, plan);
        if (plan.IsEmpty)
        {
            if (json)
            {
                Show(Report.Of(seen, plan, Report.Unapplied(plan), dryRun: false), plan, json);
            }

            return Unread(seen);
        }

        if (!yes && !Agreed())
        {
            progress.WriteLine("Nothing was changed.");
            return ExitCode.Failed;
        }

        var results = await account.Parts.Applier.ApplyAsync(plan.Steps, stopping);
        var report = Report.Of(seen, plan, results, dryRun: false);
        if (json)
        {
            WriteJson(report);
        }
        else
        {
            output.WriteLine();
            foreach (var action in report.Actions)
            {
                output.WriteLine(action.Detail is null ? $"{action.Outcome,-12} {action.Text}" : $"{action.Outcome,-12} {action.Text}: {action.Detail}");
            }
        }

        return results.All(result => result.Outcome is StepOutcome.Applied or StepOutcome.AlreadySo or StepOutcome.Held) ? Unread(seen) : ExitCode.Failed;
    }

    public async Task<int> StatusAsync(string[] scopes, bool json, CancellationToken stopping)
    {
        var seen = await LookAsync(scopes, stopping);
        var plan = ReconcilePlanner.Plan(seen);
        var report = Report.Of(seen, plan);
        if (json)
        {
            WriteJson(report);
        }
        else
        {
            new ReportTable(output).Write(report);
            output.WriteLine(plan.IsEmpty ? "Everything is as wanted." : $"{plan.Summary} See tailnet plan.");
        }

        return Unread(seen);
    }

    public async Task<int> SnapshotAsync(string file, string[] scopes, CancellationToken stopping)
    {
        var seen = await LookAsync(scopes, stopping);
        await File.WriteAllTextAsync(file, SnapshotJson.Write(seen), stopping);
        progress.WriteLine($"Wrote what was observed at {seen.ObservedAt.ToString("u", CultureInfo.InvariantCulture)} to {file}. It holds ids, addresses and names, and no secrets.");
        return Unread(seen);
    }

    private async Task<Snapshot> LookAsync(string[] scopes, CancellationToken stopping)
    {
        using var account = await Account.OpenAsync(new ProgressLog(progress), stopping);
        var chosen = account.Choose(scopes);
        Looking(chosen);
        return await account.ObserveAsync(chosen, stopping);
    }

    private void Looking(Scope[] scopes) => progress.WriteLine($"Looking at {string.Join(", ", scopes.AsEnumerable())} and the tailnet ...");

    private static Snapshot Read(string file)
    {
        try
        {
            return SnapshotJson.Read(File.ReadAllText(file));
        }
        catch (FormatException wrong)
        {
            throw new CliException($"{file}: {wrong.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be read: {e.Message}");
        }
    }

    private void Show(Report report, Plan plan, bool json)
    {
        if (json)
        {
            WriteJson(report);
        }
        else
        {
            WriteLines(output, plan);
        }
    }

    private static void WriteLines(TextWriter to, Plan plan)
    {
        foreach (var step in plan.Steps)
        {
            var sign = step.Action.Effect switch
            {
                Effect.Add => '+',
                Effect.Change => '~',
                _ => '-',
            };
            to.WriteLine(step.Held is { } why ? $"! held: {step.Action} ({why})" : $"{sign} {step.Action}");
        }

        foreach (var finding in plan.Findings)
        {
            to.WriteLine($"{finding.Severity}: {finding.Rule} {finding.Resource}: {finding.Text}");
        }

        to.WriteLine(plan.Summary);
    }

    private void WriteJson(Report report) => output.WriteLine(System.Text.Encoding.UTF8.GetString(report.ToUtf8Json()));

    private bool Agreed()
    {
        progress.Write("Apply these steps? Only 'yes' does. ");
        return input.ReadLine()?.Trim() == "yes";
    }

    // What could not be read makes the answer incomplete: findings say what, and a script must notice.
    private static int Unread(Snapshot seen) =>
        seen.Devices.IsComplete && seen.SplitDns.IsComplete && seen.Nodes.IsComplete && seen.Domains.IsComplete
        && seen.Scopes.SelectMany(scope => scope.Problems()).All(problem => problem.EndsWith(ScopeSeen.NotLookedAt, StringComparison.Ordinal))
            ? ExitCode.Done
            : ExitCode.Failed;
}

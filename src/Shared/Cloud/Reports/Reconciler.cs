using System.Collections.Immutable;
using Automation.Aws;
using Automation.Plans;
using Microsoft.Extensions.Logging;

namespace Automation.Reports;

/// <summary>What a reconcile is asked to do.</summary>
/// <param name="Scopes">The scopes to look at; null for all of the settings.</param>
public sealed record ReconcileRequest(bool DryRun, ImmutableArray<Scope>? Scopes, bool AllowMassDelete);

/// <param name="Answers">The look was complete, did all that it planned, and saw nothing on its way to another state.</param>
/// <param name="Answered">The scopes of which that is true, whatever could not be read in others.</param>
public sealed record ReconcileResult(Snapshot Seen, Plan Plan, Report Report, bool Answers, ImmutableHashSet<Scope> Answered);

/// <summary>One reconcile: observe, plan, apply, report.</summary>
public sealed partial class Reconciler(SnapshotObserver observer, PlanApplier applier, IAws aws, Settings settings, ILogger log)
{
    /// <exception cref="NothingObservedException">Neither AWS nor the tailnet could be read at all.</exception>
    public async Task<ReconcileResult> RunAsync(ReconcileRequest request, CancellationToken stopping)
    {
        var callsBefore = aws.Calls.ToDictionary();
        var seen = await observer.ObserveAsync(request.Scopes ?? settings.Scopes, Breadth.Everything, stopping);
        ThrowIfNothing(seen);

        var plan = ReconcilePlanner.Plan(seen, request.AllowMassDelete);
        foreach (var finding in plan.Findings)
        {
            LogFinding(log, LevelOf(finding), finding.Rule, finding.Resource, finding.Text);
        }

        var dryRun = request.DryRun || settings.DryRun;
        var results = dryRun ? Report.Unapplied(plan) : await applier.ApplyAsync(plan.Steps, stopping);
        var report = Report.Of(seen, plan, results, dryRun, CallsSince(callsBefore));
        LogReconciled(log, plan.Summary, dryRun, results.Length, plan.Findings.Length);

        var done = dryRun || results.All(result => result.Outcome is StepOutcome.Applied or StepOutcome.AlreadySo or StepOutcome.Held);
        var looked = request.Scopes ?? settings.Scopes;
        var common = seen.Devices.IsComplete && seen.SplitDns.IsComplete && seen.Nodes.IsComplete && seen.Domains.IsComplete && seen.Sites.IsComplete
            && seen.Associations.IsComplete && seen.Pools.Records.IsComplete && seen.Pools.Parameters.Problem is null or ScopeSeen.NotLookedAt;
        ImmutableHashSet<Scope> answered = done && common && !plan.IsSettling
            ? [.. seen.Scopes.Where(scope => looked.Contains(scope.Scope) && !scope.Problems().Any()).Select(scope => scope.Scope)]
            : [];
        return new(seen, plan, report, looked.All(answered.Contains), answered);
    }

    private Dictionary<string, int> CallsSince(Dictionary<string, int> before) => aws.Calls
        .Select(service => KeyValuePair.Create(service.Key, service.Value - before.GetValueOrDefault(service.Key)))
        .Where(service => service.Value > 0)
        .ToDictionary();

    private static void ThrowIfNothing(Snapshot seen)
    {
        var aws = seen.Scopes.SelectMany(scope => new[] { scope.Vpcs.Problem, scope.Instances.Problem }).ToArray();
        if (aws.All(problem => problem is not null) && seen.Devices.Problem is { } tailnet && seen.SplitDns.Problem is not null)
        {
            throw new NothingObservedException($"Nothing could be observed. AWS: {aws.FirstOrDefault()} Tailscale: {tailnet}");
        }
    }

    private static LogLevel LevelOf(Finding finding) => finding.Severity switch
    {
        Finding.Error => LogLevel.Error,
        Finding.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };

    [LoggerMessage(EventId = 1002, Message = "{Rule} {Resource}: {Text}")]
    private static partial void LogFinding(ILogger log, LogLevel level, string rule, string resource, string text);

    [LoggerMessage(1003, LogLevel.Information, "{Summary} Dry run: {DryRun}. Steps: {Steps}, findings: {Findings}.")]
    private static partial void LogReconciled(ILogger log, string summary, bool dryRun, int steps, int findings);
}

/// <summary>A look that saw nothing at all has nothing to report.</summary>
public sealed class NothingObservedException(string message) : Exception(message);

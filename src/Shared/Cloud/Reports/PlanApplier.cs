using System.Collections.Immutable;
using Automation.Names;
using Automation.Nodes;
using Automation.Plans;
using Automation.Routes;
using Microsoft.Extensions.Logging;

namespace Automation.Reports;

/// <summary>Carries out a plan step by step and says what became of each. Every step may be repeated.</summary>
public sealed partial class PlanApplier(
    RoutesApplier routes, SitesApplier sites, NamesApplier names, ZonesApplier zones, Dns64Applier dns64, NodesApplier nodes, HooksApplier hooks, PoolsApplier pools, ILogger log)
{
    public async Task<ImmutableArray<StepResult>> ApplyAsync(IReadOnlyList<PlannedStep> steps, CancellationToken stopping)
    {
        var results = new List<StepResult>(steps.Count);
        var failed = new HashSet<string>();
        for (var next = 0; next < steps.Count;)
        {
            var batch = steps.Skip(next).Take(Math.Max(1, SideBySide(steps.Skip(next)))).ToArray();
            next += batch.Length;
            var outcomes = await Task.WhenAll(batch.Select(step => TryAsync(step, failed, stopping)));
            foreach (var (step, outcome) in batch.Zip(outcomes))
            {
                if (outcome is not (StepOutcome.Applied or StepOutcome.AlreadySo))
                {
                    failed.Add(step.Group);
                }

                results.Add(new(step, outcome));
                LogStep(log, outcome is StepOutcome.Failed or StepOutcome.NotReached ? LogLevel.Warning : LogLevel.Information, step.Action.ToString(), outcome.Word, outcome.Detail);
            }
        }

        return [.. results];
    }

    // Commands on nodes and changes of zones take seconds each: those that do not depend on each other run side by side, all else in order.
    // A command sets all that its node advertises or answers, so of two on one node the later one has to be the last.
    private static int SideBySide(IEnumerable<PlannedStep> steps)
    {
        var (waitedFor, groups) = (new HashSet<object>(), new HashSet<string>());
        return steps.TakeWhile(step =>
        {
            var alone = WaitsFor(step.Action) is not { } thing || step.After.Any(groups.Contains) || !waitedFor.Add(thing);
            groups.Add(step.Group);
            return !alone;
        }).Count();
    }

    private static object? WaitsFor(PlanAction action) => action switch
    {
        PlanAction.AdvertiseRoutes a => a.Instance,
        PlanAction.UnadvertiseRoutes a => a.Instance,
        PlanAction.SetDns64 a => a.Instance,
        PlanAction.AwaitAssociation a => (a.Record.Zone, a.Record.Vpc),
        _ => null,
    };

    private async Task<StepOutcome> TryAsync(PlannedStep step, HashSet<string> failed, CancellationToken stopping)
    {
        if (step.Held is { } why)
        {
            return new StepOutcome.Held(why);
        }

        if (stopping.IsCancellationRequested)
        {
            return new StepOutcome.NotReached("the run ended before it");
        }

        if (step.After.FirstOrDefault(failed.Contains) is { } group)
        {
            return new StepOutcome.NotReached($"an earlier step of {group} was not done");
        }

        try
        {
            return step.Action switch
            {
                PlanAction.RegisterNode a => await nodes.RegisterAsync(a, stopping),
                PlanAction.AttendHook a => await hooks.AttendAsync(a, stopping),
                PlanAction.TagDevice a => await nodes.TagAsync(a, stopping),
                PlanAction.RecordNode a => await routes.RecordAsync(a, stopping),
                PlanAction.DrainNode a => await routes.DrainAsync(a, stopping),
                PlanAction.ReturnNode a => await routes.ReturnAsync(a, stopping),
                PlanAction.ApproveRoutes a => await routes.ApproveAsync(a, stopping),
                PlanAction.AdvertiseRoutes a => await routes.AdvertiseAsync(a, stopping),
                PlanAction.UnadvertiseRoutes a => await routes.UnadvertiseAsync(a, stopping),
                PlanAction.TrimRoutes a => await routes.TrimAsync(a, stopping),
                PlanAction.SetSplitDns a => await names.SetAsync(a, stopping),
                PlanAction.ConfirmSplitDns a => await names.ConfirmAsync(a, stopping),
                PlanAction.RemoveSplitDns a => await names.RemoveAsync(a, stopping),
                PlanAction.ForgetSplitDns a => await names.ForgetAsync(a, stopping),
                PlanAction.AssociateZone a => await zones.AssociateAsync(a, stopping),
                PlanAction.AwaitAssociation a => await zones.AwaitAsync(a, stopping),
                PlanAction.DissociateZone a => await zones.DissociateAsync(a, stopping),
                PlanAction.ForgetAssociation a => await zones.ForgetAsync(a, stopping),
                PlanAction.SetDns64 a => await dns64.SetAsync(a, stopping),
                PlanAction.DeleteDevice a => await nodes.DeleteDeviceAsync(a, stopping),
                PlanAction.RevokeKey a => await nodes.RevokeKeyAsync(a, stopping),
                PlanAction.DeleteParameters a => await nodes.DeleteParametersAsync(a, stopping),
                PlanAction.ForgetNode a => await nodes.ForgetAsync(a, stopping),
                PlanAction.RotatePoolKey a => await pools.RotateAsync(a, stopping),
                PlanAction.RevokePoolKey a => await pools.RevokeAsync(a, stopping),
                PlanAction.DeletePoolParameter a => await pools.DeleteParameterAsync(a, stopping),
                PlanAction.ForgetPool a => await pools.ForgetAsync(a, stopping),
                PlanAction.AssignSite a => await sites.AssignAsync(a, stopping),
                PlanAction.ReleaseSite a => await sites.ReleaseAsync(a, stopping),
                PlanAction.RememberPlain a => await sites.RememberAsync(a, stopping),
                PlanAction.TagSite a => await sites.TagAsync(a, stopping),
                _ => throw new NotSupportedException($"No applier knows {step.Action.Kind}."),
            };
        }
        catch (CallFailedException refused)
        {
            return new StepOutcome.Failed(refused.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new StepOutcome.Failed("the run ended while it was under way; the next look sees whether it was done");
        }
    }

    [LoggerMessage(EventId = 1001, Message = "{Action}: {Outcome}. {Detail}")]
    private static partial void LogStep(ILogger log, LogLevel level, string action, string outcome, string? detail);
}

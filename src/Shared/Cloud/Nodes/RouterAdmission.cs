using Automation.Plans;
using Automation.Reports;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>The reconcile's own plan, carried out for one router or for those that stand in for one. It takes back no approval.</summary>
public sealed partial class RouterAdmission(SnapshotObserver observer, PlanApplier applier, ILogger log)
{
    /// <summary>Approves what a router is to serve.</summary>
    /// <returns>null once it is so; otherwise why not.</returns>
    public async Task<string?> AdmitAsync(Scope scope, InstanceId instance, CancellationToken stopping)
    {
        var (seen, plan) = await LookAsync(scope, stopping);
        var router = plan.Routers.FirstOrDefault(router => router.Instance.Id == instance);
        if (router?.Device is not { } device)
        {
            return Problem(seen, scope) ?? "EC2 or the tailnet does not list it yet";
        }

        foreach (var finding in plan.Findings.Where(finding => finding.Resource == router.Vpc.ToString()))
        {
            LogFinding(log, finding.Rule, finding.Resource, finding.Text);
        }

        return await ApplyAsync(plan, step => Concerns(step.Action, instance, device), stopping);
    }

    /// <summary>Makes sure that another router serves what a leaving one does.</summary>
    /// <returns>Whether one does; and why that could not be found out or done, null where it could.</returns>
    public async Task<(bool Served, string? Problem)> StandInAsync(Scope scope, VpcId vpc, InstanceId leaving, CancellationToken stopping)
    {
        var (seen, plan) = await LookAsync(scope, stopping);
        var serving = seen.Devices.Items.Where(device => device is { Connected: true, Authorized: true }).Select(device => device.Id).ToHashSet();
        var goingToo = seen.Nodes.Items.Where(record => record.GoneAt is not null).Select(record => record.Instance).Append(leaving).ToHashSet();
        var others = plan.Routers.Where(router => router.Vpc == vpc && !goingToo.Contains(router.Instance.Id) && router.Device is { } device && serving.Contains(device)).ToArray();
        if (others.Length == 0)
        {
            return (false, Problem(seen, scope));
        }

        var problem = await ApplyAsync(plan, step => others.Any(router => Concerns(step.Action, router.Instance.Id, router.Device!.Value)), stopping);
        return (problem is null, problem);
    }

    private async Task<(Snapshot Seen, Plan Plan)> LookAsync(Scope scope, CancellationToken stopping)
    {
        var seen = await observer.ObserveAsync([scope], Breadth.Routes, stopping);
        return (seen, ReconcilePlanner.Plan(seen));
    }

    private static string? Problem(Snapshot seen, Scope scope)
    {
        var looked = seen.Scopes.First(found => found.Scope == scope);
        return looked.Vpcs.Problem ?? looked.Instances.Problem ?? seen.Devices.Problem;
    }

    private static bool Concerns(PlanAction action, InstanceId instance, DeviceId device) => action switch
    {
        PlanAction.RecordNode a => a.Instance == instance,
        PlanAction.ApproveRoutes a => a.Device == device,
        PlanAction.AdvertiseRoutes a => a.Instance == instance,
        _ => false,
    };

    private async Task<string?> ApplyAsync(Plan plan, Func<PlannedStep, bool> concerns, CancellationToken stopping)
    {
        var results = await applier.ApplyAsync([.. plan.Steps.Where(concerns)], stopping);
        return results.FirstOrDefault(result => result.Outcome is not (StepOutcome.Applied or StepOutcome.AlreadySo)) is { } left
            ? $"{left.Step.Action}: {left.Outcome.Detail}"
            : null;
    }

    [LoggerMessage(2001, LogLevel.Warning, "{Rule} {Resource}: {Text}")]
    private static partial void LogFinding(ILogger log, string rule, string resource, string text);
}

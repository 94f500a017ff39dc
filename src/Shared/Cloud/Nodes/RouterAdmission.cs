using Automation.Plans;
using Automation.Reports;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>The reconcile's own plan, carried out for one router or for those that stand in for one. It takes back no approval.</summary>
public sealed partial class RouterAdmission(SnapshotObserver observer, PlanApplier applier, Settings settings, ILogger log)
{
    /// <summary>Approves what a router is to serve.</summary>
    /// <returns>null once it is so; otherwise why not.</returns>
    public async Task<string?> AdmitAsync(Scope scope, InstanceId instance, CancellationToken stopping)
    {
        var (seen, plan) = await LookAsync(stopping, instance);
        var router = plan.Routers.FirstOrDefault(router => router.Instance.Id == instance);
        if (router?.Device is null)
        {
            return Problem(seen, scope) ?? "EC2 or the tailnet does not list it yet";
        }

        foreach (var finding in plan.Findings.Where(finding => finding.Resource == router.Vpc.ToString()))
        {
            LogFinding(log, finding.Rule, finding.Resource, finding.Text);
        }

        return await ApplyAsync(plan, [router], stopping);
    }

    /// <summary>Makes sure that others serve all that a leaving router does, prefix by prefix: of its own VPC, and of those that it reaches.</summary>
    /// <returns>Whether they do; and why that could not be found out or done, null where it could.</returns>
    public async Task<(bool Served, string? Problem)> StandInAsync(Scope scope, VpcId vpc, InstanceId leaving, CancellationToken stopping)
    {
        var (seen, plan) = await LookAsync(stopping);
        var serving = seen.Devices.Items.Where(device => device is { Connected: true, Authorized: true }).Select(device => device.Id).ToHashSet();
        var goingToo = seen.Nodes.Items.Where(record => record.GoneAt is not null).Select(record => record.Instance).Append(leaving).ToHashSet();
        var needed = plan.Routers.FirstOrDefault(router => router.Instance.Id == leaving) is { } wanted ? wanted.All.Union(wanted.HandedOver) : [];
        var others = plan.Routers
            .Where(router => !goingToo.Contains(router.Instance.Id) && router.Device is { } device && serving.Contains(device))
            .Where(router => needed.IsEmpty ? router.Vpc == vpc : !router.All.Intersect(needed).IsEmpty)
            .ToArray();
        if (others.Length == 0 || !needed.All(prefix => others.Any(router => router.All.Contains(prefix))))
        {
            return (false, Problem(seen, scope));
        }

        var problem = await ApplyAsync(plan, others, stopping);
        return (problem is null, problem);
    }

    // All scopes: what a router reaches, and who else reaches it, lies in any of them.
    // One that comes does not leave, whatever the ledger still has of its last time.
    private async Task<(Snapshot Seen, Plan Plan)> LookAsync(CancellationToken stopping, InstanceId? coming = null)
    {
        var seen = await observer.ObserveAsync(settings.Scopes, Breadth.Routes, stopping);
        seen = seen with { Nodes = seen.Nodes with { Items = [.. seen.Nodes.Items.Select(record => record.Instance == coming ? record with { GoneAt = null } : record)] } };
        return (seen, ReconcilePlanner.Plan(seen));
    }

    private static string? Problem(Snapshot seen, Scope scope)
    {
        var looked = seen.Scopes.First(found => found.Scope == scope);
        return looked.Vpcs.Problem ?? looked.Instances.Problem ?? seen.Devices.Problem;
    }

    private async Task<string?> ApplyAsync(Plan plan, WantedRouter[] routers, CancellationToken stopping)
    {
        var instances = routers.Select(router => router.Instance.Id).ToHashSet();
        var devices = routers.Select(router => router.Device).ToHashSet();
        var own = plan.Steps.Where(step => step.Action switch
        {
            PlanAction.RecordNode a => instances.Contains(a.Instance),
            PlanAction.ApproveRoutes a => devices.Contains(a.Device),
            PlanAction.AdvertiseRoutes a => instances.Contains(a.Instance),
            _ => false,
        }).ToArray();
        var before = own.SelectMany(step => step.After).ToHashSet();   // a VPC's site id is given before anybody serves the VPC by it
        var results = await applier.ApplyAsync([.. plan.Steps.Where(step => step.Action is PlanAction.AssignSite && before.Contains(step.Group)), .. own], stopping);
        return results.FirstOrDefault(result => result.Outcome is not (StepOutcome.Applied or StepOutcome.AlreadySo)) is { } left
            ? $"{left.Step.Action}: {left.Outcome.Detail}"
            : null;
    }

    [LoggerMessage(2001, LogLevel.Warning, "{Rule} {Resource}: {Text}")]
    private static partial void LogFinding(ILogger log, string rule, string resource, string text);
}

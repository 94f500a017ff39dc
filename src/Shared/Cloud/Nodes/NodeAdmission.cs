using Automation.Network;
using Automation.Plans;
using Automation.Reports;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>The reconcile's own plan, carried out for one node or for those that stand in for one.</summary>
public sealed partial class NodeAdmission(SnapshotObserver observer, PlanApplier applier, Settings settings, ILogger log)
{
    /// <summary>Approves what a node is to serve.</summary>
    /// <returns>null once it is so; otherwise why not.</returns>
    public async Task<string?> AdmitAsync(Scope scope, InstanceId instance, CancellationToken stopping)
    {
        var (seen, plan) = await LookAsync(stopping, instance);
        var node = plan.Nodes.FirstOrDefault(node => node.Instance.Id == instance);
        if (node?.Device is null)
        {
            return Problem(seen, scope) ?? "EC2 or the tailnet does not list it yet";
        }

        foreach (var finding in plan.Findings.Where(finding => node.Profile.IsRouter && finding.Resource == node.Instance.Vpc?.ToString()))
        {
            LogFinding(log, finding.Rule, finding.Resource, finding.Text);
        }

        return await ApplyAsync(plan, [node], null, stopping);
    }

    /// <summary>
    /// Makes sure that others serve all that a leaving node does: prefix by prefix, of its own VPC and of those that it reaches, and the
    /// default routes of an exit node. What the plan takes from the leaving one, because others have it, is taken too.
    /// </summary>
    /// <returns>Whether they do; and why that could not be found out or done, null where it could.</returns>
    public async Task<(bool Served, string? Problem)> StandInAsync(Scope scope, Instance leaving, CancellationToken stopping)
    {
        if (NodeProfile.Of(leaving, settings.NodeTags) is { IsRouter: false, IsExitNode: false })
        {
            return (true, null);   // it serves no prefixes
        }

        var (seen, plan) = await LookAsync(stopping);
        var goingToo = seen.Nodes.Items.Where(record => record.GoneAt is not null).Select(record => record.Instance).Append(leaving.Id).ToHashSet();
        var serving = plan.Nodes.Where(node => node.Serves && !goingToo.Contains(node.Instance.Id)).ToArray();
        var (routers, routersDo) = OtherRouters(plan, leaving, serving);
        var exits = IsExit(plan, leaving) ? serving.Where(node => node.Profile.IsExitNode).ToArray() : [];
        if (!routersDo || (IsExit(plan, leaving) && exits.Length == 0))
        {
            return (false, Problem(seen, scope));
        }

        var problem = await ApplyAsync(plan, [.. routers.Union(exits)], leaving.Id, stopping);
        return (problem is null, problem);
    }

    private static (WantedNode[] Routers, bool All) OtherRouters(Plan plan, Instance leaving, WantedNode[] serving)
    {
        var own = plan.Routers.FirstOrDefault(router => router.Instance.Id == leaving.Id);
        if (own is null && !NodeRoles.Parse(leaving.Role).Contains(NodeRoles.SubnetRouter))
        {
            return ([], true);
        }

        // A router that has stopped is in no plan: whoever serves its VPC will do.
        var needed = own?.All.Union(own.HandedOver) ?? PrefixSet.Of(plan.Prefixes.Where(prefix => prefix.Vpc == leaving.Vpc).Select(prefix => prefix.Prefix));
        var wanted = plan.Routers.ToDictionary(router => router.Instance.Id, router => router.All);
        var others = serving
            .Where(node => wanted.TryGetValue(node.Instance.Id, out var all) && (needed.IsEmpty ? node.Instance.Vpc == leaving.Vpc : !all.Intersect(needed).IsEmpty))
            .ToArray();
        return (others, others.Length > 0 && needed.All(prefix => others.Any(other => wanted[other.Instance.Id].Contains(prefix))));
    }

    private static bool IsExit(Plan plan, Instance leaving) =>
        plan.Nodes.FirstOrDefault(node => node.Instance.Id == leaving.Id)?.Profile.IsExitNode ?? NodeRoles.Parse(leaving.Role).Contains(NodeRoles.ExitNode);

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

    /// <param name="drained">The node whose routes may be taken; null for none.</param>
    private async Task<string?> ApplyAsync(Plan plan, WantedNode[] nodes, InstanceId? drained, CancellationToken stopping)
    {
        var instances = nodes.Select(node => node.Instance.Id).ToHashSet();
        var devices = nodes.Select(node => node.Device?.Id).ToHashSet();
        var own = plan.Steps.Where(step => step.Action switch
        {
            PlanAction.RecordNode a => instances.Contains(a.Instance),
            PlanAction.ApproveRoutes a => devices.Contains(a.Device),
            PlanAction.AdvertiseRoutes a => instances.Contains(a.Instance),
            PlanAction.TrimRoutes a => a.Instance == drained,
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

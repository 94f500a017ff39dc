using System.Collections.Immutable;
using System.Diagnostics;
using Automation.Names;
using Automation.Nodes;
using Automation.Routes;

namespace Automation.Plans;

/// <summary>
/// Three planners, one plan: a resolver is worth forwarding to only when a route covers it, and a route only when its router has
/// joined. A total function of the snapshot: no clock, no I/O, and the order of what was found never matters.
/// </summary>
public static class ReconcilePlanner
{
    /// <param name="allowMassDelete">A person says that deletions over the limits are right, this once.</param>
    /// <returns>Additions first, withdrawals last.</returns>
    public static Plan Plan(Snapshot seen, bool allowMassDelete = false)
    {
        // Observers leave other people's devices out; a snapshot file may have come from anywhere.
        seen = seen with { Devices = seen.Devices with { Items = [.. seen.Devices.Items.Where(device => seen.NodeTags.Own(device.Tags))] } };
        var additions = new List<PlannedStep>();
        var withdrawals = new List<PlannedStep>();
        var findings = new List<Finding>();

        Unread(seen, findings);
        var nodes = NodePlanner.Of(seen, findings);
        ApiKeyExpiry.Find(seen, findings);
        var routing = Routing.Of(seen, additions, withdrawals, findings);
        CleanupPlanner.Plan(seen, routing.Served, allowMassDelete, withdrawals, findings);
        PoolPlanner.Plan(seen, additions, withdrawals, findings);
        var duties = Duties.Of(routing);
        var routers = RoutePlanner.Plan(seen, duties, new(seen, routing), additions, withdrawals, findings);
        NodePlanner.Plan(seen, nodes, duties.ToLookup(duty => duty.Router.Instance.Id, duty => duty.Wanted), additions, findings);
        HookPlanner.Plan(seen, additions, findings);
        var associations = new Associations(seen, routing, findings);
        associations.Plan(additions, withdrawals, findings);
        var domains = NamePlanner.Plan(seen, routing, associations, additions, withdrawals, findings);

        return new(
            [.. additions.OrderBy(Rank), .. withdrawals.OrderBy(Rank)],
            [.. findings.Distinct().Order()],
            nodes,
            routers,
            ServedPrefixes.Of(routing),
            routing.Addresses.Where(reached => reached.Site is not null).ToImmutableSortedDictionary(reached => reached.Service.Vpc.Id, reached => reached.Site!.Value),
            domains,
            associations.Wanted);
    }

    // Kind by kind: what is ours is recorded before it is there, a route is approved before it is advertised, and a name follows its route.
    // The sort is stable, so within a kind the planners' own order stays.
    private static int Rank(PlannedStep step) => step.Action switch
    {
        PlanAction.AssignSite => 0,
        PlanAction.TagSite or PlanAction.RememberPlain or PlanAction.RegisterNode or PlanAction.AttendHook or PlanAction.TagDevice => 1,
        PlanAction.RecordNode or PlanAction.DrainNode or PlanAction.ReturnNode => 2,
        PlanAction.ApproveRoutes => 3,
        PlanAction.AdvertiseRoutes => 4,
        PlanAction.SetDns64 => 5,
        PlanAction.AssociateZone => 6,
        PlanAction.AwaitAssociation => 7,
        PlanAction.SetSplitDns => 8,
        PlanAction.ConfirmSplitDns or PlanAction.RotatePoolKey => 9,
        PlanAction.RemoveSplitDns => 10,
        PlanAction.ForgetSplitDns => 11,
        PlanAction.DissociateZone => 12,
        PlanAction.ForgetAssociation => 13,
        PlanAction.DeleteDevice => 14,
        PlanAction.UnadvertiseRoutes => 15,
        PlanAction.TrimRoutes => 16,
        PlanAction.RevokeKey or PlanAction.RevokePoolKey => 17,
        PlanAction.DeleteParameters or PlanAction.DeletePoolParameter => 18,
        PlanAction.ForgetNode or PlanAction.ForgetPool => 19,
        PlanAction.ReleaseSite => 20,
        _ => throw new UnreachableException(),
    };

    private static void Unread(Snapshot seen, List<Finding> findings)
    {
        foreach (var scope in seen.Scopes)
        {
            foreach (var problem in scope.Problems().Where(problem => !problem.EndsWith(ScopeSeen.NotLookedAt, StringComparison.Ordinal)))
            {
                findings.Add(new(Finding.ScopeIncomplete, Finding.Error, scope.Scope.ToString(), $"Not read completely, so nothing of it is withdrawn or deleted. {problem}"));
            }
        }

        foreach (var scope in seen.Scopes.Where(scope => scope.DetailsProblem is not null))
        {
            findings.Add(new("instance-details-unread", Finding.Warning, scope.Scope.ToString(), $"Which nodes are in standby or about to be retired is not known, and none that is in an Auto Scaling group is given a key by this look. {scope.DetailsProblem}"));
        }

        foreach (var (scope, problem) in seen.Scopes.Select(scope => (scope.Scope, scope.Hooks.Problem)))
        {
            if (problem is not null and not ScopeSeen.NotLookedAt)
            {
                findings.Add(new("hooks-unread", Finding.Warning, scope.ToString(), $"Which lifecycle hooks hold instances is not known, so none whose news was lost is answered before its timeout. {problem}"));
            }
        }

        if (seen.Pools.Parameters.Problem is { } unread and not ScopeSeen.NotLookedAt)
        {
            findings.Add(new(Finding.ScopeIncomplete, Finding.Error, seen.Pools.Folder, $"Not read completely, so no key of a pool is revoked. {unread}"));
        }

        foreach (var (what, problem) in new[]
        {
            ("devices", seen.Devices.Problem), ("devices that lost their tags", seen.Strayed.Problem), ("auth keys", seen.Keys.Problem), ("split DNS", seen.SplitDns.Problem),
        })
        {
            if (problem is not null and not ScopeSeen.NotLookedAt)
            {
                findings.Add(new(Finding.TailnetIncomplete, Finding.Error, what, $"Not read completely, so nothing that depends on it is changed. {problem}"));
            }
        }

        foreach (var problem in new[] { seen.Nodes.Problem, seen.Domains.Problem, seen.Sites.Problem, seen.Associations.Problem, seen.Pools.Records.Problem }.Distinct())
        {
            if (problem is not null and not ScopeSeen.NotLookedAt)
            {
                findings.Add(new(Finding.LedgerIncomplete, Finding.Error, "ledger", $"Not read completely, so nothing is withdrawn or deleted, and nothing is advertised that it does not know. {problem}"));
            }
        }
    }
}

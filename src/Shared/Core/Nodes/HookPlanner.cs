using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What a lifecycle hook holds an instance for.</summary>
public enum HeldFor
{
    /// <summary>It is about to go into service.</summary>
    Service,

    /// <summary>It is new, and about to wait in its group's warm pool.</summary>
    WarmPool,

    /// <summary>It goes, for good or back into its warm pool.</summary>
    Leaving,
}

/// <summary>
/// Takes over where the news of a lifecycle hook was lost: events are best effort, and a hook that nobody answers times out. The ledger tells whether
/// somebody attends to the instance: a launch is registered within seconds, and one that leaves is marked.
/// </summary>
public static class HookPlanner
{
    /// <summary>Whoever marked an instance as leaving has answered its hook by now.</summary>
    public static readonly TimeSpan LeaveTime = LeavePlanner.Patience + TimeSpan.FromMinutes(1);

    public static bool IsHeld(Instance instance) => instance is
    {
        Group: not null,
        LifecycleState: "Pending:Wait" or "Warmed:Pending:Wait" or "Terminating:Wait" or "Warmed:Terminating:Wait",
    };

    /// <summary>Whether the ledger's entry shows that somebody attends to it.</summary>
    public static bool IsMarked(HeldFor held, Instance instance, NodeRecord? record, DateTimeOffset now) => held switch
    {
        // What was marked since it was registered has left, and has come again.
        HeldFor.Service => record?.RegisteredAt >= instance.LaunchedAt && !(record.GoneAt >= record.RegisteredAt),
        HeldFor.WarmPool => record is { GoneAt: not null } && record.RegisteredAt >= instance.LaunchedAt,
        _ => record?.GoneAt is { } gone && now - gone < LeaveTime,
    };

    /// <summary>The entry as it shows that somebody attends to it.</summary>
    /// <param name="record">null where the ledger has none.</param>
    public static NodeRecord Marked(PlanAction.AttendHook step, NodeRecord? record, DateTimeOffset now)
    {
        var known = record ?? new(step.Instance.Id, step.Scope, step.Role, step.Instance.Vpc, now, null, null, null, [], null, 0);
        return step.For switch
        {
            HeldFor.Service => known with { RegisteredAt = now },
            HeldFor.WarmPool => known with { RegisteredAt = now, GoneAt = now },
            _ => known with { GoneAt = now },
        };
    }

    internal static void Plan(Snapshot seen, ICollection<PlannedStep> steps, ICollection<Finding> findings)
    {
        if (!seen.Nodes.IsComplete)
        {
            return;
        }

        var records = seen.Nodes.Items.DistinctBy(record => record.Instance).ToDictionary(record => record.Instance);
        var devices = NodeDevice.ByInstance(seen.Devices.Items);
        foreach (var scope in seen.Scopes.DistinctBy(scope => scope.Scope).Where(scope => scope is { Instances.IsComplete: true, DetailsProblem: null }).OrderBy(scope => scope.Scope))
        {
            foreach (var instance in scope.Instances.Items.Where(IsHeld).DistinctBy(instance => instance.Id).OrderBy(instance => instance.Id))
            {
                if (Lost(seen, scope, instance, records.GetValueOrDefault(instance.Id), devices.Contains(instance.Id)) is not { } step)
                {
                    continue;
                }

                if (seen.AttendsHooks)
                {
                    steps.Add(new(step, $"hook of {instance.Id}", []));
                }
                else
                {
                    findings.Add(new("hook-not-attended", Finding.Warning, instance.Id.ToString(), $"{step.Names} {(step.Hooks.Length == 1 ? "holds" : "hold")} it and its news was lost. It is left to the timeout, as NODE_QUEUE_URL does not say where NodeLifecycle could be told."));
                }
            }
        }
    }

    /// <returns>null where no hook of ours holds it, or somebody attends to it.</returns>
    private static PlanAction.AttendHook? Lost(Snapshot seen, ScopeSeen scope, Instance instance, NodeRecord? record, bool hasDevice)
    {
        var held = instance.LifecycleState switch
        {
            "Pending:Wait" => HeldFor.Service,
            "Warmed:Pending:Wait" when !hasDevice && record?.Device is null => HeldFor.WarmPool,
            _ => HeldFor.Leaving,   // one that has served is on its way back into the warm pool
        };
        GroupHook[] hooks = [.. scope.Hooks.Items.Where(hook => hook.Group == instance.Group && hook.Leaving == (held == HeldFor.Leaving)).Distinct()];
        ImmutableArray<string> ours = [.. hooks.Where(hook => hook.IsOurs).Select(hook => hook.Name).Order(StringComparer.Ordinal)];

        // Beside another team's hook, ours may have been answered long ago: where that leaves no mark, it must not be answered with every look.
        var alone = ours.Length == hooks.Length;
        var profile = NodeProfile.Of(instance, seen.NodeTags);
        var may = held switch
        {
            HeldFor.Service => seen.ObservedAt - instance.LaunchedAt >= NodePlanner.NewsTime && (alone || profile is not null),
            HeldFor.WarmPool => seen.ObservedAt - instance.LaunchedAt >= NodePlanner.NewsTime,
            _ => alone || record is { GoneAt: null } || (record is null && hasDevice),
        };
        return may && !ours.IsEmpty && !IsMarked(held, instance, record, seen.ObservedAt)
            ? new(scope.Scope, instance, profile?.Role ?? string.Join('+', NodeRoles.Parse(instance.Role)), held, ours)
            : null;
    }
}

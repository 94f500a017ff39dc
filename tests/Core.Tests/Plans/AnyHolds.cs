using CsCheck;

namespace Automation.Plans;

/// <summary>Some instances of a world are in Auto Scaling groups, and hooks of ours and of others hold some of those: their news was lost, or is on its way, or was heard.</summary>
internal static class AnyHolds
{
    private static readonly string[] s_states = ["InService", "Pending:Wait", "Pending:Wait", "Warmed:Pending:Wait", "Terminating:Wait", "Terminating:Wait", "Warmed:Terminating:Wait", "Terminating:Proceed"];
    private static readonly GroupHook[] s_hooks =
    [
        new("blue", "tailnet-launch", false), new("blue", "tailnet-terminate", true), new("green", "tailnet-launch", false), new("green", "other-team-launch", false),
        new("green", "tailnet-terminate", true), new("green", "not-tailnet-terminate", true), new("red", "other-team-launch", false), new("red", "other-team-terminate", true),
    ];

    public static Snapshot Of(Snapshot seen, ulong seed)
    {
        var dice = new PCG(19, seed);
        bool Maybe(uint of) => dice.Next(of) == 0;
        var held = new HashSet<InstanceId>();
        Instance Grouped(Instance instance)
        {
            if (instance.IsGone || Maybe(2))
            {
                return instance;
            }

            held.Add(instance.Id);
            return instance with { Group = s_hooks[dice.Next((uint)s_hooks.Length)].Group, LifecycleState = s_states[dice.Next((uint)s_states.Length)] };
        }

        var scopes = seen.Scopes.Select(scope => scope with
        {
            Instances = scope.Instances with { Items = [.. scope.Instances.Items.Select(Grouped)] },
            Hooks = Seen<GroupHook>.All(s_hooks.Where(_ => !Maybe(6))),
        }).ToArray();
        NodeRecord Marked(NodeRecord record) => held.Contains(record.Instance) && Maybe(3) ? record with { GoneAt = seen.ObservedAt.AddMinutes(-(1 + dice.Next(20))) } : record;
        return seen with
        {
            Scopes = [.. scopes],
            Nodes = seen.Nodes with { Items = [.. seen.Nodes.Items.Select(Marked)] },
            AttendsHooks = !Maybe(8),
        };
    }
}

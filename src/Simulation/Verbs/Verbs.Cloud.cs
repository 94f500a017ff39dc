using Automation.Nodes;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>Instances: what Auto Scaling, EC2 and people do to them.</summary>
internal static partial class Verbs
{
    private const int MostInstances = 10;

    private const string TheirLaunchHook = "warm-caches";

    private const string TheirTerminateHook = "save-logs";

    private static readonly string[] s_roles = [NodeRoles.SubnetRouter, NodeRoles.SubnetRouter, NodeRoles.SubnetRouter, NodeRoles.SubnetRouter, "subnet-router+exit-node", "agent", "app-connector"];

    private static Verb[] OfCloud =>
    [
        new("launch", 12, Launch),
        new("launch-that-never-joins", 1, (stage, a, b, _) => Launch(stage, a, b, "tailnet-launch", boots: false)),
        new("launch-with-hook-of-others", 1, (stage, a, b, c) => HeldByOthers(stage, c, Launch(stage, a, b, TheirLaunchHook))),
        new("start-instance", 3, StartInstance),
        new("scale-in", 6, ScaleIn),
        new("scale-in-with-hook-of-others", 1, (stage, a, _, c) => HeldByOthers(stage, c, ScaleIn(stage, a, TheirTerminateHook))),
        new("kill", 4, Kill),
        new("spot", 3, Spot),
        new("stop-or-start", 3, StopOrStart),
        new("role", 2, Role),
        new("standby", 2, Standby),
        new("agent-silent", 1, (stage, a, _, _) => Toggle(stage, a, "SSM agent", instance => instance.AgentIsSilent = !instance.AgentIsSilent)),
        new("cut-off", 1, (stage, a, _, _) => Toggle(stage, a, "way into its VPC", instance => instance.IsCutOff = !instance.IsCutOff)),
    ];

    private static string? Launch(Stage stage, int a, int b, int c) => Launch(stage, a, b, c % 4 == 0 ? null : "tailnet-launch");

    private static string? Launch(Stage stage, int a, int b, string? hook, bool boots = true)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc) || stage.Instances.Count >= MostInstances)
        {
            return null;
        }

        var role = s_roles[b % s_roles.Length];
        var instance = region.Launch(stage.NewId("i-"), vpc.Id, SubnetOf(region, vpc.Id), role, hook, $"group-{vpc.Id}");
        instance.Boots = boots;
        return $"{instance.Id} launches in {vpc.Id} as {role}{HeldBy(hook)}{(boots ? "" : "; it will never join")}";
    }

    private static string HeldBy(string? hook) => hook switch
    {
        null => ", without a hook",
        TheirLaunchHook or TheirTerminateHook => ", held by a hook of others",
        _ => "",
    };

    // Who set the hook answers it some minutes later.
    private static string? HeldByOthers(Stage stage, int c, string? told)
    {
        if (told is null)
        {
            return null;
        }

        var (region, instance) = stage.InstancesWhere(instance => instance.Hook is TheirLaunchHook or TheirTerminateHook).MaxBy(one => one.Instance.HookEnds);
        var hook = instance.Hook!;
        stage.Later.Add((stage.Now + TimeSpan.FromMinutes(1 + (c % 8)), () =>
        {
            if (instance.Hook == hook)
            {
                stage.AnsweredByOthers.Add((instance.Id, hook));
                stage.Tell($"{hook} lets {instance.Id} go on");
                region.Complete(instance.Id, hook, abandon: false);
            }
        }));
        return told;
    }

    private static string? StartInstance(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Vpcs, a) is not ({ } region, { } vpc) || stage.Instances.Count >= MostInstances)
        {
            return null;
        }

        var instance = region.Start(stage.NewId("i-"), vpc.Id, SubnetOf(region, vpc.Id), s_roles[b % s_roles.Length]);
        return $"{instance.Id} is started by hand in {vpc.Id} as {instance.Role}";
    }

    private static string? ScaleIn(Stage stage, int a, int b, int c) => ScaleIn(stage, a, c % 5 == 0 ? null : "tailnet-terminate");

    private static string? ScaleIn(Stage stage, int a, string? hook)
    {
        if (Pick(stage.InstancesWhere(instance => instance is { IsInGroup: true, Hook: null } && instance.LifecycleState == "InService"), a) is not ({ } region, { } instance))
        {
            return null;
        }

        region.ScaleIn(instance.Id, hook);
        return $"{instance.Id} is scaled in{HeldBy(hook)}";
    }

    private static string? Kill(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Instances, a) is not ({ } region, { } instance))
        {
            return null;
        }

        region.Kill(instance.Id, told: b % 3 != 0);
        return $"{instance.Id} dies{(b % 3 == 0 ? ", and EC2 says nothing" : "")}";
    }

    private static string? Spot(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.InstancesWhere(instance => instance.State == "running"), a) is not ({ } region, { } instance))
        {
            return null;
        }

        var certain = b % 2 == 0;
        region.Warn(instance.Id, certain);
        if (certain && stage.Doomed.Add(instance.Id))
        {
            stage.Later.Add((stage.Now + TimeSpan.FromMinutes(2), () =>
            {
                if (region.Find(instance.Id) is { EndedAt: null })
                {
                    stage.Tell($"{instance.Id} is taken back by EC2");
                    region.Kill(instance.Id);
                }
            }));
        }

        return $"{instance.Id} {(certain ? "will be taken back in two minutes" : "may be taken back")}";
    }

    private static string? StopOrStart(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.InstancesWhere(instance => instance.Hook is null && instance.State is "running" or "stopped"), a) is not ({ } region, { } instance))
        {
            return null;
        }

        region.SetState(instance.Id, instance.State == "running" ? "stopped" : "running");
        return $"{instance.Id} is {instance.State} now";
    }

    private static string? Role(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.Instances, a) is not ({ } region, { } instance))
        {
            return null;
        }

        region.TagInstance(instance.Id, instance.Role.Length > 0 ? "" : s_roles[b % s_roles.Length]);
        return $"{instance.Id} has the role '{instance.Role}' now";
    }

    private static string? Standby(Stage stage, int a, int b, int c)
    {
        if (Pick(stage.InstancesWhere(instance => instance is { IsInGroup: true, Hook: null } && instance.LifecycleState is "InService" or "Standby"), a) is not ({ } region, { } instance))
        {
            return null;
        }

        var enters = instance.LifecycleState == "InService";
        region.SetLifecycleState(instance.Id, enters ? "Standby" : "InService", enters ? "EnterStandby" : "ExitStandby");
        return $"{instance.Id} is {instance.LifecycleState} now";
    }

    private static string? Toggle(Stage stage, int a, string what, Action<SimulatedInstance> toggle)
    {
        if (Pick(stage.InstancesWhere(instance => instance.State == "running"), a) is not (_, { } instance))
        {
            return null;
        }

        toggle(instance);
        return $"{instance.Id}: its {what} works, or no longer does";
    }

    private static string SubnetOf(SimulatedRegion region, VpcId vpc) => region.Network.Subnets.First(subnet => subnet.Vpc == vpc).Id.ToString();
}

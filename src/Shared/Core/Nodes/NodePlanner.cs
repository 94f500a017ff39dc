using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Nodes;

/// <summary>A node that is to be in the tailnet, whatever its roles.</summary>
public sealed record WantedNode(Scope Scope, Instance Instance, NodeProfile Profile, Device? Device, NodeRecord? Record)
{
    public string HostName => Device?.HostName ?? Profile.HostName;

    /// <summary>It does what its roles say, as far as the tailnet can tell.</summary>
    public bool Serves => Device is { Connected: true, Authorized: true };
}

/// <summary>Brings in nodes whose news was lost, records those that are no subnet routers, and approves exit nodes.</summary>
public static class NodePlanner
{
    /// <summary>News of a start is attended to by itself; a look takes over once that has had its time.</summary>
    public static readonly TimeSpan NewsTime = TimeSpan.FromMinutes(2);

    /// <returns>Every node that runs or starts, by scope and instance.</returns>
    public static ImmutableArray<WantedNode> Of(Snapshot seen, ICollection<Finding>? findings = null)
    {
        var records = seen.Nodes.Items.DistinctBy(record => record.Instance).ToDictionary(record => record.Instance);
        var devices = NodeDevice.ByInstance(seen.Devices.Items);
        var nodes = ImmutableArray.CreateBuilder<WantedNode>();
        foreach (var scope in seen.Scopes.DistinctBy(scope => scope.Scope).OrderBy(scope => scope.Scope))
        {
            foreach (var instance in scope.Instances.Items.Where(instance => instance.IsUp).DistinctBy(instance => instance.Id).OrderBy(instance => instance.Id))
            {
                var record = records.GetValueOrDefault(instance.Id);
                if (NodeProfile.Of(instance, seen.NodeTags, findings) is { } profile)
                {
                    nodes.Add(new(scope.Scope, instance, profile, NodeDevice.Choose(devices[instance.Id], record?.Device), record));
                }
            }
        }

        return nodes.ToImmutable();
    }

    /// <param name="wanted">What each subnet router is to advertise beside the default routes.</param>
    internal static void Plan(Snapshot seen, ImmutableArray<WantedNode> nodes, ILookup<InstanceId, PrefixSet> wanted, ICollection<PlannedStep> steps, ICollection<Finding> findings)
    {
        foreach (var node in nodes)
        {
            Maintenance(seen, node, nodes, findings);
            Tags(seen, node, steps);
            if (node.Device is not { } device)
            {
                Join(seen, node, steps, findings);
                continue;
            }

            var recorded = RoutePlanner.Recorded(node.Instance.Id);
            if (!node.Profile.IsRouter)
            {
                Health(node, device, findings);
                if (seen.Nodes.IsComplete && node.Instance.Vpc is { } vpc && (node.Record?.Device != device.Id || node.Record.Role != node.Profile.Role))
                {
                    steps.Add(new(new PlanAction.RecordNode(node.Scope, vpc, node.Instance.Id, node.Profile.Role, device.Id, device.HostName, []), recorded, []));
                }

                NoLongerRouter(node, device, findings);
            }

            if (node.Profile.IsExitNode)
            {
                Exit(node, device, recorded, PrefixSet.Of(wanted[node.Instance.Id].SelectMany(prefixes => prefixes)), steps);
            }
        }
    }

    private static void Join(Snapshot seen, WantedNode node, ICollection<PlannedStep> steps, ICollection<Finding> findings)
    {
        if (!seen.Devices.IsComplete)
        {
            return;
        }

        var (instance, profile) = (node.Instance, node.Profile);
        if (!profile.IsRouter && seen.ObservedAt - instance.LaunchedAt > RoutePlanner.JoinTime)
        {
            findings.Add(new("node-not-joined", Finding.Warning, instance.Id.ToString(), $"No device {profile.HostName} is in the tailnet: see its boot log, and whether its auth-key parameter was there in time."));
        }

        if (seen.Scopes.First(scope => scope.Scope == node.Scope) is { Parameters.IsComplete: true } scope && MayRegister(seen, node)
            && !(node.Record?.HasUsableKey(seen.ObservedAt) == true && scope.Parameters.Items.Any(parameter => parameter.Instance == instance.Id && parameter.Leaf == NodeParameters.AuthKey)))
        {
            steps.Add(new(new PlanAction.RegisterNode(node.Scope, instance.Id, profile.HostName), CleanupPlanner.Group(instance.Id), []));
        }
    }

    // Whoever is held by a hook, waits in a warm pool or is on its way out has other news to come, or gets nothing.
    private static bool MayRegister(Snapshot seen, WantedNode node) =>
        seen.Nodes.IsComplete
        && node.Instance is { State: "running", Vpc: not null } instance
        && (instance.Group is null || instance.LifecycleState == "InService")
        && LaunchPlanner.MayJoinAnew(instance, node.Record)
        && seen.ObservedAt - instance.LaunchedAt >= NewsTime
        && (node.Record?.GoneAt is not { } gone || seen.ObservedAt - gone >= NodeFates.Grace);

    // Of a device that has lost all of them, the ledger, the host name and the living instance say that it is ours; one without any tag is a person's.
    private static void Tags(Snapshot seen, WantedNode node, ICollection<PlannedStep> steps)
    {
        var device = node.Device ?? seen.Strayed.Items.FirstOrDefault(strayed =>
            strayed.Id == node.Record?.Device && NodeHostName.TryParse(strayed.HostName, out var instance) && instance == node.Instance.Id);
        if (seen.Nodes.IsComplete && device is { Tags.IsEmpty: false }
            && node.Profile.Tags.Except(device.Tags).ToImmutableArray() is { IsEmpty: false } lost)
        {
            steps.Add(new(
                new PlanAction.TagDevice(node.Instance.Id, device.Id, device.HostName, lost, [.. device.Tags.Union(node.Profile.Tags)]), $"tags of {node.Instance.Id}", []));
        }
    }

    private static void Exit(WantedNode node, Device device, string recorded, PrefixSet routes, ICollection<PlannedStep> steps)
    {
        var group = $"exit of {node.Instance.Id}";
        if (NodeProfile.DefaultRoutes.Except(device.Enabled) is { IsEmpty: false } missing)
        {
            steps.Add(new(new PlanAction.ApproveRoutes(device.Id, device.HostName, missing), group, [recorded]));
        }

        if (!NodeProfile.DefaultRoutes.IsSubsetOf(device.Advertised))
        {
            steps.Add(new(new PlanAction.AdvertiseRoutes(node.Scope, node.Instance.Id, device.Id, device.HostName, routes.Union(device.Advertised).Union(NodeProfile.DefaultRoutes), device.Advertised), group, [recorded]));
        }
    }

    private static void NoLongerRouter(WantedNode node, Device device, ICollection<Finding> findings)
    {
        if (node.Record is { } record && device.Enabled.Intersect(record.Routes) is { IsEmpty: false } left)
        {
            findings.Add(new("no-longer-router", Finding.Warning, node.Instance.Id.ToString(), $"{left} {(left.Count == 1 ? "is" : "are")} still enabled on {device.HostName}, which has not the role {NodeRoles.SubnetRouter} any more: give it the role again, or disable {(left.Count == 1 ? "it" : "them")} in the admin console."));
        }
    }

    private static void Health(WantedNode node, Device device, ICollection<Finding> findings)
    {
        if (!device.Authorized)
        {
            findings.Add(new("node-not-authorized", Finding.Error, device.Id.ToString(), $"{device.HostName} waits for device approval: approve it, or see why its key was not pre-approved."));
        }
        else if (!device.Connected)
        {
            findings.Add(new("node-offline", Finding.Warning, device.Id.ToString(), $"{device.HostName} is {node.Instance.State} but has no connection to the tailnet's control plane."));
        }
    }

    private static void Maintenance(Snapshot seen, WantedNode node, ImmutableArray<WantedNode> nodes, ICollection<Finding> findings)
    {
        if (node.Instance.Maintenance is not { } coming)
        {
            return;
        }

        var others = nodes.Any(other => other.Instance.Id != node.Instance.Id && other.Serves && other.Instance.Vpc == node.Instance.Vpc
            && other.Instance.Maintenance is null && node.Profile.Roles.All(other.Profile.Roles.Contains));
        findings.Add(new(
            "maintenance-scheduled",
            others ? Finding.Warning : Finding.Error,
            node.Instance.Id.ToString(),
            $"EC2 has scheduled {Printable.Of(coming.Code)} for {node.HostName}, not before {coming.NotBefore.UtcDateTime:yyyy-MM-dd HH:mm} UTC: "
            + (others ? "another one with its roles goes on meanwhile. Replace it in time." : "no other with its roles serves in its VPC. Start another before, then terminate this one.")));
    }
}

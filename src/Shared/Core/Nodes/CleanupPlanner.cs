using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Nodes;

/// <summary>Clears away what is left of instances that are gone: devices, keys, parameters and ledger entries; and of earlier joins of those that live.</summary>
public static class CleanupPlanner
{
    /// <summary>More deletions of devices than this in one run wait for a person, or than a fifth of all owned devices where that is more.</summary>
    public const int MostDeletions = 5;

    /// <summary>A key younger than this may belong to a registration that is under way.</summary>
    private static readonly TimeSpan s_keyGrace = TimeSpan.FromMinutes(5);

    public static void Plan(
        Snapshot seen,
        ImmutableArray<ServedVpc> served,
        bool allowMassDelete,
        ICollection<PlannedStep> steps,
        ICollection<Finding> findings)
    {
        var fates = new NodeFates(seen);
        var deletions = Deletions(seen, served, fates, findings);
        var held = WhyHeld(seen, served, fates, deletions, allowMassDelete, findings);
        foreach (var (device, instance, reason) in deletions)
        {
            steps.Add(new(new PlanAction.DeleteDevice(instance, device.Id, device.HostName, reason), Group(instance), After(instance, fates.Record(instance)), held.GetValueOrDefault(device.Id)));
        }

        foreach (var instance in Keys(seen).Concat(seen.Nodes.Items.Select(record => record.Instance)).Concat(Parameters(seen).Select(p => p.Instance)).Distinct().Order())
        {
            Leftovers(seen, fates, instance, steps, findings);
        }

        Marks(seen, steps);
        foreach (var record in seen.Nodes.Items.DistinctBy(record => record.Instance).Where(record => fates.Of(record.Instance) == Fate.Gone).OrderBy(record => record.Instance))
        {
            var left = seen.Devices.Items.Where(device => IsOf(device, record)).Select(device => device.Id);
            var leaving = deletions.Select(deletion => deletion.Device.Id).Where(device => !held.ContainsKey(device));
            var parameters = seen.Scopes.FirstOrDefault(scope => scope.Scope == record.Scope)?.Parameters;
            // The ledger forgets last: it is what remembers the rest.
            if (seen.Devices.IsComplete && parameters is { IsComplete: true } && !left.Except(leaving).Any())
            {
                steps.Add(new(new PlanAction.ForgetNode(record.Instance), Group(record.Instance), [Group(record.Instance)]));
            }
        }
    }

    // An instance that waits in its warm pool and has not been in the tailnet may have a mark from when its hook was attended to.
    private static void Marks(Snapshot seen, ICollection<PlannedStep> steps)
    {
        var marks = seen.Nodes.Items.Where(record => record is { Device: null, Key: null, GoneAt: not null }).Select(record => record.Instance).ToHashSet();
        var warm = seen.Scopes.Where(scope => scope.DetailsProblem is null).SelectMany(scope => scope.Instances.Items)
            .Where(instance => instance.LifecycleState is "Warmed:Stopped" or "Warmed:Running" or "Warmed:Hibernated").Select(instance => instance.Id);
        foreach (var instance in warm.Where(marks.Contains).Distinct().Order())
        {
            steps.Add(new(new PlanAction.ForgetNode(instance), Group(instance), [Group(instance)]));
        }
    }

    internal static string Group(InstanceId instance) => instance.ToString();

    // The living come first: while a step that adds to the VPC's routes has failed, nothing is taken from it.
    // Of a router that has joined anew, the ledger's entry first turns to the device that lives.
    private static ImmutableArray<string> After(InstanceId instance, NodeRecord? record) =>
        record?.Vpc is { } vpc ? [RoutePlanner.Group(vpc), RoutePlanner.Recorded(instance)] : [RoutePlanner.Recorded(instance)];

    private static bool IsOf(Device device, NodeRecord record) =>
        device.Id == record.Device || (NodeHostName.TryParse(device.HostName, out var instance) && instance == record.Instance);

    private static ImmutableArray<(Device Device, InstanceId Instance, string Reason)> Deletions(
        Snapshot seen, ImmutableArray<ServedVpc> served, NodeFates fates, ICollection<Finding> findings)
    {
        var deletions = ImmutableArray.CreateBuilder<(Device, InstanceId, string)>();
        var sameName = seen.Devices.Items.ToLookup(device => device.HostName);
        var routers = served.SelectMany(vpc => vpc.Routers).DistinctBy(router => router.Instance.Id).ToDictionary(router => router.Instance.Id);
        var allRead = seen.Devices.IsComplete && seen.Nodes.IsComplete;   // the limits below count all devices, and ask the ledger whose routers they are
        foreach (var device in seen.Devices.Items.OrderBy(device => device.Id))
        {
            if (!NodeHostName.TryParse(device.HostName, out var instance))
            {
                continue;
            }

            var silent = !device.Connected && seen.ObservedAt - (device.LastSeen ?? device.Created ?? seen.ObservedAt) >= NodeFates.Grace;
            switch (fates.Of(instance))
            {
                case Fate.Gone when silent:
                    if (allRead)
                    {
                        deletions.Add((device, instance, fates.State(instance) is { } state ? $"its instance is {state}" : "EC2 no longer knows its instance"));
                    }

                    break;
                case Fate.Alive when silent && allRead && Living(sameName[device.HostName], fates.Record(instance), routers.GetValueOrDefault(instance)) is { } living:
                    deletions.Add((device, instance, $"duplicate of {living.Id}"));
                    break;
                case Fate.Gone when device.Connected:
                    findings.Add(new("gone-but-connected", Finding.Warning, device.Id.ToString(), $"{instance} is gone, and its device {device.HostName} is still connected: it is deleted once it has been silent for {NodeFates.Grace.TotalMinutes} minutes."));
                    break;
                case Fate.Unknown when silent && seen.Nodes.IsComplete && fates.Record(instance) is null:
                    findings.Add(new("unrecorded-device", Finding.Info, device.Id.ToString(), $"{device.HostName} is silent, and neither EC2 nor the ledger knows {instance}: it may belong to another installation, so it is left to Tailscale's removal of ephemeral devices. Give each installation a tag of its own."));
                    break;
                default:
                    break;
            }
        }

        return deletions.ToImmutable();
    }

    /// <returns>The device that the instance has now; null where none carries traffic, or what the ledger has of a dead one would be lost with that.</returns>
    private static Device? Living(IEnumerable<Device> sameName, NodeRecord? record, Router? router) =>
        NodeDevice.Choose(sameName, record?.Device) is { Connected: true, Authorized: true } living
            && (record?.Device is not { } onRecord || onRecord == living.Id || router?.Device?.Id == living.Id)
            ? living
            : null;

    private static Dictionary<DeviceId, string> WhyHeld(
        Snapshot seen,
        ImmutableArray<ServedVpc> served,
        NodeFates fates,
        ImmutableArray<(Device Device, InstanceId Instance, string Reason)> deletions,
        bool allowMassDelete,
        ICollection<Finding> findings)
    {
        var held = new Dictionary<DeviceId, string>();
        if (allowMassDelete)
        {
            return held;
        }

        foreach (var (device, instance, _) in deletions)
        {
            if (fates.Record(instance) is not { IsRouter: true, Vpc: { } vpc } record)
            {
                continue;
            }

            // A VPC that is shared with other accounts is seen in each of them, with the routers that they have in it.
            var shown = served.Where(candidate => candidate.Vpc.Id == vpc).ToImmutableArray();
            var unread = shown.IsEmpty && !seen.Scopes.Any(scope => scope.Scope == record.Scope && scope.Vpcs.IsComplete);
            if (unread || (!shown.IsEmpty && !shown.Any(still => still.Routers.Any(router => router.Serves))))
            {
                held[device.Id] = $"it is the last router of {vpc}, which {(unread ? "may still exist: its scope was not read completely" : "still exists")}";
                findings.Add(new("deletion-held", Finding.Warning, device.Id.ToString(), $"{device.HostName} is not deleted: {held[device.Id]}. Start another router, or reconcile once with allowMassDelete."));
            }
        }

        var most = Math.Max(MostDeletions, seen.Devices.Items.Length / 5);
        if (deletions.Length > most)
        {
            foreach (var (device, _, _) in deletions)
            {
                held[device.Id] = $"{deletions.Length} devices would be deleted at once, and {most} is the most";
            }

            findings.Add(new("mass-deletion-held", Finding.Error, "tailnet", $"{deletions.Length} of {seen.Devices.Items.Length} owned devices would be deleted at once, and {most} is the most: see that their instances are really gone, then reconcile once with allowMassDelete."));
        }

        return held;
    }

    private static void Leftovers(Snapshot seen, NodeFates fates, InstanceId instance, ICollection<PlannedStep> steps, ICollection<Finding> findings)
    {
        var fate = fates.Of(instance);
        if (fate == Fate.Unknown)
        {
            Strangers(seen, fates, instance, findings);
            return;
        }

        var record = fates.Record(instance);
        var inUse = fate == Fate.Alive && record?.Device is null ? record?.Key : null;   // once it has joined, its key is spent
        foreach (var key in seen.Keys.Items.Where(key => key.IsForInstance(out var owner) && owner == instance).OrderBy(key => key.Id))
        {
            // Without the ledger an orphan cannot be told from the key in use. One on record is of no registration that is under way.
            var isKnown = fate == Fate.Gone && key.Id == record?.Key;
            if (!key.Invalid && key.Id != inUse && seen.Nodes.IsComplete && (isKnown || seen.ObservedAt - key.Created >= s_keyGrace) && key.Expires > seen.ObservedAt)
            {
                steps.Add(new(new PlanAction.RevokeKey(key.Id, instance), Group(instance), []));
            }
        }

        if (fate == Fate.Gone && record?.Key is { } remembered && record.HasUsableKey(seen.ObservedAt) && !seen.Keys.Items.Any(key => key.Id == remembered))
        {
            steps.Add(new(new PlanAction.RevokeKey(remembered, instance), Group(instance), []));   // the API may not list every key
        }

        foreach (var scope in seen.Scopes.OrderBy(scope => scope.Scope))
        {
            var leaves = scope.Parameters.Items
                .Where(parameter => parameter.Instance == instance)
                .Where(parameter => fate == Fate.Gone
                    || (parameter.Leaf == NodeParameters.AuthKey && record?.Device is not null && seen.ObservedAt - parameter.ModifiedAt >= NodeFates.Grace))
                .Select(parameter => parameter.Leaf)
                .Distinct()
                .Order(StringComparer.Ordinal);
            if (leaves.ToImmutableArray() is { IsEmpty: false } left)
            {
                steps.Add(new(new PlanAction.DeleteParameters(scope.Scope, instance, left), Group(instance), []));
            }
        }
    }

    // The settings of a launch whose next call failed are there before the ledger knows of them.
    private static void Strangers(Snapshot seen, NodeFates fates, InstanceId instance, ICollection<Finding> findings)
    {
        foreach (var scope in seen.Scopes.Where(scope => seen.Nodes.IsComplete && scope.Instances.IsComplete && fates.Record(instance) is null).OrderBy(scope => scope.Scope))
        {
            var left = scope.Parameters.Items.Where(parameter => parameter.Instance == instance && seen.ObservedAt - parameter.ModifiedAt >= NodeFates.Grace)
                .Select(parameter => parameter.Leaf).Distinct().Order(StringComparer.Ordinal).ToImmutableArray();
            if (!left.IsEmpty)
            {
                findings.Add(new("unrecorded-parameters", Finding.Info, instance.ToString(), $"{string.Join(" and ", left)} of it {(left.Length == 1 ? "is" : "are")} in {scope.Scope}, and neither EC2 nor the ledger knows it: a launch that failed may have left {(left.Length == 1 ? "it" : "them")}, or another installation has the same parameter prefix. Delete {(left.Length == 1 ? "it" : "them")} by hand."));
            }
        }
    }

    private static IEnumerable<InstanceId> Keys(Snapshot seen)
    {
        foreach (var key in seen.Keys.Items)
        {
            if (key.IsForInstance(out var instance))
            {
                yield return instance;
            }
        }
    }

    private static IEnumerable<NodeParameter> Parameters(Snapshot seen) => seen.Scopes.SelectMany(scope => scope.Parameters.Items);
}

using System.Collections.Immutable;
using Automation.Aws;
using Automation.Plans;
using Automation.Reports;

namespace Automation.Nodes;

/// <summary>Instances, VPCs and parameters of a scope.</summary>
internal static class NodesObserver
{
    /// <param name="onRecord">Instances that the ledger knows. One that lost its tag is asked for by its id: it is not gone.</param>
    public static async Task<Seen<Instance>> InstancesAsync(IEc2 ec2, IEnumerable<InstanceId> onRecord, CancellationToken stopping)
    {
        var tagged = await SnapshotObserver.ReadList(() => ec2.DescribeNodesAsync(stopping));
        if (!tagged.IsComplete)   // who is missing from half a list is not missed
        {
            return tagged;
        }

        var problems = new List<string>();
        var untagged = new List<Instance>();
        foreach (var id in onRecord.Except(tagged.Items.Select(instance => instance.Id)).Order())
        {
            var (instance, problem) = await SnapshotObserver.Read(() => ec2.DescribeInstanceAsync(id, stopping));
            if (problem is not null)
            {
                problems.Add(problem);
            }
            else if (instance is not null)
            {
                untagged.Add(instance);
            }
        }

        return new([.. tagged.Items, .. untagged], problems.FirstOrDefault());
    }

    /// <summary>What EC2's list does not show: Auto Scaling's state, and what EC2 is to do to those that run. One that is stopped may be held on its way out of a warm pool.</summary>
    public static async Task<(Seen<Instance> Instances, string? Problem)> DetailsAsync(IAwsScope services, Seen<Instance> seen, CancellationToken stopping)
    {
        InstanceId[] up = [.. seen.Items.Where(instance => instance.State == "running").Select(instance => instance.Id)];
        InstanceId[] grouped = [.. seen.Items.Where(instance => instance is { IsGone: false, Group: not null }).Select(instance => instance.Id)];
        var statesRead = grouped.Length == 0
            ? Task.FromResult<(ImmutableArray<(InstanceId Instance, string State)>, string?)>(([], null))
            : SnapshotObserver.Read(() => services.AutoScaling.DescribeLifecycleStatesAsync(grouped, stopping));
        var eventsRead = up.Length == 0
            ? Task.FromResult<(ImmutableArray<(InstanceId Instance, ScheduledEvent Event)>, string?)>(([], null))
            : SnapshotObserver.Read(() => services.Ec2.DescribeScheduledEventsAsync(up, stopping));
        var (states, statesProblem) = await statesRead;
        var (events, eventsProblem) = await eventsRead;
        var stateOf = (states.IsDefault ? [] : states).ToDictionary(pair => pair.Instance, pair => pair.State);
        var eventOf = (events.IsDefault ? [] : events).ToDictionary(pair => pair.Instance, pair => pair.Event);
        return (
            seen with { Items = [.. seen.Items.Select(instance => instance with { LifecycleState = stateOf.GetValueOrDefault(instance.Id), Maintenance = eventOf.GetValueOrDefault(instance.Id) })] },
            statesProblem ?? eventsProblem);
    }

    /// <summary>The lifecycle hooks of the groups of which a hook holds an instance: seldom any.</summary>
    public static async Task<Seen<GroupHook>> HooksAsync(IAutoScaling autoScaling, Seen<Instance> seen, CancellationToken stopping)
    {
        var groups = seen.Items.Where(HookPlanner.IsHeld).Select(instance => instance.Group!).Distinct().Order(StringComparer.Ordinal);
        var read = await Task.WhenAll(groups.Select(group => SnapshotObserver.Read(() => autoScaling.DescribeLifecycleHooksAsync(group, stopping))));
        return new([.. read.Where(hooks => hooks.Problem is null).SelectMany(hooks => hooks.Value)], read.Select(hooks => hooks.Problem).FirstOrDefault(problem => problem is not null));
    }

    public static Task<Seen<Vpc>> VpcsAsync(IEc2 ec2, CancellationToken stopping) => SnapshotObserver.ReadList(() => ec2.DescribeVpcsAsync(null, stopping));

    public static Task<Seen<NodeParameter>> ParametersAsync(ISsm ssm, string prefix, CancellationToken stopping) =>
        SnapshotObserver.ReadList(() => ssm.DescribeNodeParametersAsync(prefix, stopping));
}

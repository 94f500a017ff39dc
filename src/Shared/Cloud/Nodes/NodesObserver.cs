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

    public static Task<Seen<Vpc>> VpcsAsync(IEc2 ec2, CancellationToken stopping) => SnapshotObserver.ReadList(() => ec2.DescribeVpcsAsync(null, stopping));

    public static Task<Seen<NodeParameter>> ParametersAsync(ISsm ssm, string prefix, CancellationToken stopping) =>
        SnapshotObserver.ReadList(() => ssm.DescribeNodeParametersAsync(prefix, stopping));
}

using Automation.Aws;
using Automation.Plans;
using Automation.Reports;

namespace Automation.Nodes;

/// <summary>Instances, VPCs and parameters of a scope.</summary>
internal static class NodesObserver
{
    public static Task<Seen<Instance>> InstancesAsync(IEc2 ec2, CancellationToken stopping) => ListAsync(() => ec2.DescribeNodesAsync(stopping));

    public static Task<Seen<Vpc>> VpcsAsync(IEc2 ec2, CancellationToken stopping) => ListAsync(() => ec2.DescribeVpcsAsync(null, stopping));

    public static Task<Seen<NodeParameter>> ParametersAsync(ISsm ssm, string prefix, CancellationToken stopping) =>
        ListAsync(() => ssm.DescribeNodeParametersAsync(prefix, stopping));

    private static async Task<Seen<T>> ListAsync<T>(Func<Task<Listing<T>>> list)
    {
        var (listing, problem) = await SnapshotObserver.Read(list);
        return listing?.AsSeen() ?? Seen<T>.Unknown(problem!);
    }
}

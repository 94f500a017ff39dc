using Automation.Aws;
using Automation.Plans;
using Automation.Reports;

namespace Automation.Routes;

/// <summary>How the VPCs of a scope are connected. Each kind of thing is asked for once a scope, however many VPCs it has.</summary>
internal static class RoutesObserver
{
    private const string EndpointStart = "vpce-";

    public static async Task<NetworkSeen> ObserveAsync(IEc2 ec2, CancellationToken stopping)
    {
        var subnets = SnapshotObserver.ReadList(() => ec2.DescribeSubnetsAsync(stopping));
        var routeTables = SnapshotObserver.ReadList(() => ec2.DescribeRouteTablesAsync(stopping));
        var peerings = SnapshotObserver.ReadList(() => ec2.DescribeVpcPeeringConnectionsAsync(stopping));
        var attachments = SnapshotObserver.ReadList(() => ec2.DescribeTransitGatewayAttachmentsAsync(stopping));
        var transitTables = SnapshotObserver.ReadList(() => ec2.DescribeTransitGatewayRouteTablesAsync(stopping));
        var prefixLists = PrefixListsAsync(ec2, await routeTables, stopping);
        return new()
        {
            Subnets = await subnets,
            RouteTables = await routeTables,
            Peerings = await peerings,
            TransitAttachments = await attachments,
            TransitRouteTables = await transitTables,
            PrefixLists = await prefixLists,
        };
    }

    // A gateway endpoint's list holds a service's public addresses, and leads nowhere that a router could serve.
    private static async Task<Seen<PrefixList>> PrefixListsAsync(IEc2 ec2, Seen<RouteTable> tables, CancellationToken stopping)
    {
        var named = tables.Items.SelectMany(table => table.Routes)
            .Where(route => !route.Target.StartsWith(EndpointStart, StringComparison.Ordinal))
            .Select(route => route.PrefixList)
            .OfType<PrefixListId>()
            .ToHashSet();
        var seen = named.Count == 0 ? Seen<PrefixList>.All([]) : await SnapshotObserver.ReadList(() => ec2.DescribePrefixListsAsync(named, stopping));
        return tables.IsComplete ? seen : seen with { Problem = string.Join("; ", new[] { seen.Problem, "not every route table is known" }.OfType<string>()) };
    }
}

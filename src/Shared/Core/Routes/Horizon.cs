using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>
/// The ranges that are worth asking a route table about: what its lines and those of the gateways behind it name, and the CIDRs of the VPCs
/// there. A default route names nothing by itself: behind it is what the gateway leads to.
/// </summary>
internal sealed class Horizon(Topology topology)
{
    private readonly List<Prefix> _ranges = [];
    private readonly HashSet<TransitRouteTableId> _passed = [];

    /// <returns>Ranges in order that do not overlap.</returns>
    public PrefixSet Of(VpcId from, SubnetTable table)
    {
        foreach (var (line, route) in table.Lines.Lines)
        {
            if (PeeringId.TryParse(route.Target, out var id))
            {
                Add(line);
                if (topology.Peering(id)?.Across(from) is { } far)
                {
                    _ranges.AddRange(topology.Vpc(far.Vpc) is { } vpc ? topology.Cidrs(vpc).Prefixes.ToArray() : far.Cidrs);
                }
            }
            else if (TransitGatewayId.TryParse(route.Target, out var gateway))
            {
                Add(line);
                if (topology.Attachment(gateway, from) is { RouteTable: { } associated })
                {
                    Behind(gateway, associated);
                }
            }
            else if (route.Target != Route.Local)
            {
                Add(line);
            }
        }

        return PrefixSet.Minimal(_ranges);
    }

    private void Behind(TransitGatewayId gateway, TransitRouteTableId id)
    {
        if (!_passed.Add(id) || topology.TransitTable(id) is not { } table)
        {
            return;
        }

        foreach (var (line, route) in table.Lines)
        {
            Add(line);
            foreach (var attachment in route.Attachments.Select(attachment => topology.Attachment(gateway, attachment)).OfType<TransitAttachment>())
            {
                if (topology.VpcOf(attachment) is { } vpcId && topology.Vpc(vpcId) is { } vpc)
                {
                    _ranges.AddRange(topology.Cidrs(vpc).Prefixes);
                }
                else if (attachment.ResourceType == TransitAttachment.ToGateway && TransitGatewayId.TryParse(attachment.ResourceId, out var far)
                    && topology.Attachment(far, attachment.Id)?.RouteTable is { } associated)
                {
                    Behind(far, associated);
                }
            }
        }
    }

    private void Add(Prefix line)
    {
        if (!line.IsDefaultRoute)
        {
            _ranges.Add(line);
        }
    }
}

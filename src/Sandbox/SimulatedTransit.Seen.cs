using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

public sealed partial class SimulatedTransit
{
    /// <summary>The owner of a gateway sees all of its attachments, and where they are looked up; the owner of a VPC sees that VPC's.</summary>
    internal IEnumerable<TransitAttachment> AttachmentsSeenFrom(Scope scope) => _attachments
        .Where(attachment => attachment.Gateway.Owner == scope || attachment.Vpc?.Scope == scope)
        .Select(attachment => new TransitAttachment(
            attachment.Id,
            attachment.Gateway.Id,
            attachment.State,
            attachment.Type,
            attachment.Resource,
            (attachment.Vpc?.Scope ?? attachment.Far?.Owner ?? attachment.Gateway.Owner).Account,
            attachment.Gateway.Owner == scope ? TableOf(attachment)?.Id : null,
            [.. attachment.Subnets],
            attachment.IPv6));

    internal IEnumerable<TransitRouteTable> TablesSeenFrom(Scope scope) => _tables.Values
        .Where(table => table.Gateway.Owner == scope)
        .Select(table => new TransitRouteTable(table.Id, table.Gateway.Id, Routes(table)));

    /// <summary>Whether a VPC's route to the gateway leads anywhere.</summary>
    internal bool Carries(TransitGatewayId gateway, VpcId vpc) => _ofVpc.TryGetValue(vpc, out var attachments)
        && attachments.Exists(attachment => attachment.Gateway.Id == gateway && attachment.State == TransitAttachment.Available);

    internal bool IsUsed(SubnetId subnet) => _attachments.Any(attachment => attachment.State != "deleted" && attachment.Subnets.Contains(subnet));

    internal void VpcIsGone(VpcId vpc)
    {
        foreach (var attachment in _attachments.Where(attachment => attachment.Vpc?.Vpc == vpc))
        {
            End(attachment.Id);
        }
    }

    private Table? TableOf(Attachment attachment) =>
        _tables.Values.FirstOrDefault(table => table.Gateway == attachment.Gateway && table.Associated.Contains(attachment.Id));

    // One line a destination: a static route goes before one of a prefix list, that before a propagated one, and of two VPCs that announce the same the older.
    private ImmutableArray<TransitRoute> Routes(Table table)
    {
        var routes = new SortedDictionary<Prefix, TransitRoute>();
        foreach (var (destination, to) in table.Static)
        {
            routes[destination] = Static(table, destination, to);
        }

        foreach (var (list, to) in table.References)
        {
            foreach (var entry in _aws.Region(table.Gateway.Owner).Network.PrefixLists.Where(known => known.Id == list).SelectMany(known => known.Entries))
            {
                routes.TryAdd(entry, Static(table, entry, to));
            }
        }

        foreach (var attachment in _attachments.Where(attachment => attachment.Gateway == table.Gateway && table.Propagating.Contains(attachment.Id)))
        {
            foreach (var cidr in CidrsOf(attachment))
            {
                routes.TryAdd(cidr, new(cidr, Route.Active, "propagated", [attachment.Id]));
            }
        }

        return [.. routes.Values];
    }

    private TransitRoute Static(Table table, Prefix destination, TransitAttachmentId? to)
    {
        var leads = to is { } id && _attachments.Any(end => end.Id == id && end.Gateway == table.Gateway && end.State == TransitAttachment.Available);
        return new(destination, leads ? Route.Active : "blackhole", "static", leads ? [to!] : []);
    }

    private PrefixSet CidrsOf(Attachment attachment) => attachment.Vpc is var (vpc, scope)
        ? _aws.Region(scope).Cidrs(vpc).Where(cidr => attachment.IPv6 || !cidr.IsIPv6)
        : attachment.Announced;
}

using System.Text.Json.Nodes;
using Automation.Network;

namespace Automation.Sandbox;

public sealed partial class SimulatedTransit
{
    private readonly SortedDictionary<TransitRouteTableId, Table> _tables = [];

    // What people do.

    public TransitRouteTableId DefaultTable(TransitGatewayId gateway) =>
        _gateways[gateway].DefaultTable ?? throw new InvalidOperationException($"{gateway} has no default route table.");

    public TransitRouteTableId AddTable(string id, TransitGatewayId gateway)
    {
        var table = new Table(TransitRouteTableId.Parse(id), _gateways[gateway]);
        _tables.Add(table.Id, table);
        Publish(table.Gateway.Owner, "CreateTransitGatewayRouteTable", ("TransitGatewayId", gateway.ToString()));
        return table.Id;
    }

    public void DeleteTable(TransitRouteTableId id)
    {
        var table = _tables[id];
        SimulatedNetwork.Refuse(table.Associated.Count > 0 || table.Gateway.DefaultTable == id, $"IncorrectState: {id} has associations, or is the default");
        _tables.Remove(id);
        Publish(table.Gateway.Owner, "DeleteTransitGatewayRouteTable", ("TransitGatewayRouteTableId", id.ToString()));
    }

    /// <summary>Packets from the attachment are looked up in this table from now on; it must have no other.</summary>
    public void Associate(TransitAttachmentId id, TransitRouteTableId table)
    {
        var attachment = End(id, _tables[table]);
        SimulatedNetwork.Refuse(TableOf(attachment) is { } other && other.Id != table, $"Resource.AlreadyAssociated: {id} is associated already");
        _tables[table].Associated.Add(id);
        PublishOf(table, id, "AssociateTransitGatewayRouteTable");
    }

    public void Disassociate(TransitAttachmentId id, TransitRouteTableId table)
    {
        _tables[table].Associated.Remove(id);
        PublishOf(table, id, "DisassociateTransitGatewayRouteTable");
    }

    /// <summary>The attachment's CIDRs are routes of this table from now on.</summary>
    public void Propagate(TransitAttachmentId id, TransitRouteTableId table)
    {
        SimulatedNetwork.Refuse(End(id, _tables[table]).Far is not null, $"InvalidParameterValue: {id} is a peering, which announces nothing");
        _tables[table].Propagating.Add(id);
        const string Asked = "requestParameters.EnableTransitGatewayRouteTablePropagationRequest.";
        _aws.Region(_tables[table].Gateway.Owner).Publish(
            "cloudtrail-ec2-enable-tgw-route-table-propagation",
            (Asked + "TransitGatewayRouteTableId", table.ToString()),
            (Asked + "TransitGatewayAttachmentId", id.ToString()));
    }

    public void StopPropagating(TransitAttachmentId id, TransitRouteTableId table)
    {
        _tables[table].Propagating.Remove(id);
        PublishOf(table, id, "DisableTransitGatewayRouteTablePropagation");
    }

    /// <param name="to">Null: what is sent there is dropped.</param>
    public void AddRoute(TransitRouteTableId table, string destination, TransitAttachmentId? to)
    {
        if (to is { } id)
        {
            _ = End(id, _tables[table]);
        }

        SimulatedNetwork.Refuse(!_tables[table].Static.TryAdd(Prefix.Parse(destination), to), $"RouteAlreadyExists: {destination} in {table}");
        const string Asked = "requestParameters.CreateTransitGatewayRouteRequest";
        var request = new JsonObject { ["DestinationCidrBlock"] = destination, ["TransitGatewayRouteTableId"] = table.ToString() };
        request[to is null ? "Blackhole" : "TransitGatewayAttachmentId"] = to is null ? true : to.ToString();
        _aws.Region(_tables[table].Gateway.Owner).Publish("cloudtrail-ec2-create-transit-gateway-route", (Asked, request));
    }

    /// <param name="to">Null: what is sent there is dropped.</param>
    public void ReplaceRoute(TransitRouteTableId table, string destination, TransitAttachmentId? to)
    {
        SimulatedNetwork.Refuse(!_tables[table].Static.ContainsKey(Prefix.Parse(destination)), $"InvalidRoute.NotFound: {destination} in {table}");
        _tables[table].Static[Prefix.Parse(destination)] = to;
        Publish(_tables[table].Gateway.Owner, "ReplaceTransitGatewayRoute", ("TransitGatewayRouteTableId", table.ToString()), ("DestinationCidrBlock", destination));
    }

    public void DeleteRoute(TransitRouteTableId table, string destination)
    {
        SimulatedNetwork.Refuse(!_tables[table].Static.Remove(Prefix.Parse(destination)), $"InvalidRoute.NotFound: {destination} in {table}");
        const string Asked = "requestParameters.DeleteTransitGatewayRouteRequest.";
        _aws.Region(_tables[table].Gateway.Owner).Publish(
            "cloudtrail-ec2-delete-transit-gateway-route", (Asked + "DestinationCidrBlock", destination), (Asked + "TransitGatewayRouteTableId", table.ToString()));
    }

    /// <summary>Each entry of a prefix list is a static route of this table from now on.</summary>
    /// <param name="to">Null: what is sent there is dropped.</param>
    public void AddReference(TransitRouteTableId table, PrefixListId list, TransitAttachmentId? to)
    {
        RefuseList(table, list);
        SimulatedNetwork.Refuse(!_tables[table].References.TryAdd(list, to), $"RouteAlreadyExists: {list} in {table}");
        PublishOf(table, list, "CreateTransitGatewayPrefixListReference");
    }

    /// <param name="to">Null: what is sent there is dropped.</param>
    public void ReplaceReference(TransitRouteTableId table, PrefixListId list, TransitAttachmentId? to)
    {
        SimulatedNetwork.Refuse(!_tables[table].References.ContainsKey(list), $"InvalidPrefixListId.NotFound: {list} in {table}");
        _tables[table].References[list] = to;
        PublishOf(table, list, "ModifyTransitGatewayPrefixListReference");
    }

    public void DeleteReference(TransitRouteTableId table, PrefixListId list)
    {
        SimulatedNetwork.Refuse(!_tables[table].References.Remove(list), $"InvalidPrefixListId.NotFound: {list} in {table}");
        PublishOf(table, list, "DeleteTransitGatewayPrefixListReference");
    }

    private void RefuseList(TransitRouteTableId table, PrefixListId list) => SimulatedNetwork.Refuse(
        !_aws.Region(_tables[table].Gateway.Owner).Network.PrefixLists.Any(known => known.Id == list), $"InvalidPrefixListId.NotFound: {list}");

    private void PublishOf(TransitRouteTableId table, PrefixListId list, string call) =>
        Publish(_tables[table].Gateway.Owner, call, ("TransitGatewayRouteTableId", table.ToString()), ("PrefixListId", list.ToString()));

    private void PublishOf(TransitRouteTableId table, TransitAttachmentId attachment, string call) =>
        Publish(_tables[table].Gateway.Owner, call, ("TransitGatewayRouteTableId", table.ToString()), ("TransitGatewayAttachmentId", attachment.ToString()));

    private sealed class Table(TransitRouteTableId id, Gateway gateway)
    {
        public TransitRouteTableId Id => id;

        public Gateway Gateway => gateway;

        public SortedSet<TransitAttachmentId> Associated { get; } = [];

        public SortedSet<TransitAttachmentId> Propagating { get; } = [];

        /// <summary>Null where packets are dropped.</summary>
        public SortedDictionary<Prefix, TransitAttachmentId?> Static { get; } = [];

        /// <summary>Of prefix lists; null where packets are dropped.</summary>
        public SortedDictionary<PrefixListId, TransitAttachmentId?> References { get; } = [];
    }
}

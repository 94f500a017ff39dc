using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

public sealed partial class SimulatedNetwork
{
    private readonly SortedDictionary<RouteTableId, SimulatedRouteTable> _tables = [];
    private readonly HashSet<string> _deletedTargets = [];

    public IEnumerable<RouteTable> RouteTables => _tables.Values.Select(Shown);

    // What people do.

    /// <summary>The table that serves the subnets which are associated with no other.</summary>
    public RouteTableId MainTable(VpcId vpc) => _tables.Values.First(table => table.Vpc == vpc && table.IsMain).Id;

    public RouteTableId AddTable(string id, VpcId vpc)
    {
        var table = new SimulatedRouteTable { Id = RouteTableId.Parse(id), Vpc = _region.Vpc(vpc).Id };
        _tables.Add(table.Id, table);
        _region.PublishCall("CreateRouteTable", new() { ["vpcId"] = vpc.ToString() });
        return table.Id;
    }

    public void DeleteTable(RouteTableId id)
    {
        var table = Table(id);
        Refuse(table.IsMain || table.Subnets.Count > 0, $"DependencyViolation: {id} has associations");
        _tables.Remove(id);
        _region.PublishCall("DeleteRouteTable", new() { ["routeTableId"] = id.ToString() });
    }

    /// <summary>From now on the table serves all subnets that are associated with no other.</summary>
    public void MakeMain(RouteTableId id)
    {
        var main = Table(id);
        foreach (var table in _tables.Values.Where(table => table.Vpc == main.Vpc))
        {
            table.IsMain = table == main;
        }

        _region.Publish("cloudtrail-ec2-replace-route-table-association", ("requestParameters.routeTableId", id.ToString()));
    }

    /// <summary>The subnet leaves the table that it had.</summary>
    public void Associate(SubnetId subnet, RouteTableId id)
    {
        var (table, known) = (Table(id), Subnet(subnet));
        Refuse(known.Vpc != table.Vpc, $"InvalidParameterValue: {subnet} and {id} belong to different VPCs");
        var before = _tables.Values.FirstOrDefault(other => other.Subnets.Remove(subnet));
        table.Subnets.Add(subnet);
        if (before is null)
        {
            _region.Publish("cloudtrail-ec2-associate-route-table", ("requestParameters.routeTableId", id.ToString()), ("requestParameters.subnetId", subnet.ToString()));
        }
        else
        {
            _region.Publish("cloudtrail-ec2-replace-route-table-association", ("requestParameters.routeTableId", id.ToString()));
        }
    }

    /// <summary>The subnet falls back to the main table.</summary>
    public void Disassociate(SubnetId subnet)
    {
        Refuse(!_tables.Values.Any(table => table.Subnets.Remove(subnet)), $"InvalidAssociationID.NotFound: {subnet} has no association");
        _region.Publish("cloudtrail-ec2-disassociate-route-table");
    }

    /// <param name="destination">A prefix or a prefix list.</param>
    /// <param name="target">The id of what it leads to.</param>
    public void AddRoute(RouteTableId table, string destination, string target)
    {
        var to = Destination(destination);
        Refuse(Shown(Table(table)).Routes.Any(route => (route.Destination, route.PrefixList) == to), $"RouteAlreadyExists: {destination} in {table}");
        Table(table).Routes.Add((to, target));
        PublishRoute("CreateRoute", table, to, target);
    }

    public void ReplaceRoute(RouteTableId table, string destination, string target)
    {
        var to = Destination(destination);
        Table(table).Routes[RouteAt(table, to)] = (to, target);
        PublishRoute("ReplaceRoute", table, to, target);
    }

    public void DeleteRoute(RouteTableId table, string destination)
    {
        var to = Destination(destination);
        Table(table).Routes.RemoveAt(RouteAt(table, to));
        PublishRoute("DeleteRoute", table, to, null);
    }

    /// <summary>Somebody deletes a gateway that is not simulated, such as an <c>igw-</c> or a <c>nat-</c>: routes to it become blackholes.</summary>
    public void DeleteTarget(string id) => _deletedTargets.Add(id);

    // What is so.

    private SimulatedRouteTable Table(RouteTableId id) => _tables.TryGetValue(id, out var table) ? table : throw new InvalidOperationException($"InvalidRouteTableID.NotFound: {id}.");

    private int RouteAt(RouteTableId table, (Prefix?, PrefixListId?) to)
    {
        var at = Table(table).Routes.FindIndex(route => route.To == to);
        Refuse(at < 0, $"InvalidRoute.NotFound: {table} has no such route");
        return at;
    }

    private RouteTable Shown(SimulatedRouteTable table) => new(
        table.Id,
        table.Vpc,
        table.IsMain,
        [.. table.Subnets],
        [
            .. _region.Vpc(table.Vpc).Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => new Route(cidr.Prefix, null, Route.Local, Route.Active)),
            .. table.Routes.Select(route => new Route(route.To.Prefix, route.To.List, route.Target, Leads(table.Vpc, route.Target) ? Route.Active : "blackhole")),
        ]);

    // EC2 keeps a route whose target is gone, or not there yet, as a blackhole.
    private bool Leads(VpcId from, string target) =>
        PeeringId.TryParse(target, out var peering) ? _aws.Peerings.Carries(peering, from)
        : TransitGatewayId.TryParse(target, out var gateway) ? _aws.Transit.Carries(gateway, from)
        : !_deletedTargets.Contains(target);

    private (Prefix?, PrefixListId?) Destination(string text)
    {
        if (!PrefixListId.TryParse(text, out var list))
        {
            return (Prefix.Parse(text), null);
        }

        Refuse(!_lists.ContainsKey(list), $"InvalidPrefixListID.NotFound: {list}");
        return (null, list);
    }

    private void PublishRoute(string call, RouteTableId table, (Prefix? Prefix, PrefixListId? List) to, string? target)
    {
        var request = new JsonObject { ["routeTableId"] = table.ToString() };
        request[to.List is not null ? "destinationPrefixListId" : to.Prefix!.Value.IsIPv6 ? "destinationIpv6CidrBlock" : "destinationCidrBlock"] =
            to.List?.ToString() ?? to.Prefix.ToString();
        if (target is not null)
        {
            request[Parameter(target)] = target;
        }

        _region.PublishCall(call, request);
    }

    private static string Parameter(string target) => target.Split('-')[0] switch
    {
        "pcx" => "vpcPeeringConnectionId",
        "tgw" => "transitGatewayId",
        "nat" => "natGatewayId",
        "eigw" => "egressOnlyInternetGatewayId",
        "eni" => "networkInterfaceId",
        "vpce" => "vpcEndpointId",
        "i" => "instanceId",
        _ => "gatewayId",
    };

    private sealed class SimulatedRouteTable
    {
        public required RouteTableId Id { get; init; }

        public required VpcId Vpc { get; init; }

        public bool IsMain { get; set; }

        public SortedSet<SubnetId> Subnets { get; } = [];

        /// <summary>But for the local ones, which follow from the VPC's CIDRs.</summary>
        public List<((Prefix? Prefix, PrefixListId? List) To, string Target)> Routes { get; } = [];
    }
}

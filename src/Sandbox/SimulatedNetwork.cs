using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The subnets, route tables and prefix lists of a simulated Region. What EC2 would refuse throws.</summary>
public sealed class SimulatedNetwork
{
    /// <summary>EC2 keeps the first four addresses of a subnet and the last one for itself.</summary>
    private const int FirstHost = 4;

    private readonly SimulatedRegion _region;
    private readonly SimulatedAws _aws;
    private readonly SortedDictionary<SubnetId, Subnet> _subnets = [];
    private readonly SortedDictionary<RouteTableId, SimulatedRouteTable> _tables = [];
    private readonly SortedDictionary<PrefixListId, PrefixList> _lists = [];
    private readonly Dictionary<SubnetId, int> _launched = [];
    private readonly HashSet<string> _deletedTargets = [];

    internal SimulatedNetwork(SimulatedRegion region, SimulatedAws aws) => (_region, _aws) = (region, aws);

    public IEnumerable<Subnet> Subnets => _subnets.Values;

    public IEnumerable<RouteTable> RouteTables => _tables.Values.Select(Shown);

    public IEnumerable<PrefixList> PrefixLists => _lists.Values;

    // What people do.

    /// <param name="zone">The number in the zone's id: 2 is <c>euw1-az2</c> in eu-west-1.</param>
    public SubnetId AddSubnet(string id, VpcId vpc, string cidr, int zone = 1, string? ipv6 = null)
    {
        PrefixSet cidrs = ipv6 is null ? [Prefix.Parse(cidr)] : [Prefix.Parse(cidr), Prefix.Parse(ipv6)];
        var owned = _region.Vpc(vpc).Cidrs.Where(range => range.State == VpcCidr.Associated).ToArray();
        Refuse(cidrs.Any(prefix => !owned.Any(range => range.Prefix.Contains(prefix))), $"InvalidSubnet.Range: {cidrs} is not within {vpc}");
        Refuse(cidrs.Any(prefix => Within(vpc).Any(prefix.Overlaps)), $"InvalidSubnet.Conflict: {cidrs} overlaps another subnet of {vpc}");
        var subnet = new Subnet(SubnetId.Parse(id), vpc, cidrs, ZoneId(_region.Scope.Region, zone));
        _subnets.Add(subnet.Id, subnet);
        var zoneName = _region.Scope.Region + (char)('a' + zone - 1);
        _region.Publish(
            "cloudtrail-ec2-create-subnet",
            ("requestParameters.vpcId", vpc.ToString()),
            ("requestParameters.cidrBlock", cidr),
            ("requestParameters.availabilityZone", zoneName),
            ("responseElements.subnet.subnetId", id),
            ("responseElements.subnet.vpcId", vpc.ToString()),
            ("responseElements.subnet.cidrBlock", cidr),
            ("responseElements.subnet.availabilityZone", zoneName),
            ("responseElements.subnet.availabilityZoneId", subnet.Zone));
        return subnet.Id;
    }

    public void DeleteSubnet(SubnetId id)
    {
        Refuse(
            _aws.Transit.IsUsed(id) || _region.Instances.Any(instance => instance.Subnet == id && instance.EndedAt is null),
            $"DependencyViolation: {id} has network interfaces");
        Refuse(!_subnets.Remove(id), $"InvalidSubnetID.NotFound: {id}");
        foreach (var table in _tables.Values)
        {
            table.Subnets.Remove(id);
        }

        _region.Publish("cloudtrail-ec2-delete-subnet", ("requestParameters.subnetId", id.ToString()));
    }

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

    public PrefixListId AddPrefixList(string id, string name, params ReadOnlySpan<string> entries)
    {
        var list = new PrefixList(PrefixListId.Parse(id), name, Set(entries));
        _lists.Add(list.Id, list);
        _region.PublishCall("CreateManagedPrefixList", new() { ["CreateManagedPrefixListRequest"] = new JsonObject { ["PrefixListName"] = name } });
        return list.Id;
    }

    public void ChangePrefixList(PrefixListId id, params ReadOnlySpan<string> entries)
    {
        _lists[id] = _lists[id] with { Entries = Set(entries) };
        _region.PublishCall("ModifyManagedPrefixList", new() { ["ModifyManagedPrefixListRequest"] = new JsonObject { ["PrefixListId"] = id.ToString() } });
    }

    // What goes on by itself.

    /// <summary>Each VPC comes with a main table, whose id has the VPC's own digits here.</summary>
    internal void VpcIsThere(VpcId vpc)
    {
        var main = new SimulatedRouteTable { Id = RouteTableId.Parse(vpc.ToString().Replace("vpc-", "rtb-", StringComparison.Ordinal)), Vpc = vpc, IsMain = true };
        _tables[main.Id] = main;
    }

    internal void VpcIsGone(VpcId vpc)
    {
        foreach (var subnet in _subnets.Values.Where(subnet => subnet.Vpc == vpc).ToArray())
        {
            _subnets.Remove(subnet.Id);
        }

        foreach (var table in _tables.Values.Where(table => table.Vpc == vpc).ToArray())
        {
            _tables.Remove(table.Id);
        }
    }

    /// <summary>A subnet that a launch names first is made for it, as if it had always been there: the first free /24 of the VPC, in the first zone.</summary>
    internal Subnet SubnetForLaunch(SubnetId id, VpcId vpc)
    {
        if (_subnets.TryGetValue(id, out var known))
        {
            Refuse(known.Vpc != vpc, $"InvalidSubnetID.NotFound: {id} is not in {vpc}");
            return known;
        }

        var primary = _region.Vpc(vpc).Primary;
        var length = Math.Clamp(24, primary.Length, 28);
        var taken = Within(vpc).ToArray();
        for (var at = primary.First; primary.Contains(at); at = at with { Value = at.Value + (UInt128.One << (32 - length)) })
        {
            var free = Prefix.Of(at, length);
            if (!taken.Any(free.Overlaps))
            {
                return _subnets[id] = new(id, vpc, [free], ZoneId(_region.Scope.Region, 1));
            }
        }

        throw new InvalidOperationException($"{vpc} has no room for {id}.");
    }

    /// <returns>The next addresses of a subnet; those of instances that ended are not given again.</returns>
    internal (Address? IPv4, Address? IPv6) NextAddresses(Subnet subnet)
    {
        var number = _launched.GetValueOrDefault(subnet.Id) + FirstHost;
        _launched[subnet.Id] = number + 1 - FirstHost;
        var addresses = subnet.Cidrs.Select(cidr => cidr.First with { Value = cidr.First.Value + (uint)number }).ToArray();
        return (
            addresses.Where(address => !address.IsIPv6).Select(address => (Address?)address).FirstOrDefault(),
            addresses.Where(address => address.IsIPv6).Select(address => (Address?)address).FirstOrDefault());
    }

    internal Subnet Subnet(SubnetId id) => _subnets.TryGetValue(id, out var subnet) ? subnet : throw new InvalidOperationException($"InvalidSubnetID.NotFound: {id}.");

    internal static void Refuse(bool when, string why)
    {
        if (when)
        {
            throw new InvalidOperationException($"EC2 would refuse it. {why}.");
        }
    }

    private IEnumerable<Prefix> Within(VpcId vpc) => _subnets.Values.Where(subnet => subnet.Vpc == vpc).SelectMany(subnet => subnet.Cidrs);

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

    private static PrefixSet Set(ReadOnlySpan<string> prefixes) => PrefixSet.Of(prefixes.ToArray().Select(Prefix.Parse));

    // "eu-west-1" is euw1, "ap-southeast-2" is apse2.
    private static string ZoneId(string region, int number)
    {
        var words = region.Split('-');
        var code = string.Concat(words[1..^1].Select(word => word switch
        {
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            _ => word[..1],
        }));
        return string.Create(CultureInfo.InvariantCulture, $"{words[0]}{code}{words[^1]}-az{number}");
    }

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

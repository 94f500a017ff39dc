using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>How all that was seen is connected, by id. What several scopes show, such as a shared gateway, is one thing here.</summary>
internal sealed class Topology
{
    private const string GatewayEndpoint = "vpce-";

    private readonly Dictionary<VpcId, Vpc> _vpcs;
    private readonly Dictionary<VpcId, PrefixTable<Prefix>> _cidrs = [];
    private readonly Dictionary<SubnetId, Subnet> _subnets;
    private readonly ILookup<VpcId, Subnet> _subnetsOf;
    private readonly Dictionary<SubnetId, RouteTable> _named = [];
    private readonly Dictionary<VpcId, RouteTable> _main = [];
    private readonly HashSet<VpcId> _tablesMissing;
    private readonly Dictionary<RouteTableId, SubnetTable> _tables = [];
    private readonly Dictionary<PrefixListId, PrefixList> _prefixLists;
    private readonly Dictionary<PeeringId, Peering> _peerings;
    private readonly Dictionary<(TransitGatewayId, TransitAttachmentId), TransitAttachment> _attachments;
    private readonly Dictionary<(TransitGatewayId, VpcId), TransitAttachment> _vpcAttachments = [];
    private readonly Dictionary<TransitAttachment, VpcId> _attached = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TransitRouteTableId, PrefixTable<TransitRoute>> _transitTables;
    private readonly HashSet<TransitGatewayId> _openGateways;

    public Topology(Snapshot seen)
    {
        var scopes = seen.Scopes.OrderBy(scope => scope.Scope).ToImmutableArray();
        IsComplete = scopes.All(scope => scope.Vpcs.IsComplete && scope.Instances.IsComplete && !scope.Network.Problems().Any());
        _tablesMissing = [.. scopes.Where(scope => !scope.Network.RouteTables.IsComplete).SelectMany(scope => scope.Vpcs.Items).Select(vpc => vpc.Id)];
        _vpcs = scopes.SelectMany(scope => scope.Vpcs.Items).DistinctBy(vpc => vpc.Id).ToDictionary(vpc => vpc.Id);
        _subnets = scopes.SelectMany(scope => scope.Network.Subnets.Items).DistinctBy(subnet => subnet.Id).ToDictionary(subnet => subnet.Id);
        _subnetsOf = _subnets.Values.OrderBy(subnet => subnet.Id).ToLookup(subnet => subnet.Vpc);
        _prefixLists = scopes.SelectMany(scope => scope.Network.PrefixLists.Items).DistinctBy(list => list.Id).ToDictionary(list => list.Id);
        _peerings = scopes.SelectMany(scope => scope.Network.Peerings.Items)
            .GroupBy(peering => peering.Id)
            .ToDictionary(same => same.Key, same => same.OrderBy(peering => peering.IsActive).ThenBy(peering => peering.State, StringComparer.Ordinal).First());
        _attachments = scopes.SelectMany(scope => scope.Network.TransitAttachments.Items)
            .GroupBy(attachment => (attachment.Gateway, attachment.Id))
            .ToDictionary(same => same.Key, Merged);
        foreach (var attachment in _attachments.Values.OrderBy(attachment => attachment.State != TransitAttachment.Available).ThenBy(attachment => attachment.Id))
        {
            if (attachment.ResourceType == TransitAttachment.ToVpc && VpcId.TryParse(attachment.ResourceId, out var vpc))
            {
                _attached[attachment] = vpc;
                _vpcAttachments.TryAdd((attachment.Gateway, vpc), attachment);   // a VPC that was attached, detached and attached again has several
            }
        }

        _openGateways = [.. scopes.SelectMany(scope => scope.Network.TransitRouteTables.Items).Select(table => table.Gateway)];
        _transitTables = scopes.SelectMany(scope => scope.Network.TransitRouteTables.Items).DistinctBy(table => table.Id)
            .ToDictionary(table => table.Id, table => new PrefixTable<TransitRoute>(table.Routes
                .OrderBy(route => route.Type != "static")   // AWS prefers a static route to a propagated one
                .ThenBy(route => string.Join(' ', route.Attachments), StringComparer.Ordinal)
                .Select(route => (route.Destination, route))));
        foreach (var table in scopes.SelectMany(scope => scope.Network.RouteTables.Items).DistinctBy(table => table.Id).OrderBy(table => table.Id))
        {
            if (table.IsMain)
            {
                _main.TryAdd(table.Vpc, table);
            }

            foreach (var subnet in table.Subnets)
            {
                _named.TryAdd(subnet, table);
            }
        }
    }

    /// <summary>VPCs, instances and network of every scope were read completely.</summary>
    public bool IsComplete { get; }

    public Vpc? Vpc(VpcId id) => _vpcs.GetValueOrDefault(id);

    public Subnet? Subnet(SubnetId id) => _subnets.GetValueOrDefault(id);

    public IEnumerable<Subnet> SubnetsOf(VpcId vpc) => _subnetsOf[vpc];

    public Peering? Peering(PeeringId id) => _peerings.GetValueOrDefault(id);

    public TransitAttachment? Attachment(TransitGatewayId gateway, TransitAttachmentId id) => _attachments.GetValueOrDefault((gateway, id));

    public TransitAttachment? Attachment(TransitGatewayId gateway, VpcId vpc) => _vpcAttachments.GetValueOrDefault((gateway, vpc));

    /// <summary>The VPC that an attachment of this topology leads to; null where it leads to something else.</summary>
    public VpcId? VpcOf(TransitAttachment attachment) => _attached.GetValueOrDefault(attachment);

    public PrefixTable<TransitRoute>? TransitTable(TransitRouteTableId id) => _transitTables.GetValueOrDefault(id);

    /// <summary>A gateway's own route tables are seen, so its account is looked at.</summary>
    public bool IsOpen(TransitGatewayId gateway) => _openGateways.Contains(gateway);

    /// <summary>The CIDRs of a VPC that are in use.</summary>
    public PrefixTable<Prefix> Cidrs(Vpc vpc)
    {
        if (!_cidrs.TryGetValue(vpc.Id, out var cidrs))
        {
            _cidrs[vpc.Id] = cidrs = PrefixTable<Prefix>.OfThemselves(PrefixSet.Of(vpc.Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => cidr.Prefix)));
        }

        return cidrs;
    }

    /// <summary>The route table that names the subnet, else the VPC's main one; null where neither was seen, or one that was not read may name it.</summary>
    public SubnetTable? TableOf(Subnet subnet)
    {
        if ((_named.GetValueOrDefault(subnet.Id) ?? (_tablesMissing.Contains(subnet.Vpc) ? null : _main.GetValueOrDefault(subnet.Vpc))) is not { } table)
        {
            return null;
        }

        if (!_tables.TryGetValue(table.Id, out var lines))
        {
            _tables[table.Id] = lines = Lines(table);
        }

        return lines;
    }

    private SubnetTable Lines(RouteTable table)
    {
        var lines = new List<(Prefix, Route)>();
        string? uncertain = null;
        // On the same prefix AWS prefers a route of its own to one by a prefix list.
        foreach (var route in table.Routes.OrderBy(route => route.Destination is null).ThenBy(route => route.Target, StringComparer.Ordinal).ThenBy(route => route.State, StringComparer.Ordinal))
        {
            if (route.Destination is { } destination)
            {
                lines.Add((destination, route));
            }
            else if (route.PrefixList is { } id && _prefixLists.TryGetValue(id, out var list))
            {
                lines.AddRange(list.Entries.Select(entry => (entry, route)));
            }
            else if (!route.Target.StartsWith(GatewayEndpoint, StringComparison.Ordinal))   // whose list is AWS's own: public addresses of a service
            {
                uncertain ??= $"the entries of prefix list {route.PrefixList?.ToString() ?? "(none)"} are not known";
            }
        }

        return new(table.Id, new(lines), uncertain);
    }

    // The gateway's owner and the VPC's owner see one attachment, and each sees only its part.
    private static TransitAttachment Merged(IEnumerable<TransitAttachment> same)
    {
        ImmutableArray<TransitAttachment> views = [.. same.OrderBy(view => view.State == TransitAttachment.Available).ThenBy(view => view.State, StringComparer.Ordinal).ThenBy(view => view.ResourceId, StringComparer.Ordinal)];
        return views[0] with
        {
            RouteTable = views.Select(view => view.RouteTable).OfType<TransitRouteTableId>().Order().Select(table => (TransitRouteTableId?)table).FirstOrDefault(),
            Subnets = [.. views.SelectMany(view => view.Subnets).Distinct().Order()],
            IPv6 = views.Any(view => view.IPv6),
        };
    }
}

/// <summary>A route table, its prefix lists written out.</summary>
/// <param name="Uncertain">Why a line may be missing; null where none is.</param>
internal sealed record SubnetTable(RouteTableId Id, PrefixTable<Route> Lines, string? Uncertain);

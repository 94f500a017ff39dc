using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The subnets, route tables and prefix lists of a simulated Region. What EC2 would refuse throws. Tables: SimulatedNetwork.Routes.cs.</summary>
public sealed partial class SimulatedNetwork
{
    /// <summary>EC2 keeps the first four addresses of a subnet and the last one for itself.</summary>
    private const int FirstHost = 4;

    private readonly SimulatedRegion _region;
    private readonly SimulatedAws _aws;
    private readonly SortedDictionary<SubnetId, Subnet> _subnets = [];
    private readonly SortedDictionary<PrefixListId, PrefixList> _lists = [];
    private readonly Dictionary<PrefixListId, List<PrefixSet>> _versions = [];
    private readonly Dictionary<SubnetId, int> _launched = [];

    internal SimulatedNetwork(SimulatedRegion region, SimulatedAws aws) => (_region, _aws) = (region, aws);

    public IEnumerable<Subnet> Subnets => _subnets.Values;

    public IEnumerable<PrefixList> PrefixLists => _lists.Values;

    // What people do.

    /// <param name="zone">The number in the zone's id: 2 is <c>euw1-az2</c> in eu-west-1.</param>
    public SubnetId AddSubnet(string id, VpcId vpc, string cidr, int zone = 1, string? ipv6 = null)
    {
        PrefixSet cidrs = ipv6 is null ? [Prefix.Parse(cidr)] : [Prefix.Parse(cidr), Prefix.Parse(ipv6)];
        RefuseCidrs(vpc, cidrs);
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

    /// <summary>Gives a subnet an IPv6 range of its VPC's.</summary>
    public void AssociateCidr(SubnetId id, string ipv6)
    {
        var (subnet, added) = (Subnet(id), PrefixSet.Of([Prefix.Parse(ipv6)]));
        Refuse(subnet.Cidrs.Any(cidr => cidr.IsIPv6), $"InvalidParameterValue: {id} has an IPv6 range");
        RefuseCidrs(subnet.Vpc, added);
        _subnets[id] = subnet with { Cidrs = subnet.Cidrs.Union(added) };
        _region.PublishCall(
            "AssociateSubnetCidrBlock",
            new() { ["AssociateSubnetCidrBlockRequest"] = new JsonObject { ["SubnetId"] = id.ToString(), ["Ipv6CidrBlock"] = ipv6 } });
    }

    /// <summary>Takes a subnet's IPv6 range away; instances that are there keep their addresses here.</summary>
    public void DisassociateCidr(SubnetId id)
    {
        var subnet = Subnet(id);
        Refuse(!subnet.Cidrs.Any(cidr => cidr.IsIPv6), $"InvalidSubnetCidrBlockAssociationID.NotFound: {id} has no IPv6 range");
        _subnets[id] = subnet with { Cidrs = subnet.Cidrs.Where(cidr => !cidr.IsIPv6) };
        _region.PublishCall(
            "DisassociateSubnetCidrBlock",
            new() { ["DisassociateSubnetCidrBlockRequest"] = new JsonObject { ["AssociationId"] = id.ToString().Replace("subnet-", "subnet-cidr-assoc-", StringComparison.Ordinal) } });
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

    public PrefixListId AddPrefixList(string id, string name, params ReadOnlySpan<string> entries)
    {
        var list = new PrefixList(PrefixListId.Parse(id), name, Set(entries));
        _lists.Add(list.Id, list);
        _versions[list.Id] = [list.Entries];
        _region.PublishCall("CreateManagedPrefixList", new() { ["CreateManagedPrefixListRequest"] = new JsonObject { ["PrefixListName"] = name } });
        return list.Id;
    }

    public void ChangePrefixList(PrefixListId id, params ReadOnlySpan<string> entries)
    {
        Change(id, Set(entries));
        _region.PublishCall("ModifyManagedPrefixList", new() { ["ModifyManagedPrefixListRequest"] = new JsonObject { ["PrefixListId"] = id.ToString() } });
    }

    /// <summary>The list has again the entries that it had; the first version is 1.</summary>
    public void RestorePrefixList(PrefixListId id, int version)
    {
        Change(id, _versions[id][version - 1]);
        _region.PublishCall(
            "RestoreManagedPrefixListVersion",
            new() { ["RestoreManagedPrefixListVersionRequest"] = new JsonObject { ["PrefixListId"] = id.ToString(), ["PreviousVersion"] = version } });
    }

    /// <summary>The list's owner, another account, no longer shares it: it is not shown any more, and the routes that name it go on.</summary>
    public void HidePrefixList(PrefixListId id) => _lists.Remove(id);

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
        var before = _launched.GetValueOrDefault(subnet.Id);
        _launched[subnet.Id] = before + 1;
        var addresses = subnet.Cidrs.Select(cidr => cidr.First with { Value = cidr.First.Value + (uint)(FirstHost + before) }).ToArray();
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

    private void RefuseCidrs(VpcId vpc, PrefixSet cidrs)
    {
        var owned = _region.Vpc(vpc).Cidrs.Where(range => range.State == VpcCidr.Associated).ToArray();
        Refuse(cidrs.Any(prefix => !owned.Any(range => range.Prefix.Contains(prefix))), $"InvalidSubnet.Range: {cidrs} is not within {vpc}");
        Refuse(cidrs.Any(prefix => Within(vpc).Any(prefix.Overlaps)), $"InvalidSubnet.Conflict: {cidrs} overlaps another subnet of {vpc}");
    }

    private void Change(PrefixListId id, PrefixSet entries)
    {
        _lists[id] = _lists[id] with { Entries = entries };
        _versions[id].Add(entries);
    }

    private IEnumerable<Prefix> Within(VpcId vpc) => _subnets.Values.Where(subnet => subnet.Vpc == vpc).SelectMany(subnet => subnet.Cidrs);

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
}

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Ec2 = Amazon.EC2.Model;

namespace Automation.Aws;

/// <summary>Reads EC2's answers about subnets, routes and peerings. What cannot be read is left out and said.</summary>
internal static class NetworkReader
{
    public static void Read(Ec2.Subnet subnet, ListingBuilder<Subnet> listing)
    {
        if (!SubnetId.TryParse(subnet.SubnetId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(subnet.SubnetId)}' is not the id of a subnet");
        }
        else if (!VpcId.TryParse(subnet.VpcId, out var vpc))
        {
            listing.AddProblem($"{id} is in '{Printable.Of(subnet.VpcId)}', which is not the id of a VPC");
        }
        else if (string.IsNullOrEmpty(subnet.AvailabilityZoneId))
        {
            listing.AddProblem($"{id} has no zone id");
        }
        else if (!TryRead(Cidrs(subnet), out var cidrs, out var unreadable))
        {
            listing.AddProblem($"{id} has a CIDR '{Printable.Of(unreadable)}'");
        }
        else
        {
            listing.Add(new(id, vpc, cidrs, subnet.AvailabilityZoneId));
        }
    }

    public static void Read(Ec2.RouteTable table, ListingBuilder<RouteTable> listing)
    {
        if (!RouteTableId.TryParse(table.RouteTableId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(table.RouteTableId)}' is not the id of a route table");
            return;
        }

        if (!VpcId.TryParse(table.VpcId, out var vpc))
        {
            listing.AddProblem($"{id} is in '{Printable.Of(table.VpcId)}', which is not the id of a VPC");
            return;
        }

        var isMain = false;
        var subnets = ImmutableArray.CreateBuilder<SubnetId>();
        foreach (var association in (table.Associations ?? []).Where(IsInForce))
        {
            // One with a gateway routes what comes in through that gateway, and no subnet.
            isMain |= association.Main == true;
            if (SubnetId.TryParse(association.SubnetId, out var subnet))
            {
                subnets.Add(subnet);
            }
            else if (!string.IsNullOrEmpty(association.SubnetId))
            {
                listing.AddProblem($"{id} serves '{Printable.Of(association.SubnetId)}', which is not the id of a subnet");
                return;
            }
        }

        var routes = ImmutableArray.CreateBuilder<Route>();
        foreach (var route in table.Routes ?? [])
        {
            if (!TryRead(route, out var read))
            {
                listing.AddProblem($"{id} has a route to '{Printable.Of(Destination(route))}' in state '{Printable.Of(route.State?.Value)}'");
                return;
            }

            routes.Add(read!);
        }

        listing.Add(new(id, vpc, isMain, subnets.ToImmutable(), routes.ToImmutable()));
    }

    public static void Read(Ec2.VpcPeeringConnection peering, ListingBuilder<Peering> listing)
    {
        if (!PeeringId.TryParse(peering.VpcPeeringConnectionId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(peering.VpcPeeringConnectionId)}' is not the id of a VPC peering connection");
        }
        else if (peering.Status?.Code?.Value is not { Length: > 0 } state)
        {
            listing.AddProblem($"{id} has no status");
        }
        else if (TryRead(peering.RequesterVpcInfo, out var requester, out var problem) && TryRead(peering.AccepterVpcInfo, out var accepter, out problem))
        {
            listing.Add(new(id, state, requester!, accepter!));
        }
        else if (!IsOver(state))
        {
            listing.AddProblem($"{id} is {Printable.Of(state)} and has at one end {problem}");
        }
    }

    public static void Read(Ec2.ManagedPrefixList list, ListingBuilder<PrefixList> listing)
    {
        if (PrefixListId.TryParse(list.PrefixListId, out var id))
        {
            listing.Add(new(id, list.PrefixListName ?? "", PrefixSet.Empty));
        }
        else
        {
            listing.AddProblem($"'{Printable.Of(list.PrefixListId)}' is not the id of a prefix list");
        }
    }

    public static void Read(Ec2.PrefixListEntry entry, ListingBuilder<Prefix> listing)
    {
        if (Prefix.TryParse(entry.Cidr, out var prefix))
        {
            listing.Add(prefix);
        }
        else
        {
            listing.AddProblem($"it has an entry '{Printable.Of(entry.Cidr)}'");
        }
    }

    // A subnet for IPv6 alone has no IPv4 CIDR. null, where something is missing, is no prefix.
    private static IEnumerable<string?> Cidrs(Ec2.Subnet subnet)
    {
        if (subnet.Ipv6Native != true)
        {
            yield return subnet.CidrBlock;
        }

        foreach (var set in subnet.Ipv6CidrBlockAssociationSet ?? [])
        {
            switch (set.Ipv6CidrBlockState?.State?.Value)
            {
                case null:
                    yield return null;
                    break;
                case VpcCidr.Associated:
                    yield return set.Ipv6CidrBlock;
                    break;
                default:
                    break;
            }
        }
    }

    private static bool TryRead(IEnumerable<string?> cidrs, out PrefixSet read, out string? unreadable)
    {
        var prefixes = new List<Prefix>();
        foreach (var cidr in cidrs)
        {
            if (!Prefix.TryParse(cidr, out var prefix))
            {
                (read, unreadable) = (PrefixSet.Empty, cidr);
                return false;
            }

            prefixes.Add(prefix);
        }

        (read, unreadable) = (PrefixSet.Of(prefixes.AsEnumerable()), null);
        return true;
    }

    private static bool IsInForce(Ec2.RouteTableAssociation association) => association.AssociationState?.State?.Value is null or "associating" or "associated";

    private static bool TryRead(Ec2.Route route, out Route? read)
    {
        read = null;
        if (route.State?.Value is not { Length: > 0 } state)
        {
            return false;
        }

        if (Prefix.TryParse(Destination(route), out var prefix))
        {
            read = new(prefix, null, Target(route), state);
        }
        else if (PrefixListId.TryParse(Destination(route), out var list))
        {
            read = new(null, list, Target(route), state);
        }

        return read is not null;
    }

    private static string Destination(Ec2.Route route) => First(route.DestinationCidrBlock, route.DestinationIpv6CidrBlock, route.DestinationPrefixListId);

    // local, internet and virtual private gateways and gateway endpoints are all a GatewayId.
    private static string Target(Ec2.Route route) => First(
        route.GatewayId, route.VpcPeeringConnectionId, route.TransitGatewayId, route.NatGatewayId, route.EgressOnlyInternetGatewayId, route.NetworkInterfaceId,
        route.InstanceId, route.CarrierGatewayId, route.LocalGatewayId, route.CoreNetworkArn, route.OdbNetworkArn);

    private static string First(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (!string.IsNullOrEmpty(text))
            {
                return text;
            }
        }

        return "";
    }

    private static bool TryRead(Ec2.VpcPeeringConnectionVpcInfo? end, out PeeringSide? side, out string? problem)
    {
        side = null;
        problem = null;
        var cidrs = (end?.CidrBlockSet ?? []).Select(set => set.Cidr).Concat((end?.Ipv6CidrBlockSet ?? []).Select(set => set.Value));

        // The first CIDR, once more; and there alone where a peering is not active.
        if (!string.IsNullOrEmpty(end?.CidrBlock))
        {
            cidrs = cidrs.Append(end.CidrBlock);
        }

        if (!VpcId.TryParse(end?.VpcId, out var vpc))
        {
            problem = $"'{Printable.Of(end?.VpcId)}', which is not the id of a VPC";
        }
        else if (string.IsNullOrEmpty(end!.OwnerId))
        {
            problem = $"{vpc} without its account";
        }
        else if (!TryRead(cidrs, out var read, out var unreadable))
        {
            problem = $"{vpc} with a CIDR '{Printable.Of(unreadable)}'";
        }
        else
        {
            side = new(vpc, end.OwnerId, end.Region ?? "", read);
        }

        return side is not null;
    }

    // EC2 goes on showing such a peering for a while, with less and less of its ends.
    private static bool IsOver(string state) => state is "deleting" or "deleted" or "expired" or "failed" or "rejected";
}

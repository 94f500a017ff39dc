using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Ec2 = Amazon.EC2.Model;

namespace Automation.Aws;

/// <summary>Reads EC2's answers about transit gateways. What cannot be read is left out and said.</summary>
internal static class TransitReader
{
    /// <summary>An attachment as the list of all shows it: of a VPC, its subnets are in another list.</summary>
    public static void Read(Ec2.TransitGatewayAttachment attachment, ListingBuilder<TransitAttachment> listing)
    {
        if (!TransitAttachmentId.TryParse(attachment.TransitGatewayAttachmentId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(attachment.TransitGatewayAttachmentId)}' is not the id of a transit gateway attachment");
        }
        else if (!TransitGatewayId.TryParse(attachment.TransitGatewayId, out var gateway))
        {
            listing.AddProblem($"{id} is of '{Printable.Of(attachment.TransitGatewayId)}', which is not the id of a transit gateway");
        }
        else if (attachment.State?.Value is not { Length: > 0 } state || attachment.ResourceType?.Value is not { Length: > 0 } type)
        {
            listing.AddProblem($"{id} has no state or no kind of resource");
        }
        else if (type == TransitAttachment.ToVpc && !VpcId.TryParse(attachment.ResourceId, out _))
        {
            listing.AddProblem($"{id} is to '{Printable.Of(attachment.ResourceId)}', which is not the id of a VPC");
        }
        else if (!TryRead(attachment.Association, out var table))
        {
            listing.AddProblem($"{id} is associated with '{Printable.Of(attachment.Association.TransitGatewayRouteTableId)}', which is not the id of a transit gateway route table");
        }
        else
        {
            listing.Add(new(id, gateway, state, type, attachment.ResourceId ?? "", attachment.ResourceOwnerId ?? "", table, [], IPv6: false));
        }
    }

    /// <summary>An attachment as the list of those of VPCs shows it: its route table is in another list.</summary>
    public static void Read(Ec2.TransitGatewayVpcAttachment attachment, ListingBuilder<TransitAttachment> listing)
    {
        if (!TransitAttachmentId.TryParse(attachment.TransitGatewayAttachmentId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(attachment.TransitGatewayAttachmentId)}' is not the id of a transit gateway attachment");
            return;
        }

        if (!TransitGatewayId.TryParse(attachment.TransitGatewayId, out var gateway))
        {
            listing.AddProblem($"{id} is of '{Printable.Of(attachment.TransitGatewayId)}', which is not the id of a transit gateway");
            return;
        }

        if (!VpcId.TryParse(attachment.VpcId, out var vpc))
        {
            listing.AddProblem($"{id} is to '{Printable.Of(attachment.VpcId)}', which is not the id of a VPC");
            return;
        }

        var subnets = ImmutableArray.CreateBuilder<SubnetId>();
        foreach (var text in attachment.SubnetIds ?? [])
        {
            if (!SubnetId.TryParse(text, out var subnet))
            {
                listing.AddProblem($"{id} is in '{Printable.Of(text)}', which is not the id of a subnet");
                return;
            }

            subnets.Add(subnet);
        }

        var ipv6 = attachment.Options?.Ipv6Support?.Value;
        if (attachment.State?.Value is not { Length: > 0 } state || (state == TransitAttachment.Available && ipv6 is null))
        {
            listing.AddProblem($"{id} has no state, or says nothing of IPv6");
            return;
        }

        listing.Add(new(
            id, gateway, state, TransitAttachment.ToVpc, vpc.ToString(), attachment.VpcOwnerId ?? "", null, subnets.ToImmutable(), IPv6: ipv6 == "enable"));
    }

    /// <param name="all">Attachments of every kind, without subnets.</param>
    /// <param name="ofVpcs">Those of VPCs, without route tables.</param>
    /// <param name="account">The account that was asked: it sees all of its own.</param>
    public static Listing<TransitAttachment> Join(Listing<TransitAttachment> all, Listing<TransitAttachment> ofVpcs, string account)
    {
        var joined = new ListingBuilder<TransitAttachment>();
        foreach (var problem in new[] { all.Problem, ofVpcs.Problem }.OfType<string>())
        {
            joined.AddProblem(problem);
        }

        var subnetsOf = ofVpcs.Items.ToLookup(attachment => attachment.Id);
        foreach (var attachment in all.Items)
        {
            if (attachment.ResourceType != TransitAttachment.ToVpc)
            {
                joined.Add(attachment);
            }
            else if (subnetsOf[attachment.Id].FirstOrDefault() is { } found)
            {
                joined.Add(attachment with { Subnets = found.Subnets, IPv6 = found.IPv6 });
            }
            else if (attachment.State == TransitAttachment.Available && (attachment.ResourceOwner == account || ofVpcs.Problem is not null))
            {
                joined.AddProblem($"{attachment.Id} has no subnets");
            }
            else
            {
                joined.Add(attachment);
            }
        }

        // Where the list of all ends early, these may have a route table that was not read.
        if (all.Problem is null)
        {
            var known = all.Items.Select(attachment => attachment.Id).ToHashSet();
            foreach (var attachment in ofVpcs.Items.Where(attachment => !known.Contains(attachment.Id)))
            {
                joined.Add(attachment);
            }
        }

        return joined.ToListing();
    }

    public static void Read(Ec2.TransitGatewayRouteTable table, ListingBuilder<TransitRouteTable> listing)
    {
        if (table.State?.Value is "deleting" or "deleted")
        {
            return;   // it routes nothing any more, and its routes cannot be asked for
        }

        if (!TransitRouteTableId.TryParse(table.TransitGatewayRouteTableId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(table.TransitGatewayRouteTableId)}' is not the id of a transit gateway route table");
        }
        else if (!TransitGatewayId.TryParse(table.TransitGatewayId, out var gateway))
        {
            listing.AddProblem($"{id} is of '{Printable.Of(table.TransitGatewayId)}', which is not the id of a transit gateway");
        }
        else
        {
            listing.Add(new(id, gateway, []));
        }
    }

    public static void Read(Ec2.TransitGatewayRoute route, ListingBuilder<TransitRoute> listing)
    {
        if (!Prefix.TryParse(route.DestinationCidrBlock, out var destination)
            || route.State?.Value is not { Length: > 0 } state
            || route.Type?.Value is not { Length: > 0 } type)
        {
            listing.AddProblem(
                $"it has a route to '{Printable.Of(route.DestinationCidrBlock)}' in state '{Printable.Of(route.State?.Value)}' of type '{Printable.Of(route.Type?.Value)}'");
            return;
        }

        var attachments = ImmutableArray.CreateBuilder<TransitAttachmentId>();
        foreach (var attachment in route.TransitGatewayAttachments ?? [])
        {
            if (!TransitAttachmentId.TryParse(attachment.TransitGatewayAttachmentId, out var id))
            {
                listing.AddProblem($"its route to {destination} leads to '{Printable.Of(attachment.TransitGatewayAttachmentId)}', which is not the id of a transit gateway attachment");
                return;
            }

            attachments.Add(id);
        }

        listing.Add(new(destination, state, type, attachments.ToImmutable()));
    }

    // One on its way says nothing yet, or nothing any more; one with a policy table has no route table.
    private static bool TryRead(Ec2.TransitGatewayAttachmentAssociation? association, out TransitRouteTableId? table)
    {
        table = null;
        if (association?.State?.Value != "associated" || string.IsNullOrEmpty(association.TransitGatewayRouteTableId))
        {
            return true;
        }

        var isRead = TransitRouteTableId.TryParse(association.TransitGatewayRouteTableId, out var id);
        table = isRead ? id : null;
        return isRead;
    }
}

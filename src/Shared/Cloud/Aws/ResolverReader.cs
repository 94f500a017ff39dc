using Automation.Names;
using Automation.Network;
using Automation.Plans;

namespace Automation.Aws;

/// <summary>Turns Resolver's answers into the project's types. What cannot be read is a problem of the listing.</summary>
internal static class ResolverReader
{
    public static void Read(WireEndpoint? wire, ListingBuilder<ResolverEndpoint> listing)
    {
        if (wire is null || string.IsNullOrEmpty(wire.Id))
        {
            listing.AddProblem("a Resolver endpoint has no id");
        }
        else if (wire.Direction == "INBOUND")
        {
            if (!VpcId.TryParse(wire.HostVpcId, out var vpc))
            {
                listing.AddProblem($"Resolver endpoint {Printable.Of(wire.Id)} is in '{Printable.Of(wire.HostVpcId)}', which is not the id of a VPC");
            }
            else if (string.IsNullOrEmpty(wire.Status))
            {
                listing.AddProblem($"Resolver endpoint {Printable.Of(wire.Id)} has no status");
            }
            else
            {
                listing.Add(new(wire.Id, vpc, wire.Status, []));
            }
        }
        else if (string.IsNullOrEmpty(wire.Direction))
        {
            listing.AddProblem($"Resolver endpoint {Printable.Of(wire.Id)} has no direction");
        }
    }

    /// <summary>One of IPv4 and one of IPv6 may be one item.</summary>
    public static void Read(WireEndpointAddress? wire, ListingBuilder<ResolverAddress> listing)
    {
        var texts = new[] { wire?.Ip, wire?.Ipv6 }.Where(text => !string.IsNullOrEmpty(text)).ToList();
        if (string.IsNullOrEmpty(wire?.Status) || texts.Count == 0)
        {
            listing.AddProblem("one has no address or no status");
            return;
        }

        foreach (var text in texts)
        {
            if (Address.TryParse(text, out var address))
            {
                listing.Add(new(address, wire.Status));
            }
            else
            {
                listing.AddProblem($"'{Printable.Of(text)}' is no address");
            }
        }
    }

    public static void Read(WireRule? wire, ListingBuilder<ForwardRule> listing)
    {
        if (wire is null || string.IsNullOrEmpty(wire.Id) || string.IsNullOrEmpty(wire.RuleType))
        {
            listing.AddProblem("a Resolver rule has no id or no type");
        }
        else if (wire.RuleType == "FORWARD")
        {
            if (string.IsNullOrEmpty(wire.DomainName))
            {
                listing.AddProblem($"Resolver rule {Printable.Of(wire.Id)} has no domain");
            }
            else
            {
                listing.Add(new(wire.Id, DomainName.Normal(wire.DomainName), []));
            }
        }
    }

    /// <remarks>
    /// A rule holds for a VPC once their association is complete; one that is being made soon will, and no event says when. One that failed,
    /// is being undone, or is overridden holds no more: in place of the last, another rule of the same domain does.
    /// </remarks>
    public static void Read(WireRuleAssociation? wire, ListingBuilder<(string Rule, VpcId Vpc)> listing)
    {
        var rule = wire?.ResolverRuleId;
        if (string.IsNullOrEmpty(rule) || !VpcId.TryParse(wire!.VpcId, out var vpc))
        {
            listing.AddProblem("an association of a Resolver rule has no rule or no VPC");
            return;
        }

        switch (wire.Status)
        {
            case "COMPLETE" or "CREATING":
                listing.Add((rule, vpc));
                break;
            case "DELETING" or "FAILED" or "OVERRIDDEN":
                break;
            default:
                listing.AddProblem($"whether Resolver rule {Printable.Of(rule)} holds for {vpc} is not known: its status is '{Printable.Of(wire.Status)}'");
                break;
        }
    }
}

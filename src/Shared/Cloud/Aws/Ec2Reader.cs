using Automation.Routes;
using System.Collections.Immutable;
using Amazon.EC2.Model;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using Address = Automation.Network.Address;
using Instance = Automation.Plans.Instance;
using Vpc = Automation.Plans.Vpc;

namespace Automation.Aws;

/// <summary>Reads EC2's answers. What cannot be read is left out and said: half an entry would look like a change.</summary>
internal static class Ec2Reader
{
    private const string Dns64Tag = "tailscale:dns64";

    /// <summary>Auto Scaling's own, which it alone can set.</summary>
    private const string GroupTag = "aws:autoscaling:groupName";

    // What is over or was called off stays listed for a while, with this in front.
    private const string Over = "[Completed]", CalledOff = "[Canceled]";

    // The SDK gives null for a list that is not in the answer, throughout.
    public static void Read(DescribeInstancesResponse page, ListingBuilder<Instance> listing)
    {
        foreach (var instance in (page.Reservations ?? []).SelectMany(reservation => reservation.Instances ?? []))
        {
            if (TryRead(instance, out var read, out var problem))
            {
                listing.Add(read!);
            }
            else
            {
                listing.AddProblem(problem);
            }
        }
    }

    public static void Read(Amazon.EC2.Model.Vpc vpc, ListingBuilder<Vpc> listing)
    {
        if (!VpcId.TryParse(vpc.VpcId, out var id))
        {
            listing.AddProblem($"'{Printable.Of(vpc.VpcId)}' is not the id of a VPC");
            return;
        }

        if (!Prefix.TryParse(vpc.CidrBlock, out var primary))
        {
            listing.AddProblem($"{id} has '{Printable.Of(vpc.CidrBlock)}' for its first CIDR");
            return;
        }

        var cidrs = ImmutableArray.CreateBuilder<VpcCidr>();
        foreach (var (cidr, state) in Associations(vpc))
        {
            if (Prefix.TryParse(cidr, out var prefix) && state is not null)
            {
                cidrs.Add(new(prefix, state));
            }
            else if (!string.IsNullOrEmpty(cidr) || !IsOver(state))
            {
                listing.AddProblem($"{id} has a CIDR '{Printable.Of(cidr)}' in state '{Printable.Of(state)}'");
                return;
            }
        }

        listing.Add(new(
            id,
            primary,
            cidrs.ToImmutable(),
            Tag(vpc.Tags, VpcTags.Advertise),
            Overlap: Tag(vpc.Tags, VpcTags.Overlap),
            SiteTag: Tag(vpc.Tags, VpcTags.SiteId)));
    }

    private static IEnumerable<(string? Cidr, string? State)> Associations(Amazon.EC2.Model.Vpc vpc) =>
        (vpc.CidrBlockAssociationSet ?? []).Select(set => (set.CidrBlock, set.CidrBlockState?.State?.Value))
        .Concat((vpc.Ipv6CidrBlockAssociationSet ?? []).Select(set => (set.Ipv6CidrBlock, set.Ipv6CidrBlockState?.State?.Value)))!;

    // An IPv6 block that was asked for and not given keeps its line for a while, without an address.
    private static bool IsOver(string? state) => state is "disassociating" or "disassociated" or "failing" or "failed";

    private static bool TryRead(Amazon.EC2.Model.Instance instance, out Instance? read, out string problem)
    {
        read = null;
        problem = "";
        VpcId? vpc = null;
        SubnetId? subnet = null;
        Address ipv4 = default, ipv6 = default;
        if (!InstanceId.TryParse(instance.InstanceId, out var id))
        {
            problem = $"'{Printable.Of(instance.InstanceId)}' is not the id of an instance";
        }
        else if (instance.State?.Name?.Value is not { Length: > 0 } state || instance.LaunchTime is not { } launched)
        {
            problem = $"{id} has no state or no launch time";
        }
        else if (!string.IsNullOrEmpty(instance.VpcId) && !VpcId.TryParse(instance.VpcId, out vpc))
        {
            problem = $"{id} is in '{Printable.Of(instance.VpcId)}', which is not the id of a VPC";
        }
        else if (!string.IsNullOrEmpty(instance.SubnetId) && !SubnetId.TryParse(instance.SubnetId, out subnet))
        {
            problem = $"{id} is in '{Printable.Of(instance.SubnetId)}', which is not the id of a subnet";
        }
        else if (!string.IsNullOrEmpty(instance.PrivateIpAddress) && (!Address.TryParse(instance.PrivateIpAddress, out ipv4) || ipv4.IsIPv6))
        {
            problem = $"{id} has the private address '{Printable.Of(instance.PrivateIpAddress)}'";
        }
        else if (!string.IsNullOrEmpty(instance.Ipv6Address) && (!Address.TryParse(instance.Ipv6Address, out ipv6) || !ipv6.IsIPv6))
        {
            problem = $"{id} has the IPv6 address '{Printable.Of(instance.Ipv6Address)}'";
        }
        else
        {
            // A terminated instance has neither VPC nor subnet nor address.
            read = new(
                id,
                state,
                Tag(instance.Tags, NodeRoles.Tag) ?? "",
                vpc,
                subnet,
                new(launched.ToUniversalTime()),
                string.IsNullOrEmpty(instance.PrivateIpAddress) ? null : ipv4,
                string.IsNullOrEmpty(instance.Ipv6Address) ? null : ipv6,
                Tag(instance.Tags, Dns64Tag) == "true",
                Tag(instance.Tags, NodeProfile.RelayPortTag),
                Tag(instance.Tags, NodeProfile.RelayEndpointsTag),
                Tag(instance.Tags, GroupTag));
        }

        return read is not null;
    }

    /// <returns>The next event of the instance, if there is one.</returns>
    public static IEnumerable<(InstanceId Instance, ScheduledEvent Event)> Events(InstanceStatus status) =>
        (status.Events ?? [])
            .Where(coming => coming is { Code.Value.Length: > 0, NotBefore: not null } && InstanceId.TryParse(status.InstanceId, out _)
                && coming.Description?.StartsWith(Over, StringComparison.Ordinal) != true && coming.Description?.StartsWith(CalledOff, StringComparison.Ordinal) != true)
            .OrderBy(coming => coming.NotBefore)
            .Take(1)
            .Select(coming => (InstanceId.Parse(status.InstanceId), new ScheduledEvent(coming.Code.Value, new(coming.NotBefore!.Value.ToUniversalTime()))));

    private static string? Tag(List<Tag>? tags, string key) => tags?.Find(tag => tag.Key == key)?.Value;
}

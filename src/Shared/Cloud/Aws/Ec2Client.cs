using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;
using Automation.Nodes;
using Automation.Plans;
using Instance = Automation.Plans.Instance;
using Vpc = Automation.Plans.Vpc;

namespace Automation.Aws;

/// <summary>Instances and VPCs here; what connects VPCs in the files beside this one.</summary>
/// <param name="account">The account that is called.</param>
internal sealed partial class Ec2Client(IAmazonEC2 client, AwsCaller caller, string account) : IEc2
{
    // Calls without MaxResults or ids draw on a smaller bucket of requests.
    private const int PageSize = 1000;

    private const int MostStatuses = 100;

    public async Task<Instance?> DescribeInstanceAsync(InstanceId instance, CancellationToken stopping)
    {
        const string Operation = "DescribeInstances";

        // EC2 refuses MaxResults beside ids.
        var request = new DescribeInstancesRequest { InstanceIds = [instance.ToString()] };
        DescribeInstancesResponse answer;
        try
        {
            answer = await caller.CallAsync(Operation, token => client.DescribeInstancesAsync(request, token), stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Failure == Failure.NotFound)
        {
            return null;
        }

        var listing = new ListingBuilder<Instance>();
        Ec2Reader.Read(answer, listing);
        return listing.ToListing() switch
        {
            { Problem: { } problem } => throw caller.Unreadable(Operation, problem),
            var all => all.Items.FirstOrDefault(found => found.Id == instance),
        };
    }

    public Task<Listing<Instance>> DescribeNodesAsync(CancellationToken stopping) => Pages.ReadAsync<DescribeInstancesResponse, Instance>(
        page =>
        {
            var request = new DescribeInstancesRequest { Filters = [new("tag-key", [NodeRoles.Tag])], MaxResults = PageSize, NextToken = page };
            return caller.CallAsync("DescribeInstances", token => client.DescribeInstancesAsync(request, token), stopping);
        },
        (page, listing) =>
        {
            Ec2Reader.Read(page, listing);
            return page.NextToken;
        });

    public async Task<ImmutableArray<(InstanceId Instance, ScheduledEvent Event)>> DescribeScheduledEventsAsync(IReadOnlyCollection<InstanceId> instances, CancellationToken stopping)
    {
        var pages = await Task.WhenAll(instances.Chunk(MostStatuses).Select(some => caller.CallAsync(
            "DescribeInstanceStatus",
            token => client.DescribeInstanceStatusAsync(new() { InstanceIds = [.. some.Select(instance => instance.ToString())] }, token),
            stopping))).ConfigureAwait(false);
        return [.. pages.SelectMany(page => page.InstanceStatuses ?? []).SelectMany(Ec2Reader.Events)];
    }

    public Task<Listing<Vpc>> DescribeVpcsAsync(VpcId? only, CancellationToken stopping) => Pages.ReadAsync<DescribeVpcsResponse, Vpc>(
        page =>
        {
            // A filter and not VpcIds: a VPC that is gone gives an empty list, not an error.
            var request = new DescribeVpcsRequest { MaxResults = PageSize, NextToken = page };
            if (only is { } vpc)
            {
                request.Filters = [new("vpc-id", [vpc.ToString()])];
            }

            return caller.CallAsync("DescribeVpcs", token => client.DescribeVpcsAsync(request, token), stopping);
        },
        (page, listing) =>
        {
            foreach (var vpc in page.Vpcs ?? [])
            {
                Ec2Reader.Read(vpc, listing);
            }

            return page.NextToken;
        });

    public async Task<(bool Support, bool HostNames)> DescribeVpcDnsAsync(VpcId vpc, CancellationToken stopping)
    {
        const string Operation = "DescribeVpcAttribute";
        Task<DescribeVpcAttributeResponse> AskAsync(VpcAttributeName name) => caller.CallAsync(
            Operation,
            token => client.DescribeVpcAttributeAsync(new() { VpcId = vpc.ToString(), Attribute = name }, token),
            stopping);

        // One attribute a call; neither needs the other.
        var support = AskAsync(VpcAttributeName.EnableDnsSupport);
        var hostNames = AskAsync(VpcAttributeName.EnableDnsHostnames);
        await Task.WhenAll(support, hostNames).ConfigureAwait(false);
        return (
            (await support.ConfigureAwait(false)).EnableDnsSupport ?? throw caller.Unreadable(Operation, $"no enableDnsSupport for {vpc}"),
            (await hostNames.ConfigureAwait(false)).EnableDnsHostnames ?? throw caller.Unreadable(Operation, $"no enableDnsHostnames for {vpc}"));
    }

    public Task TagVpcAsync(VpcId vpc, string key, string value, CancellationToken stopping)
    {
        var request = new CreateTagsRequest { Resources = [vpc.ToString()], Tags = [new(key, value)] };
        return caller.CallAsync("CreateTags", token => client.CreateTagsAsync(request, token), stopping);
    }
}

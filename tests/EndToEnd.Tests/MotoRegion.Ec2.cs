using Amazon.EC2;
using Amazon.EC2.Model;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    // moto takes any image; its instances are x86_64 whatever their type.
    private const string AnyImage = "ami-12345678";

    public async Task<VpcId> CreateVpcAsync(
        string cidr,
        IEnumerable<string>? moreCidrs = null,
        bool ipv6 = false,
        bool dnsSupport = true,
        bool dnsHostNames = true,
        IReadOnlyDictionary<string, string>? tags = null)
    {
        var created = await Ec2.CreateVpcAsync(new CreateVpcRequest { CidrBlock = cidr, TagSpecifications = Tags(ResourceType.Vpc, tags) });
        var vpc = created.Vpc.VpcId;
        foreach (var more in moreCidrs ?? [])
        {
            await Ec2.AssociateVpcCidrBlockAsync(new AssociateVpcCidrBlockRequest { VpcId = vpc, CidrBlock = more });
        }

        if (ipv6)
        {
            await Ec2.AssociateVpcCidrBlockAsync(new AssociateVpcCidrBlockRequest { VpcId = vpc, AmazonProvidedIpv6CidrBlock = true });
        }

        // One attribute a call, as EC2 has it.
        await Ec2.ModifyVpcAttributeAsync(new ModifyVpcAttributeRequest { VpcId = vpc, EnableDnsSupport = dnsSupport });
        await Ec2.ModifyVpcAttributeAsync(new ModifyVpcAttributeRequest { VpcId = vpc, EnableDnsHostnames = dnsHostNames });
        return VpcId.Parse(vpc);
    }

    /// <summary>Ends a further CIDR of a VPC; moto goes on showing it, as <c>disassociated</c>.</summary>
    public async Task DisassociateCidrAsync(VpcId vpc, string cidr)
    {
        var association = (await DescribeVpcAsync(vpc)).CidrBlockAssociationSet.Single(entry => entry.CidrBlock == cidr);
        await Ec2.DisassociateVpcCidrBlockAsync(new DisassociateVpcCidrBlockRequest { AssociationId = association.AssociationId });
    }

    public async Task<Vpc> DescribeVpcAsync(VpcId vpc) =>
        (await Ec2.DescribeVpcsAsync(new DescribeVpcsRequest { VpcIds = [vpc.ToString()] })).Vpcs.Single();

    /// <summary>Deletes a VPC together with its subnets.</summary>
    public async Task DeleteVpcAsync(VpcId vpc)
    {
        var filter = new Filter("vpc-id", [vpc.ToString()]);
        var subnets = await Ec2.DescribeSubnetsAsync(new DescribeSubnetsRequest { Filters = [filter] });
        foreach (var subnet in subnets.Subnets ?? [])
        {
            await Ec2.DeleteSubnetAsync(new DeleteSubnetRequest { SubnetId = subnet.SubnetId });
        }

        await Ec2.DeleteVpcAsync(new DeleteVpcRequest { VpcId = vpc.ToString() });
    }

    /// <param name="zone">Such as eu-west-1a; moto's choice where none is given.</param>
    public async Task<SubnetId> CreateSubnetAsync(VpcId vpc, string cidr, string? ipv6Cidr = null, string? zone = null)
    {
        var created = await Ec2.CreateSubnetAsync(
            new CreateSubnetRequest { VpcId = vpc.ToString(), CidrBlock = cidr, Ipv6CidrBlock = ipv6Cidr, AvailabilityZone = zone });
        return SubnetId.Parse(created.Subnet.SubnetId);
    }

    public async Task<InstanceId> RunInstanceAsync(SubnetId subnet, IReadOnlyDictionary<string, string>? tags = null)
    {
        var run = await Ec2.RunInstancesAsync(new RunInstancesRequest
        {
            ImageId = AnyImage,
            InstanceType = InstanceType.T3Nano,
            SubnetId = subnet.ToString(),
            MinCount = 1,
            MaxCount = 1,
            TagSpecifications = Tags(ResourceType.Instance, tags),
        });
        return InstanceId.Parse(run.Reservation.Instances.Single().InstanceId);
    }

    public Task StopInstanceAsync(InstanceId instance) =>
        Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [instance.ToString()] });

    /// <summary>Ends an instance outside its group; EC2 goes on showing it as <c>terminated</c> until <see cref="ForgetInstanceAsync"/>.</summary>
    public Task TerminateInstanceAsync(InstanceId instance) =>
        Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [instance.ToString()] });

    /// <summary>It turns out to have been launched so much earlier.</summary>
    public Task AgeInstanceAsync(InstanceId instance, int minutes) =>
        _control.PostAsync<object>("age", new { account = Account.Id, region = Name, instance = instance.ToString(), minutes });

    /// <summary>EC2 no longer knows the instance: InvalidInstanceID.NotFound.</summary>
    public Task ForgetInstanceAsync(InstanceId instance) =>
        _control.PostAsync<object>("forget", new { account = Account.Id, region = Name, instance = instance.ToString() });

    /// <returns>null where EC2 does not know the instance.</returns>
    public async Task<Instance?> DescribeInstanceAsync(InstanceId instance)
    {
        try
        {
            var found = await Ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [instance.ToString()] });
            return found.Reservations.Single().Instances.Single();
        }
        catch (AmazonEC2Exception missing) when (missing.ErrorCode == "InvalidInstanceID.NotFound")
        {
            return null;
        }
    }

    public Task TagAsync(string resource, string key, string value) =>
        Ec2.CreateTagsAsync(new CreateTagsRequest { Resources = [resource], Tags = [new Tag(key, value)] });

    private static List<TagSpecification>? Tags(ResourceType type, IReadOnlyDictionary<string, string>? tags) =>
        tags is { Count: > 0 }
            ? [new TagSpecification { ResourceType = type, Tags = [.. tags.Select(tag => new Tag(tag.Key, tag.Value))] }]
            : null;
}

using Amazon.EC2.Model;

namespace Automation.Routers;

/// <summary>The router template, deployed into an account of its own with a VPC of two zones.</summary>
internal sealed record RouterDeployment(MotoRegion Region, string VpcId)
{
    public static string TemplatePath { get; } = Path.Combine(Repository.Root, "templates", "router.yaml");

    public static async Task<RouterDeployment> CreateAsync(Moto moto, params IEnumerable<(string Name, string Value)> parameters)
    {
        var region = moto.NewAccount().In(Router.Region);
        var vpc = (await region.Ec2.CreateVpcAsync(new CreateVpcRequest { CidrBlock = "10.0.0.0/16" })).Vpc.VpcId;
        List<string> subnets = [];
        foreach (var (zone, cidr) in (IEnumerable<(string, string)>)[("a", "10.0.0.0/24"), ("b", "10.0.1.0/24")])
        {
            var made = await region.Ec2.CreateSubnetAsync(new CreateSubnetRequest { VpcId = vpc, CidrBlock = cidr, AvailabilityZone = Router.Region + zone });
            subnets.Add(made.Subnet.SubnetId);
        }

        await region.DeployRouterAsync(
            "router",
            await File.ReadAllTextAsync(TemplatePath),
            [
                ("VpcId", vpc), ("SubnetIds", string.Join(',', subnets)),
                // moto lists no other Amazon Linux 2023 image.
                ("ImageId", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"),
                .. parameters,
            ]);
        return new(region, vpc);
    }
}

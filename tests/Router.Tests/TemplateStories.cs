using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Automation.Routers;

/// <summary>The router template: what it says, and what becomes of it.</summary>
public sealed class TemplateStories(Moto moto)
{
    // EC2's limit, before the encoding, less what longer parameters may take.
    private const int MostUserData = 16 * 1024 - 300;

    [Fact]
    public async Task User_data_is_the_boot_script_after_its_variables()
    {
        var deployment = await RouterDeployment.CreateAsync(moto, ("ParameterPrefix", "/another/prefix"), ("TailscaleVersion", "1.104.0"));

        var (_, userData) = await deployment.Region.RouterLaunchTemplateAsync();

        var script = await File.ReadAllTextAsync(BootScript.Path, TestContext.Current.CancellationToken);
        const string Variables = "#!/bin/bash\nexport PARAMETER_PREFIX='/another/prefix'\nexport TAILSCALE_VERSION='1.104.0'\nexport DNS64='false'\n";
        Assert.True(userData == Variables + script, "templates/router.yaml does not hold templates/router-boot.sh as it is. Remedy: scripts/embed-router-boot");
        Assert.InRange(userData.Length, 1, MostUserData);
    }

    [Fact]
    public async Task Instances_are_launched_behind_IMDSv2_and_with_an_encrypted_disk()
    {
        var deployment = await RouterDeployment.CreateAsync(moto);

        var (data, _) = await deployment.Region.RouterLaunchTemplateAsync();

        Assert.Equal("m8g.medium", data.InstanceType);
        Assert.Equal("required", data.MetadataOptions.HttpTokens);
        Assert.Equal(1, data.MetadataOptions.HttpPutResponseHopLimit);
        var disk = Assert.Single(data.BlockDeviceMappings).Ebs;
        Assert.True(disk.Encrypted);
        Assert.Equal("gp3", disk.VolumeType);
        Assert.True(Assert.Single(data.NetworkInterfaces).AssociatePublicIpAddress);
        Assert.StartsWith("ami-", data.ImageId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_public_address_can_be_left_out()
    {
        var deployment = await RouterDeployment.CreateAsync(moto, ("PublicAddress", "false"));

        var (data, _) = await deployment.Region.RouterLaunchTemplateAsync();

        Assert.False(Assert.Single(data.NetworkInterfaces).AssociatePublicIpAddress);
    }

    [Fact]
    public async Task Nothing_but_peers_may_open_a_connection()
    {
        var deployment = await RouterDeployment.CreateAsync(moto);

        var groups = await deployment.Region.Ec2.DescribeSecurityGroupsAsync(
            new() { Filters = [new("vpc-id", [deployment.VpcId])] }, TestContext.Current.CancellationToken);

        var group = Assert.Single(groups.SecurityGroups, group => group.GroupName != "default");
        Assert.All(group.IpPermissions, permission => Assert.Equal(("udp", 41641, 41641), (permission.IpProtocol, permission.FromPort, permission.ToPort)));
        Assert.NotEmpty(group.IpPermissions);
    }

    [Fact]
    public async Task The_group_launches_its_routers_with_their_role_tag()
    {
        var deployment = await RouterDeployment.CreateAsync(moto, ("RouterCount", "3"));

        var found = await deployment.Region.Ec2.DescribeInstancesAsync(
            new() { Filters = [new("tag:tailscale:role", ["subnet-router"])] }, TestContext.Current.CancellationToken);

        var instances = found.Reservations.SelectMany(reservation => reservation.Instances).ToList();
        Assert.Equal(3, instances.Count);
        Assert.All(instances, instance => Assert.DoesNotContain(instance.Tags, tag => tag.Key == "tailscale:relay-port"));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Routers_say_by_a_tag_whether_they_can_answer_names(string dns64)
    {
        var deployment = await RouterDeployment.CreateAsync(moto, ("Dns64", dns64), ("RouterCount", "1"));

        var found = await deployment.Region.Ec2.DescribeInstancesAsync(
            new() { Filters = [new("tag:tailscale:role", ["subnet-router"])] }, TestContext.Current.CancellationToken);

        var instance = Assert.Single(found.Reservations.SelectMany(reservation => reservation.Instances));
        Assert.Equal(dns64, instance.Tags.Single(tag => tag.Key == "tailscale:dns64").Value);
        Assert.Contains($"export DNS64='{dns64}'\n", (await deployment.Region.RouterLaunchTemplateAsync()).UserData, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_of_other_roles_carry_them_and_a_relay_is_reached_at_its_port()
    {
        var deployment = await RouterDeployment.CreateAsync(moto, ("Roles", "exit-node+peer-relay"), ("RelayPort", "40000"), ("RouterCount", "1"));

        var found = await deployment.Region.Ec2.DescribeInstancesAsync(
            new() { Filters = [new("tag:tailscale:role", ["exit-node+peer-relay"])] }, TestContext.Current.CancellationToken);
        var tags = Assert.Single(found.Reservations.SelectMany(reservation => reservation.Instances)).Tags.ToDictionary(tag => tag.Key, tag => tag.Value);
        Assert.Equal("router-exit-node+peer-relay", tags["Name"]);
        Assert.Equal("40000", tags["tailscale:relay-port"]);
        var groups = await deployment.Region.Ec2.DescribeSecurityGroupsAsync(
            new() { Filters = [new("vpc-id", [deployment.VpcId])] }, TestContext.Current.CancellationToken);
        var group = Assert.Single(groups.SecurityGroups, group => group.GroupName != "default");
        Assert.Equal(
            [41641, 40000], group.IpPermissions.Where(permission => permission.IpProtocol == "udp").Select(permission => permission.FromPort!.Value).Distinct());
        Assert.All(group.IpPermissions, permission => Assert.Equal((permission.FromPort, "udp"), (permission.ToPort, permission.IpProtocol)));
    }

    [Theory]
    [InlineData("subnet-router", true)]
    [InlineData("agent", true)]
    [InlineData("subnet-router+exit-node+app-connector+peer-relay+agent", true)]
    [InlineData("", false)]
    [InlineData("session-recorder", false)]
    [InlineData("subnet-router+session-recorder", false)]
    [InlineData("subnet-router+", false)]
    [InlineData("subnet-router, exit-node", false)]
    public void Roles_are_those_that_the_boot_script_serves(string roles, bool taken)
    {
        var line = File.ReadLines(RouterDeployment.TemplatePath).Single(line => line.Contains("AllowedPattern: ^(subnet-router", StringComparison.Ordinal));
        Assert.Equal(taken, Regex.IsMatch(roles, line.Split("AllowedPattern: ")[1]));
    }

    // moto keeps neither of these: the template's own text is all there is to look at.
    [Theory]
    [InlineData("LifecycleHookName: tailnet-launch\n          LifecycleTransition: autoscaling:EC2_INSTANCE_LAUNCHING\n          DefaultResult: ABANDON\n")]
    [InlineData("LifecycleHookName: tailnet-terminate\n          LifecycleTransition: autoscaling:EC2_INSTANCE_TERMINATING\n          DefaultResult: CONTINUE\n          HeartbeatTimeout: 600\n")]
    [InlineData("          # function crashes, and no heartbeat is sent meanwhile.\n          HeartbeatTimeout: 600\n")]
    [InlineData("InstanceMaintenancePolicy:\n        MinHealthyPercentage: 100\n        MaxHealthyPercentage: 200\n")]
    public void Hooks_and_maintenance_are_as_the_automation_needs_them(string text) =>
        Assert.Contains(text, File.ReadAllText(RouterDeployment.TemplatePath), StringComparison.Ordinal);

    [Fact]
    public async Task Cfn_lint_finds_nothing()
    {
        var (code, output) = await RunAsync(
            await MotoPython.FindAsync(), "-c", "from cfnlint.runner import main; main()", RouterDeployment.TemplatePath);

        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("templates/router-boot.sh")]
    [InlineData("scripts/embed-router-boot")]
    public async Task Shellcheck_finds_nothing(string script)
    {
        (int Code, string Output) found;
        try
        {
            found = await RunAsync("shellcheck", Path.Combine(Repository.Root, script));
        }
        catch (Win32Exception)
        {
            Assert.Skip("shellcheck is not installed, so the script was run but not linted. Remedy: install the package shellcheck (Debian, Ubuntu, Homebrew).");
            return;
        }

        Assert.True(found.Code == 0, found.Output);
    }

    private static async Task<(int Code, string Output)> RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }
}

using Automation.Network;
using Automation.Nodes;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Routes;

/// <summary>A hub with routers and a spoke that is peered with it, through the real functions.</summary>
public sealed class FailoverTests
{
    private static readonly InstanceId s_own = InstanceId.Parse("i-0f1b2c3d4e5f60718");
    private static readonly Prefix s_spokeCidr = Prefix.Parse("10.20.0.0/16");

    private readonly ANetwork _network = new();
    private VpcId _spoke = null!;

    private SandboxWorld World => _network.World;

    private SimulatedRegion Region => _network.Region;

    [Fact]
    public async Task A_spoke_without_a_router_is_served_by_all_routers_of_the_hub_as_soon_as_it_is_peered()
    {
        await PeeredAsync();

        Assert.Equal([Blue, Green], Serving());
    }

    [Fact]
    public async Task A_spoke_whose_own_router_joins_is_left_to_it()
    {
        await PeeredAsync();
        await JoinAsync();

        Assert.Equal([s_own], Serving());
    }

    [Fact]
    public async Task Routers_stand_in_once_the_last_one_of_a_spoke_has_died_and_give_back()
    {
        await PeeredAsync();
        await JoinAsync();
        Region.Kill(s_own);
        await World.RunAsync(Minutes(6));

        Assert.Equal([Blue, Green], Serving());

        var next = InstanceId.Parse("i-0f2b2c3d4e5f60718");
        Region.Launch(next.ToString(), _spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        await World.RunAsync(Minutes(6));
        await World.ReconcileAsync();

        Assert.Equal([next], Serving());
    }

    [Fact]
    public async Task A_router_that_blinks_changes_nothing()
    {
        await PeeredAsync();
        await JoinAsync();
        World.Tailnet.Disconnect(Region.Instance(s_own).Device!);
        await World.RunAsync(Minutes(1));
        var plan = (await World.ReconcileAsync(dryRun: true)).Plan;

        Assert.Empty(plan.Steps);
        Assert.Equal([s_own], Serving());
    }

    [Fact]
    public async Task A_router_that_stays_silent_is_stood_in_for_until_it_is_back()
    {
        await PeeredAsync();
        await JoinAsync();
        var device = Region.Instance(s_own).Device!;
        World.Tailnet.Disconnect(device);
        await World.RunAsync(VpcServices.Blink + Minutes(6));

        Assert.Equal([Blue, Green, s_own], Serving());

        World.Tailnet.Connect(device);
        await World.RunAsync(Minutes(6));

        Assert.Equal([s_own], Serving());
    }

    [Fact]
    public async Task A_hub_router_that_leaves_hands_over_the_spoke_as_well()
    {
        await PeeredAsync();
        Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(5)));

        _network.AssertAnswered(Blue, "tailnet-terminate", Aws.LifecycleResult.Continue);
        Assert.Equal([Green], Serving());
    }

    [Fact]
    public async Task The_only_router_of_a_spoke_that_leaves_hands_over_to_those_of_the_hub()
    {
        await PeeredAsync();
        await JoinAsync();
        Region.ScaleIn(s_own);
        Assert.True(await World.SettleAsync(Minutes(1)));

        Assert.Equal([Blue, Green], Serving());
        Assert.Null(_network.Device(s_own));
    }

    [Fact]
    public async Task Stand_ins_go_only_when_the_own_router_can_be_told_what_to_advertise()
    {
        await PeeredAsync();
        _network.Fails = call => call == "SSM SendCommand" ? Failed(call, Failure.Denied) : null;
        Region.AssociateCidr(_spoke, "10.21.0.0/16");
        Region.Network.AddRoute(Region.Network.MainTable(_network.Hub), "10.21.0.0/16", "pcx-0a1b2c3d4e5f60718");
        Region.Launch(s_own.ToString(), _spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        Region.Instance(s_own).Boots = false;
        await World.RunAsync(Minutes(6));

        Assert.Equal([Blue, Green], Serving());
    }

    [Fact]
    public async Task A_newcomer_with_the_hubs_addresses_gets_a_site_and_its_tag_and_takes_nothing()
    {
        await _network.WithAsync(Blue);
        var twin = Region.AddVpc("vpc-0c77d66e55f44a33b", "10.0.0.0/16");
        Region.Launch("i-0c7b2c3d4e5f60718", twin, "subnet-0c7b2c3d4e5f60001", group: "twin-routers");
        await World.RunAsync(Minutes(12));
        var report = (await World.ReconcileAsync(dryRun: true)).Report;
        var site = report.Sites[twin.ToString()];
        var via6 = Via6.Of(site, Prefix.Parse("10.0.0.0/16"));

        Assert.Equal(PrefixSet.Of([via6]), _network.Device(InstanceId.Parse("i-0c7b2c3d4e5f60718"))!.Enabled);
        Assert.Contains(Prefix.Parse("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
        Assert.Equal($"{site}", Region.Vpc(twin).SiteTag);
        Assert.Contains(via6, report.PolicyFile!.Grants[0].Dst);
        Assert.Empty(report.Actions);
    }

    [Fact]
    public async Task The_only_router_of_a_vpc_in_use_is_replaced_without_losing_its_addresses_to_a_newcomer()
    {
        await _network.WithAsync(Blue);
        var twin = Region.AddVpc("vpc-0c77d66e55f44a33b", "10.0.0.0/16");
        Region.Launch("i-0c7b2c3d4e5f60718", twin, "subnet-0c7b2c3d4e5f60001", group: "twin-routers");
        await World.RunAsync(Minutes(12));
        Region.Kill(Blue);
        await World.RunAsync(Minutes(1));
        _network.Launch(Green);
        await World.RunAsync(Minutes(6));

        Assert.Contains(Prefix.Parse("10.0.0.0/16"), _network.Device(Green)!.Enabled);
        Assert.DoesNotContain(Prefix.Parse("10.0.0.0/16"), _network.Device(InstanceId.Parse("i-0c7b2c3d4e5f60718"))!.Enabled);
    }

    private async Task PeeredAsync()
    {
        await _network.WithAsync(Blue, Green);
        _spoke = Region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        _network.Peer(_spoke);
        Assert.True(await World.SettleAsync(Minutes(5)));
    }

    private async Task JoinAsync()
    {
        Region.Launch(s_own.ToString(), _spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        await World.RunAsync(Minutes(6));
        Assert.True(await World.SettleAsync(Minutes(5)));
        await World.ReconcileAsync();
    }

    /// <summary>Whose devices advertise the spoke and are approved for it.</summary>
    private InstanceId[] Serving() => [.. World.Tailnet.Devices
        .Where(device => device.Enabled.Contains(s_spokeCidr) && device.Advertised.Contains(s_spokeCidr))
        .Select(device => NodeHostName.TryParse(device.HostName, out var id) ? id : throw new InvalidOperationException(device.HostName))
        .Where(id => Region.Instance(id).State == "running")
        .Order()];
}

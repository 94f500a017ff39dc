using Automation.Events;
using Automation.Nodes;
using Automation.Reports;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Names;

/// <summary>What becomes of names, from the event to the tailnet, through the real functions. What somebody else forwards is there all the while.</summary>
public sealed class NameStoriesTests
{
    private const string Corp = "corp.example.internal";
    private const string Elsewhere = "elsewhere.example", Mail = "mail.example.internal";   // somebody else's, and Mail is the name of a zone of the hub too

    private static readonly ZoneId s_corp = ZoneId.Parse("Z0123456789ABCDEFGHIJ");
    private static readonly InstanceId s_first = InstanceId.Parse("i-0c7b2c3d4e5f60718"), s_second = InstanceId.Parse("i-0c8b2c3d4e5f60718"), s_third = InstanceId.Parse("i-0c9b2c3d4e5f60718");

    private readonly ANetwork _network = new();

    public NameStoriesTests() => SomebodyElseForwards(World, Region, _network.Hub);

    private SandboxWorld World => _network.World;

    private SimulatedRegion Region => _network.Region;

    // Events.

    [Fact]
    public async Task The_zone_of_a_VPC_is_forwarded_once_its_first_router_is_in_service_and_before_the_schedule_comes()
    {
        var begun = World.Clock.GetUtcNow();
        Region.AddPrivateZone(s_corp.ToString(), Corp, _network.Hub);
        await World.RunAsync(Minutes(1));
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));

        Assert.Equal(["10.0.0.2"], World.Tailnet.SplitDns[Corp]);
        Assert.InRange(World.Clock.GetUtcNow() - begun, Minutes(1), SandboxWorld.ReconcileEvery);
        await AssertAtRestAsync(World);
    }

    [Fact]
    public async Task Without_the_event_of_its_launch_the_names_come_with_the_schedule()
    {
        World.Copies = text => EventParser.Parse(text).Change is ChangeEvent.InstanceLaunched ? 0 : 1;
        Region.AddPrivateZone(s_corp.ToString(), Corp, _network.Hub);
        await World.RunAsync(Minutes(1));
        _network.Launch(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));

        Assert.DoesNotContain(Corp, World.Tailnet.SplitDns.Keys);
        await World.RunAsync(Minutes(5));
        Assert.Equal(["10.0.0.2"], World.Tailnet.SplitDns[Corp]);
    }

    // Associations.

    [Fact]
    public async Task The_zone_of_a_spoke_is_answered_in_the_hub_until_the_spoke_has_a_router_of_its_own()
    {
        await _network.WithAsync(Blue);
        Associate(World);
        var spoke = Region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        _network.Peer(spoke);
        Region.AddPrivateZone(s_corp.ToString(), Corp, spoke);
        var (associated, forwarded, wrong) = Watch(World, _network.Hub);
        Assert.True(await World.SettleAsync(Minutes(4)));

        Assert.Equal([_network.Hub, spoke], World.Aws.Zones.VpcsOf(s_corp));
        Assert.Equal(["10.0.0.2"], World.Tailnet.SplitDns[Corp]);
        Assert.Equal(Seconds(30), forwarded.Single() - associated.Single());
        Assert.Equal([(s_corp, _network.Hub)], World.Ledger.Associations.Keys);
        await AssertAtRestAsync(World);

        Region.Launch(s_first.ToString(), spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        Assert.True(await World.SettleAsync(Minutes(4)));

        Assert.Equal([spoke], World.Aws.Zones.VpcsOf(s_corp));
        Assert.Equal(["10.20.0.2"], World.Tailnet.SplitDns[Corp]);
        Assert.Empty(World.Ledger.Associations);
        Assert.Empty(wrong);
        await AssertAtRestAsync(World);
    }

    [Fact]
    public async Task A_zone_of_another_account_is_associated_and_dissociated_and_no_authorisation_is_left()
    {
        var accounts = new TwoAccounts();
        var (world, zones) = (accounts.World, accounts.Zones);
        SomebodyElseForwards(world, world.Aws.Region(TwoAccounts.HubScope), accounts.Hub);
        Associate(world);
        world.Aws.Region(TwoAccounts.HubScope).Launch(Blue.ToString(), accounts.Hub, "subnet-0a1b2c3d4e5f60001");
        Assert.True(await world.SettleAsync(Minutes(4)));
        var (associated, forwarded, wrong) = Watch(world, accounts.Hub);
        accounts.Peer();
        var begun = world.Clock.GetUtcNow();
        Assert.True(await world.SettleAsync(Minutes(4)));

        Assert.InRange(world.Clock.GetUtcNow() - begun, Seconds(30), Minutes(2));   // events are enough
        Assert.Equal([accounts.Hub, accounts.Spoke], zones.VpcsOf(accounts.Zone));
        Assert.Equal(["10.0.0.2"], world.Tailnet.SplitDns[Corp]);
        Assert.Equal(Seconds(30), forwarded.Single() - associated.Single());
        Assert.Equal((true, false), (accounts.Record!.InSync, accounts.Record.Authorized));
        Assert.Equal(1, accounts.Count("Route 53 CreateVPCAssociationAuthorization"));
        Assert.Empty(zones.AuthorizedFor(accounts.Zone));
        await AssertAtRestAsync(world);

        world.Aws.Region(TwoAccounts.SpokeScope).Launch(s_first.ToString(), accounts.Spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        Assert.True(await world.SettleAsync(Minutes(4)));

        Assert.Equal([accounts.Spoke], zones.VpcsOf(accounts.Zone));
        Assert.Equal(["10.20.0.2"], world.Tailnet.SplitDns[Corp]);
        Assert.Empty(world.Ledger.Associations);
        Assert.Empty(zones.AuthorizedFor(accounts.Zone));
        Assert.Empty(wrong);
        await AssertAtRestAsync(world);
    }

    [Fact]
    public async Task The_choice_that_clients_with_an_exit_node_use_a_domain_is_reported_once_a_change_has_lost_it()
    {
        await _network.WithAsync(Blue);
        World.Tailnet.SetUseWithExitNode(Elsewhere, true);
        Associate(World);
        var spoke = Region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        _network.Peer(spoke);
        Region.AddPrivateZone(s_corp.ToString(), Corp, spoke);
        Assert.True(await World.SettleAsync(Minutes(4)));
        World.Tailnet.SetUseWithExitNode(Corp, true);
        Assert.DoesNotContain("exit-node-names-lost", Rules(await World.ReconcileAsync()));

        World.Tailnet.SplitDnsForgetsExitNode = true;
        Region.Launch(s_first.ToString(), spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        Assert.True(await World.SettleAsync(Minutes(4)));

        Assert.Equal(["10.20.0.2"], World.Tailnet.SplitDns[Corp]);
        var lost = Assert.Single((await World.ReconcileAsync(dryRun: true)).Plan.Findings, finding => finding.Rule == "exit-node-names-lost");
        Assert.Equal(Corp, lost.Resource);
        Assert.Equal([Elsewhere], World.Tailnet.ExitNodeDomains);
        await AssertAtRestAsync(World);

        World.Tailnet.SetUseWithExitNode(Corp, true);
        Assert.DoesNotContain("exit-node-names-lost", Rules(await World.ReconcileAsync()));
        await AssertAtRestAsync(World);
    }

    // VPCs with the same addresses.

    [Fact]
    public async Task The_zone_of_an_overlapping_VPC_is_forwarded_to_those_of_its_routers_that_translate()
    {
        var twin = await TwinAsync();
        LaunchTwin(twin, s_first, dns64: true);
        LaunchTwin(twin, s_second, dns64: true).NamedIsBroken = true;
        await World.RunAsync(Minutes(3));

        Assert.Equal([AddressOf(s_first)], World.Tailnet.SplitDns[Corp]);
        Assert.Contains("4via6 site 2", Region.Instance(s_first).Dns64Configuration, StringComparison.Ordinal);
        Assert.Contains("mapped { 10.0.0.0/16; }", Region.Instance(s_first).Dns64Configuration, StringComparison.Ordinal);
        Assert.Null(Region.Instance(s_second).Dns64Configuration);

        Region.Instance(s_second).NamedIsBroken = false;
        await World.RunAsync(Minutes(5));
        Assert.Equal(Sorted(AddressOf(s_first), AddressOf(s_second)), World.Tailnet.SplitDns[Corp]);
        await AssertAtRestAsync(World);
    }

    [Fact]
    public async Task A_router_that_translates_is_replaced_and_the_new_ones_address_takes_the_place_of_the_old_ones()
    {
        var twin = await TwinAsync();
        LaunchTwin(twin, s_first, dns64: true);
        LaunchTwin(twin, s_second, dns64: true);
        Assert.True(await World.SettleAsync(Minutes(4)));
        Assert.Equal(Sorted(AddressOf(s_first), AddressOf(s_second)), World.Tailnet.SplitDns[Corp]);

        Region.ScaleIn(s_second);
        Assert.True(await World.SettleAsync(Minutes(2)));
        LaunchTwin(twin, s_third, dns64: true);
        Assert.True(await World.SettleAsync(Minutes(4)));

        Assert.Equal(Sorted(AddressOf(s_first), AddressOf(s_third)), World.Tailnet.SplitDns[Corp]);
        await AssertAtRestAsync(World);
    }

    [Fact]
    public async Task Where_no_router_translates_nothing_of_an_overlapping_VPC_is_forwarded_and_a_finding_says_so()
    {
        var twin = await TwinAsync();
        LaunchTwin(twin, s_first, dns64: false);
        Assert.True(await World.SettleAsync(Minutes(4)));

        Assert.DoesNotContain(Corp, World.Tailnet.SplitDns.Keys);
        Assert.DoesNotContain(Corp, World.Tailnet.ChangedDomains);
        Assert.Equal(twin.ToString(), Assert.Single((await World.ReconcileAsync(dryRun: true)).Plan.Findings, finding => finding.Rule == "dns64-missing").Resource);
        await AssertAtRestAsync(World);
    }

    /// <summary>A VPC with the addresses of the hub, which is in use, and with a zone.</summary>
    private async Task<VpcId> TwinAsync()
    {
        await _network.WithAsync(Blue);
        var twin = Region.AddVpc("vpc-0c77d66e55f44a33b", "10.0.0.0/16");
        Region.AddPrivateZone(s_corp.ToString(), Corp, twin);
        return twin;
    }

    private SimulatedInstance LaunchTwin(VpcId twin, InstanceId id, bool dns64)
    {
        var instance = Region.Launch(id.ToString(), twin, "subnet-0c7b2c3d4e5f60001", group: "twin-routers");
        instance.Dns64 = dns64;
        return instance;
    }

    private string AddressOf(InstanceId id) => _network.Device(id)!.Addresses[0];

    private static string[] Sorted(params string[] addresses) => [.. addresses.Order(StringComparer.Ordinal)];

    private static void SomebodyElseForwards(SandboxWorld world, SimulatedRegion region, VpcId hub)
    {
        world.Tailnet.SetSplitDns(Elsewhere, ["192.0.2.54"]);
        world.Tailnet.SetSplitDns(Mail, ["192.0.2.55"]);
        region.AddPrivateZone("Z0123456789ABCDEFGHI9", Mail, hub);
    }

    private static void Associate(SandboxWorld world) =>
        world.Reconfigure(settings => settings with { Names = settings.Names with { Association = ZoneAssociation.All } });

    /// <summary>When the zone was associated with the hub, when its name was forwarded, and whatever was asked in the hub while the hub could not answer.</summary>
    private static (List<DateTimeOffset> Associated, List<DateTimeOffset> Forwarded, List<string> Wrong) Watch(SandboxWorld world, VpcId hub)
    {
        var (associated, forwarded, wrong) = (new List<DateTimeOffset>(), new List<DateTimeOffset>(), new List<string>());
        world.Calls.After = call =>
        {
            var answers = world.Aws.Zones.VpcsOf(s_corp).Contains(hub);
            var resolvers = world.Tailnet.SplitDns.GetValueOrDefault(Corp);
            if (answers && associated.Count == 0)
            {
                associated.Add(world.Clock.GetUtcNow());
            }

            if (!resolvers.IsDefault && forwarded.Count == 0)
            {
                forwarded.Add(world.Clock.GetUtcNow());
            }

            if (forwarded.Count > 0 && (resolvers.IsDefault || (!answers && resolvers.Contains("10.0.0.2"))))
            {
                wrong.Add(call);
            }
        };
        return (associated, forwarded, wrong);
    }

    private static IEnumerable<string> Rules(ReconcileResult result) => result.Plan.Findings.Select(finding => finding.Rule);

    /// <summary>Nothing waits, another reconcile plans nothing, and what is somebody else's was in no request.</summary>
    private static async Task AssertAtRestAsync(SandboxWorld world)
    {
        Assert.True(await world.SettleAsync(Minutes(1)));
        Assert.Empty(world.NodeEvents.DeadLetters);
        Assert.Empty(world.ChangeEvents.DeadLetters);
        Assert.Empty((await world.ReconcileAsync()).Plan.Steps.Select(step => step.Action));
        Assert.Empty((await world.ReconcileAsync(dryRun: true)).Plan.Steps);
        Assert.Equal(["192.0.2.54"], world.Tailnet.SplitDns[Elsewhere]);
        Assert.Equal(["192.0.2.55"], world.Tailnet.SplitDns[Mail]);
        Assert.Empty(world.Tailnet.ChangedDomains.Intersect([Elsewhere, Mail]));
        Assert.Empty(world.Ledger.Domains.Keys.Intersect([Elsewhere, Mail]));
    }
}

using Automation.Plans;
using static Automation.AWorld;

namespace Automation.Names;

/// <summary>Zones of VPCs without a router of their own, by the resolver of the VPC whose router serves them.</summary>
public class AssociationTests
{
    private const string Foreign = "444455556666";

    // Router 1 in a hub reaches a spoke without a router; the spoke's zone is not the hub's.
    private static AWorld World(ZoneAssociation association, string owner = "111122223333", bool? tagged = null) => new AWorld()
        .WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1)
        .WithSubnet(1, 1, "10.0.1.0/24").WithSubnet(2, 2, "10.1.1.0/24").Standing(1, subnet: 1)
        .WithMainTable(1, 1, "10.1.0.0/16 pcx-00000001").WithMainTable(2, 2, "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2)
        .Device(1, device => device with { Enabled = Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised = Prefixes("10.0.0.0/16", "10.1.0.0/16") })
        .Node(1, node => node with { Routes = Prefixes("10.0.0.0/16", "10.1.0.0/16") })
        .WithInternalDomain(1, "10.0.0.2")
        .WithZoneOf(owner, 1, "corp.internal", vpc: 2, tagged)
        .Naming(association);

    private static AWorld InPlace(ZoneAssociation association = ZoneAssociation.All, bool inSync = true) => World(association)
        .WithZone(1, "corp.internal", vpc: 1).WithAssociation(1, "corp.internal", vpc: 1, inSync)
        .WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");

    private static readonly string[] s_whole =
    [
        "associate vpc-00000001 with zone Z0001, corp.internal",
        "wait until vpc-00000001 is in sync with zone Z0001, corp.internal",
        "forward corp.internal to 10.0.0.2",
    ];

    [Fact]
    public void The_routers_vpc_is_associated_and_the_domain_forwarded_once_in_sync()
    {
        var plan = World(ZoneAssociation.All).Planned();

        Assert.Equal(s_whole, plan.Steps.Select(step => step.Action.ToString()));
        Assert.Contains(plan.Steps[1].Group, plan.Steps[2].After);
        Assert.Equal([(ZoneOf(1), VpcOf(1))], plan.Associations.Select(association => (association.Zone, association.Vpc)));
        Assert.Empty(ReconcilePlanner.Plan(After.Of(World(ZoneAssociation.All).Seen(), plan)).Steps);
    }

    [Fact]
    public void Nothing_is_associated_unless_chosen()
    {
        Assert.Empty(World(ZoneAssociation.None).Lines());
        Assert.Empty(World(ZoneAssociation.None).Planned().Associations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [InlineData(null)]
    public void Where_tags_decide_only_a_tagged_zone_is_associated(bool? tagged) =>
        Assert.Equal(tagged == true ? s_whole : [], World(ZoneAssociation.Tagged, tagged: tagged).Lines());

    [Fact]
    public void What_is_in_place_leaves_nothing_to_do() => Assert.Empty(InPlace().Lines());

    [Fact]
    public void An_association_that_is_not_in_sync_is_waited_for() =>
        Assert.Equal(["wait until vpc-00000001 is in sync with zone Z0001, corp.internal"], InPlace(inSync: false).Lines());

    [Theory]
    [InlineData(ZoneAssociation.None)]
    [InlineData(ZoneAssociation.Tagged)]
    [InlineData(ZoneAssociation.All)]
    public void One_that_somebody_else_made_is_used_and_never_undone(ZoneAssociation association)
    {
        var world = World(association, tagged: true).WithZone(1, "corp.internal", vpc: 1);

        Assert.Equal(["forward corp.internal to 10.0.0.2"], world.Lines());
        Assert.Empty(world.Planned().Associations);
    }

    [Theory]
    [InlineData(ZoneAssociation.None, null)]
    [InlineData(ZoneAssociation.Tagged, false)]
    public void One_of_ours_that_is_no_longer_wanted_is_undone_after_its_names(ZoneAssociation association, bool? tagged)
    {
        var world = World(association, tagged: tagged)
            .WithZone(1, "corp.internal", vpc: 1).WithAssociation(1, "corp.internal", vpc: 1)
            .WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");
        var steps = world.Planned().Steps;

        Assert.Equal(["stop forwarding corp.internal", "dissociate vpc-00000001 from zone Z0001, corp.internal"], world.Lines());
        Assert.Contains(steps[0].Group, steps[1].After);
    }

    [Fact]
    public void Once_the_vpc_has_a_router_of_its_own_names_move_there_before_the_association_goes()
    {
        var lines = InPlace().WithRouter(2, inVpc: 2).Lines();

        Assert.Equal("forward corp.internal to 10.1.0.2 instead of 10.0.0.2", lines.Single(line => line.StartsWith("forward corp", StringComparison.Ordinal)));
        Assert.True(Array.IndexOf(lines, "dissociate vpc-00000001 from zone Z0001, corp.internal") > Array.FindIndex(lines, line => line.StartsWith("forward corp", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("zones")]
    [InlineData("devices")]
    [InlineData("nodes")]
    [InlineData("peerings")]
    [InlineData("routeTables")]
    [InlineData("associations")]
    [InlineData("instances")]
    [InlineData("vpcs")]
    public void Unknown_undoes_nothing(string part)
    {
        Assert.DoesNotContain(InPlace().Unread(part).Lines(), line => line.StartsWith("dissociate", StringComparison.Ordinal) || line.StartsWith("stop", StringComparison.Ordinal) || line.StartsWith("forget the", StringComparison.Ordinal));
        Assert.DoesNotContain(World(ZoneAssociation.All).Unread(part).Lines(), line => line.StartsWith("associate", StringComparison.Ordinal));
    }

    [Fact]
    public void A_routers_short_silence_undoes_nothing() =>
        Assert.DoesNotContain(InPlace().WithRouter(2, inVpc: 2).Device(2, device => device with { Connected = false, LastSeen = Now.AddMinutes(-1) }).Lines(), line => line.StartsWith("dissociate", StringComparison.Ordinal));

    [Fact]
    public void A_zone_of_an_account_that_is_not_looked_at_cannot_be_authorised_and_is_told()
    {
        var world = World(ZoneAssociation.All, owner: Foreign);

        Assert.Empty(world.Lines());
        Assert.Contains("zone-owner-not-looked-at", world.Rules());
    }

    [Fact]
    public void A_zone_of_another_account_is_authorised_by_a_scope_of_that_account()
    {
        var owner = new Scope(Foreign, "us-east-1");
        var seen = World(ZoneAssociation.All, owner: Foreign).Seen();
        var other = seen.Scopes[0] with
        {
            Scope = owner,
            Vpcs = Seen<Vpc>.All([]),
            Instances = Seen<Instance>.All([]),
            Zones = Seen<Zone>.All([]),
            Parameters = Seen<NodeParameter>.All([]),
            Network = new() { Subnets = Seen<Subnet>.All([]), RouteTables = Seen<RouteTable>.All([]), Peerings = Seen<Peering>.All([]), TransitAttachments = Seen<TransitAttachment>.All([]), TransitRouteTables = Seen<TransitRouteTable>.All([]), PrefixLists = Seen<PrefixList>.All([]) },
        };

        Assert.Equal([owner], ReconcilePlanner.Plan(seen with { Scopes = [.. seen.Scopes, other] }).Associations.Select(association => association.Owner));
    }

    [Fact]
    public void A_vpc_that_has_another_zone_of_the_name_is_not_associated_and_told()
    {
        var world = World(ZoneAssociation.All).WithZone(7, "corp.internal", vpc: 1);

        Assert.DoesNotContain(world.Lines(), line => line.StartsWith("associate", StringComparison.Ordinal));
        Assert.Contains("Z0007", world.Planned().Findings.Single(finding => finding.Rule == "zone-conflict").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zone_that_an_aws_service_made_is_never_associated() =>
        Assert.Empty(World(ZoneAssociation.All, owner: "vpce.amazonaws.com").Lines());

    [Fact]
    public void One_that_somebody_undid_is_made_again_and_told()
    {
        var world = World(ZoneAssociation.All).WithAssociation(1, "corp.internal", vpc: 1)
            .WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");

        Assert.Equal(s_whole[..2], world.Lines());
        Assert.Contains("zone-association-undone", world.Rules());
    }

    [Fact]
    public void One_whose_zone_is_gone_is_forgotten() => Assert.Equal(
        ["stop forwarding corp.internal", "forget the association of vpc-00000001 with zone Z0001 in the ledger"],
        World(ZoneAssociation.All).WithoutZones().WithAssociation(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2").Lines());
}

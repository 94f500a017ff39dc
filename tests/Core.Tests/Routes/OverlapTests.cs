using Automation.Network;
using Automation.Plans;
using static Automation.AWorld;

namespace Automation.Routes;

/// <summary>VPCs with the same addresses: who stays plain, who is reached by 4via6, and by which site.</summary>
public class OverlapTests
{
    // VPC 1 is approved for its addresses, VPC 2 has the same and is new.
    private static AWorld Twins() => new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithVpc(2, "10.0.0.0/16").WithRouter(2, inVpc: 2)
        .Device(2, device => device with { Enabled = PrefixSet.Empty })
        .Node(2, node => node with { Routes = PrefixSet.Empty });

    // VPC 2, whose own router lost its connection half a minute ago and has nothing yet, and VPC 3 have the same addresses. The router of VPC 1 is
    // approved for them and for VPC 2's site; its peering leads to one of them, and VPC 2 would answer.
    private static AWorld StoodInFor(int peer) => new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.2.0.0/16").WithVpc(3, "10.2.0.0/16").WithSite(7, vpc: 2)
        .WithSubnet(1, 1, "10.0.1.0/24").WithSubnet(2, 2, "10.2.1.0/24").WithSubnet(3, 3, "10.2.1.0/24")
        .WithMainTable(1, 1, "10.2.0.0/16 pcx-00000001").WithMainTable(2, 2, "10.0.0.0/16 pcx-00000001").WithMainTable(3, 3).WithPeering(1, 1, peer)
        .WithRouter(1, inVpc: 1).Standing(1, subnet: 1)
        .Device(1, device => device with { Enabled = s_stoodIn, Advertised = s_stoodIn }).Node(1, node => node with { Routes = s_stoodIn })
        .WithRouter(2, inVpc: 2).Standing(2, subnet: 2)
        .Device(2, device => device with { Connected = false, LastSeen = Now.AddSeconds(-30), Enabled = PrefixSet.Empty }).Node(2, node => node with { Routes = PrefixSet.Empty });

    private static readonly PrefixSet s_stoodIn = Prefixes("10.0.0.0/16", "10.2.0.0/16", "fd7a:115c:a1e0:b1a:0:7:a02:0/112");

    private static WantedRouter Router(AWorld world, int number) => world.Planned().Routers.Single(router => router.Instance.Id == InstanceOf(number));

    [Fact]
    public void A_site_in_the_ledger_is_kept_and_the_lowest_that_is_free_is_given()
    {
        var plan = Twins().WithSite(1, vpc: 9).WithSite(7, vpc: 1).Planned();

        Assert.Equal(7, plan.Sites[VpcOf(1)]);
        Assert.Equal(2, plan.Sites[VpcOf(2)]);
    }

    [Theory]
    [InlineData(89, 2)]
    [InlineData(91, 1)]
    public void A_site_is_given_again_once_it_has_rested(int days, int expected)
    {
        var world = Twins().WithSite(1, vpc: 9, Now.AddDays(-days)).WithSite(7, vpc: 1);

        Assert.Equal(expected, world.Planned().Sites[VpcOf(2)]);
    }

    [Fact]
    public void A_site_that_is_not_allowed_is_a_finding_and_serves_nobody()
    {
        var world = Twins().WithSite(SiteIds.Skipped, vpc: 1);

        Assert.Contains("site-id-refused", world.Rules());
        Assert.Equal(1, world.Planned().Sites[VpcOf(1)]);
    }

    [Fact]
    public void A_tag_that_was_edited_by_hand_is_set_right_and_said()
    {
        var world = Twins().WithSite(7, vpc: 1).WithSite(8, vpc: 2).Change(1, vpc => vpc with { SiteTag = "8" }).Change(2, vpc => vpc with { SiteTag = "8" });

        Assert.Equal(VpcOf(1).ToString(), world.Planned().Findings.Single(finding => finding.Rule == "site-tag-differs").Resource);
        Assert.Contains($"tag {VpcOf(1)} with its 4via6 site id 7", world.Lines());
        Assert.DoesNotContain(world.Planned().Steps, step => step.Action is PlanAction.TagSite tag && tag.Vpc == VpcOf(2));
    }

    [Fact]
    public void While_the_ledgers_sites_are_unread_none_is_given()
    {
        var world = Twins().Unread("sites");

        Assert.Empty(world.Planned().Sites);
        Assert.Contains("site-id-waits", world.Rules());
        Assert.Empty(Router(world, 2).All);
    }

    [Fact]
    public void The_site_of_a_VPC_that_is_no_more_rests() =>
        Assert.Contains($"let the 4via6 site id 7 of {VpcOf(9)} rest", new AWorld().WithVpc(1, "10.0.0.0/16").WithSite(7, vpc: 9).Lines());

    [Fact]
    public void A_VPC_that_no_longer_overlaps_keeps_its_site_and_is_plain_as_well()
    {
        var router = Router(new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithSite(7, vpc: 1), 1);

        Assert.Equal((Prefixes("10.0.0.0/16"), Prefixes("fd7a:115c:a1e0:b1a:0:7:a00:0/112")), (router.Advertise, router.Via6));
    }

    [Fact]
    public void Pinned_to_via6_it_is_plain_no_more() =>
        Assert.Empty(Router(new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).Change(1, vpc => vpc with { Overlap = "via6" }), 1).Advertise);

    [Fact]
    public void A_pin_takes_no_address_from_a_VPC_that_is_approved_for_it()
    {
        var world = Twins().Change(2, vpc => vpc with { Overlap = "plain" });

        Assert.Empty(Router(world, 2).Advertise);
        Assert.Equal(Prefixes("10.0.0.0/16"), Router(world, 1).Advertise);
    }

    [Fact]
    public void Of_two_newcomers_the_pinned_one_is_plain()
    {
        var world = Twins().Device(1, device => device with { Enabled = PrefixSet.Empty }).Node(1, node => node with { Routes = PrefixSet.Empty })
            .Change(2, vpc => vpc with { Overlap = "plain" });

        Assert.Empty(Router(world, 1).Advertise);
        Assert.Equal(Prefixes("10.0.0.0/16"), Router(world, 2).Advertise);
    }

    [Fact]
    public void A_pin_that_is_no_word_of_ours_is_a_finding() => Assert.Contains("unknown-overlap", Twins().Change(2, vpc => vpc with { Overlap = "4via6" }).Rules());

    [Fact]
    public void A_stand_in_keeps_what_it_reaches_of_a_VPC_whose_router_blinks() => Assert.Equal(s_stoodIn, Router(StoodInFor(peer: 2), 1).All);

    [Fact]
    public void A_stand_in_keeps_nothing_for_a_VPC_whose_router_blinks_once_it_leads_to_another()
    {
        var world = StoodInFor(peer: 3);

        Assert.Equal(Prefixes("10.0.0.0/16"), Router(world, 1).All);
        Assert.Contains($"withdraw 10.2.0.0/16, fd7a:115c:a1e0:b1a:0:7:a02:0/112 from {HostOf(1)}", world.Lines());
        Assert.Contains(Prefix.Parse("10.2.0.0/16"), Router(world, 2).Advertise);
    }

    [Fact]
    public void What_a_router_goes_on_serving_whose_role_was_taken_off_is_no_newcomers()
    {
        var world = Twins().WithoutInstance(1);   // EC2 is asked for what has a role

        Assert.DoesNotContain(Prefix.Parse("10.0.0.0/16"), Router(world, 2).Advertise);
        Assert.NotEmpty(Router(world, 2).Via6);
    }

    [Fact]
    public void What_only_the_device_of_a_router_that_is_gone_still_has_is_another_VPCs_once_it_is_approved_there()
    {
        var world = Twins().Device(2, device => device with { Enabled = Prefixes("10.0.0.0/16") }).Node(2, node => node with { Routes = Prefixes("10.0.0.0/16") })
            .WithoutInstance(1).Device(1, device => device with { Connected = false, LastSeen = Now.AddHours(-1) })
            .WithRouter(3, inVpc: 1).Device(3, device => device with { Enabled = PrefixSet.Empty }).Node(3, node => node with { Routes = PrefixSet.Empty });

        Assert.Contains(Prefix.Parse("10.0.0.0/16"), Router(world, 2).Advertise);
        Assert.DoesNotContain(Prefix.Parse("10.0.0.0/16"), Router(world, 3).Advertise);
        Assert.NotEmpty(Router(world, 3).Via6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public void A_former_router_that_runs_holds_its_prefix_however_long_it_is_silent(int minutes)
    {
        var world = Twins().Instance(1, instance => instance with { Role = "" })
            .Device(1, device => device with { Connected = false, LastSeen = Now.AddMinutes(-minutes), Enabled = Prefixes("10.0.0.0/16"), Advertised = Prefixes("10.0.0.0/16") })
            .Node(1, node => node with { Routes = Prefixes("10.0.0.0/16") })
            .Device(2, device => device with { Enabled = PrefixSet.Empty }).Node(2, node => node with { Routes = PrefixSet.Empty });

        Assert.DoesNotContain(Prefix.Parse("10.0.0.0/16"), Router(world, 2).Advertise);
        Assert.NotEmpty(Router(world, 2).Via6);
    }
}

using Automation.Network;
using Automation.Plans;
using static Automation.AWorld;

namespace Automation.Routes;

/// <summary>What a router reaches beyond its VPC, by peering and by transit gateway.</summary>
public class ReachTests
{
    // Router 1 in a hub, 10.0.0.0/16; a spoke without a router of its own, 10.1.0.0/16, with two subnets.
    private static AWorld Spoke(string hubLine, params string[] spokeLines) => Place(new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1))
        .WithMainTable(1, 1, hubLine).WithMainTable(2, 2, spokeLines);

    private static AWorld Place(AWorld world) => world
        .WithSubnet(1, 1, "10.0.1.0/24").WithSubnet(2, 2, "10.1.1.0/24").WithSubnet(3, 2, "10.1.2.0/24", "euw1-az2")
        .Standing(1, subnet: 1);

    private static AWorld Peered(string hubLine = "10.1.0.0/16 pcx-00000001", string spokeLine = "10.0.0.0/16 pcx-00000001") =>
        Spoke(hubLine, spokeLine).WithPeering(1, 1, 2);

    private static AWorld Attached(string hubLine = "10.0.0.0/8 tgw-00000001", string spokeLine = "10.0.0.0/8 tgw-00000001") =>
        Spoke(hubLine, spokeLine).WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithVpcAttachment(2, 1, vpc: 2, table: 1, subnets: [2, 3])
            .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 2");

    private static PrefixSet Advertised(AWorld world) => world.Planned().Routers[0].Advertise;

    [Theory]
    [InlineData("10.1.0.0/16 pcx-00000001")]
    [InlineData("10.0.0.0/8 pcx-00000001")]
    [InlineData("0.0.0.0/0 pcx-00000001")]
    public void A_route_to_a_peering_means_the_addresses_of_the_vpc_at_its_far_end(string line) =>
        Assert.Equal(Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised(Peered(line)));

    [Fact]
    public void A_narrower_route_means_no_more_than_it_says() => Assert.Equal(Prefixes("10.0.0.0/16", "10.1.2.0/24"), Advertised(Peered("10.1.2.0/24 pcx-00000001")));

    [Theory]
    [InlineData("10.1.2.0/24 igw-00000001")]
    [InlineData("10.1.2.0/24 pcx-00000009")]
    [InlineData("10.1.2.0/24 pcx-00000001 blackhole")]
    public void What_a_longer_prefix_leads_elsewhere_is_cut_out_exactly(string longer)
    {
        var world = Place(new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1))
            .WithMainTable(1, 1, "10.1.0.0/16 pcx-00000001", longer).WithMainTable(2, 2, "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2);

        Assert.Equal(
            Prefixes("10.0.0.0/16", "10.1.0.0/23", "10.1.3.0/24", "10.1.4.0/22", "10.1.8.0/21", "10.1.16.0/20", "10.1.32.0/19", "10.1.64.0/18", "10.1.128.0/17"),
            Advertised(world));
    }

    [Theory]
    [InlineData("pending-acceptance")]
    [InlineData("expired")]
    [InlineData("deleted")]
    public void A_peering_that_is_not_active_leads_nowhere(string state) =>
        Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(Spoke("10.1.0.0/16 pcx-00000001", "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2, state)));

    [Theory]
    [InlineData("10.1.0.0/16 igw-00000001")]
    [InlineData("10.1.0.0/16 nat-00000001")]
    [InlineData("10.1.0.0/16 eigw-00000001")]
    [InlineData("10.1.0.0/16 something-new-00000001")]
    public void No_other_target_is_followed(string line) => Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(Peered(line)));

    [Fact]
    public void Peering_is_not_transitive()
    {
        // The hub routes the third VPC's addresses into the peering with the second, which has a peering of its own with the third.
        var world = Peered("10.0.0.0/8 pcx-00000001").WithVpc(3, "10.2.0.0/16").WithSubnet(4, 3, "10.2.1.0/24").WithMainTable(3, 3, "10.0.0.0/8 pcx-00000002").WithPeering(2, 2, 3);

        Assert.Equal(Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised(world));
    }

    [Fact]
    public void A_vpc_without_a_route_back_is_not_advertised_and_its_subnets_are_named()
    {
        var world = Peered(spokeLine: "10.9.0.0/16 pcx-00000001");

        Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(world));
        Assert.Contains("subnet-00000002, subnet-00000003", world.Planned().Findings.Single(finding => finding.Rule == "no-route-back").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subnet_without_a_route_back_is_cut_out_of_what_is_advertised()
    {
        var world = Peered().WithTableOf(4, 2, [3]);

        Assert.DoesNotContain(Advertised(world), prefix => prefix.Overlaps(Prefix.Parse("10.1.2.0/24")));
        Assert.True(Advertised(world).Covers(Prefix.Parse("10.1.1.0/24")));
        Assert.Contains("subnet-00000003 has none", world.Planned().Findings.Single(finding => finding.Rule == "no-route-back").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_way_back_that_covers_the_router_alone_is_enough() =>
        Assert.Contains(Prefix.Parse("10.1.0.0/16"), Advertised(Peered(spokeLine: "10.0.1.10/32 pcx-00000001")));

    [Fact]
    public void A_vpc_without_subnets_has_nobody_to_answer() => Assert.Equal(
        Prefixes("10.0.0.0/16"),
        Advertised(new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1).WithSubnet(1, 1, "10.0.1.0/24").Standing(1, 1)
            .WithMainTable(1, 1, "10.1.0.0/16 pcx-00000001").WithMainTable(2, 2, "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2)));

    [Fact]
    public void The_table_of_the_routers_own_subnet_decides() => Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(Peered().WithTableOf(5, 1, [1])));

    [Fact]
    public void A_prefix_list_stands_for_its_entries() =>
        Assert.Contains(Prefix.Parse("10.1.0.0/16"), Advertised(Peered("pl-00000001 pcx-00000001").WithPrefixList(1, "10.1.0.0/16", "10.7.0.0/16")));

    [Fact]
    public void A_prefix_list_that_is_not_known_makes_its_table_uncertain() => Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(Peered("pl-00000001 pcx-00000001")));

    [Fact]
    public void A_peer_in_an_account_that_is_not_looked_at_is_a_candidate_and_advertised_only_when_opted_in()
    {
        var world = Spoke("10.99.0.0/16 pcx-00000007").WithPeering(7, 1, 99);

        Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(world));
        Assert.Contains("10.99.0.0/16", world.Planned().Findings.Single(finding => finding.Rule == "beyond-gateway").Text, StringComparison.Ordinal);
        Assert.Equal(Prefixes("10.0.0.0/16", "10.99.4.0/22"), Advertised(world.WithOptIn("10.99.4.0/22")));
    }

    [Theory]
    [InlineData("10.0.0.0/8 tgw-00000001")]
    [InlineData("0.0.0.0/0 tgw-00000001")]
    public void A_wide_route_to_a_gateway_means_the_vpcs_really_behind_it(string line) =>
        Assert.Equal(Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised(Attached(line)));

    [Fact]
    public void A_gateway_is_reached_only_from_a_zone_in_which_it_has_a_subnet()
    {
        var world = Spoke("10.0.0.0/8 tgw-00000001", "10.0.0.0/8 tgw-00000001").WithSubnet(9, 1, "10.0.9.0/24", "euw1-az3")
            .WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [9]).WithVpcAttachment(2, 1, vpc: 2, table: 1, subnets: [2, 3])
            .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 2");

        Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(world));
    }

    [Fact]
    public void A_far_subnet_in_a_zone_without_the_gateway_has_no_way_back()
    {
        var world = Spoke("10.0.0.0/8 tgw-00000001", "10.0.0.0/8 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithVpcAttachment(2, 1, vpc: 2, table: 1, subnets: [2])
            .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 2");

        Assert.False(Advertised(world).Covers(Prefix.Parse("10.1.2.0/24")));
        Assert.True(Advertised(world).Covers(Prefix.Parse("10.1.1.0/24")));
    }

    [Fact]
    public void The_gateways_blackhole_is_cut_out()
    {
        var world = Spoke("10.0.0.0/8 tgw-00000001", "10.0.0.0/8 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithVpcAttachment(2, 1, vpc: 2, table: 1, subnets: [2, 3])
            .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 2", "10.1.128.0/17 blackhole");

        Assert.Equal(Prefixes("10.0.0.0/16", "10.1.0.0/17"), Advertised(world));
    }

    [Fact]
    public void A_peered_gateway_is_followed_into_its_own_table()
    {
        var world = Spoke("10.0.0.0/8 tgw-00000001", "10.0.0.0/8 tgw-00000002")
            .WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithVpcAttachment(2, 2, vpc: 2, table: 2, subnets: [2, 3])
            .WithAttachment(new(AttachmentOf(3), GatewayOf(1), "available", "peering", GatewayOf(2).ToString(), "111122223333", TransitTableOf(1), [], false))
            .WithAttachment(new(AttachmentOf(3), GatewayOf(2), "available", "peering", GatewayOf(1).ToString(), "111122223333", TransitTableOf(2), [], false))
            .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 3").WithTransitTable(2, 2, "10.0.0.0/16 3", "10.1.0.0/16 2");

        Assert.Equal(Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised(world));
    }

    [Fact]
    public void A_vpn_behind_a_gateway_is_a_candidate_and_advertised_only_when_opted_in()
    {
        var withVpn = Spoke("10.0.0.0/8 tgw-00000001", "10.0.0.0/8 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithVpcAttachment(2, 1, vpc: 2, table: 1, subnets: [2, 3])
            .WithAttachment(new(AttachmentOf(5), GatewayOf(1), "available", "vpn", "vpn-00000001", "111122223333", TransitTableOf(1), [], false))
            .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 2", "10.200.0.0/16 5");

        Assert.DoesNotContain("beyond-gateway", Attached().Rules());
        Assert.Contains("10.200.0.0/16", withVpn.Planned().Findings.Single(finding => finding.Rule == "beyond-gateway").Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Prefix.Parse("10.200.0.0/16"), Advertised(withVpn));
        Assert.Contains(Prefix.Parse("10.200.0.0/16"), Advertised(withVpn.WithOptIn("10.200.0.0/15")));
    }

    [Theory]
    [InlineData("subnets")]
    [InlineData("routeTables")]
    [InlineData("peerings")]
    [InlineData("prefixLists")]
    public void What_is_served_already_stays_while_a_part_of_the_network_is_unread(string part)
    {
        var world = Peered("pl-00000001 pcx-00000001").WithPrefixList(1, "10.1.0.0/16")
            .Device(1, device => device with { Enabled = Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised = Prefixes("10.0.0.0/16", "10.1.0.0/16") })
            .Node(1, node => node with { Routes = Prefixes("10.0.0.0/16", "10.1.0.0/16") })
            .WithInternalDomain(1, "10.0.0.2");

        Assert.Empty(world.Lines());
        Assert.Empty(world.Unread(part).Lines());
        Assert.Contains(Prefix.Parse("10.1.0.0/16"), Advertised(world));
    }

    [Fact]
    public void A_stand_in_stays_while_the_record_that_says_that_the_vpcs_own_router_leaves_is_unread()
    {
        var both = Prefixes("10.0.0.0/16", "10.1.0.0/16");
        var all = Peered().Device(1, device => device with { Enabled = both, Advertised = both }).Node(1, node => node with { Routes = both })
            .WithRouter(2, inVpc: 2).Node(2, node => node with { GoneAt = Now.AddMinutes(-1) })
            .Seen();
        var some = all with { Nodes = new([.. all.Nodes.Items.Where(node => node.Instance == InstanceOf(1))], "Throttling") };

        Assert.All([all, some], seen => Assert.DoesNotContain(ReconcilePlanner.Plan(seen).Steps, step => step.Action is PlanAction.UnadvertiseRoutes { Instance: var one } && one == InstanceOf(1) || step.Action is PlanAction.TrimRoutes { Instance: var other } && other == InstanceOf(1)));
    }

    [Theory]
    [InlineData("subnets")]
    [InlineData("routeTables")]
    [InlineData("peerings")]
    public void Nothing_is_added_that_an_unread_part_might_deny(string part) => Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(Peered().Unread(part)));

    private static string Lost(AWorld world, string rule = "route-not-followed")
    {
        var finding = Assert.Single(world.Planned().Findings, finding => finding.Rule == rule);
        return $"{finding.Severity} {finding.Resource}: {finding.Text}";
    }

    [Theory]
    [InlineData("pending-acceptance")]
    [InlineData("expired")]
    [InlineData("deleted")]
    public void A_route_to_a_peering_that_is_not_active_is_told(string state) => Assert.Equal(
        $"warning pcx-00000001: pcx-00000001 is {state}. rtb-00000001 10.1.0.0/16 leads there, so no router advertises what is behind it: mend it, or delete the route.",
        Lost(Spoke("10.1.0.0/16 pcx-00000001", "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2, state)));

    [Theory]
    [InlineData("10.1.0.0/16 pcx-00000001 blackhole", "the route 10.1.0.0/16 of rtb-00000001 is a blackhole")]
    [InlineData("0.0.0.0/0 nat-00000001 blackhole", "the route 0.0.0.0/0 of rtb-00000001 is a blackhole")]
    [InlineData("10.1.0.0/16 something-new-00000001", "it leaves by something-new-00000001, a target of an unknown kind")]
    [InlineData("10.1.0.0/16 pcx-00000009", "pcx-00000009 was not seen")]
    [InlineData("0.0.0.0/0 tgw-00000009", "no attachment of vpc-00000001 to tgw-00000009 was seen")]
    [InlineData("pl-00000001 pcx-00000001", "the entries of prefix list pl-00000001 are not known")]
    public void A_route_that_leads_to_nothing_is_told(string line, string what)
    {
        var lost = Lost(Peered(line));

        Assert.StartsWith("warning ", lost, StringComparison.Ordinal);
        Assert.Contains(what, lost, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0/0 igw-00000001")]
    [InlineData("0.0.0.0/0 nat-00000001")]
    [InlineData("::/0 eigw-00000001")]
    [InlineData("10.1.0.0/16 pcx-00000001")]
    [InlineData("10.0.0.0/8 pcx-00000001")]
    [InlineData("pl-00000001 vpce-00000001")]
    public void Routes_that_are_as_they_should_be_are_no_finding(string line) =>
        Assert.DoesNotContain(Peered(line).Rules(), rule => rule is "route-not-followed" or "route-blackhole" or "vpc-without-subnets");

    [Fact]
    public void An_attachment_that_is_not_available_is_told() => Assert.Contains(
        "tgw-attach-00000001 is pendingAcceptance. rtb-00000001 0.0.0.0/0 leads there",
        Lost(Spoke("0.0.0.0/0 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1], state: "pendingAcceptance").WithTransitTable(1, 1, "10.0.0.0/16 1")),
        StringComparison.Ordinal);

    [Fact]
    public void An_attachment_without_a_subnet_in_the_routers_zone_is_told() => Assert.Contains(
        "tgw-attach-00000001 has no subnet in euw1-az1, where subnet-00000001 is. rtb-00000001 10.0.0.0/8 leads there",
        Lost(Spoke("10.0.0.0/8 tgw-00000001").WithSubnet(9, 1, "10.0.9.0/24", "euw1-az3").WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [9]).WithTransitTable(1, 1, "10.0.0.0/16 1")),
        StringComparison.Ordinal);

    [Fact]
    public void A_gateways_blackhole_is_told_and_may_be_meant() => Assert.Equal(
        "info tgw-rtb-00000001: the route 10.1.128.0/17 of tgw-rtb-00000001 is a blackhole. rtb-00000001 10.0.0.0/8 leads there, and no router advertises it.",
        Lost(
            Spoke("10.0.0.0/8 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.128.0/17 blackhole"),
            "route-blackhole"));

    [Fact]
    public void An_attachment_that_is_associated_with_no_route_table_is_told() => Assert.Contains(
        "tgw-attach-00000001 is associated with no route table of tgw-00000001.",
        Lost(Spoke("10.0.0.0/8 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 0, subnets: [1]).WithTransitTable(1, 1, "10.0.0.0/16 1")),
        StringComparison.Ordinal);

    [Fact]
    public void A_gateway_whose_account_is_not_looked_at_is_a_candidate_and_advertised_only_when_opted_in()
    {
        var world = Spoke("10.200.0.0/15 tgw-00000001").WithVpcAttachment(1, 1, vpc: 1, table: 0, subnets: [1]);

        Assert.Equal(Prefixes("10.0.0.0/16"), Advertised(world));
        Assert.Contains("10.200.0.0/15", world.Planned().Findings.Single(finding => finding.Rule == "beyond-gateway").Text, StringComparison.Ordinal);
        Assert.Equal(Prefixes("10.0.0.0/16", "10.200.0.0/16"), Advertised(world.WithOptIn("10.200.0.0/16")));
    }

    [Fact]
    public void A_vpc_without_subnets_that_routes_lead_to_is_told() => Assert.StartsWith(
        "info vpc-00000002: ",
        Lost(new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1).WithSubnet(1, 1, "10.0.1.0/24").Standing(1, 1)
            .WithMainTable(1, 1, "10.1.0.0/16 pcx-00000001").WithMainTable(2, 2, "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2), "vpc-without-subnets"),
        StringComparison.Ordinal);

    [Fact]
    public void While_something_was_not_read_that_is_the_only_finding() =>
        Assert.DoesNotContain("route-not-followed", Peered("10.1.0.0/16 pcx-00000009").Unread("peerings").Rules());

    [Fact]
    public void A_vpc_with_as_many_cidrs_as_aws_gives_is_served_whole_and_told()
    {
        string[] cidrs = ["10.0.0.0/16", "10.1.0.0/16", "10.3.0.0/16", "10.5.0.0/16", "10.7.0.0/16"];
        var world = new AWorld().WithVpc(1, cidrs).WithRouter(1, inVpc: 1);

        Assert.Equal(Prefixes(cidrs), Advertised(world));
        Assert.Contains("vpc-cidrs-full", world.Rules());
        Assert.DoesNotContain("vpc-cidrs-full", new AWorld().WithVpc(1, cidrs[..4]).WithRouter(1, inVpc: 1).Rules());
    }
}

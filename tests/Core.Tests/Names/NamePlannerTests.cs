using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Names;

public class NamePlannerTests
{
    private const string Internal = "eu-west-1.compute.internal";

    private static AWorld Hub() => new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithInternalDomain(1, "10.0.0.2");

    // Ours, and as it should be.
    private static AWorld Corp() => Hub().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");

    [Theory]
    [InlineData("10.0.0.2", "10.0.0.0/16")]
    [InlineData("10.0.96.2", "10.0.96.0/20")]
    [InlineData("10.1.2.18", "10.1.2.16/28")]
    [InlineData("172.31.0.2", "172.31.0.0/16", "10.5.0.0/16", "2001:db8:1200::/56")]   // of the primary CIDR, whatever else there is
    public void Forwards_a_private_zone_to_the_resolver_of_its_vpc(string resolver, params string[] cidrs)
    {
        var world = new AWorld().WithVpc(1, cidrs).WithRouter(1, inVpc: 1).WithZone(1, "corp.internal", vpc: 1).WithInternalDomain(1, resolver);

        Assert.Equal([$"forward corp.internal to {resolver}"], world.Lines());
    }

    [Theory]
    [InlineData("us-east-1", "ec2.internal")]
    [InlineData("eu-west-1", "eu-west-1.compute.internal")]
    [InlineData("us-gov-west-1", "us-gov-west-1.compute.internal")]
    public void Forwards_ec2_s_own_names_of_the_region(string region, string domain)
    {
        var seen = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).Seen();
        var scope = AWorld.Scope with { Region = region };
        var plan = ReconcilePlanner.Plan(seen with
        {
            Scopes = [seen.Scopes[0] with { Scope = scope }],
            Nodes = Seen<NodeRecord>.All(seen.Nodes.Items.Select(record => record with { Scope = scope })),
        });

        Assert.Equal([$"forward {domain} to 10.0.0.2"], plan.Steps.Select(step => step.Action.ToString()));
    }

    [Fact]
    public void Waits_until_a_router_has_joined()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithoutDevice(1).WithZone(1, "corp.internal", vpc: 1);

        Assert.Empty(world.Lines());
        Assert.Empty(world.Planned().Domains);
    }

    [Fact]
    public void Forwards_nothing_into_a_vpc_without_a_router() =>
        Assert.Empty(Hub().WithVpc(2, "10.2.0.0/16").WithZone(1, "corp.internal", vpc: 2).Lines());

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(null, true)]
    [InlineData(true, null)]
    public void Forwards_nothing_new_while_the_vpc_s_dns_is_off_or_unknown(bool? support, bool? hostNames)
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithZone(1, "corp.internal", vpc: 1)
            .Change(1, vpc => vpc with { DnsSupport = support, DnsHostNames = hostNames });

        Assert.Empty(world.Lines());
        Assert.Equal(support == false || hostNames == false, world.Rules().Contains("vpc-dns-off"));
    }

    [Fact]
    public void Stops_forwarding_where_dns_is_off_and_not_where_it_is_unknown()
    {
        Assert.Equal(
            ["stop forwarding corp.internal", $"stop forwarding {Internal}"],
            Corp().Change(1, vpc => vpc with { DnsSupport = false }).Lines());
        Assert.Empty(Corp().Change(1, vpc => vpc with { DnsSupport = null }).Lines());
        Assert.Empty(Corp().Change(1, vpc => vpc with { DnsHostNames = null }).Lines());
    }

    [Fact]
    public void Forwards_nothing_to_a_resolver_that_no_route_reaches()
    {
        var world = new AWorld().WithVpc(1, "100.64.0.0/16", "10.0.0.0/16").WithRouter(1, inVpc: 1).WithZone(1, "corp.internal", vpc: 1)
            .Device(1, device => device with { Advertised = AWorld.Prefixes("10.0.0.0/16"), Enabled = AWorld.Prefixes("10.0.0.0/16") })
            .Node(1, node => node with { Routes = AWorld.Prefixes("10.0.0.0/16") });

        Assert.Empty(world.Lines());
        Assert.Contains("resolver-not-covered", world.Rules());
    }

    [Fact]
    public void A_domain_that_somebody_else_set_is_in_no_action_and_not_among_the_wanted()
    {
        var world = Hub().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "192.168.1.53").WithSplitDns("theirs.example", "9.9.9.9");

        Assert.Empty(world.Lines());
        Assert.Equal(["split-dns-not-owned"], world.Rules());
        Assert.Equal([Internal], world.Planned().Domains.Select(domain => domain.Domain));
    }

    [Fact]
    public void Somebody_else_s_domain_is_not_taken_over_even_where_it_is_right() =>
        Assert.Empty(Hub().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.0.0.2").Lines());

    [Fact]
    public void Sets_right_what_somebody_changed_and_says_so()
    {
        var world = Hub().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.9.9.9").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");

        Assert.Equal(["forward corp.internal to 10.0.0.2 instead of 10.9.9.9"], world.Lines());
        Assert.Equal(["split-dns-drift"], world.Rules());
    }

    [Fact]
    public void Sets_again_what_somebody_removed() =>
        Assert.Equal(
            ["forward corp.internal to 10.0.0.2"],
            Hub().WithZone(1, "corp.internal", vpc: 1).WithOwned("corp.internal", 1, 1, true, "10.0.0.2").Lines());

    [Fact]
    public void An_unconfirmed_claim_never_overwrites_somebody_else_s_value()
    {
        var world = Hub().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "192.168.1.53").WithOwned("corp.internal", 1, 1, false, "10.0.0.2");

        Assert.Empty(world.Lines());
        Assert.Equal(["split-dns-not-owned"], world.Rules());
    }

    [Fact]
    public void An_unconfirmed_claim_that_is_in_place_is_confirmed() =>
        Assert.Equal(
            ["confirm corp.internal in the ledger"],
            Hub().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, false, "10.0.0.2").Lines());

    [Fact]
    public void Of_two_zones_with_one_name_the_first_owner_keeps_it()
    {
        var world = Two().WithZone(1, "corp.internal", vpc: 1).WithZone(2, "corp.internal", vpc: 2)
            .WithSplitDns("corp.internal", "10.2.0.2").WithOwned("corp.internal", 2, 2, true, "10.2.0.2");

        Assert.Empty(world.Lines());
        Assert.Contains(world.Planned().Findings, finding => finding is { Rule: "two-views", Resource: "corp.internal", Severity: Finding.Warning });
    }

    [Fact]
    public void Of_two_zones_with_one_name_only_one_is_forwarded() =>
        Assert.Equal(
            ["forward corp.internal to 10.0.0.2"],
            Two().WithZone(1, "corp.internal", vpc: 1).WithZone(2, "corp.internal", vpc: 2).Lines());

    [Fact]
    public void The_other_zone_takes_the_name_over_once_the_first_is_gone() =>
        Assert.Equal(
            ["forward corp.internal to 10.0.0.2 instead of 10.2.0.2"],
            Two().WithZone(1, "corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.2.0.2").WithOwned("corp.internal", 2, 2, true, "10.2.0.2").Lines());

    [Fact]
    public void All_vpcs_of_a_zone_answer_for_it()
    {
        var world = Two().WithZone(1, "corp.internal", vpc: 2).WithZone(1, "corp.internal", vpc: 1);

        Assert.Equal(["forward corp.internal to 10.0.0.2, 10.2.0.2"], world.Lines());
    }

    [Fact]
    public void A_resolver_stays_while_its_vpc_s_router_is_being_replaced()
    {
        AWorld Both() => Two().WithZone(1, "corp.internal", vpc: 1).WithZone(1, "corp.internal", vpc: 2)
            .WithSplitDns("corp.internal", "10.0.0.2", "10.2.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2", "10.2.0.2");

        Assert.Empty(Both().Lines());
        Assert.Empty(Both().WithoutDevice(2).Instance(2, instance => instance with { LaunchedAt = AWorld.Now.AddMinutes(-1) }).Lines());
        Assert.Empty(Both().Device(2, device => device with { Connected = false, LastSeen = AWorld.Now.AddMinutes(-2) }).Lines());
        Assert.Empty(Both().Change(2, vpc => vpc with { DnsSupport = null }).Lines());
        Assert.Contains("forward corp.internal to 10.0.0.2 instead of 10.0.0.2, 10.2.0.2", Both().Change(2, vpc => vpc with { DnsSupport = false }).Lines());
    }

    [Fact]
    public void A_resolver_that_nobody_reaches_any_more_goes_once_another_answers()
    {
        AWorld Both() => Two().WithZone(1, "corp.internal", vpc: 1).WithZone(1, "corp.internal", vpc: 2)
            .WithSplitDns("corp.internal", "10.0.0.2", "10.2.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2", "10.2.0.2");

        Assert.Contains("forward corp.internal to 10.0.0.2 instead of 10.0.0.2, 10.2.0.2", Both().WithoutDevice(2).Lines());
        Assert.Contains("forward corp.internal to 10.0.0.2 instead of 10.0.0.2, 10.2.0.2", Both().Device(2, device => device with { Connected = false, LastSeen = AWorld.Now.AddMinutes(-20) }).Lines());
        Assert.Empty(Both().WithoutDevice(1).WithoutDevice(2).Lines());
    }

    [Theory]
    [InlineData("vpcs")]
    [InlineData("instances")]
    [InlineData("zones")]
    [InlineData("devices")]
    [InlineData("nodes")]
    [InlineData("splitDns")]
    [InlineData("domains")]
    public void Unknown_parts_neither_remove_nor_shrink(string part)
    {
        var world = Two().WithZone(1, "corp.internal", vpc: 1)
            .WithSplitDns("corp.internal", "10.0.0.2", "10.2.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2", "10.2.0.2")
            .WithSplitDns("old.internal", "10.0.0.2").WithOwned("old.internal", 9, 1, true, "10.0.0.2");

        Assert.Contains("stop forwarding old.internal", world.Lines());
        Assert.Contains("forward corp.internal to 10.0.0.2 instead of 10.0.0.2, 10.2.0.2", world.Lines());
        Assert.DoesNotContain(world.Unread(part).Planned().Steps, step => step.Action is PlanAction.SetSplitDns or PlanAction.RemoveSplitDns or PlanAction.ForgetSplitDns);
    }

    [Fact]
    public void A_zone_may_live_on_in_a_scope_that_was_not_looked_at() =>
        Assert.Empty(Corp().WithoutZones().WithUnseenScope(new("444455556666", "eu-west-1")).Lines());

    [Fact]
    public void An_incumbent_of_overlapping_addresses_keeps_its_names_while_the_devices_are_unread() =>
        Assert.DoesNotContain(Corp().WithVpc(2, "10.0.128.0/17").WithRouter(2, inVpc: 2).Unread("devices").Planned().Steps, step => step.Action is PlanAction.SetSplitDns or PlanAction.RemoveSplitDns);

    [Fact]
    public void A_zone_that_is_gone_is_forwarded_no_longer() => Assert.Equal(["stop forwarding corp.internal"], Corp().WithoutZones().Lines());

    [Fact]
    public void A_domain_of_a_scope_that_is_no_longer_configured_stays()
    {
        var seen = Corp().WithoutZones().Seen();
        var elsewhere = seen with { Domains = Seen<DomainRecord>.All(seen.Domains.Items.Select(record => record with { Scope = new("444455556666", "eu-west-1") })) };

        Assert.DoesNotContain(ReconcilePlanner.Plan(elsewhere).Steps, step => step.Action is PlanAction.RemoveSplitDns or PlanAction.ForgetSplitDns);
    }

    [Fact]
    public void A_vpc_that_opts_out_is_forwarded_to_no_longer()
    {
        var lines = Corp().Change(1, vpc => vpc with { Advertise = "false" }).Lines();

        Assert.Contains("stop forwarding corp.internal", lines);
        Assert.Contains($"stop forwarding {Internal}", lines);
    }

    [Fact]
    public void A_vpc_without_a_router_keeps_its_domain_and_says_so()
    {
        var world = Corp().WithoutInstance(1);

        Assert.DoesNotContain(world.Planned().Steps, step => step.Action is PlanAction.SetSplitDns or PlanAction.RemoveSplitDns);
        Assert.Contains("resolver-without-router", world.Rules());
        Assert.Contains(world.Planned().Domains, domain => domain.Domain == "corp.internal");
    }

    [Fact]
    public void A_domain_that_somebody_took_over_is_forgotten_and_left_as_it_is()
    {
        var world = Hub().WithSplitDns("corp.internal", "192.168.1.53").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");

        Assert.Equal(["forget corp.internal in the ledger"], world.Lines());
        Assert.Equal(["split-dns-taken-over"], world.Rules());
    }

    [Fact]
    public void A_domain_that_somebody_removed_and_nobody_wants_is_forgotten() =>
        Assert.Equal(["forget corp.internal in the ledger"], Hub().WithOwned("corp.internal", 1, 1, true, "10.0.0.2").Lines());

    [Theory]
    [InlineData("")]
    [InlineData("corp..internal")]
    [InlineData("*.corp.internal")]
    [InlineData("corp internal")]
    [InlineData("Corp.internal")]
    [InlineData("b\u00fccher.example")]
    [InlineData("corp.internal.")]
    [InlineData("ts.net")]
    [InlineData("tail1234.ts.net")]
    public void A_zone_whose_name_split_dns_does_not_take_is_not_forwarded(string name)
    {
        var world = Hub().WithZone(1, name, vpc: 1);

        Assert.Empty(world.Lines());
        Assert.Equal(["zone-not-forwarded"], world.Rules());
    }

    [Fact]
    public void The_longest_names_are_forwarded_and_longer_ones_are_not()
    {
        var label = new string('a', 63);

        Assert.Null(DomainName.WhyRefused($"{label}.{label}.{label}.{label[..61]}"));
        Assert.NotNull(DomainName.WhyRefused($"{label}.{label}.{label}.{label[..62]}"));
        Assert.NotNull(DomainName.WhyRefused($"{label}a.example"));
        Assert.Null(DomainName.WhyRefused("_tcp.10.in-addr.arpa"));
        Assert.Null(DomainName.WhyRefused("nots.net"));
    }

    [Theory]
    [InlineData("Corp.Internal.", "corp.internal")]
    [InlineData("corp.internal", "corp.internal")]
    public void Writes_names_one_way(string name, string normal) => Assert.Equal(normal, DomainName.Normal(name));

    [Fact]
    public void A_name_comes_after_the_route_to_its_resolver()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).Device(1, device => device with { Advertised = PrefixSet.Empty, Enabled = PrefixSet.Empty });
        var steps = world.Planned().Steps;

        Assert.Equal(["ApproveRoutes", "AdvertiseRoutes", "SetSplitDns"], steps.Select(step => step.Action.Kind));
        Assert.Equal(ImmutableArray.Create(steps[0].Group), steps[2].After);
    }

    private static AWorld Two() => Hub().WithVpc(2, "10.2.0.0/16").WithRouter(2, inVpc: 2);
}

using Automation.Network;
using Automation.Plans;
using static Automation.AWorld;

namespace Automation.Routes;

public class RouterHealthTests
{
    [Fact]
    public void A_sick_router_hands_its_prefixes_over_to_a_healthy_one() => Assert.Equal(
        ["remember that subnet-router-i-00000001 is unhealthy", "stop advertising 10.0.0.0/16 on subnet-router-i-00000001", "withdraw 10.0.0.0/16 from subnet-router-i-00000001"],
        Two().WithProbe(1, false).WithProbe(2, true).Lines());

    [Fact]
    public void The_last_one_keeps_what_it_serves()
    {
        Assert.Equal(["remember that subnet-router-i-00000001 is unhealthy"], Settled(new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1)).WithProbe(1, false).Lines());
        Assert.Equal(
            ["remember that subnet-router-i-00000001 is unhealthy", "remember that subnet-router-i-00000002 is unhealthy"],
            Two().WithProbe(1, false).WithProbe(2, false).Lines());
    }

    [Fact]
    public void Nothing_is_handed_over_to_one_that_was_not_proven_healthy() =>
        Assert.Equal(["remember that subnet-router-i-00000001 is unhealthy"], Two().WithProbe(1, false).WithProbe(2, null).Lines());

    [Fact]
    public void Nothing_is_taken_while_the_healthy_one_is_not_connected()
    {
        var blinking = Two().WithProbe(1, false).WithProbe(2, true).Device(2, device => device with { Connected = false, LastSeen = Now.AddSeconds(-40) });

        Assert.DoesNotContain(blinking.Planned().Steps, step => step.Action.Effect == Effect.Remove);
    }

    [Fact]
    public void A_healthy_one_that_lacks_a_prefix_gets_it_before_it_is_taken_from_the_sick_one()
    {
        var plan = Two().Device(2, device => device with { Enabled = PrefixSet.Empty }).WithProbe(1, false).WithProbe(2, true).Planned();

        var approve = Assert.Single(plan.Steps, step => step.Action is PlanAction.ApproveRoutes { Device: var device } && device == DeviceOf(2));
        Assert.All(plan.Steps.Where(step => step.Action.Effect == Effect.Remove), step => Assert.Contains(approve.Group, step.After));
        Assert.True(plan.Steps.IndexOf(approve) < plan.Steps.ToList().FindIndex(step => step.Action.Effect == Effect.Remove));
    }

    [Fact]
    public void Once_it_is_healthy_again_its_prefixes_come_back() => Assert.Equal(
        [
            "subnet-router-i-00000001 no longer counts as unhealthy",
            "record subnet-router-i-00000001 as device n000001CNTRL with 10.0.0.0/16",
            "approve 10.0.0.0/16 on subnet-router-i-00000001",
            "advertise 10.0.0.0/16 on subnet-router-i-00000001",
        ],
        HandedOver().WithProbe(1, true).WithProbe(2, true).Lines());

    [Fact]
    public void Nothing_happens_while_it_cannot_be_asked()
    {
        Assert.Equal([], HandedOver().WithProbe(1, null, "still Pending").WithProbe(2, true).Lines());
        Assert.Equal([], HandedOver().Unread("health", ScopeSeen.NotLookedAt).Lines());
        Assert.Equal([], Two().WithProbe(1, null).WithProbe(2, true).Lines());
    }

    [Fact]
    public void Where_nobody_is_asked_any_more_nobody_is_unhealthy() =>
        Assert.Contains("subnet-router-i-00000001 no longer counts as unhealthy", HandedOver().Lines());

    [Fact]
    public void It_gets_back_what_nobody_else_serves_any_more()
    {
        var alone = HandedOver().WithProbe(1, false).WithProbe(2, null).Device(2, device => device with { Connected = false, LastSeen = Now.AddMinutes(-6) });

        Assert.Contains("approve 10.0.0.0/16 on subnet-router-i-00000001", alone.Lines());
    }

    [Fact]
    public void A_silent_resolver_says_nothing_where_the_vpc_has_none()
    {
        var world = Two().Change(1, vpc => vpc with { DnsSupport = false }).WithProbe(1, false).WithProbe(2, false);

        Assert.DoesNotContain(world.Planned().Steps, step => step.Action is PlanAction.DrainNode or PlanAction.TrimRoutes);
        Assert.Contains("router-not-probed", world.Rules());
    }

    [Fact]
    public void One_that_is_known_to_leave_hands_over_and_needs_no_probe_for_it() => Assert.Equal(
        ["stop advertising 10.0.0.0/16 on subnet-router-i-00000001", "withdraw 10.0.0.0/16 from subnet-router-i-00000001"],
        Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-1) }).Lines());

    // The one that would inherit may be sick.
    [Fact]
    public void Nothing_is_withdrawn_while_the_health_of_routers_is_unread() =>
        Assert.Equal([], Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-1) }).Unread("health").Lines());

    [Fact]
    public void When_all_leave_nothing_is_withdrawn_from_any() => Assert.Equal(
        [],
        Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-1) }).Node(2, node => node with { GoneAt = Now.AddMinutes(-1) }).Lines());

    [Fact]
    public void One_that_did_not_leave_in_ten_minutes_counts_again() =>
        Assert.Equal(["subnet-router-i-00000001 no longer counts as leaving"], Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-10) }).Lines());

    [Theory]
    [InlineData("instances")]
    [InlineData("devices")]
    [InlineData("nodes")]
    public void It_counts_again_only_where_all_was_read(string part)
    {
        var seen = Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-30) }).Seen();
        seen = part switch
        {
            "instances" => seen with { Scopes = [seen.Scopes[0] with { Instances = seen.Scopes[0].Instances with { Problem = "Throttling" } }] },
            "devices" => seen with { Devices = seen.Devices with { Problem = "Throttling" } },
            _ => seen with { Nodes = seen.Nodes with { Problem = "Throttling" } },
        };

        Assert.DoesNotContain(ReconcilePlanner.Plan(seen).Steps, step => step.Action is PlanAction.ReturnNode || step.Action.Effect == Effect.Remove);
    }

    [Fact]
    public void One_that_stopped_or_lost_its_connection_does_not_count_again()
    {
        Assert.DoesNotContain("no longer counts", string.Join('\n', Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-30) }).Instance(1, instance => instance with { State = "pending" }).Lines()), StringComparison.Ordinal);
        Assert.DoesNotContain("no longer counts", string.Join('\n', Two().Node(1, node => node with { GoneAt = Now.AddMinutes(-30) }).Device(1, device => device with { Connected = false, LastSeen = Now.AddMinutes(-20) }).Lines()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_says_what_the_probe_said_and_what_becomes_of_the_prefixes()
    {
        Assert.Equal(
            "error i-00000001: subnet-router-i-00000001 is connected and does not reach its VPC: the gateway 10.0.0.1 is FAILED. 10.0.0.0/16 is handed over to healthy routers. Look at its network interface, security groups and network ACL, or replace it.",
            Found("router-unhealthy", Two().WithProbe(1, false, "the gateway 10.0.0.1 is FAILED").WithProbe(2, true)));
        Assert.Equal(
            "error i-00000001: subnet-router-i-00000001 is connected and does not reach its VPC: silence. It keeps 10.0.0.0/16, as no other router serves it: start another in vpc-00000001. Look at its network interface, security groups and network ACL, or replace it.",
            Found("router-unhealthy", new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithProbe(1, false, "silence")));
        Assert.Equal(
            "error i-00000001: subnet-router-i-00000001 is connected, did not reach its VPC, and cannot be asked now: still Pending. 10.0.0.0/16 stays as it is, as nobody else is known to be healthy. Look at its network interface, security groups and network ACL, or replace it.",
            Found("router-unhealthy", HandedOver().WithProbe(1, null, "still Pending").WithProbe(2, true)));
        Assert.Equal(
            "info i-00000001: Whether subnet-router-i-00000001 reaches its VPC is not known, so it counts as healthy: still Pending. See whether its SSM agent is online.",
            Found("router-not-probed", Two().WithProbe(1, null, "still Pending").WithProbe(2, true)));
    }

    [Fact]
    public void Names_are_asked_of_the_healthy_translating_router_alone()
    {
        var world = Two().Change(1, vpc => vpc with { Overlap = "via6" }).WithSite(7, vpc: 1)
            .Instance(1, instance => instance with { Dns64 = true }).Instance(2, instance => instance with { Dns64 = true }).WithProbe(1, false).WithProbe(2, true);
        var after = After.Of(world.Seen(), world.Planned());

        Assert.All(after.SplitDns.Items, domain => Assert.Equal([TailnetAddressOf(2).ToString()], domain.Resolvers));
        Assert.NotEmpty(after.SplitDns.Items);
    }

    private static AWorld Two() => Settled(new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithRouter(2, inVpc: 1));

    // Found unhealthy some minutes ago.
    private static AWorld HandedOver() => Two()
        .Device(1, device => device with { Enabled = PrefixSet.Empty, Advertised = PrefixSet.Empty })
        .Node(1, node => node with { Routes = PrefixSet.Empty, UnhealthyAt = Now.AddMinutes(-8) });

    private static AWorld Settled(AWorld world) => world.WithInternalDomain(1, "10.0.0.2");

    private static string Found(string rule, AWorld world)
    {
        var finding = Assert.Single(world.Planned().Findings, finding => finding.Rule == rule);
        return $"{finding.Severity} {finding.Resource}: {finding.Text}";
    }
}

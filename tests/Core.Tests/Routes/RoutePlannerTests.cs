using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

public class RoutePlannerTests
{
    private static AWorld Hub() => new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithInternalDomain(1, "10.0.0.2");

    [Fact]
    public void Has_nothing_to_do_where_all_is_well()
    {
        Assert.Empty(Hub().Lines());
        Assert.Empty(Hub().Rules());
    }

    [Fact]
    public void Approves_a_new_cidr_then_advertises_it_after_recording_that_it_is_ours()
    {
        var world = Hub().Change(1, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse("10.64.0.0/16"), "associated")] });

        Assert.Equal(
            [
                "record subnet-router-i-00000001 as device n000001CNTRL with 10.0.0.0/16, 10.64.0.0/16",
                "approve 10.64.0.0/16 on subnet-router-i-00000001",
                "advertise 10.0.0.0/16, 10.64.0.0/16 on subnet-router-i-00000001",
            ],
            world.Lines());
    }

    [Fact]
    public void Serves_ipv6_beside_ipv4()
    {
        var plan = new AWorld().WithVpc(1, "10.0.0.0/16", "2001:db8:1200::/56").WithRouter(1, inVpc: 1).Planned();

        Assert.Equal(AWorld.Prefixes("10.0.0.0/16", "2001:db8:1200::/56"), plan.Routers[0].Advertise);
    }

    [Theory]
    [InlineData("associating")]
    [InlineData("disassociating")]
    [InlineData("disassociated")]
    [InlineData("failed")]
    public void Serves_no_cidr_that_is_not_associated(string state)
    {
        var world = Hub().Change(1, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse("10.64.0.0/16"), state)] });

        Assert.Empty(world.Lines());
    }

    [Fact]
    public void Comes_back_for_a_cidr_that_is_on_its_way()
    {
        Assert.True(Hub().Change(1, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse("10.64.0.0/16"), "associating")] }).Planned().IsSettling);
        Assert.False(Hub().Planned().IsSettling);
    }

    [Fact]
    public void A_cidr_that_is_gone_is_advertised_no_longer_and_its_approval_withdrawn()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16", "10.64.0.0/16").WithRouter(1, inVpc: 1).WithInternalDomain(1, "10.0.0.2")
            .Change(1, vpc => vpc with { Cidrs = [vpc.Cidrs[0], vpc.Cidrs[1] with { State = "disassociated" }] });

        Assert.Equal(
            ["stop advertising 10.64.0.0/16 on subnet-router-i-00000001", "withdraw 10.64.0.0/16 from subnet-router-i-00000001"],
            world.Lines());
    }

    [Fact]
    public void Leaves_what_somebody_else_enabled_or_advertised()
    {
        var world = Hub().Device(1, device => device with
        {
            Advertised = device.Advertised.Union(AWorld.Prefixes("192.168.7.0/24", "0.0.0.0/0", "::/0")),
            Enabled = device.Enabled.Union(AWorld.Prefixes("192.168.7.0/24", "0.0.0.0/0", "::/0")),
        });

        Assert.Empty(world.Lines());
        Assert.Equal(["route-not-ours"], world.Rules());
    }

    [Fact]
    public void Keeps_what_somebody_else_advertises_when_it_changes_its_own()
    {
        var world = Hub()
            .Device(1, device => device with { Advertised = device.Advertised.Union(AWorld.Prefixes("192.168.7.0/24", "0.0.0.0/0", "::/0")) })
            .Change(1, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse("10.64.0.0/16"), "associated")] });

        Assert.Contains("advertise 10.0.0.0/16, 10.64.0.0/16, 192.168.7.0/24 on subnet-router-i-00000001", world.Lines());
    }

    [Theory]
    [InlineData("vpcs")]
    [InlineData("instances")]
    [InlineData("nodes")]
    [InlineData("devices")]
    public void Withdraws_nothing_where_a_part_could_not_be_read(string part)
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16", "10.64.0.0/16").WithRouter(1, inVpc: 1)
            .Change(1, vpc => vpc with { Cidrs = [vpc.Cidrs[0], vpc.Cidrs[1] with { State = "disassociated" }] })
            .Unread(part);

        Assert.DoesNotContain(world.Planned().Steps, step => step.Action is PlanAction.TrimRoutes or PlanAction.UnadvertiseRoutes);
    }

    [Fact]
    public void Adds_nothing_new_while_the_ledger_is_not_read()
    {
        var all = Hub().Change(1, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse("10.64.0.0/16"), "associated")] }).Seen();
        Snapshot[] unread = [all with { Nodes = new([], "Throttling") }, all with { Nodes = all.Nodes with { Problem = "Throttling" } }];

        Assert.Contains(ReconcilePlanner.Plan(all).Steps, step => step.Action is PlanAction.ApproveRoutes);
        Assert.All(unread, seen => Assert.DoesNotContain(ReconcilePlanner.Plan(seen).Steps, step => step.Action is PlanAction.ApproveRoutes or PlanAction.AdvertiseRoutes));
    }

    [Fact]
    public void Withdraws_nothing_where_a_part_was_read_only_to_its_middle()
    {
        var all = new AWorld().WithVpc(1, "10.0.0.0/16", "10.64.0.0/16").WithRouter(1, inVpc: 1)
            .Change(1, vpc => vpc with { Cidrs = [vpc.Cidrs[0], vpc.Cidrs[1] with { State = "disassociated" }] }).Seen();
        var scope = all.Scopes[0];
        Snapshot[] halves =
        [
            all with { Scopes = [scope with { Vpcs = scope.Vpcs with { Problem = "Throttling" } }] },
            all with { Scopes = [scope with { Instances = scope.Instances with { Problem = "Throttling" } }] },
            all with { Devices = all.Devices with { Problem = "Throttling" } },
            all with { Nodes = all.Nodes with { Problem = "Throttling" } },
        ];

        Assert.Contains(ReconcilePlanner.Plan(all).Steps, step => step.Action is PlanAction.TrimRoutes);
        Assert.All(halves, seen => Assert.DoesNotContain(ReconcilePlanner.Plan(seen).Steps, step => step.Action is PlanAction.TrimRoutes or PlanAction.UnadvertiseRoutes));
    }

    [Fact]
    public void Keeps_a_narrower_prefix_that_a_device_which_was_not_shown_may_keep_as_well()
    {
        var narrower = AWorld.Prefixes("10.0.1.0/24");
        var all = Hub().WithRouter(2, inVpc: 1)
            .Device(1, device => device with { Enabled = device.Enabled.Union(narrower) }).Node(1, node => node with { Routes = node.Routes.Union(narrower) })
            .Device(2, device => device with { Enabled = device.Enabled.Union(narrower) })
            .Seen();
        var some = all with { Devices = new([.. all.Devices.Items.Where(device => device.Id == AWorld.DeviceOf(1))], "Throttling") };

        Assert.All([all, some], seen => Assert.DoesNotContain(ReconcilePlanner.Plan(seen).Steps, step => step.Action is PlanAction.TrimRoutes));
    }

    [Theory]
    [InlineData("100.64.0.0/16")]
    [InlineData("100.100.0.0/24")]
    [InlineData("169.254.0.0/16")]
    [InlineData("fd7a:115c:a1e0:b1a::/64")]
    [InlineData("224.0.0.0/8")]
    [InlineData("127.0.0.0/16")]
    public void Never_advertises_a_refused_range(string cidr)
    {
        var plan = new AWorld().WithVpc(1, "10.0.0.0/16", cidr).WithRouter(1, inVpc: 1).Planned();

        Assert.Equal(AWorld.Prefixes("10.0.0.0/16"), plan.Routers[0].Advertise);
        Assert.Contains(plan.Findings, finding => finding.Rule == "refused-range" && finding.Resource == "vpc-00000001");
    }

    [Fact]
    public void A_vpc_that_opts_out_is_served_no_longer()
    {
        var world = Hub().Change(1, vpc => vpc with { Advertise = "false" });

        Assert.Equal(
            ["stop forwarding eu-west-1.compute.internal", "stop advertising 10.0.0.0/16 on subnet-router-i-00000001", "withdraw 10.0.0.0/16 from subnet-router-i-00000001"],
            world.Lines());
    }

    [Fact]
    public void Of_two_vpcs_with_the_same_addresses_the_one_in_use_keeps_them()
    {
        var world = Hub().WithVpc(2, "10.0.128.0/17").WithRouter(2, inVpc: 2)
            .Device(2, device => device with { Enabled = PrefixSet.Empty })
            .Node(2, node => node with { Routes = PrefixSet.Empty });
        var plan = world.Planned();

        Assert.Equal(AWorld.Prefixes("10.0.0.0/16"), plan.Routers[0].Advertise);
        Assert.Empty(plan.Routers[1].Advertise);
        Assert.Equal(AWorld.Prefixes("fd7a:115c:a1e0:b1a:0:2:a00:8000/113"), plan.Routers[1].Via6);
        Assert.DoesNotContain(plan.Steps, step => step.Action is PlanAction.ApproveRoutes approve && approve.Added.Any(prefix => !prefix.IsIPv6));
        Assert.Equal(2, plan.Findings.Count(finding => finding.Rule == "overlapping-vpc"));
    }

    [Theory]
    [InlineData("not looked at")]
    [InlineData("AccessDenied")]
    public void A_newcomer_takes_no_addresses_from_a_vpc_in_a_scope_that_was_not_read_and_loses_none(string why)
    {
        var elsewhere = new Scope("444455556666", "eu-west-1");
        var world = Hub().WithVpc(2, "10.0.0.0/16").WithRouter(2, inVpc: 2)
            .Device(2, device => device with { Enabled = PrefixSet.Empty })
            .Node(1, node => node with { Scope = elsewhere });
        var all = world.Seen();
        var home = all.Scopes[0];
        var seen = all with
        {
            Scopes =
            [
                home with { Vpcs = Seen<Vpc>.All(home.Vpcs.Items.Skip(1)), Instances = Seen<Instance>.All(home.Instances.Items.Skip(1)) },
                ScopeSeen.Unseen(elsewhere, why),
            ],
        };
        var plan = ReconcilePlanner.Plan(seen);

        Assert.DoesNotContain(plan.Steps, step => step.Action is PlanAction.ApproveRoutes or PlanAction.UnadvertiseRoutes or PlanAction.TrimRoutes);
        Assert.Empty(Assert.Single(plan.Routers).Advertise);
        Assert.Contains(plan.Findings, finding => finding.Rule == "overlapping-vpc" && finding.Resource == AWorld.VpcOf(2).ToString());
    }

    [Fact]
    public void A_shared_vpc_keeps_what_one_account_has_approved_while_a_router_of_another_joins()
    {
        var partner = new Scope("444455556666", "eu-west-1");
        var world = Hub().WithVpc(2, "10.0.0.0/16").WithRouter(2, inVpc: 2).WithRouter(3, inVpc: 1)
            .Device(2, device => device with { Enabled = PrefixSet.Empty })
            .Device(3, device => device with { Enabled = PrefixSet.Empty });
        var all = world.Seen();
        var home = all.Scopes[0];
        var seen = all with
        {
            Scopes =
            [
                home with { Instances = Seen<Instance>.All(home.Instances.Items.Where(instance => instance.Id != AWorld.InstanceOf(3))) },
                home with
                {
                    Scope = partner,
                    Vpcs = Seen<Vpc>.All(home.Vpcs.Items.Where(vpc => vpc.Id == AWorld.VpcOf(1))),
                    Instances = Seen<Instance>.All(home.Instances.Items.Where(instance => instance.Id == AWorld.InstanceOf(3))),
                },
            ],
        };
        var plan = ReconcilePlanner.Plan(seen);

        Assert.DoesNotContain(plan.Steps, step => step.Action is PlanAction.TrimRoutes { Removed.IsEmpty: false } trim && trim.Device == AWorld.DeviceOf(1));
        Assert.Contains(plan.Steps, step => step.Action is PlanAction.ApproveRoutes approve && approve.Device == AWorld.DeviceOf(3));
    }

    [Fact]
    public void Of_two_newcomers_with_the_same_addresses_both_are_reached_by_4via6_only()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithRouter(2, inVpc: 2)
            .Device(1, device => device with { Enabled = PrefixSet.Empty }).Device(2, device => device with { Enabled = PrefixSet.Empty });

        Assert.All(world.Planned().Routers, router => Assert.Empty(router.Advertise));
        Assert.Equal(
            ["approve fd7a:115c:a1e0:b1a:0:1:a00:0/112 on subnet-router-i-00000001", "approve fd7a:115c:a1e0:b1a:0:2:a00:0/112 on subnet-router-i-00000002"],
            world.Lines().Where(line => line.StartsWith("approve", StringComparison.Ordinal)));
    }

    [Fact]
    public void Says_so_when_a_router_has_not_joined_is_offline_or_waits_for_approval()
    {
        Assert.Contains("router-not-joined", Hub().WithoutDevice(1).Rules());
        Assert.Contains("router-offline", Hub().Device(1, device => device with { Connected = false }).Rules());
        Assert.Contains("router-not-authorized", Hub().Device(1, device => device with { Authorized = false }).Rules());
        Assert.Contains("no-router", new AWorld().WithVpc(3, "10.3.0.0/16").Change(3, vpc => vpc with { Advertise = "true" }).Rules());
    }

    [Fact]
    public void Names_unknown_roles_and_those_it_does_not_serve_and_touches_neither()
    {
        var world = Hub().Instance(1, instance => instance with { Role = "subnet-ruoter" });

        Assert.Contains("unknown-role", world.Rules());
        Assert.Empty(world.Lines());
        Assert.Contains("role-without-tag", Hub().Instance(1, instance => instance with { Role = "exit-node" }).Rules());
    }

    [Fact]
    public void A_device_of_an_earlier_join_is_not_taken_for_the_living_one()
    {
        var world = Hub().WithDevice(new(AWorld.DeviceOf(99), AWorld.HostOf(1), ["tag:aws-router"], false, true, AWorld.Now, AWorld.Now, PrefixSet.Empty, PrefixSet.Empty, []));

        Assert.Equal(AWorld.DeviceOf(1), world.Planned().Routers[0].Device);
    }
}

using Automation.Plans;

namespace Automation.Nodes;

public class CleanupPlannerTests
{
    private static AWorld Hub() => new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithInternalDomain(1, "10.0.0.2");

    [Fact]
    public void Clears_away_all_that_is_left_of_an_instance_that_ec2_no_longer_knows()
    {
        var world = Hub().WithGoneRouter(2, inVpc: 1).WithParameter(2, "settings", TimeSpan.FromHours(4)).WithParameter(2, "auth-key", TimeSpan.FromHours(4));

        Assert.Equal(
            [
                "delete device n000002CNTRL of subnet-router-i-00000002: EC2 no longer knows its instance",
                "delete auth-key and settings of i-00000002",
                "forget i-00000002 in the ledger",
            ],
            world.Lines());
    }

    [Theory]
    [InlineData("terminated")]
    [InlineData("shutting-down")]
    public void An_instance_that_ec2_shows_as_ended_is_gone(string state)
    {
        var world = Hub().WithRouter(2, inVpc: 1).Instance(2, instance => instance with { State = state })
            .Device(2, device => device with { Connected = false, LastSeen = AWorld.Now.AddMinutes(-11) });

        Assert.Contains($"delete device n000002CNTRL of subnet-router-i-00000002: its instance is {state}", world.Lines());
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("stopping")]
    [InlineData("running")]
    [InlineData("pending")]
    public void An_instance_that_may_come_back_loses_nothing(string state)
    {
        var world = Hub().WithRouter(2, inVpc: 1).Instance(2, instance => instance with { State = state })
            .Device(2, device => device with { Connected = false, LastSeen = AWorld.Now.AddHours(-9) });

        Assert.Empty(world.Lines());
    }

    [Fact]
    public void A_device_is_deleted_only_after_ten_minutes_of_silence()
    {
        Assert.DoesNotContain(
            Hub().WithGoneRouter(2, inVpc: 1).Device(2, device => device with { LastSeen = AWorld.Now.AddMinutes(-9) }).Planned().Steps,
            step => step.Action is PlanAction.DeleteDevice or PlanAction.ForgetNode);
    }

    [Fact]
    public void A_device_that_is_still_connected_is_never_deleted()
    {
        var world = Hub().WithGoneRouter(2, inVpc: 1).Device(2, device => device with { Connected = true, LastSeen = null });

        Assert.Empty(world.Lines(allowMassDelete: true));
        Assert.Contains("gone-but-connected", world.Rules());
    }

    [Theory]
    [InlineData("instances")]
    [InlineData("nodes")]
    [InlineData("devices")]
    public void Unknown_never_deletes(string part)
    {
        var world = Hub().WithGoneRouter(2, inVpc: 1).WithKey(7, 2, TimeSpan.FromMinutes(9)).WithParameter(2, "settings", TimeSpan.FromHours(4)).Unread(part);

        Assert.DoesNotContain(world.Planned(allowMassDelete: true).Steps, step => step.Action is PlanAction.DeleteDevice or PlanAction.ForgetNode);
    }

    [Fact]
    public void A_scope_that_was_not_looked_at_keeps_its_devices()
    {
        var elsewhere = new Scope("444455556666", "eu-west-1");
        var world = Hub().WithUnseenScope(elsewhere).WithGoneRouter(2, inVpc: 1).Node(2, node => node with { Scope = elsewhere });

        Assert.Empty(world.Lines(allowMassDelete: true));
    }

    [Fact]
    public void A_device_that_neither_ec2_nor_the_ledger_knows_may_be_another_installation_s()
    {
        var world = Hub().WithGoneRouter(2, inVpc: 1).Node(2, _ => null);

        Assert.Empty(world.Lines(allowMassDelete: true));
        Assert.Contains("unrecorded-device", world.Rules());
    }

    [Fact]
    public void Many_deletions_at_once_wait_for_a_person()
    {
        AWorld Bad(int gone) => Enumerable.Range(10, gone).Aggregate(Hub(), (world, number) => world.WithGoneRouter(number, inVpc: 1));

        Assert.Equal(5, Bad(5).Planned().Steps.Count(step => step is { Action: PlanAction.DeleteDevice, Held: null }));
        Assert.All(Bad(6).Planned().Steps.Where(step => step.Action is PlanAction.DeleteDevice), step => Assert.NotNull(step.Held));
        Assert.DoesNotContain(Bad(6).Planned().Steps, step => step.Action is PlanAction.ForgetNode);
        Assert.Contains("mass-deletion-held", Bad(6).Rules());
        Assert.Equal(6, Bad(6).Planned(allowMassDelete: true).Steps.Count(step => step is { Action: PlanAction.DeleteDevice, Held: null }));
        Assert.True(Bad(6).Planned().IsEmpty);
    }

    [Fact]
    public void A_fifth_of_a_large_fleet_may_go_at_once()
    {
        var world = Enumerable.Range(10, 39).Aggregate(new AWorld().WithVpc(1, "10.0.0.0/16"), (world, number) => world.WithRouter(number, inVpc: 1));
        world = Enumerable.Range(100, 9).Aggregate(world, (world, number) => world.WithGoneRouter(number, inVpc: 1));

        Assert.Equal(9, world.Planned().Steps.Count(step => step is { Action: PlanAction.DeleteDevice, Held: null }));
    }

    [Fact]
    public void The_last_router_of_a_vpc_that_still_exists_waits_for_a_person()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithGoneRouter(2, inVpc: 1);

        Assert.Empty(world.Lines());
        Assert.Contains("deletion-held", world.Rules());
        Assert.Contains("delete device n000002CNTRL of subnet-router-i-00000002: EC2 no longer knows its instance", world.Lines(allowMassDelete: true));
        Assert.Contains("delete device n000002CNTRL of subnet-router-i-00000002: EC2 no longer knows its instance", world.WithRouter(3, inVpc: 1).Lines());
    }

    [Fact]
    public void The_last_router_is_held_also_while_it_cannot_be_said_whether_its_vpc_still_exists()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithGoneRouter(2, inVpc: 1).Unread("vpcs");

        Assert.Empty(world.Lines());
        Assert.Contains("deletion-held", world.Rules());
        Assert.NotEmpty(world.Lines(allowMassDelete: true));
    }

    [Fact]
    public void A_router_that_ec2_shows_as_ended_stays_while_the_ledger_cannot_say_whose_it_was()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(2, inVpc: 1).Instance(2, instance => instance with { State = "terminated" })
            .Device(2, device => device with { Connected = false, LastSeen = AWorld.Now.AddHours(-1) }).Unread("nodes");

        Assert.DoesNotContain(world.Planned(allowMassDelete: true).Steps, step => step.Action is PlanAction.DeleteDevice);
    }

    [Fact]
    public void An_orphaned_key_of_a_living_instance_is_revoked_and_its_own_is_not()
    {
        var world = Hub().WithRouter(2, inVpc: 1).WithoutDevice(2)
            .Node(2, node => node with { Device = null, Key = KeyId.Parse("k000007CNTRL"), KeyExpires = AWorld.Now.AddMinutes(8) })
            .WithKey(7, 2, TimeSpan.FromMinutes(7)).WithKey(6, 2, TimeSpan.FromMinutes(8)).WithKey(8, 2, TimeSpan.FromMinutes(1))
            .WithParameter(2, "auth-key", TimeSpan.FromMinutes(7));

        Assert.Equal(["revoke auth key k000006CNTRL of i-00000002"], world.Lines());
    }

    [Fact]
    public void The_key_on_record_of_an_instance_that_is_gone_is_revoked_before_the_record_is_forgotten()
    {
        var world = Hub().WithGoneRouter(2, inVpc: 1).WithoutDevice(2)
            .Node(2, node => node with { Device = null, Key = KeyId.Parse("k000007CNTRL"), KeyExpires = AWorld.Now.AddMinutes(14) })
            .WithKey(7, 2, TimeSpan.FromMinutes(1)).WithKey(8, 2, TimeSpan.FromMinutes(1));   // the other may be of a registration that is under way

        Assert.Equal(["revoke auth key k000007CNTRL of i-00000002", "forget i-00000002 in the ledger"], world.Lines());
    }

    [Fact]
    public void A_spent_key_and_its_parameter_are_cleared_away_if_the_joining_did_not()
    {
        var world = Hub().WithKey(7, 1, TimeSpan.FromMinutes(12)).WithParameter(1, "auth-key", TimeSpan.FromMinutes(12)).WithParameter(1, "settings", TimeSpan.FromMinutes(12));

        Assert.Equal(["revoke auth key k000007CNTRL of i-00000001", "delete auth-key of i-00000001"], world.Lines());
    }

    [Fact]
    public void A_key_of_a_stranger_s_instance_is_left_alone()
    {
        Assert.Empty(Hub().WithKey(7, 77, TimeSpan.FromMinutes(12)).WithParameter(77, "auth-key", TimeSpan.FromHours(2)).Lines());
    }

    [Fact]
    public void Parameters_that_nobody_knows_of_are_reported_and_left_alone()
    {
        Assert.Contains("unrecorded-parameters", Hub().WithParameter(77, "settings", TimeSpan.FromHours(2)).Rules());
        Assert.DoesNotContain("unrecorded-parameters", Hub().WithParameter(77, "settings", TimeSpan.FromMinutes(2)).Rules());
        Assert.DoesNotContain("unrecorded-parameters", Hub().WithParameter(77, "settings", TimeSpan.FromHours(2)).Unread("nodes").Rules());
        Assert.DoesNotContain("unrecorded-parameters", Hub().WithParameter(77, "settings", TimeSpan.FromHours(2)).Unread("instances").Rules());
    }

    [Fact]
    public void A_key_that_the_api_does_not_list_is_revoked_from_memory()
    {
        var world = Hub().WithGoneRouter(2, inVpc: 1).Node(2, node => node with { Key = KeyId.Parse("k000007CNTRL"), KeyExpires = AWorld.Now.AddMinutes(3) });

        Assert.Contains("revoke auth key k000007CNTRL of i-00000002", world.Lines());
    }

    // The instance's disk was replaced, or its tailscaled lost its state: it has joined anew under its name.
    private static AWorld Rejoined(Func<Device, Device>? dead = null) => Hub().WithDevice((dead ?? (device => device))(new(
        AWorld.DeviceOf(9), AWorld.HostOf(1), ["tag:aws-router"], false, true, AWorld.Now.AddDays(-3), AWorld.Now.AddMinutes(-10), AWorld.Prefixes("10.0.0.0/16"), AWorld.Prefixes("10.0.0.0/16"), [AWorld.TailnetAddressOf(9)])));

    [Fact]
    public void The_dead_device_of_a_router_that_has_joined_anew_is_deleted() =>
        Assert.Equal(["delete device n000009CNTRL of subnet-router-i-00000001: duplicate of n000001CNTRL"], Rejoined().Lines());

    [Fact]
    public void What_is_on_record_for_the_dead_device_moves_to_the_living_one_first()
    {
        var world = Rejoined().Node(1, node => node with { Device = AWorld.DeviceOf(9) });

        Assert.Equal(
            ["record subnet-router-i-00000001 as device n000001CNTRL with 10.0.0.0/16", "delete device n000009CNTRL of subnet-router-i-00000001: duplicate of n000001CNTRL"], world.Lines());
        Assert.Contains(world.Planned().Steps[0].Group, world.Planned().Steps[1].After);
        Assert.Empty(world.Instance(1, instance => instance with { Role = "typo" }).Lines());   // nobody would record the living one
    }

    [Fact]
    public void A_duplicate_that_is_connected_or_was_seen_a_moment_ago_or_has_nobody_living_beside_it_stays()
    {
        Assert.Empty(Rejoined(device => device with { Connected = true, LastSeen = null }).Lines());
        Assert.Empty(Rejoined(device => device with { LastSeen = AWorld.Now.AddMinutes(-9) }).Lines());
        Assert.Empty(Rejoined().Device(1, device => device with { Authorized = false }).Lines());
        Assert.DoesNotContain(Rejoined().Device(1, device => device with { Connected = false, LastSeen = AWorld.Now.AddHours(-1) }).Planned().Steps, step => step.Action is PlanAction.DeleteDevice);
        Assert.Empty(Rejoined(device => device with { HostName = "agent-i-00000001" }).Lines());   // another name, another node
    }

    [Theory]
    [InlineData("devices")]
    [InlineData("nodes")]
    [InlineData("instances")]
    public void Unknown_deletes_no_duplicate(string part) =>
        Assert.DoesNotContain(Rejoined().Unread(part).Planned(allowMassDelete: true).Steps, step => step.Action is PlanAction.DeleteDevice);

    [Fact]
    public void Duplicates_count_toward_the_limit()
    {
        var world = Enumerable.Range(20, 5).Aggregate(Rejoined(), (world, number) => world.WithGoneRouter(number, inVpc: 1));

        Assert.Equal(6, world.Planned().Steps.Count(step => step is { Action: PlanAction.DeleteDevice, Held: not null }));
    }

    [Fact]
    public void The_report_says_of_each_device_to_be_deleted_why_and_how_old_it_is_and_what_it_costs_to_leave_it()
    {
        var seen = Rejoined().WithVpc(2, "10.2.0.0/16").WithGoneRouter(2, inVpc: 2).Seen() with { DevicePrice = 4.50m };
        var report = System.Text.Encoding.UTF8.GetString(Report.Of(seen, ReconcilePlanner.Plan(seen)).ToUtf8Json());

        Assert.Contains(
            """
            "cleanup":{"devices":2,"monthlyCost":9.00,"items":[{"device":"n000002CNTRL","hostName":"subnet-router-i-00000002","instanceId":"i-00000002","ageDays":0,"silentMinutes":60,"reason":"EC2 no longer knows its instance","outcome":"held","monthlyCost":4.50},{"device":"n000009CNTRL","hostName":"subnet-router-i-00000001","instanceId":"i-00000001","ageDays":3,"silentMinutes":10,"reason":"duplicate of n000001CNTRL","outcome":"planned","monthlyCost":4.50}]}
            """.Trim(),
            report,
            StringComparison.Ordinal);
        Assert.Contains("\"cleanup\":{\"devices\":0,\"items\":[]}", System.Text.Encoding.UTF8.GetString(Report.Of(Hub().Seen(), Hub().Planned()).ToUtf8Json()), StringComparison.Ordinal);
    }
}

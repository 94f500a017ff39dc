using System.Text;
using Automation.Plans;

namespace Automation.Nodes;

public class PoolPlannerTests
{
    private static AWorld Kept(TimeSpan age) => new AWorld().WithKeptPool("ci", 12, 1, age);

    private static TimeSpan Hours(double hours) => TimeSpan.FromHours(hours);

    [Fact]
    public void A_pool_that_is_new_is_given_a_key()
    {
        var world = new AWorld().WithPool("ci", 12);

        Assert.Equal(["mint an auth key for pool ci, as it has none"], world.Lines());
        Assert.Equal("Plan: 1 to add, 0 to change, 0 to remove.", world.Planned().Summary);
        var step = Assert.IsType<PlanAction.RotatePoolKey>(Assert.Single(world.Planned().Steps).Action);
        Assert.Equal(("agent", Hours(12), "tag:aws-agent"), (step.Pool.Role, step.Pool.Life, Assert.Single(step.Tags)));
    }

    [Fact]
    public void A_key_is_replaced_at_half_its_life_and_not_before_and_the_old_one_is_left_to_expire()
    {
        Assert.Empty(Kept(Hours(5.99)).Lines());
        Assert.Equal(["mint an auth key for pool ci, as half its life is over"], Kept(Hours(6)).Lines());
        Assert.Equal("Plan: 0 to add, 1 to change, 0 to remove.", Kept(Hours(6)).Planned().Summary);

        var step = Assert.IsType<PlanAction.RotatePoolKey>(Assert.Single(Kept(Hours(6)).Planned().Steps).Action);
        Assert.Equal(new(AWorld.KeyOf(1), AWorld.Now.AddHours(6)), step.Left);
        Assert.Empty(step.Superseded);
    }

    [Fact]
    public void A_life_that_was_shortened_counts_at_once_and_one_that_was_lengthened_does_not_keep_a_key_beyond_half_its_own()
    {
        Assert.NotEmpty(Kept(Hours(1)).WithoutPool("ci").WithPool("ci", 2).Lines());
        Assert.NotEmpty(Kept(Hours(6)).WithoutPool("ci").WithPool("ci", 168).Lines());
        Assert.Empty(Kept(Hours(5)).WithoutPool("ci").WithPool("ci", 168).Lines());
    }

    [Fact]
    public void A_key_that_was_revoked_or_has_expired_is_replaced_at_once()
    {
        var revoked = new AWorld().WithPool("ci", 12).WithPoolKey(1, "ci", 12, Hours(1), invalid: true).WithPoolRecord("ci", 12, 1, Hours(1)).WithPoolParameter("ci", 1);

        Assert.Equal(["mint an auth key for pool ci, as it was revoked or has expired"], revoked.Lines());
        Assert.Null(Assert.IsType<PlanAction.RotatePoolKey>(Assert.Single(revoked.Planned().Steps).Action).Left);
        Assert.Equal(["mint an auth key for pool ci, as it was revoked or has expired"], Kept(Hours(13)).Lines());
    }

    [Fact]
    public void A_key_that_the_api_does_not_list_is_taken_for_what_the_ledger_says() =>
        Assert.Empty(new AWorld().WithPool("ci", 12).WithPoolRecord("ci", 12, 1, Hours(1)).WithPoolParameter("ci", 1).Lines());

    [Fact]
    public void A_key_whose_parameter_is_not_there_or_holds_another_is_replaced()
    {
        Assert.Equal(["mint an auth key for pool ci, as its parameter is not there, and revoke k000001CNTRL first"], Kept(Hours(1)).WithoutPoolParameter("ci").Lines());
        Assert.Equal(["mint an auth key for pool ci, as its parameter holds another, and revoke k000001CNTRL first"], Kept(Hours(1)).WithPoolParameter("ci", 7).Lines());
    }

    [Fact]
    public void A_key_with_other_tags_than_its_role_has_is_replaced() =>
        Assert.Equal(["mint an auth key for pool ci, as its tags have changed"], Kept(Hours(1)).WithoutPool("ci").WithPool("ci", 12, "subnet-router").Lines());

    [Fact]
    public void What_the_parameter_holds_goes_on_where_a_newer_key_never_reached_it()
    {
        // The process ended between the ledger and the parameter.
        var world = Kept(Hours(7)).WithPoolKey(2, "ci", 12, Hours(1))
            .Pool("ci", record => record with { Key = record.Key! with { Id = AWorld.KeyOf(2), Minted = AWorld.Now.AddHours(-1) }, Previous = new(AWorld.KeyOf(1), AWorld.Now.AddHours(5)) });

        Assert.Equal(["mint an auth key for pool ci, as its parameter holds another, and revoke k000002CNTRL first"], world.Lines());
        Assert.Equal(AWorld.KeyOf(1), Assert.IsType<PlanAction.RotatePoolKey>(Assert.Single(world.Planned().Steps).Action).Left?.Id);
    }

    [Fact]
    public void Of_more_than_two_usable_keys_all_but_the_one_in_use_are_revoked_before_another_is_minted()
    {
        var world = Kept(Hours(6)).WithPoolKey(2, "ci", 12, Hours(7)).WithPoolKey(3, "ci", 12, TimeSpan.FromMinutes(1))
            .Pool("ci", record => record with { Previous = new(AWorld.KeyOf(4), AWorld.Now.AddHours(1)) });

        Assert.Equal(
            ["mint an auth key for pool ci, as half its life is over, and revoke k000002CNTRL and k000003CNTRL and k000004CNTRL first"], world.Lines());
    }

    [Fact]
    public void An_orphan_is_revoked_after_five_minutes_and_the_predecessor_is_not()
    {
        var world = Kept(Hours(1)).WithPoolKey(2, "ci", 12, Hours(7)).WithPoolKey(3, "ci", 12, TimeSpan.FromMinutes(5)).WithPoolKey(4, "ci", 12, TimeSpan.FromMinutes(4.9))
            .WithPoolKey(5, "ci", 12, Hours(2), invalid: true).WithPoolKey(6, "ci", 12, Hours(13))
            .Pool("ci", record => record with { Previous = new(AWorld.KeyOf(2), AWorld.Now.AddHours(5)) });

        Assert.Equal(["revoke auth key k000003CNTRL of pool ci"], world.Lines());
    }

    [Fact]
    public void A_key_of_another_installation_s_pool_of_the_same_name_is_left_alone()
    {
        Assert.Empty(Kept(Hours(1)).WithPoolKey(2, "ci", 12, Hours(7), mark: "12345678").Lines());
        Assert.Empty(Kept(Hours(1)).WithPoolKey(2, "other", 12, Hours(7)).Lines());
    }

    [Fact]
    public void While_another_run_may_be_at_it_nothing_is_done_and_it_is_said()
    {
        var world = Kept(Hours(6)).WithPoolKey(2, "ci", 12, TimeSpan.FromMinutes(6)).Pool("ci", record => record with { Lease = AWorld.Now.AddMinutes(1), Unsure = true });

        Assert.Empty(world.Lines());
        Assert.Contains("pool-key-waits", world.Rules());
        Assert.NotEmpty(world.Pool("ci", record => record with { Lease = AWorld.Now }).Lines());
        Assert.Empty(Kept(Hours(1)).WithPoolKey(2, "ci", 12, TimeSpan.FromMinutes(6)).Pool("ci", record => record with { Lease = AWorld.Now.AddMinutes(1) }).Planned().Findings);
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("poolParameters")]
    public void A_key_at_half_its_life_is_replaced_also_where_not_all_is_read_and_nothing_has_to_be_revoked_for_it(string part)
    {
        Assert.Equal(["mint an auth key for pool ci, as half its life is over"], Kept(Hours(6)).Unread(part).Lines());

        var third = Kept(Hours(6)).Pool("ci", record => record with { Previous = new(AWorld.KeyOf(4), AWorld.Now.AddHours(1)) }).Unread(part);
        Assert.Empty(third.Lines());
        Assert.Contains("pool-key-waits", third.Rules());
    }

    [Fact]
    public void Where_a_key_may_be_left_over_and_keys_cannot_be_read_none_is_minted()
    {
        var world = Kept(Hours(6)).Pool("ci", record => record with { Unsure = true });

        Assert.NotEmpty(world.Lines());
        Assert.Empty(world.Unread("keys").Lines());
        Assert.Contains("pool-key-waits", world.Rules());
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("poolParameters")]
    [InlineData("poolRecords")]
    public void Unknown_never_revokes_nor_deletes(string part)
    {
        Assert.Empty(Kept(Hours(1)).WithPoolKey(3, "ci", 12, Hours(2)).Unread(part).Lines());
        Assert.Empty(Kept(Hours(1)).WithoutPool("ci").Unread(part).Lines());
    }

    [Fact]
    public void Without_the_ledger_no_key_is_minted() => Assert.Empty(new AWorld().WithPool("ci", 12).Unread("poolRecords").Lines());

    [Fact]
    public void Where_the_ledger_was_lost_what_the_parameter_holds_is_left_to_expire()
    {
        var world = Kept(Hours(3)).Pool("ci", _ => null);

        Assert.Equal(["mint an auth key for pool ci, as it has none"], world.Lines());
        Assert.Equal(AWorld.KeyOf(1), Assert.IsType<PlanAction.RotatePoolKey>(Assert.Single(world.Planned().Steps).Action).Left?.Id);
    }

    [Fact]
    public void A_pool_that_is_no_longer_wanted_goes_with_its_keys_and_its_parameter_and_the_ledger_forgets_last()
    {
        var world = Kept(Hours(1)).WithoutPool("ci").WithPoolKey(2, "ci", 12, Hours(7)).Pool("ci", record => record with { Previous = new(AWorld.KeyOf(3), AWorld.Now.AddHours(5)) });

        Assert.Equal(
            [
                "revoke auth key k000001CNTRL of pool ci",
                "revoke auth key k000002CNTRL of pool ci",
                "revoke auth key k000003CNTRL of pool ci",
                "delete the auth key parameter of pool ci",
                "forget pool ci in the ledger",
            ],
            world.Lines());
        var last = world.Planned().Steps[^1];
        Assert.Equal([last.Group], last.After);
        Assert.Empty(world.Pool("ci", record => record with { Lease = AWorld.Now.AddMinutes(1) }).Lines());
    }

    [Fact]
    public void The_report_says_of_each_pool_what_it_has_and_never_a_value()
    {
        var seen = Kept(Hours(1)).WithPool("web", 24).Seen();
        var report = Encoding.UTF8.GetString(Report.Of(seen, ReconcilePlanner.Plan(seen)).ToUtf8Json());

        Assert.Contains(
            """
            "pools":[{"name":"ci","role":"agent","keyId":"k000001CNTRL","expires":"2026-03-04T20:15:00+00:00","parameter":"/tailnet/pools/ci/auth-key"},{"name":"web","role":"agent","keyId":null,"expires":null,"parameter":null}]
            """.Trim(),
            report,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("111122223333/eu-west-1", "tailnet-ledger")]
    [InlineData("111122223333/eu-west-2", "tailnet-ledger")]
    [InlineData("111122223333/eu-west-1", "other-ledger")]
    public void Each_installation_has_a_mark_of_its_own_and_the_longest_description_is_one_that_Tailscale_takes(string home, string ledger)
    {
        Assert.True(Scope.TryParse(home, out var scope));
        var mark = KeyPool.MarkOf(scope, ledger);
        var name = new string('n', KeyPool.LongestName);
        var key = new AuthKey(AWorld.KeyOf(1), AuthKey.DescriptionFor(name, mark), AWorld.Now, AWorld.Now, Invalid: false);

        Assert.Equal(mark == KeyPool.MarkOf(new("111122223333", "eu-west-1"), "tailnet-ledger"), (home, ledger) == ("111122223333/eu-west-1", "tailnet-ledger"));
        Assert.Equal(50, key.Description.Length);
        Assert.True(key.IsForPool(mark, out var pool) && pool == name);
        Assert.False(key.IsForInstance(out _));
        Assert.False((key with { Description = AuthKey.DescriptionFor(AWorld.InstanceOf(1)) }).IsForPool(mark, out _));
    }
}

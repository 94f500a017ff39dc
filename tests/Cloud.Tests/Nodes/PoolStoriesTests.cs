using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

/// <summary>Key pools on the simulated cloud: what a task finds in the parameter at any time, and what is left of it in the tailnet.</summary>
public sealed class PoolStoriesTests
{
    private const string Parameter = "/tailnet/pools/ci/auth-key";

    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    [Fact]
    public async Task A_task_joins_with_the_key_that_it_finds_and_the_key_is_always_young()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        var first = Assert.Single(UsableKeys());
        Assert.Equal((true, true, true, TimeSpan.FromHours(1), "tag:aws-agent"), (first.Reusable, first.Ephemeral, first.Preauthorized, first.Expires - first.Created, Assert.Single(first.Tags)));
        Assert.Equal("auth key " + first.Id, _network.Region.Parameters[Parameter].Description);

        for (var minute = 0; minute < 180; minute += 5)
        {
            await World.RunAsync(Minutes(5));
            var found = _network.Region.Parameters[Parameter].Value;
            World.Tailnet.Join(new(found), $"agent-{minute}", []);
            Assert.True(UsableKeys().Length <= 2);
            Assert.True(World.Clock.GetUtcNow() - UsableKeys().Single(key => key.Value.Reveal() == found).Created <= Minutes(35));
        }

        Assert.InRange(_network.PoolKeys("ci").Length, 2, 4);   // the others are forgotten an hour after they ended
        Assert.All(_network.PoolKeys("ci"), key => Assert.Null(key.Revoked));   // each was left to expire
    }

    [Fact]
    public async Task A_task_that_read_the_key_just_before_it_was_replaced_still_joins()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        var read = new Secret(_network.Region.Parameters[Parameter].Value);
        World.Clock.Advance(Minutes(30));
        await World.ReconcileAsync();

        Assert.NotEqual(read.Reveal(), _network.Region.Parameters[Parameter].Value);
        World.Clock.Advance(Minutes(29));
        World.Tailnet.Join(read, "agent-late", []);
        World.Clock.Advance(Minutes(1));
        Assert.Throws<JoinRefusedException>(() => World.Tailnet.Join(read, "agent-too-late", []));
    }

    [Fact]
    public async Task A_pool_that_is_taken_out_leaves_nothing()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        World.Clock.Advance(Minutes(30));
        await World.ReconcileAsync();
        Assert.Equal(2, UsableKeys().Length);
        World.Clock.Advance(Minutes(6));
        _network.WithPools();
        await World.ReconcileAsync();

        Assert.Empty(UsableKeys());
        Assert.Empty(_network.Region.Parameters);
        Assert.Empty(World.Ledger.Pools);
        Assert.True((await World.ReconcileAsync(dryRun: true)).Plan.IsEmpty);
    }

    [Fact]
    public async Task The_report_names_the_key_and_never_shows_it()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        var report = Encoding.UTF8.GetString((await World.InvokeAsync("{}"u8.ToArray()))!);
        var pool = Assert.Single(JsonNode.Parse(report)!["pools"]!.AsArray())!;

        Assert.Equal(
            ("ci", "agent", UsableKeys().Single().Id.ToString(), Parameter), ((string)pool["name"]!, (string)pool["role"]!, (string)pool["keyId"]!, (string)pool["parameter"]!));
        Assert.DoesNotContain(UsableKeys().Single().Value.Reveal(), report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_a_dry_run_nor_NodeLifecycle_mints_one()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync(dryRun: true);
        var asked = _network.Calls.Count(call => call == "SSM DescribeParameters");
        World.Copies = text => text.Contains("Launch Successful", StringComparison.Ordinal) ? 0 : 1;   // it would have Reconcile look
        _network.Launch(Blue);
        await World.RunAsync(Minutes(2));

        Assert.Equal("InService", _network.Region.Instance(Blue).LifecycleState);
        Assert.Equal(asked, _network.Calls.Count(call => call == "SSM DescribeParameters"));
        Assert.Empty(World.Ledger.Pools);
    }

    [Fact]
    public async Task Without_pools_nothing_is_asked_for_them()
    {
        await World.ReconcileAsync();

        Assert.Single(_network.Calls, "SSM DescribeParameters");
    }

    [Theory]
    [InlineData(Failure.Denied)]
    [InlineData(Failure.Throttled)]
    [InlineData(Failure.Unavailable)]
    public async Task Whatever_call_fails_is_said_and_tried_again_by_the_next_look(Failure failure)
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        World.Clock.Advance(Minutes(30));
        foreach (var failing in new[] { "DynamoDB PutItem", "Tailscale POST /keys", "SSM PutParameter" })
        {
            for (var which = 1; which <= 2; which++)
            {
                var (nth, met) = (which, 0);
                _network.Fails = call => call == failing && ++met == nth ? Failed(call, failure) : null;
                var failed = (await World.ReconcileAsync()).Report.Actions;
                _network.Fails = null;
                if (met >= nth)
                {
                    Assert.Equal("failed", Assert.Single(failed).Outcome);
                    var next = (await World.ReconcileAsync()).Report.Actions;
                    Assert.Equal("applied", Assert.Single(next).Outcome);
                }

                AssertInOrder();
                World.Clock.Advance(Minutes(31));
            }
        }
    }

    [Fact]
    public async Task A_key_that_is_taken_away_by_hand_comes_back_whether_it_was_revoked_or_its_parameter_deleted_or_overwritten()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        foreach (var harm in new Action[]
        {
            () => World.Tailnet.RevokeKey(UsableKeys()[^1].Id),
            () => _network.Region.Parameters.Remove(Parameter),
            () => _network.Region.Parameters[Parameter] = new("theirs", Secure: true, null, World.Clock.GetUtcNow()),
        })
        {
            World.Clock.Advance(Minutes(6));
            harm();
            await World.ReconcileAsync();
            AssertInOrder();
        }
    }

    [Fact]
    public async Task Of_two_runs_at_once_one_mints()
    {
        _network.WithPools(Pool());
        var plan = (await World.ReconcileAsync(dryRun: true)).Plan;
        var outcomes = new List<string>();
        foreach (var _ in new[] { 1, 2 })
        {
            outcomes.AddRange((await World.Parts.Applier.ApplyAsync(plan.Steps, CancellationToken.None)).Select(result => result.Outcome.Word));
        }

        Assert.Equal(["applied", "stale"], outcomes);
        AssertInOrder();
    }

    [Fact]
    public async Task Another_installation_in_the_tailnet_with_a_pool_of_the_same_name_keeps_its_keys()
    {
        _network.WithPools(Pool());
        await World.ReconcileAsync();
        var theirs = UsableKeys().Single();
        World.Reconfigure(settings => settings with { LedgerTable = "another", ParameterPrefix = "/another" });
        World.Ledger.Pools.Clear();
        World.Clock.Advance(Minutes(10));
        await World.ReconcileAsync();
        World.Clock.Advance(Minutes(10));
        await World.ReconcileAsync();

        Assert.Contains(theirs, UsableKeys());
        Assert.Equal(2, UsableKeys().Length);
    }

    private static KeyPool Pool(int hours = 1) => new("ci", "agent", TimeSpan.FromHours(hours));

    private ImmutableArray<SandboxKey> UsableKeys() => [.. _network.UsablePoolKeys("ci")];

    private void AssertInOrder()
    {
        var record = World.Ledger.Pools["ci"];
        Assert.Equal("auth key " + record.Key!.Id, _network.Region.Parameters[Parameter].Description);
        Assert.Equal(UsableKeys().Single(key => key.Id == record.Key.Id).Value.Reveal(), _network.Region.Parameters[Parameter].Value);
        Assert.True(UsableKeys().Length <= 2, $"{UsableKeys().Length} keys");
    }
}

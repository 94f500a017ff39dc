using Automation.Plans;
using Automation.Sandbox;
using static Automation.Names.TwoAccounts;

namespace Automation.Names;

/// <summary>A router's VPC is associated with a zone of another account, or of its own, and nothing of others is touched.</summary>
public sealed class ZonesApplierTests
{
    private const string Associating = "Route 53 AssociateVPCWithHostedZone";

    private readonly TwoAccounts _accounts = new();

    private SimulatedZones Zones => _accounts.Zones;

    private SandboxClock Clock => _accounts.World.Clock;

    private AssociationRecord Wanted => _accounts.Wanted;

    private SortedDictionary<(ZoneId Zone, VpcId Vpc), AssociationRecord> Ledger => _accounts.World.Ledger.Associations;

    // Associate.

    [Fact]
    public async Task The_owner_of_a_zone_authorises_it_until_the_association_is_in_sync()
    {
        Assert.Equal(new StepOutcome.Applied(), await AssociateAsync());
        Assert.Equal([_accounts.Hub, _accounts.Spoke], Zones.VpcsOf(_accounts.Zone));
        Assert.Equal([_accounts.Hub], Zones.AuthorizedFor(_accounts.Zone));
        Assert.Equal(Wanted with { Authorized = true, Change = _accounts.Record!.Change }, _accounts.Record);
        Assert.NotNull(_accounts.Record!.Change);

        var begun = Clock.GetUtcNow();
        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
        Assert.Equal(TimeSpan.FromSeconds(30), Clock.GetUtcNow() - begun);
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
        Assert.Equal(Wanted with { InSync = true, Change = _accounts.Record!.Change }, _accounts.Record);
    }

    [Fact]
    public async Task Both_in_one_plan_end_the_same_and_once_done_they_are_done()
    {
        Assert.Equal([new StepOutcome.Applied(), new StepOutcome.Applied()], await _accounts.ApplyAsync(TestContext.Current.CancellationToken, new PlanAction.AssociateZone(Wanted), new PlanAction.AwaitAssociation(Wanted)));
        Assert.True(_accounts.Record!.InSync);

        _accounts.Calls.Clear();
        Assert.Equal(new StepOutcome.AlreadySo(), await AssociateAsync());
        Assert.Equal(new StepOutcome.AlreadySo(), await AwaitAsync());
        Assert.Equal(["DynamoDB GetItem", "Route 53 ListHostedZonesByVPC", "DynamoDB GetItem"], _accounts.Calls);
    }

    [Fact]
    public async Task A_zone_of_the_own_account_needs_no_authorisation()
    {
        var vpc = _accounts.World.Aws.Region(HubScope).AddVpc("vpc-0b11b22c33d44e55f", "10.2.0.0/16");
        var zone = Zones.AddPrivate(HubScope.Account, "Z0123456789ABCDEFGHI0", "own.example.internal", vpc);
        var wanted = Wanted with { Zone = zone, Name = "own.example.internal", Owner = SecondScope };

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.AssociateZone(wanted)));
        Assert.Equal(["DynamoDB GetItem", "Route 53 ListHostedZonesByVPC", "DynamoDB PutItem", Associating, "DynamoDB PutItem"], _accounts.Calls);
        Assert.Equal(wanted with { Change = Ledger[(zone, _accounts.Hub)].Change }, Ledger[(zone, _accounts.Hub)]);
    }

    [Fact]
    public async Task An_association_that_somebody_else_made_is_theirs()
    {
        Zones.Authorize(_accounts.Zone, _accounts.Hub);
        Zones.Associate(_accounts.Zone, _accounts.Hub);

        Assert.Equal(new StepOutcome.AlreadySo(), await AssociateAsync());
        Assert.Empty(Ledger);
        Assert.Equal(new StepOutcome.Stale("the ledger no longer says that it is ours"), await AwaitAsync());
        Assert.Equal([_accounts.Hub], Zones.AuthorizedFor(_accounts.Zone));
    }

    [Fact]
    public async Task An_authorisation_that_somebody_else_made_is_used_and_stays()
    {
        Zones.Authorize(_accounts.Zone, _accounts.Hub);

        Assert.Equal(new StepOutcome.Applied(), await AssociateAsync());
        Assert.False(_accounts.Record!.Authorized);
        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.DissociateZone(_accounts.Record!)));

        Assert.Equal([_accounts.Hub], Zones.AuthorizedFor(_accounts.Zone));
        Assert.Equal(0, _accounts.Count("Route 53 DeleteVPCAssociationAuthorization"));
    }

    [Fact]
    public async Task A_zone_of_the_same_name_at_the_VPC_fails_the_step_and_the_record_stays_for_the_next_run_to_finish()
    {
        var own = Zones.AddPrivate(HubScope.Account, "Z0123456789ABCDEFGHI0", "corp.example.internal", _accounts.Hub);

        Assert.Contains("(ConflictingDomainExists)", Assert.IsType<StepOutcome.Failed>(await AssociateAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(Wanted with { Authorized = true }, _accounts.Record);

        Zones.Delete(own);
        Assert.Equal(new StepOutcome.Applied(), await AssociateAsync());
        Assert.Equal(1, _accounts.Count("Route 53 CreateVPCAssociationAuthorization"));
        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
    }

    [Fact]
    public async Task A_zone_that_has_as_many_VPCs_as_it_may_fails_the_step_and_cleaning_up_leaves_nothing()
    {
        Zones.MostVpcs = 1;

        Assert.Contains("(LimitsExceeded)", Assert.IsType<StepOutcome.Failed>(await AssociateAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.ForgetAssociation(_accounts.Record!)));
        Assert.Empty(Ledger);
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
    }

    [Theory]
    [InlineData("Route 53 ListHostedZonesByVPC", false, false)]
    [InlineData("Route 53 ListVPCAssociationAuthorizations", true, false)]
    [InlineData("Route 53 CreateVPCAssociationAuthorization", true, true)]
    [InlineData(Associating, true, true)]
    public async Task A_call_that_is_denied_fails_the_step_and_the_ledger_knows_how_far_it_came(string denied, bool recorded, bool authorized)
    {
        _accounts.Fails = call => call == denied ? Failed(call, Failure.Denied) : null;

        Assert.Contains("as the test wants it", Assert.IsType<StepOutcome.Failed>(await AssociateAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(recorded ? Wanted with { Authorized = authorized } : null, _accounts.Record);
        Assert.Equal([_accounts.Spoke], Zones.VpcsOf(_accounts.Zone));
    }

    [Fact]
    public async Task Of_two_runs_the_one_that_comes_second_does_nothing()
    {
        var first = Wanted with { Authorized = true };
        _accounts.World.Calls.After = call =>
        {
            if (call == "Route 53 ListHostedZonesByVPC")
            {
                Ledger[(_accounts.Zone, _accounts.Hub)] = first;
            }
        };

        Assert.IsType<StepOutcome.Stale>(await AssociateAsync());
        Assert.Equal(first, _accounts.Record);
        Assert.Equal(0, _accounts.Count(Associating));
    }

    [Fact]
    public async Task An_association_that_somebody_undid_is_made_again_with_a_change_of_its_own()
    {
        await AssociateAsync();
        await AwaitAsync();
        var change = _accounts.Record!.Change;
        Zones.Disassociate(_accounts.Zone, _accounts.Hub);

        Assert.Equal(new StepOutcome.Applied(), await AssociateAsync());
        Assert.False(_accounts.Record!.InSync);
        Assert.NotEqual(change, _accounts.Record!.Change);
        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
    }

    // Await.

    [Fact]
    public async Task A_change_that_takes_too_long_keeps_its_authorisation_and_is_waited_for_again()
    {
        Zones.SyncTime = TimeSpan.FromSeconds(100);
        await AssociateAsync();
        var begun = Clock.GetUtcNow();

        Assert.Contains("is still PENDING after 90 s", Assert.IsType<StepOutcome.Failed>(await AwaitAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(90), Clock.GetUtcNow() - begun);
        Assert.False(_accounts.Record!.InSync);
        Assert.Equal([_accounts.Hub], Zones.AuthorizedFor(_accounts.Zone));

        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
    }

    [Fact]
    public async Task Nothing_is_waited_for_beyond_the_end_of_the_run()
    {
        await AssociateAsync();
        var begun = Clock.GetUtcNow();
        using var run = new CancellationTokenSource(TimeSpan.FromSeconds(9), Clock);

        Assert.Contains("the run ended", Assert.IsType<StepOutcome.Failed>(Assert.Single(await _accounts.ApplyAsync(run.Token, new PlanAction.AwaitAssociation(Wanted)))).Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(9), Clock.GetUtcNow() - begun);
        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
    }

    [Fact]
    public async Task Several_are_waited_for_side_by_side()
    {
        AssociationRecord[] wanted = [.. Enumerable.Range(10, 5).Select(number =>
            Wanted with { Name = $"{number}.example", Zone = Zones.AddPrivate(SpokeScope.Account, $"Z0123456789ABCDEFGH{number}", $"{number}.example", _accounts.Spoke) })];
        await _accounts.ApplyAsync(TestContext.Current.CancellationToken, [.. wanted.Select(record => new PlanAction.AssociateZone(record))]);
        Zones.SyncTime = TimeSpan.FromDays(1);
        var begun = Clock.GetUtcNow();

        var outcomes = await _accounts.ApplyAsync(TestContext.Current.CancellationToken, [.. wanted.Select(record => new PlanAction.AwaitAssociation(record))]);

        Assert.Equal(5, outcomes.Length);
        Assert.All(outcomes, outcome => Assert.IsType<StepOutcome.Failed>(outcome));
        Assert.Equal(TimeSpan.FromSeconds(90), Clock.GetUtcNow() - begun);
    }

    [Fact]
    public async Task A_change_whose_id_was_lost_is_waited_for_as_long_as_changes_generally_take()
    {
        await AssociateAsync();
        Ledger[(_accounts.Zone, _accounts.Hub)] = _accounts.Record! with { Change = null };
        var begun = Clock.GetUtcNow();

        Assert.Equal(new StepOutcome.Applied(), await AwaitAsync());
        Assert.Equal(TimeSpan.FromSeconds(60), Clock.GetUtcNow() - begun);
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
        Assert.Equal(Wanted with { InSync = true }, _accounts.Record);
    }

    [Fact]
    public async Task What_is_not_associated_is_not_waited_for()
    {
        Ledger[(_accounts.Zone, _accounts.Hub)] = Wanted with { Authorized = true };

        Assert.Equal(new StepOutcome.Stale("the VPC is not associated with the zone"), await AwaitAsync());
        Assert.Equal(Wanted with { Authorized = true }, _accounts.Record);
    }

    // Dissociate.

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_ours_is_undone_and_forgotten_with_its_authorisation(bool awaited)
    {
        await AssociateAsync();
        if (awaited)
        {
            await AwaitAsync();
        }

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.DissociateZone(_accounts.Record!)));
        Assert.Equal([_accounts.Spoke], Zones.VpcsOf(_accounts.Zone));
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
        Assert.Empty(Ledger);
    }

    [Fact]
    public async Task What_the_ledger_does_not_have_is_not_undone()
    {
        Zones.Authorize(_accounts.Zone, _accounts.Hub);
        Zones.Associate(_accounts.Zone, _accounts.Hub);

        Assert.IsType<StepOutcome.Stale>(await _accounts.ApplyAsync(new PlanAction.DissociateZone(Wanted)));
        Assert.Equal([_accounts.Hub, _accounts.Spoke], Zones.VpcsOf(_accounts.Zone));
    }

    [Fact]
    public async Task A_zone_that_has_no_other_VPC_left_keeps_ours_and_the_ledger_knows_it()
    {
        await AssociateAsync();
        await AwaitAsync();
        Zones.Disassociate(_accounts.Zone, _accounts.Spoke);

        Assert.Contains("(LastVPCAssociation)", Assert.IsType<StepOutcome.Failed>(await _accounts.ApplyAsync(new PlanAction.DissociateZone(_accounts.Record!))).Message, StringComparison.Ordinal);
        Assert.NotNull(_accounts.Record);

        Zones.Delete(_accounts.Zone);
        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.DissociateZone(_accounts.Record!)));
        Assert.Empty(Ledger);
    }

    // Forget.

    [Fact]
    public async Task What_is_associated_by_now_is_not_forgotten()
    {
        await AssociateAsync();

        Assert.Equal(new StepOutcome.Stale("the VPC is associated with the zone by now"), await _accounts.ApplyAsync(new PlanAction.ForgetAssociation(_accounts.Record!)));
        Assert.NotNull(_accounts.Record);
        Assert.Equal([_accounts.Hub], Zones.AuthorizedFor(_accounts.Zone));
    }

    [Fact]
    public async Task What_somebody_undid_is_forgotten_with_its_authorisation()
    {
        await AssociateAsync();
        Zones.Disassociate(_accounts.Zone, _accounts.Hub);
        var forget = new PlanAction.ForgetAssociation(_accounts.Record!);

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(forget));
        Assert.Empty(Ledger);
        Assert.Empty(Zones.AuthorizedFor(_accounts.Zone));
        Assert.Equal(new StepOutcome.AlreadySo(), await _accounts.ApplyAsync(forget));
    }

    [Fact]
    public async Task A_VPC_that_is_gone_is_forgotten_without_a_question_about_its_zones()
    {
        await AssociateAsync();
        _accounts.World.Aws.Region(HubScope).DeleteVpc(_accounts.Hub);
        _accounts.Calls.Clear();

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.ForgetAssociation(_accounts.Record!)));
        Assert.Empty(Ledger);
        Assert.Equal(0, _accounts.Count("Route 53 ListHostedZonesByVPC"));
    }

    // Interrupted.

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wherever_an_association_is_interrupted_the_next_run_ends_it_the_same(bool authorizedByOthers)
    {
        await KilledAsync(
            accounts =>
            {
                if (authorizedByOthers)
                {
                    accounts.Zones.Authorize(accounts.Zone, accounts.Hub);
                }

                return Task.CompletedTask;
            },
            accounts => accounts.ApplyAsync(TestContext.Current.CancellationToken, new PlanAction.AssociateZone(accounts.Wanted), new PlanAction.AwaitAssociation(accounts.Wanted)),
            atLeast: 10,
            accounts =>
            {
                Assert.Equal([accounts.Hub, accounts.Spoke], accounts.Zones.VpcsOf(accounts.Zone));
                Assert.Equal(authorizedByOthers ? [accounts.Hub] : [], accounts.Zones.AuthorizedFor(accounts.Zone));
                Assert.Equal(accounts.Wanted with { InSync = true }, accounts.Record! with { Change = null });
            });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wherever_its_end_is_interrupted_the_next_run_leaves_nothing(bool awaited)
    {
        await KilledAsync(
            accounts => accounts.ApplyAsync(TestContext.Current.CancellationToken, awaited
                ? [new PlanAction.AssociateZone(accounts.Wanted), new PlanAction.AwaitAssociation(accounts.Wanted)]
                : [new PlanAction.AssociateZone(accounts.Wanted)]),
            async accounts =>
            {
                if (accounts.Record is { } record)   // else the next look would not plan it
                {
                    await accounts.ApplyAsync(TestContext.Current.CancellationToken, new PlanAction.DissociateZone(record));
                }
            },
            atLeast: 3,
            accounts =>
            {
                Assert.Equal([accounts.Spoke], accounts.Zones.VpcsOf(accounts.Zone));
                Assert.Empty(accounts.Zones.AuthorizedFor(accounts.Zone));
                Assert.Null(accounts.Record);
            });
    }

    [Fact]
    public async Task Wherever_an_association_is_interrupted_what_is_there_can_be_undone()
    {
        foreach (var afterEffect in new[] { false, true })
        {
            for (var call = 1; ; call++)
            {
                var accounts = new TwoAccounts();
                accounts.World.Calls.DieAt(call, afterEffect);
                var outcomes = await accounts.ApplyAsync(TestContext.Current.CancellationToken, new PlanAction.AssociateZone(accounts.Wanted), new PlanAction.AwaitAssociation(accounts.Wanted));
                accounts.World.Calls.DieAt(0, afterEffect);   // no more
                if (accounts.Record is { } record)
                {
                    var isThere = accounts.Zones.VpcsOf(accounts.Zone).Contains(accounts.Hub);
                    Assert.Equal(new StepOutcome.Applied(), await accounts.ApplyAsync(isThere ? new PlanAction.DissociateZone(record) : new PlanAction.ForgetAssociation(record)));
                }

                Assert.Equal([accounts.Spoke], accounts.Zones.VpcsOf(accounts.Zone));
                Assert.Empty(accounts.Zones.AuthorizedFor(accounts.Zone));
                Assert.Null(accounts.Record);
                if (!outcomes.IsEmpty)
                {
                    Assert.True(call > 10, "there was nothing to interrupt");
                    break;
                }
            }
        }
    }

    private Task<StepOutcome> AssociateAsync() => _accounts.ApplyAsync(new PlanAction.AssociateZone(Wanted));

    private Task<StepOutcome> AwaitAsync() => _accounts.ApplyAsync(new PlanAction.AwaitAssociation(Wanted));

    /// <summary>Does a thing with an end of the process before and after each of its calls, does it again, and checks the end.</summary>
    private static async Task KilledAsync(Func<TwoAccounts, Task> before, Func<TwoAccounts, Task> happens, int atLeast, Action<TwoAccounts> check)
    {
        foreach (var afterEffect in new[] { false, true })
        {
            for (var call = 1; ; call++)
            {
                var accounts = new TwoAccounts();
                await before(accounts);
                var begun = accounts.World.Calls.Count;
                accounts.World.Calls.DieAt(call, afterEffect);
                await happens(accounts);
                var wasAll = accounts.World.Calls.Count - begun < call;
                accounts.World.Calls.DieAt(0, afterEffect);   // no more
                await happens(accounts);

                check(accounts);
                if (wasAll)
                {
                    Assert.True(call > atLeast, "there was nothing to interrupt");
                    break;
                }
            }
        }
    }
}

using System.Collections.Immutable;
using Automation.Nodes;
using Automation.Plans;
using static Automation.Nodes.ANetwork;

namespace Automation.Routes;

public sealed class SitesApplierTests
{
    private static readonly VpcId s_spoke = VpcId.Parse("vpc-0f99e88d77c66b55a");

    private readonly ANetwork _network = new();

    private Scope Home => _network.World.Home;

    private DateTimeOffset Now => _network.World.Clock.GetUtcNow();

    private SortedDictionary<int, SiteRecord> Sites => _network.World.Ledger.Sites;

    [Fact]
    public async Task An_id_is_given_once()
    {
        var assign = new PlanAction.AssignSite(Home, _network.Hub, 7);

        Assert.Equal(new StepOutcome.Applied(), await ApplyAsync(assign));
        Assert.Equal(new StepOutcome.AlreadySo(), await ApplyAsync(assign));
        Assert.Equal(new StepOutcome.Stale($"{_network.Hub} has it by now"), await ApplyAsync(new PlanAction.AssignSite(Home, s_spoke, 7)));
        Assert.IsType<StepOutcome.Stale>(await ApplyAsync(assign with { Site = 8 }));
        Assert.Equal(new SiteRecord(7, _network.Hub, Home, null), Assert.Single(Sites).Value);
    }

    [Fact]
    public async Task An_id_is_not_given_to_another_VPC_until_it_has_rested()
    {
        Sites[7] = new(7, _network.Hub, Home, Now - SiteIds.Rest);
        Assert.IsType<StepOutcome.Stale>(await ApplyAsync(new PlanAction.AssignSite(Home, s_spoke, 7)));

        _network.World.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new StepOutcome.Applied(), await ApplyAsync(new PlanAction.AssignSite(Home, s_spoke, 7)));
    }

    [Fact]
    public async Task An_id_rests_from_the_moment_in_which_it_is_released()
    {
        Sites[7] = new(7, s_spoke, Home, null);
        var release = new PlanAction.ReleaseSite(s_spoke, 7);

        Assert.Equal(new StepOutcome.Stale($"it is {s_spoke}'s by now"), await ApplyAsync(new PlanAction.ReleaseSite(_network.Hub, 7)));
        Assert.Equal(new StepOutcome.Applied(), await ApplyAsync(release));
        Assert.Equal(new StepOutcome.AlreadySo(), await ApplyAsync(release));
        Assert.Equal(new StepOutcome.AlreadySo(), await ApplyAsync(new PlanAction.ReleaseSite(s_spoke, 8)));
        Assert.Equal(new SiteRecord(7, s_spoke, Home, Now), Assert.Single(Sites).Value);
    }

    [Fact]
    public async Task A_call_that_fails_is_a_step_that_failed()
    {
        _network.Fails = call => call == "DynamoDB TransactWriteItems" ? Failed(call, Failure.Throttled) : null;

        Assert.IsType<StepOutcome.Failed>(await ApplyAsync(new PlanAction.AssignSite(Home, _network.Hub, 7)));
        Assert.Empty(Sites);
    }

    [Fact]
    public async Task The_id_is_written_on_the_VPC_for_people_to_see()
    {
        _network.Region.Change(_network.Hub, vpc => vpc with { Advertise = "true" });

        Assert.Equal(new StepOutcome.Applied(), await ApplyAsync(new PlanAction.TagSite(Home, _network.Hub, 7)));
        Assert.Equal(("7", "true"), (_network.Region.Vpc(_network.Hub).SiteTag, _network.Region.Vpc(_network.Hub).Advertise));
        Assert.Equal(new StepOutcome.Stale("the VPC is gone"), await ApplyAsync(new PlanAction.TagSite(Home, s_spoke, 7)));
    }

    private async Task<StepOutcome> ApplyAsync(PlanAction action)
    {
        ImmutableArray<PlannedStep> steps = [new(action, action.Target, [])];
        return Assert.Single(await _network.World.Parts.Applier.ApplyAsync(steps, TestContext.Current.CancellationToken)).Outcome;
    }
}

using Automation.Ledger;
using Automation.Network;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Routes;

/// <summary>What the ledger says of a router's health and leaving changes only where nobody else has said something in between.</summary>
public sealed class NodeMarksTests
{
    private static readonly InstanceId s_router = InstanceId.Parse("i-0a1b2c3d4e5f60718");
    private static readonly DateTimeOffset s_then = new(2026, 3, 4, 9, 0, 0, TimeSpan.Zero);

    private readonly SandboxWorld _world = new(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private ILedger Ledger => _world.Ledger;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mark_that_was_made_anew_stays()
    {
        await PutAsync(gone: s_then.AddMinutes(5), unhealthy: s_then.AddMinutes(5));

        Assert.IsType<StepOutcome.Stale>(await RunAsync(new PlanAction.ReturnNode(s_router, "router", s_then, null)));
        Assert.IsType<StepOutcome.Stale>(await RunAsync(new PlanAction.ReturnNode(s_router, "router", null, s_then)));
        Assert.Equal((s_then.AddMinutes(5), s_then.AddMinutes(5)), (_world.Ledger.Nodes[s_router].GoneAt, _world.Ledger.Nodes[s_router].UnhealthyAt));
    }

    [Fact]
    public async Task One_mark_is_taken_off_and_the_other_stays()
    {
        await PutAsync(gone: s_then, unhealthy: s_then.AddMinutes(5));

        Assert.IsType<StepOutcome.Applied>(await RunAsync(new PlanAction.ReturnNode(s_router, "router", s_then, null)));
        Assert.Equal((null, s_then.AddMinutes(5)), (_world.Ledger.Nodes[s_router].GoneAt, _world.Ledger.Nodes[s_router].UnhealthyAt));
        Assert.IsType<StepOutcome.AlreadySo>(await RunAsync(new PlanAction.ReturnNode(s_router, "router", s_then, null)));
    }

    [Fact]
    public async Task That_it_is_unhealthy_is_written_once()
    {
        Assert.IsType<StepOutcome.Stale>(await RunAsync(new PlanAction.DrainNode(s_router, "router", s_then)));
        await PutAsync(gone: null, unhealthy: null);

        Assert.IsType<StepOutcome.Applied>(await RunAsync(new PlanAction.DrainNode(s_router, "router", s_then)));
        Assert.IsType<StepOutcome.AlreadySo>(await RunAsync(new PlanAction.DrainNode(s_router, "router", s_then.AddMinutes(5))));
        Assert.Equal(s_then, _world.Ledger.Nodes[s_router].UnhealthyAt);
    }

    private Task PutAsync(DateTimeOffset? gone, DateTimeOffset? unhealthy) =>
        Ledger.PutNodeAsync(new(s_router, _world.Home, "subnet-router", null, s_then, null, null, null, PrefixSet.Empty, gone, 0, null, unhealthy), Stopping);

    private async Task<StepOutcome> RunAsync(PlanAction action) => Assert.Single(await _world.Parts.Applier.ApplyAsync([new(action, "x", [])], Stopping)).Outcome;
}

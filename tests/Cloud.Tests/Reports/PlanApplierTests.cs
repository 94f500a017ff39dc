using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using static Automation.Nodes.ANetwork;

namespace Automation.Reports;

public sealed class PlanApplierTests
{
    private const string Command = "SSM SendCommand";

    private static readonly PrefixSet s_before = [Prefix.Parse("10.0.0.0/16")], s_more = [Prefix.Parse("10.0.0.0/16"), Prefix.Parse("10.1.0.0/16")], s_after = [Prefix.Parse("10.1.0.0/16")];

    private readonly ANetwork _network = new();

    [Fact]
    public async Task Of_two_commands_on_one_node_the_later_one_is_the_last()
    {
        await _network.WithAsync(Blue);

        Assert.All(await ApplyAsync(Advertise(Blue, s_more), Unadvertise(Blue, s_after)), result => Assert.Equal(new StepOutcome.Applied(), result.Outcome));
        Assert.Equal(s_after, _network.Device(Blue)!.Advertised);
    }

    [Fact]
    public async Task A_command_that_takes_away_is_not_sent_where_one_that_it_comes_after_failed()
    {
        await _network.WithAsync(Blue, Green);
        _network.Fails = call => call == Command && _network.Calls.Count(made => made == Command) == 1 ? Failed(call, Failure.Throttled) : null;

        var results = await ApplyAsync(Advertise(Blue, s_more), Unadvertise(Green, s_after));

        Assert.IsType<StepOutcome.Failed>(results[0].Outcome);
        Assert.IsType<StepOutcome.NotReached>(results[1].Outcome);
        Assert.Equal(s_before, _network.Device(Green)!.Advertised);
    }

    [Fact]
    public async Task A_command_does_not_wait_for_those_of_other_nodes()
    {
        await _network.WithAsync(Blue, Green);
        _network.Fails = call => call == Command && _network.Calls.Count(made => made == Command) == 1 ? Failed(call, Failure.Throttled) : null;

        var results = await ApplyAsync(Advertise(Blue, s_more), Advertise(Green, s_more));

        Assert.IsType<StepOutcome.Failed>(results[0].Outcome);
        Assert.Equal(new StepOutcome.Applied(), results[1].Outcome);
        Assert.Equal(s_more, _network.Device(Green)!.Advertised);
    }

    private PlannedStep Advertise(InstanceId node, PrefixSet all) => new(new PlanAction.AdvertiseRoutes(_network.World.Home, node, "a router", all), "added", []);

    private PlannedStep Unadvertise(InstanceId node, PrefixSet all) =>
        new(new PlanAction.UnadvertiseRoutes(_network.World.Home, node, "a router", s_before, all), $"advertisement of {node}", ["added"]);

    private Task<ImmutableArray<StepResult>> ApplyAsync(params PlannedStep[] steps) => _network.World.Parts.Applier.ApplyAsync(steps, TestContext.Current.CancellationToken);
}

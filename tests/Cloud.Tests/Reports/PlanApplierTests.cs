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

    [Fact]
    public async Task What_another_look_has_advertised_since_it_was_planned_stays()
    {
        await _network.WithAsync(Blue);
        _network.Tailnet.Advertise(_network.Device(Blue)!.Id, s_more);

        await ApplyAsync(Advertise(Blue, [.. s_before, Prefix.Parse("10.2.0.0/16")]));

        Assert.Equal([.. s_more, Prefix.Parse("10.2.0.0/16")], _network.Device(Blue)!.Advertised);
    }

    [Fact]
    public async Task What_else_is_enabled_on_a_device_stays_when_a_prefix_is_withdrawn()
    {
        await _network.WithAsync(Blue);
        var blue = _network.Device(Blue)!.Id;
        PrefixSet persons = [Prefix.Parse("192.168.7.0/24")];
        _network.Tailnet.Advertise(blue, [.. s_before, .. persons]);
        _network.Tailnet.ApproveRoutes(blue, persons);

        await ApplyAsync(new PlannedStep(new PlanAction.TrimRoutes(Blue, blue, "a router", s_before, [], Handover.None), "a", []));

        Assert.Equal(persons, _network.Device(Blue)!.Enabled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_others_are_to_serve_is_taken_away_only_while_one_of_them_does(bool serves)
    {
        await _network.WithAsync(Blue, Green);
        var (blue, green) = (_network.Device(Blue)!.Id, _network.Device(Green)!.Id);
        if (!serves)
        {
            _network.Tailnet.Disconnect(green);
        }

        var handover = new Handover(s_before, [green]);
        var results = await ApplyAsync(
            new(new PlanAction.UnadvertiseRoutes(_network.World.Home, Blue, blue, "a router", s_before, [], s_before, handover), "a", []),
            new(new PlanAction.TrimRoutes(Blue, blue, "a router", s_before, [], handover), "b", []));

        Assert.All(results, result => Assert.Equal(serves ? new StepOutcome.Applied() : new StepOutcome.Stale("nobody else serves 10.0.0.0/16 by now"), result.Outcome));
        Assert.Equal(serves ? PrefixSet.Empty : s_before, _network.Device(Blue)!.Advertised);
        Assert.Equal(serves ? PrefixSet.Empty : s_before, _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task A_device_that_is_connected_by_now_is_not_deleted()
    {
        await _network.WithAsync(Blue);
        var device = _network.Device(Blue)!;
        var delete = new PlannedStep(new PlanAction.DeleteDevice(Blue, device.Id, device.HostName, "its instance is terminated"), "a", []);

        Assert.Equal(new StepOutcome.Stale("the device is connected again"), Assert.Single(await ApplyAsync(delete)).Outcome);
        Assert.NotNull(_network.Device(Blue));

        _network.Tailnet.Disconnect(device.Id);
        Assert.Equal(new StepOutcome.Applied(), Assert.Single(await ApplyAsync(delete)).Outcome);
        Assert.Null(_network.Device(Blue));
    }

    private PlannedStep Advertise(InstanceId node, PrefixSet all) => new(new PlanAction.AdvertiseRoutes(_network.World.Home, node, _network.Device(node)!.Id, "a router", all, s_before), "added", []);

    private PlannedStep Unadvertise(InstanceId node, PrefixSet all) =>
        new(new PlanAction.UnadvertiseRoutes(_network.World.Home, node, _network.Device(node)!.Id, "a router", s_before, all, s_before, Handover.None), $"advertisement of {node}", ["added"]);

    private Task<ImmutableArray<StepResult>> ApplyAsync(params PlannedStep[] steps) => _network.World.Parts.Applier.ApplyAsync(steps, TestContext.Current.CancellationToken);
}

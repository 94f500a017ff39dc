using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using static Automation.Nodes.ANetwork;

namespace Automation.Names;

public sealed class Dns64ApplierTests
{
    private const string Sending = "SSM SendCommand";

    private static readonly Dns64 s_wanted = new(7, Prefix.Parse("10.0.0.2/32").First, Prefixes("10.0.0.0/16"));

    private readonly ANetwork _network = new();

    [Fact]
    public async Task The_node_is_given_its_configuration_and_the_ledger_remembers_it()
    {
        await WithAsync(Blue);
        var version = Ledger[Blue].Version;

        Assert.Equal([new StepOutcome.Applied()], await ApplyAsync(Set(Blue)));
        Assert.Equal(s_wanted.ToConfiguration(), _network.Region.Instance(Blue).Dns64Configuration);
        Assert.Equal((s_wanted.Mark, version + 1), (Ledger[Blue].Dns64, Ledger[Blue].Version));
    }

    [Fact]
    public async Task A_resolver_that_does_not_answer_is_a_failed_step_and_is_not_remembered()
    {
        await WithAsync(Blue);
        _network.Region.Instance(Blue).NamedIsBroken = true;

        Assert.Equal(
            [new StepOutcome.Failed($"Tailnet-SetDns64 ended as Failed on {Blue}: named does not answer")],
            await ApplyAsync(Set(Blue)));
        Assert.Null(Ledger[Blue].Dns64);
    }

    [Fact]
    public async Task A_node_that_the_ledger_does_not_know_or_that_somebody_else_writes_is_not_remembered()
    {
        await WithAsync(Blue, Green);
        Ledger.Remove(Blue);
        _network.World.Calls.After = call =>
        {
            if (call == "DynamoDB GetItem" && Ledger.TryGetValue(Green, out var record))
            {
                Ledger[Green] = record with { Version = record.Version + 1 };
            }
        };

        Assert.All(await ApplyAsync(Set(Blue), Set(Green)), outcome => Assert.IsType<StepOutcome.Stale>(outcome));
        Assert.Null(Ledger[Green].Dns64);
    }

    [Fact]
    public async Task Nodes_are_served_side_by_side_and_one_node_in_order()
    {
        await WithAsync(Blue, Green);

        var one = await RoundsAsync(Set(Blue));
        Assert.Equal(one, await RoundsAsync(Set(Blue), Set(Green)));
        Assert.Equal(2 * one, await RoundsAsync(Set(Blue), Set(Blue)));
    }

    [Fact]
    public async Task A_node_that_fails_does_not_hold_the_others_up()
    {
        await WithAsync(Blue, Green);
        _network.Fails = call => call == Sending && _network.Calls.Count(made => made == Sending) == 1 ? Failed(call, Failure.Throttled) : null;

        var outcomes = await ApplyAsync(Set(Blue), Set(Green));
        Assert.IsType<StepOutcome.Failed>(outcomes[0]);
        Assert.Equal(new StepOutcome.Applied(), outcomes[1]);
        Assert.Equal(s_wanted.Mark, Ledger[Green].Dns64);
    }

    private SortedDictionary<InstanceId, NodeRecord> Ledger => _network.World.Ledger.Nodes;

    private async Task WithAsync(params InstanceId[] nodes)
    {
        await _network.WithAsync(nodes);
        foreach (var node in nodes)
        {
            _network.Region.Instance(node).Dns64 = true;
        }
    }

    private PlannedStep Set(InstanceId node) => new(new PlanAction.SetDns64(_network.World.Home, node, $"subnet-router-{node}", s_wanted), node.ToString(), []);

    private async Task<ImmutableArray<StepOutcome>> ApplyAsync(params PlannedStep[] steps) =>
        [.. (await _network.World.Parts.Applier.ApplyAsync(steps, TestContext.Current.CancellationToken)).Select(result => result.Outcome)];

    private Task<int> RoundsAsync(params PlannedStep[] steps) => _network.World.Calls.CountRoundsAsync(() => ApplyAsync(steps));
}

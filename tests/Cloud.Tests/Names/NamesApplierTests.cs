using Automation.Plans;

namespace Automation.Names;

public sealed class NamesApplierTests
{
    private readonly TwoAccounts _accounts = new();

    [Fact]
    public async Task That_clients_with_an_exit_node_use_a_domain_is_remembered_as_planned()
    {
        var wanted = Wanted("10.0.0.2") with { UseWithExitNode = true };

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.SetSplitDns(wanted, null)));
        Assert.Equal(wanted with { Confirmed = true }, Record);

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.ConfirmSplitDns(wanted with { UseWithExitNode = false })));
        Assert.Equal(wanted with { Confirmed = true, UseWithExitNode = false }, Record);
    }

    [Fact]
    public async Task What_somebody_has_set_since_it_was_planned_is_left_alone()
    {
        var wanted = Wanted("10.0.0.2");
        _accounts.World.Tailnet.SetSplitDns(Corp, ["192.0.2.53"]);

        Assert.Equal(new StepOutcome.Stale("it is forwarded to 192.0.2.53 by now"), await _accounts.ApplyAsync(new PlanAction.SetSplitDns(wanted, null)));
        Assert.Equal(["192.0.2.53"], _accounts.World.Tailnet.SplitDns[Corp]);
        Assert.Empty(_accounts.World.Ledger.Domains);
    }

    [Fact]
    public async Task What_somebody_has_changed_since_it_was_planned_is_neither_set_nor_withdrawn()
    {
        await _accounts.ApplyAsync(new PlanAction.SetSplitDns(Wanted("10.0.0.2"), null));
        _accounts.World.Tailnet.SetSplitDns(Corp, ["192.0.2.53"]);
        var stale = new StepOutcome.Stale("it is forwarded to 192.0.2.53 by now");

        Assert.Equal(stale, await _accounts.ApplyAsync(new PlanAction.SetSplitDns(Wanted("10.20.0.2"), ["10.0.0.2"])));
        Assert.Equal(stale, await _accounts.ApplyAsync(new PlanAction.RemoveSplitDns(Corp, ["10.0.0.2"])));
        Assert.Equal(["192.0.2.53"], _accounts.World.Tailnet.SplitDns[Corp]);
    }

    [Fact]
    public async Task What_somebody_has_taken_away_since_it_was_planned_is_not_changed()
    {
        await _accounts.ApplyAsync(new PlanAction.SetSplitDns(Wanted("10.0.0.2"), null));
        _accounts.World.Tailnet.SetSplitDns(Corp, []);

        Assert.Equal(new StepOutcome.Stale("it is forwarded to nothing by now"), await _accounts.ApplyAsync(new PlanAction.SetSplitDns(Wanted("10.20.0.2"), ["10.0.0.2"])));
        Assert.DoesNotContain(Corp, _accounts.World.Tailnet.SplitDns.Keys);
    }

    private const string Corp = "corp.example.internal";

    private DomainRecord Wanted(string resolver) => new(Corp, [resolver], _accounts.Zone.ToString(), TwoAccounts.HubScope, _accounts.Hub, Confirmed: false);

    private DomainRecord Record => _accounts.World.Ledger.Domains[Corp];
}

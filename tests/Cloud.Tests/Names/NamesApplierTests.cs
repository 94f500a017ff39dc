using Automation.Plans;

namespace Automation.Names;

public sealed class NamesApplierTests
{
    private readonly TwoAccounts _accounts = new();

    [Fact]
    public async Task That_clients_with_an_exit_node_use_a_domain_is_remembered_as_planned()
    {
        var wanted = new DomainRecord("corp.example.internal", ["10.0.0.2"], _accounts.Zone.ToString(), TwoAccounts.HubScope, _accounts.Hub, Confirmed: false, UseWithExitNode: true);

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.SetSplitDns(wanted, null)));
        Assert.Equal(wanted with { Confirmed = true }, Record);

        Assert.Equal(new StepOutcome.Applied(), await _accounts.ApplyAsync(new PlanAction.ConfirmSplitDns(wanted with { UseWithExitNode = false })));
        Assert.Equal(wanted with { Confirmed = true, UseWithExitNode = false }, Record);
    }

    private DomainRecord Record => _accounts.World.Ledger.Domains["corp.example.internal"];
}

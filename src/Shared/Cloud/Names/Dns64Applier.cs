using System.Text;
using Automation.Ledger;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Names;

/// <summary>Configures the DNS64 resolvers of routers. The ledger says of each what it was last seen to answer with.</summary>
public sealed class Dns64Applier(NodeCommands commands, ILedger ledger, string dns64Document)
{
    public async Task<StepOutcome> SetAsync(PlanAction.SetDns64 step, CancellationToken stopping)
    {
        // In base64, as no quoting stands between the text and the node's shell then.
        var config = Convert.ToBase64String(Encoding.UTF8.GetBytes(step.Wanted.ToConfiguration()));
        var outcome = await commands.RunAsync(step.Scope, step.Instance, dns64Document, "config", config, stopping);
        if (outcome is not StepOutcome.Applied)
        {
            return outcome;
        }

        // Read only now: a command takes seconds, in which others write. Unwritten, the next look sends it again, which does no harm.
        if (await ledger.GetNodeAsync(step.Instance, stopping) is not { } record)
        {
            return new StepOutcome.Stale("the ledger does not know the node");
        }

        return await ledger.PutNodeAsync(record with { Dns64 = step.Wanted.Mark }, stopping) is null
            ? new StepOutcome.Stale("somebody else wrote the ledger's entry at the same time")
            : outcome;
    }
}

using Automation.Aws;
using Automation.Plans;
using Automation.Reports;

namespace Automation.Nodes;

/// <summary>Key pools: what the settings want, and what the ledger and Systems Manager have.</summary>
internal static class PoolsObserver
{
    public static async Task<PoolsSeen> ObserveAsync(ISsm ssm, Settings settings, Seen<PoolRecord> records, bool everything, CancellationToken stopping)
    {
        var isUsed = everything && (!settings.KeyPools.IsEmpty || !records.Items.IsEmpty);
        return new()
        {
            Mark = settings.PoolMark,
            Folder = PoolParameters.Folder(settings.ParameterPrefix),
            Configured = settings.KeyPools,
            Records = records,
            Parameters = isUsed
                ? await SnapshotObserver.ReadList(() => ssm.DescribePoolParametersAsync(settings.ParameterPrefix, stopping))
                : Seen<PoolParameter>.Unknown(ScopeSeen.NotLookedAt),
        };
    }
}

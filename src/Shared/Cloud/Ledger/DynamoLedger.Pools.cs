using Automation.Plans;

namespace Automation.Ledger;

internal sealed partial class DynamoLedger
{
    public async Task<PoolRecord?> PutPoolAsync(PoolRecord pool, CancellationToken stopping)
    {
        var written = pool with { Version = pool.Version + 1 };
        return await PutAsync(VersionedPut(PoolItem.Of(written), pool.Version), stopping).ConfigureAwait(false) ? written : null;
    }

    public Task<bool> DeletePoolAsync(string pool, long version, CancellationToken stopping) => DeleteAsync(PoolItem.Key(pool), version, stopping);
}

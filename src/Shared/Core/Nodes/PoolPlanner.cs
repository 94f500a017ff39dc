using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>
/// Keeps one auth key in the parameter of each pool, replaces it at half its life and leaves the old one to expire. Never more than two
/// keys of a pool are usable: whatever else is, is revoked before another is minted.
/// </summary>
public static class PoolPlanner
{
    /// <summary>No invocation lives longer: whoever took a lease that is older has ended.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    public static void Plan(Snapshot seen, ICollection<PlannedStep> additions, ICollection<PlannedStep> withdrawals, ICollection<Finding> findings)
    {
        var pools = seen.Pools;
        if (!pools.Records.IsComplete)   // which keys are ours to keep, nobody else can say
        {
            return;
        }

        foreach (var pool in pools.Configured.DistinctBy(pool => pool.Name).OrderBy(pool => pool.Name, StringComparer.Ordinal))
        {
            Keep(pool, seen.NodeTags.Of(pool.Role), new(seen, pool.Name), additions, withdrawals, findings);
        }

        foreach (var record in pools.Records.Items.ExceptBy(pools.Configured.Select(pool => pool.Name), record => record.Name).DistinctBy(record => record.Name).OrderBy(record => record.Name, StringComparer.Ordinal))
        {
            Remove(record, new(seen, record.Name), withdrawals);
        }
    }

    private static string Group(string pool) => $"pool:{pool}";

    private static void Keep(
        KeyPool pool,
        ImmutableArray<string> tags,
        PoolKeys keys,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var record = keys.Record;
        if (WhyRotate(pool, tags, keys) is not { } why)
        {
            if (keys.IsAllRead && !keys.IsLeased)
            {
                Revoke(pool.Name, keys.Usable.Where(key => key != record?.Key?.Id && key != record?.Previous?.Id && keys.IsOld(key)), withdrawals);
            }

            return;
        }

        // What the parameter holds may have just been read: it goes on until it expires. What is in no parameter is nobody's, or was taken out.
        var left = keys.Usable.FirstOrNull(key => key == (keys.AreParametersRead ? keys.Parameter?.Key : record?.Key?.Id));
        ImmutableArray<KeyId> superseded = [.. keys.Usable.Where(key => key != left)];
        var waits = keys.IsLeased ? "another run is at it, or ended while it was; the lease that it took runs out within five minutes"
            : record is { Unsure: true } && !keys.AreListed ? "a key may have been minted before, and auth keys cannot be read"
            : !superseded.IsEmpty && !keys.IsAllRead ? "others are to be revoked first, and auth keys or parameters cannot be read"
            : null;
        if (waits is not null)
        {
            findings.Add(new("pool-key-waits", Finding.Warning, pool.Name, $"The pool's auth key is to be replaced, as {why}, and that waits: {waits}."));
            return;
        }

        additions.Add(new(
            new PlanAction.RotatePoolKey(pool, tags, record, left is { } id ? new(id, keys.Expires(id)) : null, superseded, why),
            Group(pool.Name),
            []));
    }

    private static string? WhyRotate(KeyPool pool, ImmutableArray<string> tags, PoolKeys keys) => keys.Record?.Key switch
    {
        null => "it has none",
        _ when keys.AreParametersRead && keys.Parameter is null => "its parameter is not there",
        { } key when keys.AreParametersRead && keys.Parameter!.Key != key.Id => "its parameter holds another",
        { } key when !keys.Usable.Contains(key.Id) => "it was revoked or has expired",
        { } key when !key.Tags.SequenceEqual(tags) => "its tags have changed",
        { } key when keys.Now >= key.Minted + Shorter(pool.Life, key.Expires - key.Minted) / 2 => "half its life is over",
        _ => null,
    };

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static void Remove(PoolRecord record, PoolKeys keys, ICollection<PlannedStep> withdrawals)
    {
        if (keys.IsLeased || !keys.IsAllRead)
        {
            return;
        }

        var group = Group(record.Name);
        Revoke(record.Name, keys.Usable, withdrawals);
        if (keys.Parameter is not null)
        {
            withdrawals.Add(new(new PlanAction.DeletePoolParameter(record.Name), group, []));
        }

        withdrawals.Add(new(new PlanAction.ForgetPool(record), group, [group]));   // last: it is what remembers the rest
    }

    private static void Revoke(string pool, IEnumerable<KeyId> keys, ICollection<PlannedStep> withdrawals)
    {
        foreach (var key in keys)
        {
            withdrawals.Add(new(new PlanAction.RevokePoolKey(key, pool), Group(pool), []));
        }
    }

    private static KeyId? FirstOrNull(this ImmutableArray<KeyId> keys, Func<KeyId, bool> which)
    {
        foreach (var key in keys.Where(which))
        {
            return key;
        }

        return null;
    }

    /// <summary>The keys of one pool, as the tailnet lists them; those that the ledger alone knows, as it does: the API may not list every key.</summary>
    private sealed class PoolKeys
    {
        private readonly Dictionary<KeyId, AuthKey> _listed = [];
        private readonly Dictionary<KeyId, DateTimeOffset> _recorded = [];

        public PoolKeys(Snapshot seen, string pool)
        {
            (Now, AreListed, AreParametersRead) = (seen.ObservedAt, seen.Keys.IsComplete, seen.Pools.Parameters.IsComplete);
            Record = seen.Pools.Records.Items.FirstOrDefault(record => record.Name == pool);
            Parameter = seen.Pools.Parameters.Items.FirstOrDefault(parameter => parameter.Pool == pool);
            foreach (var key in seen.Keys.Items.Where(key => key.IsForPool(seen.Pools.Mark, out var owner) && owner == pool))
            {
                _listed[key.Id] = key;
            }

            if (Record?.Key is { } last)
            {
                _recorded[last.Id] = last.Expires;
            }

            if (Record?.Previous is { } previous)
            {
                _recorded[previous.Id] = previous.Expires;
            }

            Usable = [.. _listed.Keys.Union(_recorded.Keys).Where(IsUsable).Order()];
        }

        public DateTimeOffset Now { get; }

        public bool AreListed { get; }

        public bool AreParametersRead { get; }

        public bool IsAllRead => AreListed && AreParametersRead;

        public PoolRecord? Record { get; }

        public PoolParameter? Parameter { get; }

        public bool IsLeased => Record?.Lease > Now;

        /// <summary>In order.</summary>
        public ImmutableArray<KeyId> Usable { get; }

        public DateTimeOffset Expires(KeyId key) => _listed.TryGetValue(key, out var listed) ? listed.Expires : _recorded[key];

        /// <summary>A younger one may be on its way into a ledger that was read before it was.</summary>
        public bool IsOld(KeyId key) => Now - _listed[key].Created >= Lease;

        private bool IsUsable(KeyId key) => Expires(key) > Now && !(_listed.TryGetValue(key, out var listed) && listed.Invalid);
    }
}

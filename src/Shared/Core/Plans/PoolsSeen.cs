using System.Collections.Immutable;
using Automation.Nodes;

namespace Automation.Plans;

/// <summary>Key pools: those that are wanted, and what there is of them.</summary>
public sealed record PoolsSeen
{
    /// <summary>The installation's own, in the description of its keys.</summary>
    public required string Mark { get; init; }

    /// <summary>The path of their parameters, <c>&lt;prefix&gt;/pools</c>.</summary>
    public required string Folder { get; init; }

    public required ImmutableArray<KeyPool> Configured { get; init; }

    /// <summary>The ledger's.</summary>
    public required Seen<PoolRecord> Records { get; init; }

    /// <summary>Not looked at where no pool is configured and none is on record.</summary>
    public required Seen<PoolParameter> Parameters { get; init; }
}

/// <summary>A parameter <c>&lt;prefix&gt;/pools/&lt;name&gt;/auth-key</c>.</summary>
/// <param name="Key">The key that it holds, by its description; null where that does not say.</param>
public sealed record PoolParameter(string Pool, KeyId? Key);

/// <summary>What the ledger knows of a pool.</summary>
/// <param name="Key">The last one that was minted and recorded; null before the first.</param>
/// <param name="Previous">The key before it, which is left to expire.</param>
/// <param name="Lease">Until then whoever wrote it is minting a key, unless it has ended meanwhile.</param>
/// <param name="Unsure">A key may have been minted that is not on record.</param>
/// <param name="Version">Grows with each write, so that of two writers one sees that it came second.</param>
public sealed record PoolRecord(
    string Name,
    PoolKey? Key,
    ExpiringKey? Previous,
    DateTimeOffset? Lease,
    bool Unsure,
    long Version);

/// <param name="Tags">Those that it gives to devices.</param>
public sealed record PoolKey(KeyId Id, DateTimeOffset Minted, DateTimeOffset Expires, ImmutableArray<string> Tags);

public sealed record ExpiringKey(KeyId Id, DateTimeOffset Expires);

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Amazon.DynamoDBv2.Model;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Ledger;

/// <summary>The item <c>pool#&lt;name&gt;</c>.</summary>
internal static class PoolItem
{
    public const string KeyStart = "pool#";

    public static string Key(string pool) => KeyStart + pool;

    public static Dictionary<string, AttributeValue> Of(PoolRecord pool)
    {
        var item = new Dictionary<string, AttributeValue>();
        item.Add("pk", Key(pool.Name));
        if (pool.Key is { } key)
        {
            item.Add("key", key.Id.ToString());
            item.Add("minted", (DateTimeOffset?)key.Minted);
            item.Add("expires", (DateTimeOffset?)key.Expires);
            item.Add("tags", key.Tags);
        }

        item.Add("previous", pool.Previous?.Id.ToString());
        item.Add("previousExpires", pool.Previous?.Expires);
        item.Add("lease", pool.Lease);
        item.Add("unsure", pool.Unsure);
        item.Add("version", pool.Version);
        return item;
    }

    public static bool TryRead(
        Dictionary<string, AttributeValue> item, [NotNullWhen(true)] out PoolRecord? pool, [NotNullWhen(false)] out string? problem)
    {
        pool = null;
        problem = null;
        if (item.Text("pk") is not { } pk || !pk.StartsWith(KeyStart, StringComparison.Ordinal) || !KeyPool.IsName(pk[KeyStart.Length..]))
        {
            return LedgerItem.Unreadable(item, "name", out problem);
        }

        if (!TryKey(item, out var key))
        {
            return LedgerItem.Unreadable(item, "key", out problem);
        }

        if (!item.TryId<KeyKind>("previous", out var previous)
            || !item.TryInstant("previousExpires", out var previousExpires)
            || previous is null != previousExpires is null)
        {
            return LedgerItem.Unreadable(item, "previous", out problem);
        }

        if (!item.TryInstant("lease", out var lease))
        {
            return LedgerItem.Unreadable(item, "lease", out problem);
        }

        if (item.GetValueOrDefault("unsure")?.BOOL is not { } unsure)
        {
            return LedgerItem.Unreadable(item, "unsure", out problem);
        }

        if (!long.TryParse(item.GetValueOrDefault("version")?.N, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version == 0)
        {
            return LedgerItem.Unreadable(item, "version", out problem);
        }

        pool = new(pk[KeyStart.Length..], key, previous is { } id ? new(id, previousExpires!.Value) : null, lease, unsure, version);
        return true;
    }

    private static bool TryKey(Dictionary<string, AttributeValue> item, out PoolKey? key)
    {
        key = null;
        if (!item.ContainsKey("key"))
        {
            return true;
        }

        if (!item.TryId<KeyKind>("key", out var id) || id is null
            || !item.TryInstant("minted", out var minted) || minted is null
            || !item.TryInstant("expires", out var expires) || expires is null
            || !item.TryTexts("tags", out var tags))
        {
            return false;
        }

        key = new(id, minted.Value, expires.Value, tags);
        return true;
    }
}

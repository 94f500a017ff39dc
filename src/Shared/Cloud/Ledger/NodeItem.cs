using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Amazon.DynamoDBv2.Model;
using Automation.Plans;

namespace Automation.Ledger;

/// <summary>The item <c>node#&lt;instance&gt;</c>.</summary>
internal static class NodeItem
{
    public const string KeyStart = "node#";

    public static string Key(InstanceId instance) => KeyStart + instance;

    public static Dictionary<string, AttributeValue> Of(NodeRecord node)
    {
        var item = new Dictionary<string, AttributeValue>();
        item.Add("pk", Key(node.Instance));
        item.Add("scope", node.Scope.ToString());
        item.Add("role", node.Role);
        item.Add("vpc", node.Vpc?.ToString());
        item.Add("registeredAt", node.RegisteredAt);
        item.Add("key", node.Key?.ToString());
        item.Add("keyExpires", node.KeyExpires);
        item.Add("device", node.Device?.ToString());
        item.Add("routes", node.Routes.Select(route => route.ToString()));
        item.Add("goneAt", node.GoneAt);
        item.Add("unhealthyAt", node.UnhealthyAt);
        item.Add("version", node.Version);
        item.Add("dns64", node.Dns64);
        return item;
    }

    public static bool TryRead(
        Dictionary<string, AttributeValue> item, [NotNullWhen(true)] out NodeRecord? node, [NotNullWhen(false)] out string? problem)
    {
        node = null;
        problem = null;
        if (item.Text("pk") is not { } key
            || !key.StartsWith(KeyStart, StringComparison.Ordinal)
            || !InstanceId.TryParse(key[KeyStart.Length..], out var instance))
        {
            return LedgerItem.Unreadable(item, "instance", out problem);
        }

        if (!Scope.TryParse(item.Text("scope"), out var scope))
        {
            return LedgerItem.Unreadable(item, "scope", out problem);
        }

        if (item.Text("role") is not { } role)
        {
            return LedgerItem.Unreadable(item, "role", out problem);
        }

        if (!item.TryId<VpcKind>("vpc", out var vpc))
        {
            return LedgerItem.Unreadable(item, "vpc", out problem);
        }

        if (!item.TryInstant("registeredAt", out var registeredAt) || registeredAt is null)
        {
            return LedgerItem.Unreadable(item, "registeredAt", out problem);
        }

        if (!item.TryId<KeyKind>("key", out var keyId))
        {
            return LedgerItem.Unreadable(item, "key", out problem);
        }

        if (!item.TryInstant("keyExpires", out var keyExpires))
        {
            return LedgerItem.Unreadable(item, "keyExpires", out problem);
        }

        if (!item.TryId<DeviceKind>("device", out var device))
        {
            return LedgerItem.Unreadable(item, "device", out problem);
        }

        if (!item.TryPrefixes("routes", out var routes))
        {
            return LedgerItem.Unreadable(item, "routes", out problem);
        }

        if (!item.TryInstant("goneAt", out var goneAt))
        {
            return LedgerItem.Unreadable(item, "goneAt", out problem);
        }

        if (!item.TryInstant("unhealthyAt", out var unhealthyAt))
        {
            return LedgerItem.Unreadable(item, "unhealthyAt", out problem);
        }

        if (!long.TryParse(item.GetValueOrDefault("version")?.N, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version == 0)
        {
            return LedgerItem.Unreadable(item, "version", out problem);
        }

        var dns64 = item.Text("dns64");
        if (item.ContainsKey("dns64") && dns64 is null)
        {
            return LedgerItem.Unreadable(item, "dns64", out problem);
        }

        node = new(instance, scope, role, vpc, registeredAt.Value, keyId, keyExpires, device, routes, goneAt, version, dns64, unhealthyAt);
        return true;
    }
}

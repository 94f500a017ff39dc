using System.Diagnostics.CodeAnalysis;
using Amazon.DynamoDBv2.Model;
using Automation.Plans;

namespace Automation.Ledger;

/// <summary>The item <c>dns#&lt;domain&gt;</c>.</summary>
internal static class DomainItem
{
    public const string KeyStart = "dns#";

    public static string Key(string domain) => KeyStart + domain;

    public static Dictionary<string, AttributeValue> Of(DomainRecord domain)
    {
        var item = new Dictionary<string, AttributeValue>();
        item.Add("pk", Key(domain.Domain));
        item.Add("resolvers", domain.Resolvers);
        item.Add("zone", domain.Zone);
        item.Add("scope", domain.Scope.ToString());
        item.Add("vpc", domain.Vpc.ToString());
        item.Add("confirmed", domain.Confirmed);
        item.Add("useWithExitNode", domain.UseWithExitNode);
        return item;
    }

    public static bool TryRead(
        Dictionary<string, AttributeValue> item, [NotNullWhen(true)] out DomainRecord? domain, [NotNullWhen(false)] out string? problem)
    {
        domain = null;
        problem = null;
        if (item.Text("pk") is not { } key || !key.StartsWith(KeyStart, StringComparison.Ordinal) || key.Length == KeyStart.Length)
        {
            return LedgerItem.Unreadable(item, "domain", out problem);
        }

        if (!item.TryTexts("resolvers", out var resolvers))
        {
            return LedgerItem.Unreadable(item, "resolvers", out problem);
        }

        if (item.Text("zone") is not { } zone)
        {
            return LedgerItem.Unreadable(item, "zone", out problem);
        }

        if (!Scope.TryParse(item.Text("scope"), out var scope))
        {
            return LedgerItem.Unreadable(item, "scope", out problem);
        }

        if (!VpcId.TryParse(item.Text("vpc"), out var vpc))
        {
            return LedgerItem.Unreadable(item, "vpc", out problem);
        }

        if (item.GetValueOrDefault("confirmed")?.BOOL is not { } confirmed)
        {
            return LedgerItem.Unreadable(item, "confirmed", out problem);
        }

        var useWithExitNode = item.GetValueOrDefault("useWithExitNode")?.BOOL;
        if (item.ContainsKey("useWithExitNode") && useWithExitNode is null)
        {
            return LedgerItem.Unreadable(item, "useWithExitNode", out problem);
        }

        domain = new(key[KeyStart.Length..], resolvers, zone, scope, vpc, confirmed, useWithExitNode ?? false);
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;
using Amazon.DynamoDBv2.Model;
using Automation.Plans;

namespace Automation.Ledger;

/// <summary>The item <c>zone#&lt;zone&gt;#&lt;vpc&gt;</c>.</summary>
internal static class AssociationItem
{
    public const string KeyStart = "zone#";

    public const string Authorized = "authorized", Change = "change", InSync = "inSync";

    public static string Key(ZoneId zone, VpcId vpc) => $"{KeyStart}{zone}#{vpc}";

    public static Dictionary<string, AttributeValue> Of(AssociationRecord association)
    {
        var item = new Dictionary<string, AttributeValue>();
        item.Add("pk", Key(association.Zone, association.Vpc));
        item.Add("name", association.Name);
        item.Add("scope", association.Scope.ToString());
        item.Add("owner", association.Owner.ToString());
        item.Add(Authorized, association.Authorized);
        item.Add(Change, association.Change);
        item.Add(InSync, association.InSync);
        return item;
    }

    public static bool TryRead(
        Dictionary<string, AttributeValue> item, [NotNullWhen(true)] out AssociationRecord? association, [NotNullWhen(false)] out string? problem)
    {
        association = null;
        problem = null;
        var key = (item.Text("pk") ?? "").Split('#');
        if (key.Length != 3 || key[0] + '#' != KeyStart || !ZoneId.TryParse(key[1], out var zone))
        {
            return LedgerItem.Unreadable(item, "zone", out problem);
        }

        if (!VpcId.TryParse(key[2], out var vpc))
        {
            return LedgerItem.Unreadable(item, "vpc", out problem);
        }

        if (item.Text("name") is not { Length: > 0 } name)
        {
            return LedgerItem.Unreadable(item, "name", out problem);
        }

        if (!Scope.TryParse(item.Text("scope"), out var scope))
        {
            return LedgerItem.Unreadable(item, "scope", out problem);
        }

        if (!Scope.TryParse(item.Text("owner"), out var owner))
        {
            return LedgerItem.Unreadable(item, "owner", out problem);
        }

        if (item.GetValueOrDefault(Authorized)?.BOOL is not { } authorized)
        {
            return LedgerItem.Unreadable(item, Authorized, out problem);
        }

        // It goes into a path when Route 53 is asked after it.
        var change = item.Text(Change);
        if (item.ContainsKey(Change) && (change is not { Length: > 0 } || !change.All(char.IsAsciiLetterOrDigit)))
        {
            return LedgerItem.Unreadable(item, Change, out problem);
        }

        if (item.GetValueOrDefault(InSync)?.BOOL is not { } inSync)
        {
            return LedgerItem.Unreadable(item, InSync, out problem);
        }

        association = new(zone, name, vpc, scope, owner, authorized, change, inSync);
        return true;
    }
}

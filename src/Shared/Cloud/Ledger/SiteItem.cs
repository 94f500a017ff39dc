using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Amazon.DynamoDBv2.Model;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Ledger;

/// <summary>
/// The items <c>site-id#&lt;id&gt;</c>, which say whose an id is or was, and <c>site#&lt;vpc&gt;</c>, which are there so that a VPC cannot
/// have two: a condition sees one item, not all.
/// </summary>
internal static class SiteItem
{
    public const string KeyStart = "site-id#", VpcKeyStart = "site#";

    public const string Site = "site", Vpc = "vpc", ReleasedAt = "releasedAt";

    public static string Key(int site) => string.Create(CultureInfo.InvariantCulture, $"{KeyStart}{site}");

    public static string Key(VpcId vpc) => VpcKeyStart + vpc;

    public static Dictionary<string, AttributeValue> OfId(SiteRecord site)
    {
        var item = new Dictionary<string, AttributeValue>();
        item.Add("pk", Key(site.Site));
        item.Add(Vpc, site.Vpc.ToString());
        item.Add("scope", site.Scope.ToString());
        item.Add(ReleasedAt, site.ReleasedAt);
        return item;
    }

    public static Dictionary<string, AttributeValue> OfVpc(SiteRecord site)
    {
        var item = new Dictionary<string, AttributeValue>();
        item.Add("pk", Key(site.Vpc));
        item.Add(Site, site.Site);
        item.Add("scope", site.Scope.ToString());
        return item;
    }

    public static bool TryRead(
        Dictionary<string, AttributeValue> item, [NotNullWhen(true)] out SiteRecord? site, [NotNullWhen(false)] out string? problem)
    {
        site = null;
        problem = null;
        if (item.Text("pk") is not { } key
            || !key.StartsWith(KeyStart, StringComparison.Ordinal)
            || !int.TryParse(key.AsSpan(KeyStart.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !SiteIds.Allows(id)
            || Key(id) != key)   // "site-id#07" would be a second item of site 7
        {
            return LedgerItem.Unreadable(item, "site id", out problem);
        }

        if (!VpcId.TryParse(item.Text(Vpc), out var vpc))
        {
            return LedgerItem.Unreadable(item, Vpc, out problem);
        }

        if (!Scope.TryParse(item.Text("scope"), out var scope))
        {
            return LedgerItem.Unreadable(item, "scope", out problem);
        }

        if (!item.TryInstant(ReleasedAt, out var releasedAt))
        {
            return LedgerItem.Unreadable(item, ReleasedAt, out problem);
        }

        site = new(id, vpc, scope, releasedAt);
        return true;
    }
}

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Amazon.DynamoDBv2.Model;
using Automation.Network;

namespace Automation.Ledger;

/// <summary>Attributes of the ledger's items: texts, numbers, flags and lists of texts. What is null is not written.</summary>
internal static class LedgerItem
{
    public static void Add(this Dictionary<string, AttributeValue> item, string name, string? text)
    {
        if (text is not null)
        {
            item.Add(name, new AttributeValue { S = text });
        }
    }

    public static void Add(this Dictionary<string, AttributeValue> item, string name, DateTimeOffset? instant) =>
        item.Add(name, instant?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));

    public static void Add(this Dictionary<string, AttributeValue> item, string name, long number) =>
        item.Add(name, new AttributeValue { N = number.ToString(CultureInfo.InvariantCulture) });

    public static void Add(this Dictionary<string, AttributeValue> item, string name, bool flag) =>
        item.Add(name, new AttributeValue { BOOL = flag });

    // A list and not a set: DynamoDB has no empty sets, and order means something.
    public static void Add(this Dictionary<string, AttributeValue> item, string name, IEnumerable<string> texts) =>
        item.Add(name, new AttributeValue { L = [.. texts.Select(text => new AttributeValue { S = text })], IsLSet = true });

    public static string? Text(this Dictionary<string, AttributeValue> item, string name) => item.GetValueOrDefault(name)?.S;

    /// <returns>false where the attribute is there and is no instant.</returns>
    public static bool TryInstant(this Dictionary<string, AttributeValue> item, string name, out DateTimeOffset? instant)
    {
        instant = null;
        if (!item.ContainsKey(name))
        {
            return true;
        }

        if (!DateTimeOffset.TryParse(item.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
        {
            return false;
        }

        instant = parsed;
        return true;
    }

    /// <returns>false where the attribute is there and is no identifier of the kind.</returns>
    public static bool TryId<TKind>(this Dictionary<string, AttributeValue> item, string name, out ResourceId<TKind>? id)
        where TKind : IResourceKind
    {
        id = null;
        if (!item.ContainsKey(name))
        {
            return true;
        }

        if (!ResourceId<TKind>.TryParse(item.Text(name), out var parsed))
        {
            return false;
        }

        id = parsed;
        return true;
    }

    public static bool TryTexts(this Dictionary<string, AttributeValue> item, string name, out ImmutableArray<string> texts)
    {
        var list = item.GetValueOrDefault(name)?.L;
        texts = [];
        if (list is null || list.Exists(value => value?.S is null))
        {
            return false;
        }

        texts = [.. list.Select(value => value.S)];
        return true;
    }

    /// <returns>false where the attribute is not there, or is no list of prefixes.</returns>
    public static bool TryPrefixes(this Dictionary<string, AttributeValue> item, string name, [NotNullWhen(true)] out PrefixSet? prefixes)
    {
        prefixes = null;
        if (!item.TryTexts(name, out var texts))
        {
            return false;
        }

        var read = new List<Prefix>(texts.Length);
        foreach (var text in texts)
        {
            if (!Prefix.TryParse(text, out var prefix))
            {
                return false;
            }

            read.Add(prefix);
        }

        prefixes = PrefixSet.Of(read);
        return true;
    }

    public static bool Unreadable(Dictionary<string, AttributeValue> item, string attribute, [NotNull] out string? problem)
    {
        problem = $"the ledger's item {Printable.Of(item.Text("pk"))} has no readable {attribute}";
        return false;
    }
}

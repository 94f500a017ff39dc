using System.Text;
using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using Automation.Ledger;

namespace Automation.Fuzz;

/// <summary>Items of the ledger's table, which people can mend by hand: read whole, or named as unreadable. Never half of one.</summary>
internal sealed class LedgerTarget : Target
{
    private readonly JsonMutator _items;

    public LedgerTarget()
    {
        using var scan = JsonDocument.Parse(Samples.Text("samples/aws/DynamoDB.Scan.json"));
        _items = new(scan.RootElement.GetProperty("Items").EnumerateArray().Select(item => item.GetRawText()));
    }

    public override string Name => "ledger";

    public override int Share => 100;

    public override AllocationLimit Limit => new(32_000, 60);

    public override Input Make(Dice dice)
    {
        var bytes = Encoding.UTF8.GetBytes(_items.Text(dice));
        return new(bytes, () => Try(Item(bytes)));
    }

    private static Outcome Try(Dictionary<string, AttributeValue>? item)
    {
        if (item is null)
        {
            return new(false, "no item");
        }

        var (kind, record, problem) = item.Text("pk") switch
        {
            { } key when key.StartsWith(NodeItem.KeyStart, StringComparison.Ordinal) => ("node", (object?)(NodeItem.TryRead(item, out var node, out var why) ? node : null), why),
            { } key when key.StartsWith(DomainItem.KeyStart, StringComparison.Ordinal) => ("domain", DomainItem.TryRead(item, out var domain, out var why) ? domain : null, why),
            { } key when key.StartsWith(SiteItem.KeyStart, StringComparison.Ordinal) => ("site", SiteItem.TryRead(item, out var site, out var why) ? site : null, why),
            { } key when key.StartsWith(AssociationItem.KeyStart, StringComparison.Ordinal) => ("association", AssociationItem.TryRead(item, out var association, out var why) ? association : null, why),
            { } key when key.StartsWith(PoolItem.KeyStart, StringComparison.Ordinal) => ("pool", PoolItem.TryRead(item, out var pool, out var why) ? pool : null, why),
            _ => ("another", null, "it is no item of ours"),
        };
        Must.Be(record is null == problem is not null, "it was neither read nor named as unreadable, or both");
        if (problem is not null)
        {
            return new(false, "unreadable", Must.BeFitForALog(problem));
        }

        // What was read is written as it was: nothing was made up, and nothing lost.
        var written = record switch
        {
            Plans.NodeRecord node => NodeItem.Of(node),
            Plans.DomainRecord domain => DomainItem.Of(domain),
            Plans.SiteRecord site => SiteItem.OfId(site),
            Plans.AssociationRecord association => AssociationItem.Of(association),
            Plans.PoolRecord pool => PoolItem.Of(pool),
            _ => throw new WrongException("it is of no kind"),
        };
        Must.Be(written["pk"].S == item["pk"].S, "it was read as another item");
        foreach (var (name, _) in written.Where(attribute => !item.ContainsKey(attribute.Key)))
        {
            Must.Be(name is "useWithExitNode", $"{name} was made up");
        }

        foreach (var name in new[] { "key", "device", "goneAt", "unhealthyAt", "keyExpires", "releasedAt", "change", "previous", "lease", "vpc", "plain" }.Where(item.ContainsKey))
        {
            Must.Be(written.ContainsKey(name) || IsOfAnotherKind(name, record), $"{name} was lost");
        }

        return Outcome.Of(kind);
    }

    private static bool IsOfAnotherKind(string name, object record) => record switch
    {
        Plans.NodeRecord => name is not ("key" or "device" or "goneAt" or "unhealthyAt" or "keyExpires" or "vpc"),
        Plans.SiteRecord => name is not ("vpc" or "releasedAt" or "plain"),
        Plans.PoolRecord => name is not ("key" or "previous" or "lease"),
        Plans.AssociationRecord => name is not "change",
        _ => name is not "vpc",
    };

    // As the SDK hands it over: what it cannot read never comes here.
    private static Dictionary<string, AttributeValue>? Item(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object ? Map(json.RootElement) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Dictionary<string, AttributeValue> Map(JsonElement json)
    {
        var map = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            map[member.Name] = Value(member.Value);
        }

        return map;
    }

    private static AttributeValue Value(JsonElement json)
    {
        var value = new AttributeValue();
        foreach (var member in json.ValueKind == JsonValueKind.Object ? json.EnumerateObject().ToArray() : [])
        {
            switch (member.Name, member.Value.ValueKind)
            {
                case ("S", JsonValueKind.String):
                    value.S = member.Value.GetString();
                    break;
                case ("N", JsonValueKind.String):
                    value.N = member.Value.GetString();
                    break;
                case ("BOOL", JsonValueKind.True or JsonValueKind.False):
                    value.BOOL = member.Value.GetBoolean();
                    break;
                case ("L", JsonValueKind.Array):
                    value.L = [.. member.Value.EnumerateArray().Select(Value)];
                    break;
                default:
                    break;
            }
        }

        return value;
    }
}

using System.Text;
using System.Text.Json;

namespace Automation.Fuzz;

/// <summary>JSON that may be wrong in every way: members may come twice, names and values stand as they are written.</summary>
internal sealed class JsonTree
{
    private JsonTree(JsonValueKind kind) => Kind = kind;

    public JsonValueKind Kind { get; private init; }

    /// <summary>Of an object: with names as they are written, quotes included. Of an array: with names that do not count.</summary>
    public List<(string Name, JsonTree Value)> Members { get; } = [];

    /// <summary>Of anything else.</summary>
    public string Raw { get; set; } = "";

    public bool IsContainer => Kind is JsonValueKind.Object or JsonValueKind.Array;

    public static JsonTree Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return Of(document.RootElement);
    }

    public static JsonTree OfRaw(string raw) => new(JsonValueKind.Undefined) { Raw = raw };

    public JsonTree Copy()
    {
        var copy = new JsonTree(Kind) { Raw = Raw };
        copy.Members.AddRange(Members.Select(member => (member.Name, member.Value.Copy())));
        return copy;
    }

    /// <summary>All containers, this one first; nothing where this is none.</summary>
    public IEnumerable<JsonTree> Containers() => IsContainer ? Members.SelectMany(member => member.Value.Containers()).Prepend(this) : [];

    public IEnumerable<JsonTree> Scalars() => IsContainer ? Members.SelectMany(member => member.Value.Scalars()) : [this];

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    private static JsonTree Of(JsonElement element)
    {
        var tree = new JsonTree(element.ValueKind);
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                tree.Members.AddRange(element.EnumerateObject().Select(member => (JsonSerializer.Serialize(member.Name), Of(member.Value))));
                break;
            case JsonValueKind.Array:
                tree.Members.AddRange(element.EnumerateArray().Select(item => ("\"\"", Of(item))));
                break;
            default:
                tree.Raw = element.GetRawText();
                break;
        }

        return tree;
    }

    private void Write(StringBuilder text)
    {
        if (!IsContainer)
        {
            text.Append(Raw);
            return;
        }

        text.Append(Kind == JsonValueKind.Object ? '{' : '[');
        for (var i = 0; i < Members.Count; i++)
        {
            text.Append(i == 0 ? "" : ",");
            if (Kind == JsonValueKind.Object)
            {
                text.Append(Members[i].Name).Append(':');
            }

            Members[i].Value.Write(text);
        }

        text.Append(Kind == JsonValueKind.Object ? '}' : ']');
    }
}

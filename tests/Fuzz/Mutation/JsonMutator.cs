using System.Text;
using System.Text.Json;

namespace Automation.Fuzz;

/// <summary>Makes inputs of samples of JSON: mostly well-formed, with one thing or a few that are not as they should be.</summary>
internal sealed class JsonMutator
{
    private readonly JsonTree[] _samples;
    private readonly string[] _names;
    private readonly JsonTree[] _values;

    public JsonMutator(IEnumerable<string> samples)
    {
        _samples = [.. samples.Select(JsonTree.Parse)];
        _names = [.. _samples.SelectMany(sample => sample.Containers()).Where(container => container.Kind == JsonValueKind.Object).SelectMany(container => container.Members).Select(member => member.Name).Distinct()];
        _values = [.. _samples.SelectMany(sample => sample.Scalars()).DistinctBy(value => value.Raw), .. _samples.SelectMany(sample => sample.Containers()).Where(container => container.ToString().Length < 400)];
    }

    /// <summary>One of the samples, changed.</summary>
    public string Text(Dice dice) => Text(dice, dice.Below(_samples.Length));

    /// <summary>That sample, changed.</summary>
    public string Text(Dice dice, int sample)
    {
        var root = _samples[sample].Copy();
        if (dice.OneIn(20))
        {
            return root.ToString();
        }

        for (var times = 1 + (dice.OneIn(2) ? 0 : dice.Below(4)); times > 0; times--)
        {
            root = Change(root, dice);
        }

        return root.ToString();
    }

    /// <summary>The same in UTF-8, and sometimes no longer that.</summary>
    public byte[] Bytes(Dice dice, int sample) => BytesMutator.Of(Text(dice, sample), dice);

    public byte[] Bytes(Dice dice) => Bytes(dice, dice.Below(_samples.Length));

    public int Count => _samples.Length;

    private JsonTree Change(JsonTree root, Dice dice)
    {
        var containers = root.Containers().Where(container => container.Members.Count > 0).ToArray();
        if (containers.Length == 0 || dice.OneIn(60))
        {
            return dice.OneIn(3) ? dice.Of(_values).Copy() : JsonTree.OfRaw(Odd(dice));
        }

        var members = dice.Of(containers).Members;
        var at = dice.Below(members.Count);
        var (name, value) = members[at];
        switch (dice.Below(12))
        {
            case 0:
                members.RemoveAt(at);
                break;
            case 1:   // the same member twice, perhaps with another value first
                members.Insert(at, (name, dice.OneIn(2) ? value.Copy() : dice.Of(_values).Copy()));
                break;
            case 2:
                members.RemoveAt(at);
                members.Insert(dice.Below(members.Count + 1), (name, value));
                break;
            case 3 or 4:
                members[at] = (name, dice.Of(_values).Copy());
                break;
            case 5:
                members[at] = (name, JsonTree.OfRaw(Odd(dice)));
                break;
            case 6:
                members[at] = (name, JsonTree.OfRaw("null"));
                break;
            case 7:
                members[at] = (dice.OneIn(2) ? dice.Of(_names) : Renamed(name, dice), value);
                break;
            case 8:
                members.AddRange([.. members.Select(member => (member.Name, member.Value.Copy()))]);
                break;
            case 9:   // two values change places
                var others = dice.Of(containers).Members;
                var other = dice.Below(others.Count);
                var there = others[other];
                (members[at], others[other]) = ((name, there.Value.Copy()), (there.Name, value.Copy()));
                break;
            default:
                members[at] = (name, value.IsContainer ? JsonTree.OfRaw(Odd(dice)) : ChangedScalar(value, dice));
                break;
        }

        return root;
    }

    private static JsonTree ChangedScalar(JsonTree value, Dice dice)
    {
        var text = value.Raw.StartsWith('"') ? Unquoted(value.Raw) : value.Raw;
        return JsonTree.OfRaw(dice.OneIn(8) ? text : Quoted(dice.OneIn(3) ? Oddities.Text(dice) : Oddities.Changed(text, dice)));
    }

    private static string Odd(Dice dice)
    {
        switch (dice.Below(8))
        {
            case 0:
                var depth = dice.OneIn(30) ? 50_000 : dice.Of([10, 62, 63, 64, 65, 200]);
                return dice.OneIn(2) ? new string('[', depth) + new string(']', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
            case 1 or 2:
                return Quoted(Oddities.Text(dice));
            default:
                return dice.Of(Oddities.JsonScalars);
        }
    }

    private static string Renamed(string name, Dice dice) => dice.Below(5) switch
    {
        0 => name.ToUpperInvariant(),
        1 => name.ToLowerInvariant(),
        2 => Quoted(Oddities.Text(dice)),
        3 => dice.Of(["\"\\ud800\"", "\"\\u0000\"", "\"\"", "\"__proto__\"", "\"$type\"", "\"$ref\"", "\"$id\"", "\"\\u0069d\""]),
        _ => Quoted(Oddities.Changed(Unquoted(name), dice)),
    };

    // Lone surrogates as escapes; everything else that need not be escaped as it is.
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                quoted.Append(text, i++, 2);
            }
            else if (char.IsControl(text[i]) || char.IsSurrogate(text[i]) || text[i] is '"' or '\\')
            {
                quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            }
            else
            {
                quoted.Append(text[i]);
            }
        }

        return quoted.Append('"').ToString();
    }

    private static string Unquoted(string raw)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(raw) ?? "";
        }
        catch (JsonException)   // made by an earlier change
        {
            return raw.Trim('"');
        }
    }
}

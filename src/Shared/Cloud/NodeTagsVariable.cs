using System.Buffers;
using System.Collections.Immutable;
using Automation.Nodes;

namespace Automation;

/// <summary>Reads <c>NODE_TAGS</c>: <c>role=tag[+tag]</c> pairs with commas between.</summary>
internal static class NodeTagsVariable
{
    private const string Name = "NODE_TAGS";
    private const string Standard = NodeRoles.SubnetRouter + "=tag:aws-router";
    private const string TagHead = "tag:";

    private static readonly SearchValues<char> s_tag = VariableReader.LettersDigitsAnd("-");
    private static readonly string s_expected =
        $"role=tag:name[+tag:name] pairs with commas between, {NodeRoles.SubnetRouter} among them, such as {Standard}; roles are {string.Join(", ", NodeRoles.Known)}";

    public static NodeTags Read(VariableReader read)
    {
        var byRole = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        var value = read.Optional(Name, s_expected) ?? Standard;
        var named = new HashSet<string>();
        foreach (var pair in value.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = pair.Split('=', 2, StringSplitOptions.TrimEntries);
            var tags = parts.Length == 2 ? parts[1].Split('+', StringSplitOptions.TrimEntries) : [];
            named.Add(parts[0]);
            if (!NodeRoles.Known.Contains(parts[0]))
            {
                read.Note(Name, $"names the role '{Printable.Of(parts[0])}', which is not known", s_expected);
            }
            else if (byRole.ContainsKey(parts[0]))
            {
                read.Note(Name, $"names the role {parts[0]} twice", s_expected);
            }
            else if (tags.FirstOrDefault(tag => !IsTag(tag)) is { } wrong)
            {
                read.Note(Name, $"gives {parts[0]} the tag '{Printable.Of(wrong)}'", s_expected);
            }
            else if (tags.Length == 0)
            {
                read.Note(Name, $"gives {parts[0]} no tag", s_expected);
            }
            else
            {
                byRole.Add(parts[0], [.. tags.Distinct()]);
            }
        }

        if (!named.Contains(NodeRoles.SubnetRouter))
        {
            read.Note(Name, $"gives {NodeRoles.SubnetRouter} no tag", s_expected);
        }

        return new(byRole.ToImmutable());
    }

    // Tailscale: a letter first, then letters, digits and hyphens.
    private static bool IsTag(string tag) =>
        tag.StartsWith(TagHead, StringComparison.Ordinal)
        && tag.AsSpan(TagHead.Length) is { Length: > 0 } name
        && char.IsAsciiLetter(name[0])
        && !name.ContainsAnyExcept(s_tag);
}

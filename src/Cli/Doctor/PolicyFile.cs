using System.Collections.Immutable;
using System.Text.Json;
using Automation.Network;

namespace Automation.Cli;

/// <summary>Of a tailnet's policy file, what the automation depends on. It is only ever read.</summary>
internal sealed class PolicyFile
{
    private readonly ImmutableArray<Prefix> _destinations;
    private readonly bool _allowsAll;

    private PolicyFile(JsonElement root)
    {
        TagOwners = Members(Member(root, "tagOwners")).ToImmutableDictionary(entry => entry.Name, entry => Texts(entry.Value), StringComparer.OrdinalIgnoreCase);
        AutoApprovers = [.. Members(Member(Member(root, "autoApprovers"), "routes")).Select(entry => (entry.Name, Texts(entry.Value)))];
        var hosts = Members(Member(root, "hosts")).ToImmutableDictionary(entry => entry.Name, entry => entry.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var (acls, grants) = (Member(root, "acls"), Member(root, "grants"));

        // A file with neither is Tailscale's default: everybody reaches everything.
        _allowsAll = acls.ValueKind == JsonValueKind.Undefined && grants.ValueKind == JsonValueKind.Undefined;
        var destinations = ImmutableArray.CreateBuilder<Prefix>();
        var unread = ImmutableArray.CreateBuilder<string>();
        foreach (var text in Items(acls).Where(acl => Member(acl, "action").ToString() == "accept").SelectMany(acl => Texts(Member(acl, "dst"))).Select(WithoutPorts)
            .Concat(Items(grants).Where(grant => Member(grant, "ip").ValueKind == JsonValueKind.Array).SelectMany(grant => Texts(Member(grant, "dst")))))
        {
            var name = hosts.GetValueOrDefault(text, text);
            if (name == "*")
            {
                _allowsAll = true;
            }
            else if (PrefixOf(name) is { } prefix)
            {
                destinations.Add(prefix);
            }
            else if (name.StartsWith("ipset:", StringComparison.Ordinal) || (name.Contains('-', StringComparison.Ordinal) && Address.TryParse(name.Split('-')[0], out var _)))
            {
                unread.Add(name);
            }
        }

        _destinations = destinations.ToImmutable();
        Unread = [.. unread.Distinct()];
    }

    /// <summary>By tag.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> TagOwners { get; }

    public ImmutableArray<(string Prefix, ImmutableArray<string> By)> AutoApprovers { get; }

    /// <summary>Destinations that are not looked into: IP sets and ranges.</summary>
    public ImmutableArray<string> Unread { get; }

    /// <param name="text">HuJSON: JSON with comments and commas at the ends of lists.</param>
    /// <returns>null where it is none.</returns>
    public static PolicyFile? Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var read = JsonDocument.Parse(text, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return read.RootElement.ValueKind == JsonValueKind.Object ? new(read.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Somebody may reach at least a part of it.</summary>
    public bool Lets(Prefix prefix) => _allowsAll || _destinations.Any(prefix.Overlaps);

    private static string WithoutPorts(string destination) =>
        destination.LastIndexOf(':') is >= 0 and var colon ? destination[..colon].Trim('[', ']') : destination;

    private static Prefix? PrefixOf(string text) =>
        Prefix.TryParse(text, out var prefix) ? prefix
        : Address.TryParse(text, out var address) ? Prefix.Of(address, address.IsIPv6 ? 128 : 32)
        : null;

    // Tailscale ignores the case of these names.
    private static JsonElement Member(JsonElement of, string name) =>
        Members(of).Where(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase)).Select(member => member.Value).FirstOrDefault();

    private static JsonElement.ObjectEnumerator Members(JsonElement of) => of.ValueKind == JsonValueKind.Object ? of.EnumerateObject() : default;

    private static JsonElement.ArrayEnumerator Items(JsonElement of) => of.ValueKind == JsonValueKind.Array ? of.EnumerateArray() : default;

    private static ImmutableArray<string> Texts(JsonElement of) => [.. Items(of).Select(item => item.ToString())];
}

using System.Collections.Immutable;
using System.Globalization;
using Automation.Nodes;

namespace Automation;

/// <summary>Reads <c>KEY_POOLS</c>: <c>name=role[/hours]</c> pairs with commas between.</summary>
internal static class KeyPoolsVariable
{
    private const string Name = "KEY_POOLS";
    private const int StandardHours = 24, MostHours = 168;

    private static readonly string s_expected = string.Create(
        CultureInfo.InvariantCulture,
        $"name=role[/hours] pairs with commas between, names of at most {KeyPool.LongestName} letters, digits and hyphens, roles that NODE_TAGS gives tags, 1 to {MostHours} hours, such as ci=agent/12, or nothing");

    /// <param name="tags">What each role's devices carry.</param>
    public static ImmutableArray<KeyPool> Read(VariableReader read, NodeTags tags)
    {
        var pools = ImmutableArray.CreateBuilder<KeyPool>();
        foreach (var pair in read.Optional(Name, s_expected)?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            var (name, rest) = Divided(pair, '=');
            var (role, hours) = Divided(rest ?? "", '/');
            var life = hours is null ? StandardHours : int.TryParse(hours, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 0;
            if (!KeyPool.IsName(name))
            {
                read.Note(Name, $"names a pool '{Printable.Of(name)}'", s_expected);
            }
            else if (pools.Any(pool => pool.Name == name))
            {
                read.Note(Name, $"names the pool {name} twice", s_expected);
            }
            else if (!NodeRoles.Known.Contains(role))
            {
                read.Note(Name, $"gives {name} the role '{Printable.Of(role)}', which is not known", s_expected);
            }
            else if (tags.Of(role).IsEmpty)
            {
                read.Note(Name, $"gives {name} the role {role}, to which NODE_TAGS gives no tag", s_expected);
            }
            else if (life is < 1 or > MostHours)
            {
                read.Note(Name, $"gives {name} '{Printable.Of(hours)}' hours", s_expected);
            }
            else
            {
                pools.Add(new(name, role, TimeSpan.FromHours(life)));
            }
        }

        return pools.ToImmutable();
    }

    private static (string Before, string? After) Divided(string text, char by) =>
        text.Split(by, 2, StringSplitOptions.TrimEntries) is [var before, var after] ? (before, after) : (text.Trim(), null);
}

using System.Buffers;
using System.Collections.Immutable;

namespace Automation.Tailscale;

/// <summary>What Tailscale accepts for a new auth key.</summary>
internal static class KeyRules
{
    public const int LongestDescription = 50;

    public static readonly TimeSpan LongestExpiry = TimeSpan.FromDays(90);

    private static readonly SearchValues<char> s_letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> s_inTag = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    private static readonly SearchValues<char> s_inDescription =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789- ");

    public static bool AllowsDescription(string description) =>
        description.Length <= LongestDescription && !description.AsSpan().ContainsAnyExcept(s_inDescription);

    public static bool AllowsExpiry(TimeSpan expiry) => expiry >= TimeSpan.FromSeconds(1) && expiry <= LongestExpiry;

    /// <summary><c>tag:</c>, a letter, then letters, digits or hyphens.</summary>
    public static bool AllowsTag(string tag) =>
        tag.StartsWith("tag:", StringComparison.Ordinal)
        && tag.Length > 4
        && s_letters.Contains(tag[4])
        && !tag.AsSpan(4).ContainsAnyExcept(s_inTag);

    /// <exception cref="ArgumentException">The caller asks for a key that Tailscale would not make.</exception>
    public static void Check(string description, ImmutableArray<string> tags, TimeSpan expiry)
    {
        if (!AllowsDescription(description))
        {
            throw new ArgumentException($"'{Printable.Of(description)}': at most 50 letters, digits, hyphens and spaces.", nameof(description));
        }

        if (tags.IsDefaultOrEmpty)
        {
            throw new ArgumentException("A key without a tag would make a device that belongs to a person.", nameof(tags));
        }

        if (!AllowsExpiry(expiry))
        {
            throw new ArgumentOutOfRangeException(nameof(expiry), expiry, "1 s to 90 days.");
        }
    }
}

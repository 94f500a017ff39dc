using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Network;

/// <summary>
/// Prefixes in order, each once, compared as values. Not aggregated: failover between routers needs exactly the same prefix,
/// so 10.0.0.0/16 and its two halves are different sets.
/// </summary>
[JsonConverter(typeof(PrefixSetJson))]
[CollectionBuilder(typeof(PrefixSet), nameof(Of))]
public sealed class PrefixSet : IReadOnlyList<Prefix>, IEquatable<PrefixSet>
{
    public static readonly PrefixSet Empty = new([]);

    /// <summary>Up to so many, looking at each is less work than searching for every wider one.</summary>
    private const int Few = 16;

    private readonly ImmutableArray<Prefix> _ordered;

    private PrefixSet(ImmutableArray<Prefix> ordered) => _ordered = ordered;

    public int Count => _ordered.Length;

    public bool IsEmpty => _ordered.IsEmpty;

    public Prefix this[int index] => _ordered[index];

    public static PrefixSet Of(ReadOnlySpan<Prefix> prefixes) => Own(prefixes.ToArray());

    public static PrefixSet Of(IEnumerable<Prefix> prefixes) => prefixes as PrefixSet ?? Own(prefixes.ToArray());

    // Most are in order already, or one alone.
    private static PrefixSet Own(Prefix[] prefixes)
    {
        for (var i = 1; i < prefixes.Length; i++)
        {
            if (prefixes[i - 1].CompareTo(prefixes[i]) >= 0)
            {
                Array.Sort(prefixes);
                return Once(prefixes);
            }
        }

        return prefixes.Length == 0 ? Empty : new(ImmutableCollectionsMarshal.AsImmutableArray(prefixes));
    }

    private static PrefixSet Once(Prefix[] ordered)
    {
        var count = 1;
        for (var i = 1; i < ordered.Length; i++)
        {
            if (ordered[i] != ordered[count - 1])
            {
                ordered[count++] = ordered[i];
            }
        }

        return new(ImmutableCollectionsMarshal.AsImmutableArray(ordered[..count]));
    }

    public bool Contains(Prefix prefix) => _ordered.BinarySearch(prefix) >= 0;

    public bool Covers(Address address) => Covers(Prefix.Of(address, address.Bits));

    /// <summary>Whether one of the prefixes contains all of the range.</summary>
    public bool Covers(Prefix range)
    {
        if (Count <= Few)
        {
            foreach (var prefix in _ordered)
            {
                if (prefix.Contains(range))
                {
                    return true;
                }
            }

            return false;
        }

        for (var length = range.Length; length >= 0; length--)
        {
            if (Contains(Prefix.Of(range.First, length)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The fewest prefixes with exactly the same addresses.</summary>
    public static PrefixSet Minimal(IEnumerable<Prefix> prefixes)
    {
        var merged = new List<Prefix>();
        foreach (var prefix in prefixes.Order())
        {
            if (merged.Count > 0 && merged[^1].Contains(prefix))
            {
                continue;
            }

            merged.Add(prefix);
            while (merged.Count > 1 && merged[^1].Length > 0 && merged[^1].Length == merged[^2].Length
                && Prefix.Of(merged[^2].First, merged[^2].Length - 1) is var both && both.Contains(merged[^1]))
            {
                merged.RemoveAt(merged.Count - 1);
                merged[^1] = both;
            }
        }

        return Of(merged);
    }

    public PrefixSet Union(PrefixSet other) => other.IsSubsetOf(this) ? this : IsSubsetOf(other) ? other : Own([.. _ordered, .. other._ordered]);

    public PrefixSet Except(PrefixSet other) => Kept(other, static (prefix, other) => !other.Contains(prefix));

    public PrefixSet Intersect(PrefixSet other) => Kept(other, static (prefix, other) => other.Contains(prefix));

    public PrefixSet Where(Func<Prefix, bool> keep) => Kept(keep, static (prefix, keep) => keep(prefix));

    // Asks of each once, and takes no more memory than what is kept needs.
    private PrefixSet Kept<T>(T with, Func<Prefix, T, bool> keep)
    {
        Span<bool> keeps = Count <= 256 ? stackalloc bool[Count] : new bool[Count];
        var count = 0;
        for (var i = 0; i < keeps.Length; i++)
        {
            keeps[i] = keep(_ordered[i], with);
            count += keeps[i] ? 1 : 0;
        }

        if (count == 0 || count == Count)
        {
            return count == 0 ? Empty : this;
        }

        var kept = new Prefix[count];
        for (var (i, at) = (0, 0); at < count; i++)
        {
            if (keeps[i])
            {
                kept[at++] = _ordered[i];
            }
        }

        return new(ImmutableCollectionsMarshal.AsImmutableArray(kept));
    }

    public bool IsSubsetOf(PrefixSet other)
    {
        foreach (var prefix in _ordered)
        {
            if (!other.Contains(prefix))
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(PrefixSet? other) => other is not null && _ordered.AsSpan().SequenceEqual(other._ordered.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as PrefixSet);

    public override int GetHashCode() => _ordered.Aggregate(_ordered.Length, HashCode.Combine);

    public ImmutableArray<Prefix>.Enumerator GetEnumerator() => _ordered.GetEnumerator();

    IEnumerator<Prefix> IEnumerable<Prefix>.GetEnumerator() => ImmutableCollectionsMarshal.AsArray(_ordered)!.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<Prefix>)this).GetEnumerator();

    public override string ToString() => IsEmpty ? "nothing" : string.Join(", ", _ordered);
}

public sealed class PrefixSetJson : JsonConverter<PrefixSet>
{
    public override PrefixSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("expected an array of prefixes");
        }

        var prefixes = new List<Prefix>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            prefixes.Add(reader.TokenType == JsonTokenType.String && Prefix.TryParse(reader.GetString(), out var prefix)
                ? prefix
                : throw new JsonException("expected a prefix such as 10.0.0.0/16"));
        }

        return PrefixSet.Of(prefixes.AsEnumerable());
    }

    public override void Write(Utf8JsonWriter writer, PrefixSet value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var prefix in value)
        {
            writer.WriteStringValue(prefix.ToString());
        }

        writer.WriteEndArray();
    }
}

using System.Runtime.InteropServices;

namespace Automation.Network;

/// <summary>Prefixes with a value each, looked up by the longest match. Of a prefix that is given twice, the first value counts.</summary>
public sealed class PrefixTable<T>
{
    private readonly Prefix[] _prefixes;
    private readonly T[] _values;
    private readonly int[] _wider;   // where the next wider prefix is; -1 where there is none

    public PrefixTable(IEnumerable<(Prefix Prefix, T Value)> lines)
    {
        var all = lines.ToArray();
        var inOrder = IsInOrder(all);
        var each = inOrder ? all : [.. all.DistinctBy(line => line.Prefix)];
        _prefixes = Array.ConvertAll(each, line => line.Prefix);
        _values = Array.ConvertAll(each, line => line.Value);
        if (!inOrder)
        {
            Array.Sort(_prefixes, _values);
        }

        _wider = Wider(_prefixes);
    }

    private PrefixTable(Prefix[] prefixes, T[] values) => (_prefixes, _values, _wider) = (prefixes, values, Wider(prefixes));

    /// <summary>In order.</summary>
    public ReadOnlySpan<Prefix> Prefixes => _prefixes;

    /// <summary>In order of their prefixes.</summary>
    public IEnumerable<(Prefix Prefix, T Value)> Lines => _prefixes.Zip(_values);

    /// <summary>Divides a range by longest match, exactly, in order.</summary>
    public List<Match<T>> Split(Prefix range)
    {
        var at = Array.BinarySearch(_prefixes, range);
        var cover = at >= 0 ? at : Cover(range, ~at - 1);
        var inside = at >= 0 ? at + 1 : ~at;
        var end = End(range, inside);
        var pieces = new List<Match<T>>(end == inside ? 1 : 4);
        Split(range, cover, inside, end, pieces);
        return pieces;
    }

    /// <summary>Whether a prefix contains the range or lies inside it.</summary>
    public bool IsRelated(Prefix range)
    {
        var at = Array.BinarySearch(_prefixes, range);
        return at >= 0 || Cover(range, ~at - 1) >= 0 || (~at < _prefixes.Length && range.Contains(_prefixes[~at]));
    }

    /// <returns>The longest prefix that contains the range; null where none does.</returns>
    public Prefix? Covering(Prefix range)
    {
        var at = Array.BinarySearch(_prefixes, range);
        var cover = at >= 0 ? at : Cover(range, ~at - 1);
        return cover < 0 ? null : _prefixes[cover];
    }

    /// <summary>The values of all prefixes that contain the range or lie inside it.</summary>
    public IEnumerable<T> Related(Prefix range)
    {
        var at = Array.BinarySearch(_prefixes, range);
        for (var cover = at >= 0 ? at : Cover(range, ~at - 1); cover >= 0; cover = _wider[cover])
        {
            yield return _values[cover];
        }

        var inside = at >= 0 ? at + 1 : ~at;
        for (var end = End(range, inside); inside < end; inside++)
        {
            yield return _values[inside];
        }
    }

    /// <summary>Each prefix is its own value.</summary>
    internal static PrefixTable<Prefix> OfThemselves(PrefixSet prefixes)
    {
        Prefix[] all = [.. prefixes];
        return new(all, all);
    }

    private static int[] Wider(Prefix[] prefixes)
    {
        var all = new int[prefixes.Length];
        for (var i = 0; i < prefixes.Length; i++)
        {
            // Prefixes nest or are disjoint: in order, whatever contains this one is the one before, or contains it.
            var wider = i - 1;
            while (wider >= 0 && !prefixes[wider].Contains(prefixes[i]))
            {
                wider = all[wider];
            }

            all[i] = wider;
        }

        return all;
    }

    // Most are: what the tables are made of comes in order.
    private static bool IsInOrder((Prefix Prefix, T Value)[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i - 1].Prefix.CompareTo(lines[i].Prefix) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Split(Prefix range, int cover, int from, int end, List<Match<T>> pieces)
    {
        if (from < end && _prefixes[from] == range)
        {
            cover = from++;
        }

        if (from == end)
        {
            pieces.Add(cover < 0 ? new(range, null, default!) : new(range, _prefixes[cover], _values[cover]));
            return;
        }

        var (low, high) = range.Halves;
        var middle = End(low, from);
        Split(low, cover, from, middle, pieces);
        Split(high, cover, middle, end, pieces);
    }

    private int Cover(Prefix range, int from)
    {
        while (from >= 0 && !_prefixes[from].Contains(range))
        {
            from = _wider[from];
        }

        return from;
    }

    private int End(Prefix range, int from)
    {
        var (low, high) = (from, _prefixes.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (range.Contains(_prefixes[middle]))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

/// <summary>A piece of a range, and what its addresses match longest.</summary>
/// <param name="By">The prefix that matched; null where none does.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Match<T>(Prefix Piece, Prefix? By, T Value);

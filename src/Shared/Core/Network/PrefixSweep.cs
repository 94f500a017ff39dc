namespace Automation.Network;

/// <summary>Finds which of many prefixes overlap one of another owner: two passes over what is sorted, whatever overlaps how much.</summary>
public static class PrefixSweep
{
    private const int Several = -2, Nobody = -1;

    /// <param name="prefixes">In order; the same one may come several times.</param>
    /// <param name="owners">Whose each is, from 0.</param>
    /// <param name="overlaps">Set where a prefix contains, lies inside, or is the same as one of another owner.</param>
    public static void Mark(ReadOnlySpan<Prefix> prefixes, ReadOnlySpan<int> owners, Span<bool> overlaps)
    {
        var wider = new int[prefixes.Length];    // the next that contains it; -1 where none does
        var outside = new int[prefixes.Length];  // who owns those that contain it
        var inside = new int[prefixes.Length];   // who owns those that it contains
        for (var i = 0; i < prefixes.Length; i++)
        {
            // Prefixes nest or are disjoint: whatever contains this one is the one before it, or contains that one.
            var parent = i - 1;
            while (parent >= 0 && !prefixes[parent].Contains(prefixes[i]))
            {
                parent = wider[parent];
            }

            wider[i] = parent;
            outside[i] = parent < 0 ? Nobody : Both(outside[parent], owners[parent]);
            inside[i] = Nobody;
        }

        for (var i = prefixes.Length - 1; i >= 0; i--)
        {
            overlaps[i] = IsAnother(outside[i], owners[i]) || IsAnother(inside[i], owners[i]);
            if (wider[i] is >= 0 and var parent)
            {
                inside[parent] = Both(inside[parent], Both(inside[i], owners[i]));
            }
        }
    }

    private static int Both(int one, int other) => one == Nobody || one == other ? other : other == Nobody ? one : Several;

    private static bool IsAnother(int owner, int than) => owner != Nobody && owner != than;
}

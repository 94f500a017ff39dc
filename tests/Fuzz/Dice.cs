namespace Automation.Fuzz;

/// <summary>Chance that can be thrown again: the same for the same seed, target and number of the input, whatever came before it.</summary>
internal sealed class Dice
{
    private ulong _state;

    public Dice(int seed, string target, long number)
    {
        _state = 14695981039346656037;   // FNV-1a: string.GetHashCode is another one in each process
        foreach (var letter in string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{seed} {target} {number}"))
        {
            _state = unchecked((_state ^ letter) * 1099511628211);
        }
    }

    /// <returns>From 0 to one less.</returns>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>Once in so many throws.</summary>
    public bool OneIn(int many) => Below(many) == 0;

    public T Of<T>(IReadOnlyList<T> some) => some[Below(some.Count)];

    /// <summary>Letters and digits by chance, as a secret has them.</summary>
    public string Letters(int length) =>
        string.Create(length, this, static (span, dice) =>
        {
            const string all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = all[dice.Below(all.Length)];
            }
        });

    // SplitMix64
    private ulong Next()
    {
        var z = unchecked(_state += 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}

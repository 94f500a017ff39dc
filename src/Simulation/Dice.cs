namespace Automation.Simulation;

/// <summary>Numbers that follow from a seed, the same in every version of .NET.</summary>
/// <remarks>SplitMix64: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014.</remarks>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <returns>0 up to, and without, <paramref name="sides"/>.</returns>
    public int Next(int sides)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)sides);
    }
}

using System.Globalization;

namespace Automation.Benchmarks;

/// <summary>The prefixes that every peer works on, from the folder that the script "run" wrote: one "PREFIX OWNER" a line.</summary>
internal static class Sample
{
    public static (string Prefix, int Owner)[] Read(int count)
    {
        var folder = Environment.GetEnvironmentVariable("PREFIXES") ?? throw new InvalidOperationException("PREFIXES names no folder: start the script run.");
        return [.. File.ReadLines(Path.Combine(folder, $"{count}.txt")).Select(line => line.Split(' ')).Select(parts => (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture)))];
    }

    /// <summary>All peers do the same work, or their times say nothing.</summary>
    public static void Check(int count, int overlapping)
    {
        var expected = int.Parse(File.ReadAllText(Path.Combine(Environment.GetEnvironmentVariable("PREFIXES")!, $"{count}.overlapping")), CultureInfo.InvariantCulture);
        if (overlapping != expected)
        {
            throw new InvalidOperationException($"{overlapping} of {count} prefixes overlap another owner's, not {expected}.");
        }
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Automation.Fuzz;

/// <summary>Lets inputs in, one by one, and sees that none crashes, hangs, allocates without bounds or does what it must not.</summary>
internal sealed class Runner(int seed, TimeProvider time)
{
    /// <summary>Nothing of this takes milliseconds; a machine may be busy.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>Shorter inputs say nothing of what a byte costs.</summary>
    private const int LongEnough = 512;

    private readonly TimeSpan _longest = s_longest;

    /// <summary>The first inputs load types and compile them: they are let in once before, unmeasured.</summary>
    private const int WarmUps = 200;

    /// <param name="first">The number of the first input.</param>
    /// <param name="progress">Told after each input.</param>
    /// <returns>Up to the first finding, if there is one.</returns>
    public Tally Run(Target target, long first, long count, Action<long>? progress = null)
    {
        var tally = new Tally(target.Name);
        for (var number = first; number < first + Math.Min(count, WarmUps); number++)
        {
            _ = Try(target, number, new Tally(target.Name));
        }

        for (var number = first; number < first + count; number++)
        {
            if (Try(target, number, tally) is { } finding)
            {
                return tally with { Finding = finding };
            }

            progress?.Invoke(number - first + 1);
        }

        return tally;
    }

    private Finding? Try(Target target, long number, Tally tally)
    {
        var input = target.Make(new(seed, target.Name, number));
        using var watch = new Timer(_ => Hangs(target, number, input), null, _longest, Timeout.InfiniteTimeSpan);
        var allocatedBefore = GC.GetTotalAllocatedBytes();
        var ownBefore = GC.GetAllocatedBytesForCurrentThread();
        var began = time.GetTimestamp();
        Outcome outcome;
        try
        {
            outcome = input.Try();
        }
        catch (Exception wrong)
        {
            return new(target.Name, number, input, wrong is WrongException ? wrong.Message : wrong.ToString());
        }

        // What ran on other threads is counted in steps of some kilobytes only.
        var took = time.GetElapsedTime(began);
        var own = GC.GetAllocatedBytesForCurrentThread() - ownBefore;
        var all = GC.GetTotalAllocatedBytes() - allocatedBefore;
        var allocated = target.IsAsynchronous ? Math.Max(own, all) : own;
        tally.Add(outcome, number, input.Bytes.Length, took, allocated, LongEnough);
        return allocated > target.Limit.Of(input.Bytes.Length)
            ? new(target.Name, number, input, string.Create(CultureInfo.InvariantCulture, $"{allocated} bytes were allocated for {input.Bytes.Length}; the limit is {target.Limit.Of(input.Bytes.Length)}"))
            : null;
    }

    // Nothing brings back a thread that hangs: say which input it was, and end.
    private void Hangs(Target target, long number, Input input)
    {
        if (!Debugger.IsAttached)
        {
            new Finding(target.Name, number, input, $"it hangs: no end within {_longest.TotalSeconds} s").Save(seed, Console.Error);
            Environment.Exit(1);
        }
    }
}

/// <summary>An input that did what it must not.</summary>
internal sealed record Finding(string Target, long Number, Input Input, string What)
{
    /// <summary>Writes the input into a file, and tells the command that lets it in again.</summary>
    public void Save(int seed, TextWriter told)
    {
        var folder = Path.Combine("artifacts", "fuzz");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Target}-{seed}-{Number}.txt"));
        File.WriteAllBytes(file, Input.Bytes);
        told.WriteLine();
        told.WriteLine($"{Target}: {What}");
        told.WriteLine($"The input is in {file}. Again: {string.Create(CultureInfo.InvariantCulture, $"tests/Fuzz/run --target {Target} --seed {seed} --first {Number} --inputs 1")}");
    }
}

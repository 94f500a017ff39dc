using System.Collections.Concurrent;
using System.Diagnostics;

namespace Automation.Simulation;

/// <summary>What came of many stories.</summary>
/// <param name="Failures">In the order of their seeds, each told as shortly as it still fails.</param>
/// <param name="WorstLooks">The most scheduled looks that any world needed to come to rest, and its seed.</param>
/// <param name="WorstTime">The longest that any world needed to come to rest, and its seed.</param>
/// <param name="LooksToRest">How many worlds needed how many looks.</param>
public sealed record SimulationResult(
    ulong First,
    ulong Last,
    IReadOnlyList<Outcome> Failures,
    IReadOnlyDictionary<string, long> Checks,
    (int Looks, ulong Seed) WorstLooks,
    (TimeSpan Time, ulong Seed) WorstTime,
    IReadOnlyDictionary<int, int> LooksToRest,
    TimeSpan Simulated,
    long Calls,
    TimeSpan Took);

/// <summary>Tells the stories of many seeds, as many at once as there are processors.</summary>
public static class Simulator
{
    /// <param name="progress">Hears of each story as it ends, and how many have; of one that fails as shortly as it still does.</param>
    /// <param name="mostFailures">After these no further story begins: more are the same fault over and over.</param>
    public static async Task<SimulationResult> RunAsync(ulong first, ulong last, int mostFailures, Action<int, Outcome>? progress, CancellationToken stopping)
    {
        var clock = Stopwatch.StartNew();
        var failures = new ConcurrentBag<Outcome>();
        var gate = new Lock();
        var checks = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var looks = new SortedDictionary<int, int>();
        var (worstLooks, worstTime) = ((Looks: 0, Seed: first), (Time: TimeSpan.Zero, Seed: first));
        var (simulated, calls, ended) = (TimeSpan.Zero, 0L, 0);
        await Parallel.ForEachAsync(Seeds(first, last), stopping, async (seed, _) =>
        {
            if (failures.Count >= mostFailures)
            {
                return;
            }

            var outcome = await Telling.TellAsync(Story.Of(seed));
            if (outcome.Violation is not null)
            {
                failures.Add(outcome = await Shrinker.ShrinkAsync(outcome));
            }

            lock (gate)
            {
                foreach (var (name, count) in outcome.Checks)
                {
                    checks[name] = checks.GetValueOrDefault(name) + count;
                }

                looks[outcome.Looks] = looks.GetValueOrDefault(outcome.Looks) + 1;
                worstLooks = outcome.Looks > worstLooks.Looks ? (outcome.Looks, seed) : worstLooks;
                worstTime = outcome.Rest > worstTime.Time ? (outcome.Rest, seed) : worstTime;
                (simulated, calls) = (simulated + outcome.Simulated, calls + outcome.Calls);
                progress?.Invoke(++ended, outcome);
            }
        });
        return new(first, last, [.. failures.OrderBy(failure => failure.Story.Seed)], checks, worstLooks, worstTime, looks, simulated, calls, clock.Elapsed);
    }

    private static IEnumerable<ulong> Seeds(ulong first, ulong last)
    {
        for (var seed = first; seed <= last; seed++)
        {
            yield return seed;
        }
    }
}

namespace Automation.Simulation;

/// <summary>Finds the shortest story that still violates the same invariant: halves are left out first, then single lines.</summary>
public static class Shrinker
{
    public static async Task<Outcome> ShrinkAsync(Outcome failed)
    {
        var best = failed;
        for (var size = Math.Max(1, best.Story.Steps.Length / 2); ; size = Math.Max(1, size / 2))
        {
            var shorter = false;
            for (var from = 0; from < best.Story.Steps.Length;)
            {
                var steps = best.Story.Steps.RemoveRange(from, Math.Min(size, best.Story.Steps.Length - from));
                var outcome = await Telling.TellAsync(best.Story with { Steps = steps });
                if (outcome.Violation?.Invariant == failed.Violation!.Invariant)
                {
                    (best, shorter) = (outcome, true);
                }
                else
                {
                    from += size;
                }
            }

            if (size == 1 && !shorter)
            {
                return best;
            }
        }
    }
}

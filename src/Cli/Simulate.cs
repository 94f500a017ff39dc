using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Automation.Simulation;

namespace Automation.Cli;

/// <summary>Random stories on the simulated cloud, and what came of them.</summary>
internal sealed class Simulate(TextWriter output, TextWriter progress)
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(5);

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <returns>0 only where every invariant held in every story.</returns>
    public async Task<int> RunAsync(string seeds, int mostFailures, string? file, bool json, CancellationToken stopping)
    {
        if (file is not null)
        {
            return await TellAsync(file, json);
        }

        var (first, last) = Read(seeds);
        var (clock, said, failed) = (Stopwatch.StartNew(), TimeSpan.Zero, 0);
        var result = await Simulator.RunAsync(
            first,
            last,
            mostFailures,
            (ended, outcome) =>
            {
                if (outcome.Violation is { } violation)
                {
                    failed++;
                    progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {outcome.Story.Seed} fails: {violation.Invariant.Text}"));
                }

                if (clock.Elapsed - said >= s_between)
                {
                    said = clock.Elapsed;
                    progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ended} of {last - first + 1} stories, {failed} failed, {ended / said.TotalSeconds:0.0} a second"));
                }
            },
            stopping);
        if (json)
        {
            output.WriteLine(Json(result).ToJsonString(s_indented));
        }
        else
        {
            Write(result);
        }

        return result.Failures.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private async Task<int> TellAsync(string file, bool json)
    {
        Outcome outcome;
        try
        {
            outcome = await Telling.TellAsync(Story.Parse(await File.ReadAllTextAsync(file)), tellsLog: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CliException($"The story {file} cannot be read: {e.Message}");
        }

        if (json)
        {
            output.WriteLine(Json(outcome).ToJsonString(s_indented));
        }
        else
        {
            foreach (var line in outcome.Told)
            {
                output.WriteLine(line);
            }

            output.WriteLine(outcome.Violation is null ? "Every invariant held." : $"{outcome.Violation.Invariant.Name} did not hold: {outcome.Violation.Invariant.Text}");
        }

        return outcome.Violation is null ? ExitCode.Done : ExitCode.Failed;
    }

    private void Write(SimulationResult result)
    {
        new ReportTable(output).Write(result);
        foreach (var failure in result.Failures)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seed {failure.Story.Seed}: {failure.Violation!.Invariant.Text} It did not: {failure.Violation.Text}"));
            output.WriteLine("  The shortest story in which it does not; in a file, tailnet simulate --story FILE tells it line by line:");
            foreach (var line in failure.Story.ToString().TrimEnd().Split('\n'))
            {
                output.WriteLine($"    {line}");
            }

            output.WriteLine("  What happens in it:");
            foreach (var line in failure.Told)
            {
                output.WriteLine($"    {line}");
            }

            output.WriteLine();
        }

        var stories = result.LooksToRest.Values.Sum();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{stories} stories of {result.Simulated.TotalDays:0.0} simulated days and {result.Calls} calls in {result.Took.TotalSeconds:0} s. {(result.Failures.Count == 0 ? "Every invariant held in all of them." : $"In {result.Failures.Count} of them an invariant did not hold.")}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The longest to come to rest: {result.WorstLooks.Looks} looks that had something to do (seed {result.WorstLooks.Seed}), {result.WorstTime.Time.TotalMinutes:0.0} minutes (seed {result.WorstTime.Seed})."));
    }

    private static JsonObject Json(SimulationResult result) => new()
    {
        ["seeds"] = new JsonObject { ["first"] = result.First, ["last"] = result.Last },
        ["stories"] = result.LooksToRest.Values.Sum(),
        ["failures"] = new JsonArray([.. result.Failures.Select(Json)]),
        ["invariants"] = new JsonArray([.. Invariant.All.Select(invariant => new JsonObject
        {
            ["name"] = invariant.Name,
            ["text"] = invariant.Text,
            ["checks"] = result.Checks.GetValueOrDefault(invariant.Name),
        })]),
        ["worstLooks"] = new JsonObject { ["looks"] = result.WorstLooks.Looks, ["seed"] = result.WorstLooks.Seed },
        ["worstTime"] = new JsonObject { ["seconds"] = result.WorstTime.Time.TotalSeconds, ["seed"] = result.WorstTime.Seed },
        ["looksToRest"] = new JsonObject(result.LooksToRest.Select(looks => KeyValuePair.Create(looks.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)looks.Value))),
        ["simulatedSeconds"] = (long)result.Simulated.TotalSeconds,
        ["calls"] = result.Calls,
        ["seconds"] = Math.Round(result.Took.TotalSeconds, 1),
    };

    private static JsonObject Json(Outcome outcome) => new()
    {
        ["seed"] = outcome.Story.Seed,
        ["invariant"] = outcome.Violation?.Invariant.Name,
        ["text"] = outcome.Violation?.Text,
        ["story"] = new JsonArray([.. outcome.Story.Steps.Select(step => (JsonNode)step.ToString())]),
        ["told"] = new JsonArray([.. outcome.Told.Select(line => (JsonNode)line)]),
    };

    private static (ulong First, ulong Last) Read(string seeds)
    {
        var ends = seeds.Split("..");
        return ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && ends.Length <= 2 && last >= first
            ? (first, last)
            : throw new CliException($"--seeds is two numbers such as 1..10000, the smaller one first, or one number, not '{Printable.Of(seeds)}'.");
    }
}

using System.Diagnostics;
using Automation.Sandbox;

namespace Automation.Load;

/// <summary>One reconcile of a fleet: what it took.</summary>
/// <param name="AnswerBytes">Of the report where it is cut to what Lambda takes.</param>
internal sealed record FleetLook(
    double Milliseconds, long AllocatedBytes, long PeakBytes, int Steps, int Failed, int Findings, int ReportBytes, int AnswerBytes, SortedDictionary<string, int> Calls);

internal sealed record FleetFigures(int Vpcs, int Devices, int Zones, int Scopes, FleetLook First, FleetLook Second);

internal static class FleetRun
{
    public static async Task<FleetFigures> MeasureAsync(FleetSize size)
    {
        var world = Fleet.Start(size, Log.ToNowhere());
        var first = await LookAsync(world);
        var second = await LookAsync(world);
        return new(size.Vpcs, world.Tailnet.Devices.Length, size.Zones, world.Settings.Scopes.Length, first, second);
    }

    /// <summary>Looks at a fleet where nothing is to be done.</summary>
    /// <returns>Milliseconds of each.</returns>
    public static async Task<double[]> IdleAsync(FleetSize size, int looks)
    {
        var world = Fleet.Start(size, Log.ToNowhere());
        for (var settling = 0; (await world.ReconcileAsync()).Report.Actions.Length > 0; settling++)
        {
            if (settling == 5)
            {
                throw new InvalidOperationException("The fleet does not come to rest.");
            }

            world.Clock.Advance(SandboxWorld.ReconcileEvery);
        }

        var times = new double[looks];
        for (var look = 0; look < looks; look++)
        {
            var began = Stopwatch.GetTimestamp();
            await world.RunAsync(SandboxWorld.ReconcileEvery);
            times[look] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return times;
    }

    private static async Task<FleetLook> LookAsync(SandboxWorld world)
    {
        var calls = new SortedDictionary<string, int>(StringComparer.Ordinal);
        world.Calls.Before = call => calls[call] = calls.GetValueOrDefault(call) + 1;
        using var peak = new PeakMemory();
        var (allocated, began) = (GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
        var result = await world.ReconcileAsync();
        var report = result.Report.ToUtf8Json();
        var took = Stopwatch.GetElapsedTime(began);
        world.Calls.Before = null;
        return new(
            took.TotalMilliseconds,
            GC.GetTotalAllocatedBytes(precise: true) - allocated,
            peak.Bytes,
            result.Report.Actions.Length,
            result.Report.Actions.Count(action => action.Outcome is not ("applied" or "already-so")),
            result.Report.Findings.Length,
            report.Length,
            result.Report.ToUtf8Json(6 * 1024 * 1024).Length,
            calls);
    }
}

using System.Diagnostics;
using System.Globalization;
using Automation.Sandbox;

namespace Automation.Load;

/// <summary>One reconcile of a fleet: what it took.</summary>
/// <param name="AnswerBytes">Of the report where it is cut to what Lambda takes.</param>
internal sealed record FleetLook(
    double Milliseconds, long AllocatedBytes, long PeakBytes, int Steps, int Failed, int Findings, int ReportBytes, int AnswerBytes, SortedDictionary<string, int> Calls);

internal sealed record FleetFigures(int Vpcs, int Devices, int Zones, int Scopes, FleetLook First, FleetLook Second);

/// <param name="Left">Steps that are left at the end: none, where all is well.</param>
/// <param name="Seconds">Of all looks with what happens between them, and of each in milliseconds: min, median, max.</param>
internal sealed record DaysFigures(int Vpcs, int Routers, int Days, int Looks, int Left, double Seconds, double Min, double Median, double Max);

internal static class FleetRun
{
    public static async Task<FleetFigures> MeasureAsync(FleetSize size)
    {
        var world = Fleet.Start(size, Log.ToNowhere());
        var first = await LookAsync(world);
        var second = await LookAsync(world);
        return new(size.Vpcs, world.Tailnet.Devices.Length, size.Zones, world.Settings.Scopes.Length, first, second);
    }

    /// <summary>Simulates days of a fleet that is looked at every five minutes. Each day a VPC gets one more CIDR, and a router dies and is replaced.</summary>
    public static async Task<DaysFigures> DaysAsync(FleetSize size, int days)
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

        var perDay = (int)(TimeSpan.FromDays(1) / SandboxWorld.ReconcileEvery);
        var times = new double[days * perDay];
        for (var look = 0; look < times.Length; look++)
        {
            var began = Stopwatch.GetTimestamp();
            if (look % perDay == perDay / 2)
            {
                Change(world, look / perDay);
            }

            await world.RunAsync(SandboxWorld.ReconcileEvery);
            times[look] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        var left = (await world.ReconcileAsync()).Report.Actions.Length;
        var seconds = times.Sum() / 1000;
        Array.Sort(times);
        return new(size.Vpcs, world.Aws.Regions.Sum(region => region.Instances.Count(instance => instance.EndedAt is null)), days, times.Length, left, seconds, times[0], times[times.Length / 2], times[^1]);
    }

    private static void Change(SandboxWorld world, int day)
    {
        var regions = world.Aws.Regions.ToArray();
        var region = regions[day % regions.Length];
        var growing = region.Vpcs.ElementAt(day).Id;
        region.AssociateCidr(growing, string.Create(CultureInfo.InvariantCulture, $"172.20.{day}.0/24"));
        region.Network.AddSubnet(string.Create(CultureInfo.InvariantCulture, $"subnet-{day:x17}"), growing, string.Create(CultureInfo.InvariantCulture, $"172.20.{day}.0/24"));
        var old = region.Instances.First(instance => instance.EndedAt is null);
        region.Kill(old.Id);
        region.Start(string.Create(CultureInfo.InvariantCulture, $"i-{day:x17}"), old.Vpc, old.Subnet.ToString());
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

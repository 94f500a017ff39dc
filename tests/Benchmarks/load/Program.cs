using System.Globalization;
using System.Text.Json;
using Automation.EndToEnd;
using Automation.Load;

// What is measured goes to standard output as JSON; progress to standard error.
switch (args)
{
    case ["fleet", .. var sizes]:
        await FleetRun.MeasureAsync(FleetSize.Of(20));   // the JIT compiler does its work
        var fleets = new List<FleetFigures>();
        foreach (var size in sizes)
        {
            fleets.Add(await FleetRun.MeasureAsync(FleetSize.Of(int.Parse(size, CultureInfo.InvariantCulture))));
            Console.Error.WriteLine($"{fleets[^1]}");
        }

        Print(fleets);
        return 0;
    case ["days", var days]:
        Print(await FleetRun.DaysAsync(FleetSize.OfManyLooks, int.Parse(days, CultureInfo.InvariantCulture)));
        return 0;
    case ["burst", var many]:
        var events = int.Parse(many, CultureInfo.InvariantCulture);
        var moto = new Moto();
        await moto.InitializeAsync();
        try
        {
            await using var nodes = await Installation.CreateAsync(moto);
            await using var changes = await Installation.CreateAsync(moto);
            Print(new[] { await new BurstOfNodes(nodes, events * 7 / 10).RunAsync(), await new BurstOfChanges(changes, events * 3 / 10).RunAsync() });
        }
        finally
        {
            await moto.DisposeAsync();
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: fleet VPCS... | days DAYS | burst EVENTS");
        return 2;
}

static void Print<T>(T figures) => Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));

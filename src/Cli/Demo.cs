using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Plans;
using Automation.Reports;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;

namespace Automation.Cli;

/// <summary>A story on the simulated cloud, through the real functions: what an account goes through in a bad week, told in seconds.</summary>
/// <param name="beforeRest">Happens to the world after the story and before it is given time to settle.</param>
internal sealed class Demo(TextWriter output, TextWriter progress, Action<SandboxWorld>? beforeRest = null)
{
    private readonly List<(string Time, string Text)> _lines = [];
    private TimeProvider _clock = TimeProvider.System;

    /// <returns>0 only where it converged and a second reconcile plans nothing.</returns>
    public async Task<int> RunAsync(bool json)
    {
        var told = json ? progress : output;
        var world = new SandboxWorld(new StoryLog(this));
        _clock = world.Clock;
        world.EventSeen = text => Line("event", Describe(text));
        var region = world.HomeRegion;
        var begin = world.Clock.GetUtcNow();
        told.WriteLine("How the functions keep a tailnet's routes, names and devices in step with its VPCs, whatever happens to their routers.");
        told.WriteLine("AWS, the tailnet and the clock are simulated, the functions are the real ones: nothing real is touched or needed.");

        void Chapter(string text)
        {
            Flush(told);
            told.WriteLine();
            told.WriteLine($"== {text}");
        }

        Chapter("Two subnet routers launch in one VPC");
        var hub = region.AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        region.Launch("i-0a1b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60001");
        region.Launch("i-0b1b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60002");
        await world.RunAsync(TimeSpan.FromMinutes(6));

        Chapter("10.64.0.0/16 is added to the VPC");
        region.AssociateCidr(hub, "10.64.0.0/16");
        await world.RunAsync(TimeSpan.FromMinutes(1));

        Chapter("A private zone is created: corp.example.internal");
        region.AddPrivateZone("Z0123456789ABCDEFGHIJ", "corp.example.internal", hub);
        await world.RunAsync(TimeSpan.FromMinutes(1));

        Chapter("A router is replaced: the new one starts first");
        region.Launch("i-0c1b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60001");
        await world.RunAsync(TimeSpan.FromMinutes(1));
        region.ScaleIn(InstanceId.Parse("i-0a1b2c3d4e5f60718"));
        await world.RunAsync(TimeSpan.FromMinutes(1));

        Chapter("An instance dies without a hook, and its group starts another");
        region.Kill(InstanceId.Parse("i-0b1b2c3d4e5f60718"));
        region.Launch("i-0d1b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60002");
        await world.RunAsync(TimeSpan.FromMinutes(1));

        Chapter("Another dies, and this time EC2's events are lost: the schedule finds out");
        region.Kill(InstanceId.Parse("i-0c1b2c3d4e5f60718"), told: false);
        region.Launch("i-0e1b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60001");
        await world.RunAsync(TimeSpan.FromMinutes(16));

        Chapter("The Tailscale API is down for seven minutes, while a VPC with a router is added and 10.64.0.0/16 removed");
        world.Tailnet.IsDown = true;
        Line("tailnet", "the API answers 503 from now on");
        var spoke = region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        region.Launch("i-0f1b2c3d4e5f60718", spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        region.DisassociateCidr(hub, "10.64.0.0/16");
        await world.RunAsync(TimeSpan.FromMinutes(7));
        world.Tailnet.IsDown = false;
        Line("tailnet", "the API answers again");
        await world.RunAsync(TimeSpan.FromMinutes(12));

        Chapter("The VPCs are peered, and the new one's only router dies: the first one's routers stand in until another has joined");
        var peering = world.Aws.Peerings.Peer("pcx-0a1b2c3d4e5f60718", hub, spoke);
        world.Aws.Peerings.Accept(peering);
        region.Network.AddRoute(region.Network.MainTable(hub), "10.20.0.0/16", peering.ToString());
        region.Network.AddRoute(region.Network.MainTable(spoke), "10.0.0.0/16", peering.ToString());
        await world.RunAsync(TimeSpan.FromMinutes(1));
        region.Kill(InstanceId.Parse("i-0f1b2c3d4e5f60718"));
        await world.RunAsync(TimeSpan.FromMinutes(6));
        region.Launch("i-0f2b2c3d4e5f60718", spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        await world.RunAsync(TimeSpan.FromMinutes(6));

        Chapter("A VPC with the addresses of the first gets a router: people go on using the first, and reach the newcomer by 4via6");
        var twin = region.AddVpc("vpc-0c77d66e55f44a33b", "10.0.0.0/16");
        region.AddPrivateZone("Z0123456789ABCDEFGHIK", "twin.example.internal", twin);
        region.Launch("i-0c7b2c3d4e5f60718", twin, "subnet-0c7b2c3d4e5f60001", group: "twin-routers").Dns64 = true;   // so its names lead there too
        await world.RunAsync(TimeSpan.FromMinutes(12));

        beforeRest?.Invoke(world);
        await world.SettleAsync(TimeSpan.FromMinutes(20));
        Chapter("At rest");
        var last = await world.ReconcileAsync();
        var second = await world.ReconcileAsync(dryRun: true);
        Flush(told);
        told.WriteLine();
        told.WriteLine($"The last reconcile:  {last.Plan.Summary}");
        told.WriteLine($"One more, as a test: {second.Plan.Summary}");
        told.WriteLine();
        if (json)
        {
            output.WriteLine(System.Text.Encoding.UTF8.GetString(second.Report.ToUtf8Json()));
        }
        else
        {
            new ReportTable(output).Write(second.Report);
            told.WriteLine();
        }

        var left = Left(world, second).ToArray();
        var passed = $"{(world.Clock.GetUtcNow() - begin).TotalMinutes:0} simulated minutes and {world.Calls.Count} simulated calls";
        told.WriteLine(left.Length == 0
            ? $"Converged after {passed}: all news is handled, and another reconcile has nothing to do."
            : $"Not converged after {passed}: {string.Join("; ", left)}.");
        return left.Length == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static IEnumerable<string> Left(SandboxWorld world, ReconcileResult second)
    {
        if (world.NodeEvents.Count + world.ChangeEvents.Count is > 0 and var waiting)
        {
            yield return $"messages that still wait: {waiting}";
        }

        if (world.NodeEvents.DeadLetters.Count + world.ChangeEvents.DeadLetters.Count is > 0 and var dead)
        {
            yield return $"messages given up: {dead}";
        }

        if (!second.Plan.Steps.IsEmpty)
        {
            yield return $"steps that another reconcile would take or hold: {second.Plan.Steps.Length}";
        }

        if (second.Plan.Findings.Count(finding => finding.Severity == Finding.Error) is > 0 and var errors)
        {
            yield return $"findings that are errors: {errors}";
        }
    }

    private void Line(string who, string what) =>
        _lines.Add((_clock.GetUtcNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture), $"{who,-8} {what}"));

    // What is said again says nothing new: a node that is waited for, an API that is still down, a second plan that is empty.
    private void Flush(TextWriter told)
    {
        var said = new HashSet<string>();
        foreach (var (time, text) in _lines)
        {
            if (said.Add(text))
            {
                told.WriteLine($"{time}  {text}");
            }
        }

        if (_lines.Count - said.Count is > 0 and var again)
        {
            told.WriteLine($"{"",10}({again} more {(again == 1 ? "line that says" : "lines that say")} the same again)");
        }

        _lines.Clear();
    }

    private static string Describe(string text)
    {
        var news = JsonNode.Parse(text)!;
        var detail = news["detail"]!;
        return (string?)news["detail-type"] switch
        {
            "EC2 Instance-launch Lifecycle Action" or "EC2 Instance-terminate Lifecycle Action" =>
                $"{news["detail-type"]}: {detail["EC2InstanceId"]} of {detail["AutoScalingGroupName"]}, held by {detail["LifecycleHookName"]}",
            "EC2 Instance Launch Successful" => $"{news["detail-type"]}: {detail["EC2InstanceId"]} of {detail["AutoScalingGroupName"]}",
            "EC2 Instance State-change Notification" => $"{news["detail-type"]}: {detail["instance-id"]} is {detail["state"]}",
            "Tag Change on Resource" => $"{news["detail-type"]}: {string.Join(", ", detail["changed-tag-keys"]!.AsArray())} of {((string?)news["resources"]?[0])?.Split('/')[^1]}",
            _ => $"{detail["eventName"]} by {detail["userIdentity"]?["sessionContext"]?["sessionIssuer"]?["userName"]}",
        };
    }

    /// <summary>The functions' own log, as the story's lines.</summary>
    private sealed class StoryLog(Demo demo) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                // Of a plan's line, what it counts of itself only is for machines.
                var plan = (state as IEnumerable<KeyValuePair<string, object?>>)?.FirstOrDefault(field => field.Key == "Summary").Value;
                demo.Line(Who(logLevel, eventId), plan as string ?? formatter(state, exception).TrimEnd(' '));
            }
        }

        private static string Who(LogLevel level, EventId id) => level >= LogLevel.Warning ? level == LogLevel.Warning ? "warning" : "error" : id.Id switch
        {
            1001 => "step",
            1003 => "plan",
            1002 or 2001 => "finding",
            _ => "node",
        };
    }
}

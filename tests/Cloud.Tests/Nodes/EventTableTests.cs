using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

/// <summary>The README's table of what is done about each event is read and tried, cell by cell.</summary>
public sealed class EventTableTests
{
    private const string Heading = "## What it does about each event";
    private const string Subnet = "subnet-0a1b2c3d4e5f60001";
    private const string Task = "0a1b2c3d4e5f46078a9b0c1d2e3f4a5b";
    private const string None = "–";

    // States of the node.
    private const string NoNode = "no node of ours";
    private const string New = "new, no key yet";
    private const string Keyed = "has its key, not joined";
    private const string Serves = "serves, another too";
    private const string Last = "serves, the last one";
    private const string Silent = "stopped or silent";
    private const string Gone = "gone";

    // Events.
    private const string LaunchHook = "launch hook";
    private const string IntoWarmPool = "launch hook, into the warm pool";
    private const string TerminateHook = "terminate hook";
    private const string BackIntoWarmPool = "terminate hook, back into the warm pool";
    private const string Runs = "instance runs";
    private const string Tagged = "its tags changed";
    private const string Stops = "instance stops";
    private const string Ended = "instance ended";
    private const string Interrupted = "spot interruption";
    private const string AtRisk = "rebalance recommendation";
    private const string Maintenance = "maintenance scheduled";
    private const string Standby = "standby entered";
    private const string Detached = "detached from its group";
    private const string TaskStopped = "ECS task stopped";
    private const string Schedule = "the schedule";

    private static readonly string[] s_states = [NoNode, New, Keyed, Serves, Last, Silent, Gone];

    private static readonly string[] s_events =
    [
        LaunchHook, IntoWarmPool, TerminateHook, BackIntoWarmPool, Runs, Tagged, Stops, Ended, Interrupted, AtRisk, Maintenance, Standby, Detached, TaskStopped, Schedule,
    ];

    // What a cell may say. The first of them change nothing.
    private static readonly string[] s_idle = ["nothing", "wait", "alert", "report"];
    private static readonly string[] s_words = [.. s_idle, "key and settings", "approve", "make sure of others", "note that it goes", "hand over", "remove", "let go"];

    // An instance on its first way into a warm pool has had no key yet. A task has its key from a pool, and none of its own.
    private static readonly HashSet<(string Event, string State)> s_impossible =
    [
        (IntoWarmPool, Keyed), (IntoWarmPool, Serves), (IntoWarmPool, Last), (IntoWarmPool, Silent), (TaskStopped, New), (TaskStopped, Keyed),
    ];

    private readonly List<int> _logged = [];
    private readonly ANetwork _network;

    public EventTableTests() => _network = new(new EventIds(_logged));

    private SandboxWorld World => _network.World;

    private SimulatedRegion Region => _network.Region;

    private TimeSpan Age => World.Clock.GetUtcNow() - _began;

    private readonly DateTimeOffset _began = new(2026, 3, 4, 9, 0, 0, TimeSpan.Zero);   // the Sandbox's own beginning

    public static TheoryData<string, string> Cells() =>
        [.. s_events.SelectMany(what => s_states.Select(state => (what, state))).Where(cell => !s_impossible.Contains(cell))];

    [Fact]
    public void The_table_has_every_event_and_every_state_and_its_words_are_those_that_are_tried()
    {
        var table = Read();

        Assert.Equal(s_events, table.Keys);
        Assert.All(table.Values, row => Assert.Equal(s_states, row.Keys));
        Assert.Equal(
            s_impossible.Order(),
            table.SelectMany(row => row.Value.Where(cell => cell.Value == None).Select(cell => (row.Key, cell.Key))).Order());
        Assert.All(table.Values.SelectMany(row => row.Values).Where(cell => cell != None), cell => Assert.All(cell.Split(", "), word => Assert.Contains(word, s_words)));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task What_is_done_is_what_the_cell_says(string what, string state)
    {
        World.Copies = null;
        await IsAsync(state, what);
        Meet(what, state);
        var before = (Text: _network.State(), Left: Left(), HasKey: HasKey(), Blue: Enabled(Blue), Green: Enabled(Green), IsMarked: IsMarked());
        _network.Calls.Clear();
        _logged.Clear();
        await TellAsync(what);

        var isReported = what is Tagged or Maintenance or Standby or Detached or Schedule && await IsReportedAsync();
        List<string> done =
        [
            .. World.NodeEvents.Count > 0 ? (string[])["wait"] : [],
            .. _logged.Contains(3101) ? (string[])["alert"] : [],
            .. isReported ? (string[])["report"] : [],
            .. HasKey() && !before.HasKey ? (string[])["key and settings"] : [],
            .. Enabled(Blue) && !before.Blue ? (string[])["approve"] : [],
            .. Enabled(Green) && !before.Green ? (string[])["make sure of others"] : [],
            .. IsMarked() && !before.IsMarked ? (string[])["note that it goes"] : [],
            .. before.Blue && !Enabled(Blue) && _network.Device(Blue) is not null ? (string[])["hand over"] : [],
            .. before.Left > 0 && Left() == 0 ? (string[])["remove"] : [],
            .. Region.EndedWaits.Select(wait => (wait.Result, wait.TimedOut) switch
            {
                (LifecycleResult.Continue, false) => "let go",
                _ => $"{wait}",
            }),
        ];
        if (done.All(s_idle.Contains))
        {
            Assert.Equal(before.Text, _network.State());
        }

        Assert.Equal(
            string.Join(", ", Read()[what][state].Split(", ").OrderBy(word => Array.IndexOf(s_words, word))),
            done.Count == 0 ? "nothing" : string.Join(", ", done.OrderBy(word => Array.IndexOf(s_words, word))));
    }

    // The state of the node, before the event; at rest until just after a look of the schedule, so that the next is minutes away.
    private async Task IsAsync(string state, string what)
    {
        if (state != Last)
        {
            await _network.WithAsync(Green);
        }

        if (what == TaskStopped)
        {
            if (state is Serves or Last or Silent)
            {
                var device = _network.Tailnet.AddDevice($"subnet-router-{Task}", ["tag:aws-router"], []);
                if (state == Silent)
                {
                    _network.Tailnet.Disconnect(device);
                }
            }
        }
        else if (state is Serves or Last or Silent or Gone)
        {
            await _network.WithAsync(Blue);
        }

        World.Copies = _ => 0;
        if (what == TaskStopped)
        {
        }
        else if (state == NoNode)
        {
            _network.Launch(Blue, role: "", hook: null);
        }
        else if (state is New or Keyed)
        {
            _network.Launch(Blue, hook: null).Boots = false;
        }
        else if (state == Silent)
        {
            Region.Instance(Blue).Boots = false;
            Region.SetState(Blue, "stopped");
        }
        else if (state == Gone)
        {
            Region.Kill(Blue, told: false);
        }

        if (state == Keyed)
        {
            var hook = LifecycleHook.Of(new(World.Home, Blue, "routers", "tailnet-launch", Leaving: false, WarmPool: false), ((IAws)World.Aws).In(World.Home).AutoScaling);
            await World.Parts.Launch.AttendAsync(World.Home, Blue, hook, World.Clock.GetUtcNow(), TestContext.Current.CancellationToken);
            Assert.True(HasKey());
        }

        _network.Fails = call => Failed(call, Failure.Unavailable);   // no look finds out
        await World.RunAsync(Minutes(state == Gone ? 12 : 3));
        while (Age.Ticks % SandboxWorld.ReconcileEvery.Ticks != TimeSpan.FromSeconds(2).Ticks)
        {
            await World.RunAsync(Seconds(1));
        }

        _network.Fails = null;
    }

    // What the event is about has happened, and something is there to be done about it.
    private void Meet(string what, string state)
    {
        if (Region.Find(Blue) is { EndedAt: null } instance)
        {
            (instance.Hook, instance.LifecycleState) = what switch
            {
                LaunchHook => ("tailnet-launch", "Pending:Wait"),
                IntoWarmPool => ("tailnet-launch", "Warmed:Pending:Wait"),
                TerminateHook or BackIntoWarmPool => ("tailnet-terminate", "Terminating:Wait"),
                Standby => (null, "Standby"),
                _ => (null, "InService"),
            };
            instance.HookEnds = World.Clock.GetUtcNow() + SimulatedRegion.HookTimeout;
            switch (what)
            {
                case LaunchHook or Runs:
                    instance.State = "running";
                    break;
                case Stops:
                    Region.SetState(Blue, "stopped");
                    break;
                case Ended:
                    Region.Kill(Blue, told: false);
                    break;
                case Detached:
                    instance.Group = null;
                    break;
                case Maintenance:
                    instance.Maintenance = new("instance-retirement", World.Clock.GetUtcNow() + TimeSpan.FromDays(14));
                    break;
            }
        }

        if (what is LaunchHook or Runs or Tagged or Schedule && state is Serves or Last)
        {
            _network.Tailnet.DisableRoutes(_network.Device(Blue)!.Id, Prefixes("10.0.0.0/16"));   // it has just joined
        }

        if (what is TerminateHook or BackIntoWarmPool or Stops or Interrupted or AtRisk or Standby && state is Serves or Silent)
        {
            _network.Tailnet.DisableRoutes(_network.Device(Green)!.Id, Prefixes("10.0.0.0/16"));   // somebody must see to it
        }
    }

    private async Task TellAsync(string what)
    {
        World.Copies = null;
        var id = Blue.ToString();
        switch (what)
        {
            case LaunchHook:
                Held("asg-launch-lifecycle");
                break;
            case IntoWarmPool:
                Held("asg-launch-lifecycle-into-warm-pool");
                break;
            case TerminateHook:
                Held("asg-terminate-lifecycle");
                break;
            case BackIntoWarmPool:
                Held("asg-terminate-lifecycle-return-to-warm-pool");
                break;
            case Runs or Stops or Ended:
                Region.Publish($"ec2-state-{(what == Runs ? "running" : what == Stops ? "stopped" : "terminated")}", ("instance-id", id));
                break;
            case Tagged:
                Region.Publish(
                    "tag-change-instance",
                    ("changed-tag-keys", new JsonArray(NodeRoles.Tag)),
                    ("/resources", new JsonArray($"arn:aws:ec2:{World.Home.Region}:{World.Home.Account}:instance/{id}")));
                break;
            case Interrupted or AtRisk:
                Region.Warn(Blue, certain: what == Interrupted);
                break;
            case Maintenance:
                Region.Publish("health-ec2-retirement", ("eventRegion", World.Home.Region));
                break;
            case Standby or Detached:
                Region.Publish("cloudtrail-autoscaling-enter-standby", ("eventName", what == Standby ? "EnterStandby" : "DetachInstances"));
                break;
            case TaskStopped:
                Region.StopTask(Task);
                break;
            case Schedule:
                Assert.NotNull(await World.InvokeAsync("{}"u8.ToArray()));
                break;
        }

        World.Copies = _ => 0;   // what follows from it has events of its own
        await World.SettleAsync(Minutes(2.5));
    }

    private void Held(string sample) => Region.Publish(
        sample, ("EC2InstanceId", Blue.ToString()), ("AutoScalingGroupName", "routers"));

    private bool HasKey() => _network.Usable(Blue).Length == 1 && _network.Parameters(Blue).Order(StringComparer.Ordinal).SequenceEqual(["auth-key", "settings"]);

    private bool Enabled(InstanceId id) => _network.Device(id)?.Enabled.Equals(Prefixes("10.0.0.0/16")) == true;

    private bool IsMarked() => World.Ledger.Nodes.GetValueOrDefault(Blue)?.GoneAt is not null;

    private int Left() =>
        _network.Tailnet.Devices.Count(device => device.HostName.EndsWith(Blue.ToString(), StringComparison.Ordinal) || device.HostName.EndsWith(Task, StringComparison.Ordinal))
        + _network.Parameters(Blue).Count() + _network.Usable(Blue).Length + (World.Ledger.Nodes.ContainsKey(Blue) ? 1 : 0);

    private async Task<bool> IsReportedAsync()
    {
        var findings = (await World.ReconcileAsync(dryRun: true)).Plan.Findings;
        return findings.Any(finding => finding.Resource == Blue.ToString() || finding.Resource == _network.Device(Blue)?.Id.ToString());
    }

    /// <returns>By event and state, in their order.</returns>
    private static OrderedDictionary<string, OrderedDictionary<string, string>> Read()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Automation.sln")))
        {
            folder = folder.Parent;
        }

        string[][] lines =
        [
            .. File.ReadLines(Path.Combine(folder!.FullName, "README.md"))
                .SkipWhile(line => line != Heading)
                .SkipWhile(line => !line.StartsWith('|'))
                .TakeWhile(line => line.StartsWith('|'))
                .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries).ToArray()),
        ];
        return new(lines[2..].Select(row => KeyValuePair.Create(
            row[0],
            new OrderedDictionary<string, string>(lines[0][1..].Zip(row[1..], KeyValuePair.Create)))));
    }

    /// <summary>Keeps the numbers of what is logged.</summary>
    private sealed class EventIds(List<int> seen) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => seen.Add(eventId.Id);
    }
}

using System.Collections.Immutable;
using Automation.Events;
using Automation.Lambda;
using Automation.Names;
using Automation.Nodes;
using Automation.Reports;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation.Sandbox;

/// <summary>The simulated cloud and tailnet with the real functions on their queues and schedule, on a clock of its own.</summary>
public sealed class SandboxWorld
{
    /// <summary>As the template sets it.</summary>
    public static readonly TimeSpan ReconcileEvery = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(1);

    private static readonly Invocation s_invocation = new("sandbox", DateTimeOffset.MaxValue, "", null);

    /// <summary>A tag for each role, which the credential's own tag owns.</summary>
    public static readonly NodeTags EveryRole = new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty
        .Add(NodeRoles.SubnetRouter, ["tag:aws-router"])
        .Add(NodeRoles.ExitNode, ["tag:aws-exit"])
        .Add(NodeRoles.AppConnector, ["tag:aws-connector"])
        .Add(NodeRoles.PeerRelay, ["tag:aws-relay"])
        .Add(NodeRoles.SessionRecorder, ["tag:aws-recorder"])
        .Add(NodeRoles.Agent, ["tag:aws-agent"]));

    private readonly ILogger _log;
    private readonly Metrics _metrics;
    private readonly OAuthClient _client;
    private NodeLifecycleHandler _nodeLifecycle;
    private ReconcileHandler _reconcile;
    private DateTimeOffset _nextReconcile;

    public SandboxWorld(ILogger log, DateTimeOffset? start = null, params ImmutableArray<Scope> scopes)
    {
        _log = log;
        Clock = new(start ?? new DateTimeOffset(2026, 3, 4, 9, 0, 0, TimeSpan.Zero));
        Calls = new();
        Tailnet = new(Clock);
        Home = scopes.IsDefaultOrEmpty ? new("111122223333", "eu-west-1") : scopes[0];
        Settings = new(
            Home,
            "-",
            new("https://api.tailscale.com"),
            new CredentialOrigin.Parameter("/tailnet/credential"),
            new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add(NodeRoles.SubnetRouter, ["tag:aws-router"])),
            "/tailnet",
            null,
            "ledger",
            scopes.IsDefaultOrEmpty ? [Home] : scopes,
            null,
            "Tailnet-SetRoutes",
            [],
            NameSettings.Standard,
            "Tailnet-SetDns64",
            null,
            [],
            DevicePrice: null,
            NodeQueue: new("https://sqs.eu-west-1.amazonaws.com/111122223333/tailnet-node-events"),
            DryRun: false);
        Aws = new(Clock, Tailnet, Calls);
        Ledger = new(Calls);
        foreach (var tag in EveryRole.All)
        {
            Tailnet.SetTagOwners(tag, ["tag:aws-owner"]);
        }

        _client = Tailnet.AddOAuthClient(["tag:aws-owner"], ["auth_keys", "devices:core", "devices:routes", "dns"]);
        // As template.yaml has them, but for the visibility: six times a function's timeout, which is a minute for both here.
        NodeEvents = new("tailnet-node-events", Clock, TimeSpan.FromMinutes(6), maxReceiveCount: 300);
        ChangeEvents = new("tailnet-change-events.fifo", Clock, TimeSpan.FromMinutes(6), maxReceiveCount: 100);
        _metrics = new(new LogLines(Stream.Null), new LambdaEnvironment(null, "", "sandbox", LogLevel.None, TextLog: true), Clock);
        Aws.Published = Route;
        Restart();
        _nextReconcile = Clock.GetUtcNow() + ReconcileEvery;
    }

    public SandboxClock Clock { get; }

    public OutsideCalls Calls { get; }

    public Tailnet Tailnet { get; }

    public SimulatedAws Aws { get; }

    public SimulatedLedger Ledger { get; }

    public SimulatedQueue NodeEvents { get; }

    public SimulatedQueue ChangeEvents { get; }

    public Settings Settings { get; private set; }

    public Scope Home { get; }

    public SimulatedRegion HomeRegion => Aws.Region(Home);

    public Parts Parts { get; private set; }

    /// <summary>Sees each event as it is published, before any queue.</summary>
    public Action<string>? EventSeen { get; set; }

    /// <summary>Sees what the schedule's Reconcile answered; nothing where nothing could be observed.</summary>
    public Action<ReadOnlyMemory<byte>>? Scheduled { get; set; }

    /// <summary>Hears that a process has ended at a call, and another has taken over.</summary>
    public Action? Died { get; set; }

    /// <summary>Decides what becomes of an event: delivered, lost, doubled. Null delivers all.</summary>
    public Func<string, int>? Copies { get; set; }

    /// <summary>New processes take over, as after a crash: what was only in memory is lost.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Parts), nameof(_nodeLifecycle), nameof(_reconcile))]
    public void Restart()
    {
        Calls.Revive();
        Clock.ForgetTimers();
        var outside = new Outside(Aws, new CountedTailscale(new SandboxTailscale(Tailnet, _client), Calls), Ledger, new SimulatedSqs([NodeEvents, ChangeEvents], Calls));
        Parts = new(Settings, outside, Clock, _log);
        _nodeLifecycle = new(Parts, outside, Settings, _metrics, Clock, _log);
        _reconcile = new(Parts.Reconciler, outside, Settings, _metrics, Clock, _log);
    }

    /// <summary>New processes take over with other settings, as after a deployment.</summary>
    public void Reconfigure(Func<Settings, Settings> change)
    {
        Settings = change(Settings);
        Restart();
    }

    /// <summary>Lets time pass, from one thing that is due to the next.</summary>
    public async Task RunAsync(TimeSpan duration)
    {
        var until = Clock.GetUtcNow() + duration;
        while (Clock.GetUtcNow() < until)
        {
            await TickAsync();
            var (now, due) = (Clock.GetUtcNow(), NextDue());
            Clock.Advance(s_step * Math.Max(1, Math.Ceiling(((due < until ? due : until) - now) / s_step)));
        }
    }

    /// <summary>Lets time pass until nothing waits in a queue.</summary>
    /// <returns>false where something still did after the time given.</returns>
    public async Task<bool> SettleAsync(TimeSpan atMost)
    {
        var until = Clock.GetUtcNow() + atMost;
        do
        {
            await TickAsync();
            Clock.Advance(s_step);
        }
        while (Clock.GetUtcNow() < until && (NodeEvents.Count > 0 || ChangeEvents.Count > 0));
        return NodeEvents.Count == 0 && ChangeEvents.Count == 0;
    }

    public Task<ReconcileResult> ReconcileAsync(bool dryRun = false, bool allowMassDelete = false) =>
        WhileTimePasses(() => Parts.Reconciler.RunAsync(new(dryRun, null, allowMassDelete), CancellationToken.None));

    /// <summary>Begins work, and lets time pass while it waits for time alone.</summary>
    /// <returns>The work: over, unless its process has ended.</returns>
    public Task<T> WhileTimePasses<T>(Func<Task<T>> work)
    {
        var context = SynchronizationContext.Current;
        var thread = new OneThread();
        SynchronizationContext.SetSynchronizationContext(Calls.CountsRounds ? null : thread);
        try
        {
            var running = work();
            while (!running.IsCompleted && !Calls.IsDead && !Calls.CountsRounds && (thread.GoOn() || Calls.AnswerNext() || Clock.AdvanceToTimer()))
            {
            }

            return running;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Carries what is due to the functions, and lets the nodes do what they do by themselves.</summary>
    public async Task TickAsync()
    {
        foreach (var region in Aws.Regions.ToArray())
        {
            region.Tick();
        }

        do
        {
            if (Due() is not [_, ..] due)
            {
                break;
            }

            await RunAsync(due);
        }
        while (Calls.Order is null);   // else work takes time, and what it brings about comes after it
    }

    /// <summary>A direct invocation of Reconcile.</summary>
    /// <returns>The answer; null where the invocation failed, or its process ended.</returns>
    public async Task<byte[]?> InvokeAsync(byte[] payload)
    {
        byte[]? answer = null;
        await RunAsync([new(() => InvokeNowAsync(payload), given => answer = given.IsEmpty ? null : given.ToArray())]);
        return answer;
    }

    // The next thing to be done; where calls are answered in an order of their own, all that Lambda would do at the same time.
    private List<Work> Due()
    {
        var due = new List<Work>();
        while ((due.Count == 0 || Calls.Order is not null) && NodeEvents.Receive() is var (events, ids))
        {
            due.Add(new(() => _nodeLifecycle.HandleAsync(events, s_invocation, CancellationToken.None), answer => NodeEvents.Answer(ids, answer.Span)));
        }

        // One message group: one batch at a time.
        if ((due.Count == 0 || Calls.Order is not null) && ChangeEvents.Receive() is var (changes, changeIds))
        {
            due.Add(new(() => _reconcile.HandleAsync(changes, s_invocation, CancellationToken.None), answer => ChangeEvents.Answer(changeIds, answer.Span)));
        }

        if ((due.Count == 0 || Calls.Order is not null) && Clock.GetUtcNow() >= _nextReconcile)
        {
            _nextReconcile += ReconcileEvery;
            due.Add(new(() => InvokeNowAsync("{}"u8.ToArray()), answer => Scheduled?.Invoke(answer)));
        }

        return due;
    }

    // Nothing for where nothing could be observed: the schedule comes again.
    private async Task<ReadOnlyMemory<byte>> InvokeNowAsync(byte[] payload)
    {
        try
        {
            return await _reconcile.HandleAsync(payload, s_invocation, CancellationToken.None);
        }
        catch (NothingObservedException)
        {
            return default;
        }
    }

    // Without an answer, as after a crash, all messages come back after the queue's own visibility timeout.
    private async Task RunAsync(List<Work> works)
    {
        var running = WhileTimePasses(() => Task.WhenAll(works.Select(work => work.Begin())));
        if (Calls.IsDead)   // all calls return at once or in turn, so the work is done or dead by now
        {
            Restart();
            Died?.Invoke();
            return;
        }

        if (!running.IsCompleted && !Calls.CountsRounds)
        {
            throw new InvalidOperationException("A function waits for what is neither a call nor a timer.");
        }

        foreach (var (work, answer) in works.Zip(await running))
        {
            work.Answered(answer);
        }
    }

    private DateTimeOffset NextDue()
    {
        var due = _nextReconcile;
        foreach (var next in Aws.Regions.Select(region => region.NextDue).Append(NodeEvents.NextDue).Append(ChangeEvents.NextDue))
        {
            due = next < due ? next.Value : due;
        }

        return due;
    }

    private void Route(string text)
    {
        EventSeen?.Invoke(text);
        for (var copy = Copies?.Invoke(text) ?? 1; copy > 0; copy--)
        {
            Deliver(text);
        }
    }

    /// <summary>The rules of the event bus: instance events to the one queue, changes of the network and of names to the other.</summary>
    public void Deliver(string text)
    {
        switch (EventParser.Parse(text).Change)
        {
            case ChangeEvent.InstanceHeld or ChangeEvent.InstanceRuns or ChangeEvent.InstanceLeaves or ChangeEvent.TaskStopped:
                NodeEvents.Send(text);
                break;
            case ChangeEvent.InstanceTagged:
                NodeEvents.Send(text);
                ChangeEvents.Send(text);
                break;
            case ChangeEvent.ScopeChanged or ChangeEvent.InstanceLaunched:
                ChangeEvents.Send(text);
                break;
            default:
                break;
        }
    }

    private readonly record struct Work(Func<Task<ReadOnlyMemory<byte>>> Begin, Action<ReadOnlyMemory<byte>> Answered);
}

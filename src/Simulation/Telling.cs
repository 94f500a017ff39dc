using System.Collections.Immutable;
using System.Text.Json;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>What came of a story.</summary>
/// <param name="Violation">Null where all held.</param>
/// <param name="Looks">Scheduled looks after the faults stopped until the last that had something to do.</param>
/// <param name="Rest">From the end of the faults to the end of the last look that had something to do.</param>
/// <param name="Told">What happened, for people.</param>
public sealed record Outcome(
    Story Story, Violation? Violation, int Looks, TimeSpan Rest, TimeSpan Simulated, int Calls, ImmutableArray<string> Told, IReadOnlyDictionary<string, int> Checks);

/// <summary>Tells a story to its end: the faults stop, the world comes to rest, and it is looked at whether all is as wanted.</summary>
public sealed class Telling
{
    /// <summary>What only the clock ends has ended by then: ten minutes of silence of a device, fifteen of a key, and the queue's own delay.</summary>
    private static readonly TimeSpan s_waits = TimeSpan.FromMinutes(20);

    /// <summary>Tailscale itself ends an ephemeral device that is offline, also one whose deletion is held.</summary>
    private static readonly TimeSpan s_waitsOfSilent = TimeSpan.FromMinutes(50);

    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(30);

    private readonly Story _story;
    private readonly Stage _stage;
    private readonly Referee _referee;
    private DateTimeOffset? _stopped;
    private DateTimeOffset _lastWork;
    private int _looks, _workingLooks;

    private Telling(Story story, bool tellsLog)
    {
        _story = story;
        _stage = new(story, twoScopes: story.Seed % 3 == 0);
        _stage.Log.Tells = tellsLog;
        _referee = new(_stage);
        _stage.World.Scheduled += Looked;
    }

    /// <param name="tellsLog">The functions' own log lines are among what is told.</param>
    public static async Task<Outcome> TellAsync(Story story, bool tellsLog = false)
    {
        var telling = new Telling(story, tellsLog);
        var began = telling._stage.Now;
        try
        {
            await telling.TellAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)   // whatever a function throws ends the story, and is what it is about
        {
            telling._referee.Report(Invariant.NoCrash, e.ToString());
        }

        return new(
            story,
            telling._referee.Violation,
            telling._workingLooks,
            telling._stopped is { } stopped && telling._lastWork > stopped ? telling._lastWork - stopped : TimeSpan.Zero,
            telling._stage.Now - began,
            telling._stage.World.Calls.Count,
            [.. telling._stage.Told],
            telling._referee.Checks);
    }

    private async Task TellAsync()
    {
        Step? meanwhile = null;
        foreach (var step in _story.Steps)
        {
            if (step.Verb == Verbs.Meanwhile)
            {
                meanwhile = step;
                continue;
            }

            if (step.Verb == Verbs.Wait)
            {
                await PassAsync(Verbs.WaitOf(step));
            }
            else if (meanwhile is { } when && step.Verb != Verbs.Deploy)   // a deployment lets what is at work end
            {
                _stage.Faults.Meanwhile(1 + (when.A % 40), () => Do(step));
            }
            else
            {
                Do(step);
            }

            meanwhile = null;
            _referee.Look();
            if (_referee.Violation is not null)
            {
                return;
            }
        }

        await RestAsync();
    }

    private void Do(Step step)
    {
        if (Verbs.All[step.Verb].Do(_stage, step.A, step.B, step.C) is { } told)
        {
            _stage.Tell(told);
        }
    }

    private async Task PassAsync(TimeSpan duration)
    {
        var until = _stage.Now + duration;
        while (_stage.Now < until && _referee.Violation is null)
        {
            // What happens while a function is at work may have something come later.
            var next = _stage.Later.Select(later => later.At).Append(until).Append(_stage.Now + s_slice).Min();
            await _stage.World.RunAsync(next - _stage.Now);
            foreach (var later in _stage.Later.Where(later => later.At <= _stage.Now).ToArray())
            {
                _stage.Later.Remove(later);
                later.Happens();
            }

            _referee.Look();
        }
    }

    private async Task RestAsync()
    {
        _stage.Faults.End();
        foreach (var later in _stage.Later.ToArray())
        {
            later.Happens();
        }

        _stage.Later.Clear();
        foreach (var (_, instance) in _stage.InstancesWhere(instance => instance.State == "running"))
        {
            (instance.AgentIsSilent, instance.IsCutOff) = (false, false);
            if (instance.Device is { } device && _stage.Tailnet.Devices.All(known => known.Id != device || !known.Connected))
            {
                _stage.Tell(Verbs.Connect(_stage, instance));
            }
        }

        _stage.Tell("the faults stop");
        _stopped = _stage.Now;
        await PassAsync(_stage.OwnDevices.Any(device => !device.Connected) ? s_waitsOfSilent : s_waits);
        var looks = _looks;
        while (_looks < looks + 2 && _referee.Violation is null)
        {
            await PassAsync(SandboxWorld.ReconcileEvery);
        }

        if (_referee.Violation is null)
        {
            await JudgeAsync();
        }
    }

    private async Task JudgeAsync()
    {
        var last = await _stage.World.ReconcileAsync(dryRun: true);
        var left = last.Plan.Steps.Where(step => step.Held is null && !IsLastOfItsZone(step.Action)).Select(step => step.Action.ToString()).ToArray();
        _referee.Check(Invariant.AtRest, left.Length == 0, () => string.Join("; ", left));
        _referee.Check(Invariant.AtRest, last.Plan.IsComplete, () => $"not all could be read: {string.Join("; ", last.Plan.Findings.Where(finding => finding.IsIncomplete).Select(finding => finding.Text))}");
        _referee.Check(Invariant.AtRest, _stage.World.NodeEvents.Count == 0 && _stage.World.ChangeEvents.Count == 0, () => $"{_stage.World.NodeEvents.Count} and {_stage.World.ChangeEvents.Count} messages still wait");
        new RestJudge(_stage, _referee, last.Plan).Judge();
    }

    // Route 53 keeps a zone's last VPC: it fails, and is said, until a person deletes the zone or associates another VPC.
    private bool IsLastOfItsZone(PlanAction action) =>
        action is PlanAction.DissociateZone { Record: var record } && _stage.Aws.Zones.VpcsOf(record.Zone) is [var only] && only == record.Vpc;

    private void Looked(ReadOnlyMemory<byte> report)
    {
        _looks++;
        if (_stopped is null || report.IsEmpty)
        {
            return;
        }

        using var json = JsonDocument.Parse(report);
        var done = json.RootElement.GetProperty("actions").EnumerateArray().Where(action => action.GetProperty("outcome").GetString() != "held").ToArray();
        if (done.Length > 0)
        {
            _workingLooks++;
            _lastWork = _stage.Now;
            foreach (var action in done)
            {
                _stage.Tell($"  look: {action.GetProperty("text").GetString()}: {action.GetProperty("outcome").GetString()}");
            }
        }
    }
}

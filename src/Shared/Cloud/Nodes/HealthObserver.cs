using System.Globalization;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Nodes;

/// <summary>Asks connected routers whether they reach their VPCs, all side by side. What was heard is good for a minute, as events come in bursts.</summary>
public sealed class HealthObserver(NodeCommands commands, string? document, TimeProvider time)
{
    /// <summary>What the document's own word for it begins with. Nothing else that fails says anything of a router's health.</summary>
    public const string Unhealthy = "unhealthy: ";

    private const string AgentsOwnWords = " failed to run commands";

    /// <summary>The document takes 12 seconds at most; SSM takes a few to carry it there and back.</summary>
    private static readonly TimeSpan s_atMost = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan s_goodFor = TimeSpan.FromMinutes(1);

    private readonly Dictionary<InstanceId, (DateTimeOffset At, RouterProbe Probe)> _heard = [];

    /// <summary>Nobody is asked where there is no document, and that is all there is to know then.</summary>
    public Seen<RouterProbe> NotAsked => document is null ? Seen<RouterProbe>.All([]) : Seen<RouterProbe>.Unknown(ScopeSeen.NotLookedAt);

    /// <param name="seen">Instances and devices are read of it.</param>
    public async Task<Seen<RouterProbe>> ObserveAsync(Snapshot seen, CancellationToken stopping)
    {
        if (document is null)
        {
            return NotAsked;
        }

        var routers = ServedVpcs.Of(seen).SelectMany(vpc => vpc.Routers).DistinctBy(router => router.Instance.Id).ToArray();
        var since = time.GetUtcNow() - s_goodFor;
        var fresh = routers.Where(CanBeAsked).Where(router => !(_heard.TryGetValue(router.Instance.Id, out var heard) && heard.At > since)).ToArray();
        var probes = await Task.WhenAll(fresh.Select(router => AskAsync(document, router, stopping)));
        foreach (var probe in probes)
        {
            _heard[probe.Instance] = (time.GetUtcNow(), probe);
        }

        foreach (var old in _heard.Where(heard => heard.Value.At <= since).Select(heard => heard.Key).ToArray())
        {
            _heard.Remove(old);
        }

        return Seen<RouterProbe>.All(routers.OrderBy(router => router.Instance.Id).Select(router => CanBeAsked(router) ? _heard[router.Instance.Id].Probe : new(router.Instance.Id, null, "it is not connected")));
    }

    private static bool CanBeAsked(Router router) => router is { Serves: true, Instance.State: "running" };

    private async Task<RouterProbe> AskAsync(string document, Router router, CancellationToken stopping)
    {
        var id = router.Instance.Id;
        using var enough = new CancellationTokenSource(s_atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, stopping);
        try
        {
            var status = await commands.AskAsync(router.Scope, id, document, s_atMost, either.Token);
            return status switch
            {
                { Succeeded: true } => new(id, true, ""),
                { Status: "Failed" } when status.Detail.StartsWith(Unhealthy, StringComparison.Ordinal) => new(id, false, status.Detail[Unhealthy.Length..].Split(AgentsOwnWords)[0]),
                { IsOver: true } => new(id, null, $"{document} ended as {status.Status}{(status.Detail.Length == 0 ? "" : $": {status.Detail}")}"),
                _ => Late(status.Status),
            };
        }
        catch (CallFailedException failed)
        {
            return new(id, null, failed.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return Late("not answered");
        }

        RouterProbe Late(string status) => new(id, null, string.Create(CultureInfo.InvariantCulture, $"{document} is still {status} after {s_atMost.TotalSeconds} s"));
    }
}

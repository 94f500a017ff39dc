using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Why a router's prefixes go to others, as far as others serve them.</summary>
public enum Drain
{
    None,

    /// <summary>It is known to leave, or was taken out of service for a while, and still runs.</summary>
    Leaving,

    /// <summary>It does not reach its VPC.</summary>
    Unhealthy,

    /// <summary>It did not reach its VPC when it was asked last, and cannot be asked now.</summary>
    Suspect,
}

/// <summary>Judges which routers are to be drained, and takes from them what others serve: exact prefix by exact prefix, and never the last one.</summary>
internal sealed class Drains
{
    /// <summary>How long before its maintenance a router hands over.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromMinutes(15);

    private readonly Snapshot _seen;
    private readonly Dictionary<InstanceId, RouterProbe> _probes;

    public Drains(Snapshot seen)
    {
        _seen = seen;
        _probes = seen.Health.Items.GroupBy(probe => probe.Instance).ToDictionary(same => same.Key, same => same.First());
    }

    public Router Judge(Router router, Vpc? home)
    {
        var probe = _probes.GetValueOrDefault(router.Instance.Id);
        if (probe is { Healthy: false } && home?.DnsSupport == false)
        {
            // Where enableDnsSupport is off, no resolver answers anybody.
            probe = probe with { Healthy = null, Detail = $"enableDnsSupport of {home.Id} is off, so its resolver is silent" };
        }

        var stayed = router.Record?.GoneAt is { } gone && _seen.ObservedAt - gone >= NodeFates.Grace
            && router.Instance.State == "running" && !LeavePlanner.IsLeaving(router.Instance, router.Instance.LifecycleState) && (router.Serves || router.MayBlink(_seen.ObservedAt));
        var isAsked = probe is not null || !_seen.Health.IsComplete;   // else the probe has been switched off
        var isWell = router.Record?.UnhealthyAt is not null && (probe is { Healthy: true } || !isAsked);
        return router with
        {
            Probe = probe,
            Stayed = stayed,
            IsWell = isWell,
            Drain = (router.Record?.GoneAt is not null && !stayed) || IsOutOfService(router.Instance) ? Drain.Leaving
                : probe is { Healthy: false } ? Drain.Unhealthy
                : router.Record?.UnhealthyAt is not null && !isWell ? Drain.Suspect
                : Drain.None,
        };
    }

    // In standby its group counts it out, and so it does on its way out; what EC2 is to do to it may happen before the next look but one.
    private bool IsOutOfService(Instance instance) =>
        instance.LifecycleState is "EnteringStandby" or "Standby" || LeavePlanner.IsLeaving(instance, instance.LifecycleState) || (instance.Maintenance is { } coming && coming.NotBefore - _seen.ObservedAt <= Notice);

    public static ImmutableArray<Server> Relieve(ImmutableArray<Server> servers, DateTimeOffset now)
    {
        if (servers.All(server => server.Router.Drain == Drain.None))
        {
            return servers;
        }

        var heirs = servers.Where(server => server.Router.Drain == Drain.None).ToImmutableArray();
        PrefixSet Of(Func<Router, bool> which) => PrefixSet.Of(heirs.Where(heir => which(heir.Router)).SelectMany(heir => heir.Prefixes));
        var proven = Of(router => router is { Serves: true, Probe.Healthy: true });
        var serving = Of(router => router.Serves);
        var soon = Of(router => router.Serves || router.MayBlink(now));
        return
        [
            .. servers.Select(server =>
            {
                if (server.Router.Drain == Drain.None)
                {
                    return server;
                }

                // From one that leaves to whoever serves; from one that is unhealthy to one that is known not to be.
                var ceded = server.Prefixes.Intersect(server.Router.Drain switch { Drain.Leaving => serving, Drain.Unhealthy => proven, _ => [] });
                var withheld = server.Prefixes.Intersect(soon).Except(ceded);
                return server with { Prefixes = server.Prefixes.Except(ceded).Except(withheld), Ceded = ceded, Withheld = withheld };
            }),
        ];
    }
}

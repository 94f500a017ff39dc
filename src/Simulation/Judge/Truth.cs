using Automation.Network;
using Automation.Plans;

namespace Automation.Simulation;

/// <summary>What is to be served by whom in a network that was read completely, address by address, as the packet walk shows it.</summary>
public sealed class Truth
{
    private static readonly TimeSpan s_blink = TimeSpan.FromMinutes(5), s_start = TimeSpan.FromMinutes(10);

    private readonly Snapshot _seen;
    private readonly Dictionary<(InstanceId, VpcId, Address), bool> _reaches = [];
    private readonly Dictionary<(InstanceId, Address), PacketWalk.Arrival> _arrivals = [];
    private readonly Dictionary<VpcId, Service> _services;

    public Truth(Snapshot seen)
    {
        _seen = seen;
        Walk = new(seen);
        Vpcs = Walk.Vpcs;
        Routers = [.. seen.Scopes.SelectMany(scope => scope.Instances.Items)
            .Where(instance => instance.State is "pending" or "running" && instance.Role.Split('+').Contains("subnet-router"))];
        _services = Vpcs.ToDictionary(vpc => vpc.Id, Decide);
    }

    public enum Service
    {
        OptedOut,

        /// <summary>By the routers in it.</summary>
        Own,

        /// <summary>Its routers are silent and may be back in a moment: who has prefixes of it keeps them.</summary>
        Waiting,

        /// <summary>By every router that reaches it.</summary>
        StandIns,
    }

    public PacketWalk Walk { get; }

    public IReadOnlyList<Vpc> Vpcs { get; }

    public IReadOnlyList<Instance> Routers { get; }

    public Device? DeviceOf(Instance router) => _seen.Devices.Items.SingleOrDefault(device => device.HostName == $"subnet-router-{router.Id}");

    public NodeRecord? RecordOf(Instance router) => _seen.Nodes.Items.FirstOrDefault(record => record.Instance == router.Id);

    public bool? IsHealthy(Instance router) => _seen.Health.Items.FirstOrDefault(probe => probe.Instance == router.Id)?.Healthy;

    /// <summary>Connected and authorised.</summary>
    public bool IsUp(Instance router) => DeviceOf(router) is { Connected: true, Authorized: true };

    /// <summary>It is said to leave, and not so long ago that it would be gone by now.</summary>
    public bool IsLeaving(Instance router) => RecordOf(router)?.GoneAt is { } gone
        && !(gone <= _seen.ObservedAt.AddMinutes(-10) && router.State == "running" && DeviceOf(router) is { Authorized: true } device && (device.Connected || _seen.ObservedAt - device.LastSeen < s_blink));

    /// <summary>It did not reach its VPC, now or when it was asked last.</summary>
    public bool IsSick(Instance router) => IsHealthy(router) == false || (RecordOf(router)?.UnhealthyAt is not null && IsHealthy(router) != true && !_seen.Health.Items.IsEmpty);

    public bool IsDrained(Instance router) => IsLeaving(router) || IsSick(router);

    public Service ServiceOf(Vpc vpc) => _services[vpc.Id];

    public bool Reaches(Instance router, Vpc vpc, Address to) =>
        _reaches.TryGetValue((router.Id, vpc.Id, to), out var known) ? known : _reaches[(router.Id, vpc.Id, to)] = Walk.Reaches(router, vpc, to);

    /// <summary>The router is to serve the address as one of that VPC.</summary>
    public bool Serves(Instance router, Vpc vpc, Address to) => ServiceOf(vpc) switch
    {
        Service.Own or Service.Waiting => router.Vpc == vpc.Id && Reaches(router, vpc, to),
        Service.StandIns => Reaches(router, vpc, to),
        _ => false,
    };

    /// <summary>The VPC that a packet of a router to that address ends in, its own before all others.</summary>
    public PacketWalk.Arrival Arrival(Instance router, Address to) =>
        _arrivals.TryGetValue((router.Id, to), out var known) ? known : _arrivals[(router.Id, to)] =
            Vpcs.FirstOrDefault(vpc => vpc.Id == router.Vpc) is { } home && PacketWalk.Associated(home).Any(prefix => prefix.Contains(to))
                ? new(PacketWalk.Way.Nowhere, home.Id)
                : Walk.SendFrom(router, to);

    public Vpc? VpcAt(Instance router, Address to) => Arrival(router, to).Vpc is { } id ? Vpcs.First(vpc => vpc.Id == id) : null;

    private Service Decide(Vpc vpc)
    {
        var own = Routers.Where(router => router.Vpc == vpc.Id).ToArray();
        return vpc.Advertise == "false" ? Service.OptedOut
            : own.Any(router => IsUp(router) && !IsDrained(router)) ? Service.Own
            : own.Any(MayBeBack) ? Service.Waiting
            : Service.StandIns;
    }

    private bool MayBeBack(Instance router) => DeviceOf(router) is { } device
        ? !IsDrained(router) && device.Authorized && _seen.ObservedAt - device.LastSeen < s_blink
        : !IsDrained(router) && _seen.ObservedAt - router.LaunchedAt < s_start;
}

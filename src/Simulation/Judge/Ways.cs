using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>How people get into each VPC at this moment: by which node, by which prefix, and whether packets that take it arrive.</summary>
internal sealed class Ways
{
    private readonly Stage _stage;
    private readonly PacketWalk _walk;

    public Ways(Stage stage)
    {
        _stage = stage;
        _walk = new(TrueSnapshot.Of(stage));
        var devices = stage.Tailnet.Devices.ToDictionary(device => device.Id);
        All =
        [
            .. stage.InstancesWhere(instance => instance is { State: "running", Device: not null })
                .Where(one => devices.TryGetValue(one.Instance.Device!, out var device) && device is { Connected: true, Authorized: true })
                .SelectMany(one => devices[one.Instance.Device!].Enabled.Intersect(devices[one.Instance.Device!].Advertised)
                    .Where(prefix => !prefix.IsDefaultRoute)
                    .Select(prefix => new Way(one.Instance, devices[one.Instance.Device!], prefix))),
        ];
    }

    public ImmutableArray<Way> All { get; }

    /// <summary>An address of each range of a VPC, near its beginning, where its subnets are.</summary>
    public IEnumerable<(Vpc Vpc, Address Address)> Destinations => _stage.Vpcs.SelectMany(one => PacketWalk.Associated(one.Vpc)
        .Where(cidr => !PacketWalk.IsRefused(cidr.First)).Select(cidr => (one.Vpc, cidr.First with { Value = cidr.First.Value + 7 })));

    public IEnumerable<Way> To(Vpc vpc, Address address) => All.Where(way => Offers(way, vpc, address) && Reaches(way.Instance, vpc, address));

    /// <summary>The VPC in which a packet ends that a client sends to the first address of the way's prefix; null for none.</summary>
    public VpcId? EndOf(Way way) => Via6.TryRead(way.Prefix, out var site, out var plain)
        ? VpcOf(site) is { } vpc && _stage.Vpcs.FirstOrDefault(one => one.Vpc.Id == vpc).Vpc is { } known && Reaches(way.Instance, known, Inside(plain)) ? vpc : null
        : Arrives(way.Instance, Inside(way.Prefix));

    /// <summary>A packet from the router arrives in the VPC, and the answer comes back.</summary>
    public bool Reaches(SimulatedInstance instance, Vpc vpc, Address address) => _walk.Reaches(instance.Shown, vpc, address);

    public VpcId? VpcOf(int site) => _stage.World.Ledger.Sites.GetValueOrDefault(site) is { ReleasedAt: null } record ? record.Vpc : null;

    private VpcId? Arrives(SimulatedInstance instance, Address address) =>
        _stage.Vpcs.FirstOrDefault(one => one.Vpc.Id == instance.Vpc && PacketWalk.Associated(one.Vpc).Any(cidr => cidr.Contains(address))).Vpc?.Id
        ?? _walk.SendFrom(instance.Shown, address).Vpc;

    private bool Offers(Way way, Vpc vpc, Address address) => Via6.TryRead(way.Prefix, out var site, out var plain)
        ? VpcOf(site) == vpc.Id && plain.Contains(address)
        : way.Prefix.Contains(address) && Arrives(way.Instance, address) == vpc.Id;

    private static Address Inside(Prefix prefix) => prefix.Length < prefix.First.Bits - 3 ? prefix.First with { Value = prefix.First.Value + 7 } : prefix.First;

    /// <summary>A prefix that a connected node advertises, and that is enabled on it.</summary>
    internal readonly record struct Way(SimulatedInstance Instance, SandboxDevice Device, Prefix Prefix);
}

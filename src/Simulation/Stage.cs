using System.Collections.Immutable;
using System.Globalization;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>The world that a story is told in, what has been told so far, and what only people know: what is theirs, and who is to leave.</summary>
internal sealed class Stage
{
    private int _numbers;

    public Stage(Story story, bool twoScopes)
    {
        Log = new(this);
        World = new(Log, null, twoScopes
            ? [new("111122223333", "eu-west-1"), new("444455556666", "us-west-2")]
            : [new("111122223333", "eu-west-1")]);
        World.Reconfigure(settings => settings with
        {
            NodeTags = SandboxWorld.EveryRole,
            ProbeDocument = story.Seed % 2 == 0 ? "Tailnet-Probe" : null,
            MemberRole = "Automation",
            Names = new(Names.ZoneAssociation.All, [], ReverseZones: story.Seed % 5 == 0),
        });
        World.Tailnet.SetTagOwners("tag:laptop", ["tag:aws-owner"]);
        Faults = new(this);
        Dice = new(story.Seed ^ 0x5EED);
        World.Calls.Order = waiting => Dice.Next(waiting);
    }

    public SandboxWorld World { get; }

    public Faults Faults { get; }

    public LogWatch Log { get; }

    /// <summary>Decides what lines leave open.</summary>
    public Dice Dice { get; }

    /// <summary>What happened, for people.</summary>
    public List<string> Told { get; } = [];

    /// <summary>Devices of others, as they are to stay.</summary>
    public Dictionary<DeviceId, SandboxDevice> Foreign { get; } = [];

    /// <summary>Split DNS of others, as it is to stay.</summary>
    public SortedDictionary<string, ImmutableArray<string>> ForeignDomains { get; } = new(StringComparer.Ordinal);

    /// <summary>Waits that others' hooks began, and they ended.</summary>
    public HashSet<(InstanceId Instance, string Hook)> AnsweredByOthers { get; } = [];

    /// <summary>When a VPC was last opted out or in.</summary>
    public Dictionary<VpcId, DateTimeOffset> Opted { get; } = [];

    /// <summary>Instances that AWS has said it will take.</summary>
    public HashSet<InstanceId> Doomed { get; } = [];

    /// <summary>What happens by itself after a while.</summary>
    public List<(DateTimeOffset At, Action Happens)> Later { get; } = [];

    public DateTimeOffset Now => World.Clock.GetUtcNow();

    public Tailnet Tailnet => World.Tailnet;

    public SimulatedAws Aws => World.Aws;

    public IReadOnlyList<(SimulatedRegion Region, Vpc Vpc)> Vpcs => [.. Aws.Regions.SelectMany(region => region.Vpcs.Select(vpc => (region, vpc)))];

    public IReadOnlyList<(SimulatedRegion Region, SimulatedInstance Instance)> Instances => InstancesWhere(_ => true);

    public IReadOnlyList<(SimulatedRegion Region, SimulatedInstance Instance)> InstancesWhere(Func<SimulatedInstance, bool> which) =>
        [.. Aws.Regions.SelectMany(region => region.Instances.Where(instance => instance.EndedAt is null && which(instance)).Select(instance => (region, instance)))];

    /// <summary>Devices that instances of this world run as.</summary>
    public IReadOnlyList<SandboxDevice> OwnDevices => [.. Tailnet.Devices.Where(device => !Foreign.ContainsKey(device.Id))];

    public string NewId(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}{++_numbers:x17}");

    public int NewNumber() => ++_numbers;

    public void Tell(string line) => Told.Add(string.Create(CultureInfo.InvariantCulture, $"{Now:HH:mm:ss}  {line}"));

    /// <summary>What others have is as it is now.</summary>
    public void Expect(DeviceId device) => Foreign[device] = Tailnet.Devices.Single(known => known.Id == device);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Aws;

namespace Automation.Sandbox;

/// <summary>A simulated cloud: Regions of accounts, whose changes come out as the events that AWS would send.</summary>
public sealed class SimulatedAws : IAws
{
    private readonly TimeProvider _time;
    private readonly Tailnet _tailnet;
    private readonly OutsideCalls _calls;
    private readonly Dictionary<Scope, SimulatedRegion> _regions = [];
    private readonly ConcurrentDictionary<string, int> _counts = [];
    private int _globalEvents;

    public SimulatedAws(TimeProvider time, Tailnet tailnet, OutsideCalls calls)
    {
        (_time, _tailnet, _calls) = (time, tailnet, calls);
        Peerings = new(this);
        Transit = new(this);
        Zones = new(this, time);
    }

    /// <summary>Takes each event as EventBridge would deliver it, as text.</summary>
    public Action<string>? Published { get; set; }

    public SimulatedRegion Region(Scope scope)
    {
        if (!_regions.TryGetValue(scope, out var region))
        {
            _regions[scope] = region = new SimulatedRegion(scope, _time, _tailnet, this, text => Published?.Invoke(text));
        }

        return region;
    }

    public IEnumerable<SimulatedRegion> Regions => _regions.Values;

    public SimulatedPeerings Peerings { get; }

    public SimulatedTransit Transit { get; }

    /// <summary>The hosted zones of all accounts, and of AWS services.</summary>
    public SimulatedZones Zones { get; }

    /// <summary>Requests so far, by the service's name.</summary>
    public IReadOnlyDictionary<string, int> Calls => new SortedDictionary<string, int>(_counts, StringComparer.Ordinal);

    /// <summary>The Region that a VPC is in: no two VPCs have the same id.</summary>
    internal SimulatedRegion Find(VpcId vpc) => TryFind(vpc) ?? throw new KeyNotFoundException($"There is no VPC {vpc}.");

    internal SimulatedRegion? TryFind(VpcId vpc) => _regions.Values.FirstOrDefault(region => region.Has(vpc));

    /// <param name="operation">Service and operation, such as <c>EC2 DescribeInstances</c>.</param>
    internal void Count(string operation) => _counts.AddOrUpdate(operation[..operation.LastIndexOf(' ')], 1, (_, count) => count + 1);

    /// <summary>What a global service does is told from us-east-1.</summary>
    internal void PublishGlobal(string account, string sample, params ReadOnlySpan<(string Path, JsonNode? Value)> detail) =>
        Published?.Invoke(SampleEvent.Tell(sample, new(account, "us-east-1"), _time.GetUtcNow(), string.Create(CultureInfo.InvariantCulture, $"{account}-global-{++_globalEvents:D6}"), detail));

    IAwsScope IAws.In(Scope scope) => new SimulatedServices(this, Region(scope), _calls);
}

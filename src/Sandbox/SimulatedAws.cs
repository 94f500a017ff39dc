using Automation.Aws;

namespace Automation.Sandbox;

/// <summary>A simulated cloud: Regions of accounts, whose changes come out as the events that AWS would send.</summary>
public sealed class SimulatedAws : IAws
{
    private readonly TimeProvider _time;
    private readonly Tailnet _tailnet;
    private readonly OutsideCalls _calls;
    private readonly Dictionary<Scope, SimulatedRegion> _regions = [];

    public SimulatedAws(TimeProvider time, Tailnet tailnet, OutsideCalls calls)
    {
        (_time, _tailnet, _calls) = (time, tailnet, calls);
        Peerings = new(this);
        Transit = new(this);
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

    /// <summary>The Region that a VPC is in: no two VPCs have the same id.</summary>
    internal SimulatedRegion Find(VpcId vpc) =>
        _regions.Values.FirstOrDefault(region => region.Vpcs.Any(known => known.Id == vpc)) ?? throw new KeyNotFoundException($"There is no VPC {vpc}.");

    IReadOnlyDictionary<string, int> IAws.Calls => throw new NotImplementedException();

    IAwsScope IAws.In(Scope scope) => new SimulatedServices(this, Region(scope), _calls);
}

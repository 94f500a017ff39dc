using Automation.Aws;

namespace Automation.Sandbox;

/// <summary>A simulated cloud: Regions of accounts, whose changes come out as the events that AWS would send.</summary>
public sealed class SimulatedAws(TimeProvider time, Tailnet tailnet, OutsideCalls calls) : IAws
{
    private readonly Dictionary<Scope, SimulatedRegion> _regions = [];

    /// <summary>Takes each event as EventBridge would deliver it, as text.</summary>
    public Action<string>? Published { get; set; }

    public SimulatedRegion Region(Scope scope)
    {
        if (!_regions.TryGetValue(scope, out var region))
        {
            _regions[scope] = region = new SimulatedRegion(scope, time, tailnet, text => Published?.Invoke(text));
        }

        return region;
    }

    public IEnumerable<SimulatedRegion> Regions => _regions.Values;

    IAwsScope IAws.In(Scope scope) => new SimulatedServices(Region(scope), calls);
}

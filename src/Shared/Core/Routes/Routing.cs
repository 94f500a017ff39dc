using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Everything that is decided about routes before any step is planned: who reaches what, who serves whom, and by which addresses.</summary>
/// <param name="Served">Every VPC that was seen, with what is wanted of it.</param>
internal sealed record Routing(
    ImmutableArray<ServedVpc> Served,
    Topology Topology,
    Reachability Reachability,
    ImmutableArray<VpcAddresses> Addresses,
    OptedIn OptedIn)
{
    public static Routing Of(Snapshot seen, ICollection<PlannedStep> additions, ICollection<PlannedStep> withdrawals, ICollection<Finding> findings)
    {
        var served = ServedVpcs.Of(seen);
        var topology = new Topology(seen);
        var reachability = new Reachability(seen, topology);
        var services = VpcServices.Of(seen, served, reachability, findings);
        var addresses = Overlaps.Resolve(seen, services, new(seen, served, reachability), topology.IsComplete && seen.Devices.IsComplete && seen.Nodes.IsComplete, additions, withdrawals, findings);
        CommonRanges.Warn(addresses, topology, findings);
        LostRoutes.Report(served, reachability, findings);
        return new(served.With(addresses), topology, reachability, addresses, new(seen, served, reachability, findings));
    }
}

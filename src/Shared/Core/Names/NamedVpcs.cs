using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>The VPCs whose hosted zones and DNS attributes are worth a look: of all others nothing is forwarded, was forwarded, or could be.</summary>
public static class NamedVpcs
{
    /// <param name="seenSoFar">All but the names.</param>
    /// <returns>
    /// VPCs with an instance of ours that is up, and those of the ledger's domains and associations. Where zones may be associated, also those
    /// that the routers of another VPC serve for want of own ones.
    /// </returns>
    public static ImmutableHashSet<VpcId> Of(Snapshot seenSoFar)
    {
        var named = ImmutableHashSet.CreateBuilder<VpcId>();
        named.UnionWith(seenSoFar.Scopes.SelectMany(scope => scope.Instances.Items).Where(instance => instance.IsUp).Select(instance => instance.Vpc).OfType<VpcId>());
        named.UnionWith(seenSoFar.Domains.Items.Select(domain => domain.Vpc));
        named.UnionWith(seenSoFar.Associations.Items.Select(association => association.Vpc));
        if (seenSoFar.Names.Association != ZoneAssociation.None)
        {
            // What it plans and finds on the way, the planner plans and finds again.
            var routing = Routing.Of(seenSoFar, new List<PlannedStep>(), new List<PlannedStep>(), new List<Finding>());
            named.UnionWith(routing.Addresses.Where(reached => reached.Service.Servers.Any(server => !server.Direct)).Select(reached => reached.Service.Vpc.Id));
        }

        return named.ToImmutable();
    }
}

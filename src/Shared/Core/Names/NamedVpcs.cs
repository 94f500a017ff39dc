using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>The VPCs whose hosted zones and DNS attributes are worth a look: of all others nothing is forwarded, was forwarded, or could be.</summary>
public static class NamedVpcs
{
    /// <param name="seenSoFar">All but hosted zones and DNS attributes.</param>
    /// <returns>
    /// VPCs with an instance of ours that is up, and those of the ledger's domains and associations. Of those that the routers of another VPC serve for
    /// want of own ones, VPCs with an inbound endpoint, and all where zones may be associated.
    /// </returns>
    public static ImmutableHashSet<VpcId> Of(Snapshot seenSoFar)
    {
        var named = ImmutableHashSet.CreateBuilder<VpcId>();
        named.UnionWith(seenSoFar.Scopes.SelectMany(scope => scope.Instances.Items).Where(instance => instance.IsUp).Select(instance => instance.Vpc).OfType<VpcId>());
        named.UnionWith(seenSoFar.Domains.Items.Select(domain => domain.Vpc));
        named.UnionWith(seenSoFar.Associations.Items.Select(association => association.Vpc));
        var all = seenSoFar.Names.Association != ZoneAssociation.None;
        var withEndpoint = seenSoFar.Scopes.SelectMany(scope => scope.Endpoints.Items).Where(endpoint => endpoint.Serves).Select(endpoint => endpoint.Vpc).ToHashSet();
        if (all || withEndpoint.Count > 0)
        {
            // What it plans and finds on the way, the planner plans and finds again.
            var routing = Routing.Of(seenSoFar, new List<PlannedStep>(), new List<PlannedStep>(), new List<Finding>());
            named.UnionWith(routing.Addresses
                .Where(reached => reached.Service.Servers.Any(server => !server.Direct) && (all || withEndpoint.Contains(reached.Service.Vpc.Id)))
                .Select(reached => reached.Service.Vpc.Id));
        }

        return named.ToImmutable();
    }
}

using Automation.Network;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>Route 53 Resolver of one account and Region: inbound endpoints and forward rules.</summary>
public sealed class SimulatedResolver
{
    private readonly SimulatedRegion _region;
    private readonly SortedDictionary<string, ResolverEndpoint> _endpoints = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ForwardRule> _rules = new(StringComparer.Ordinal);

    internal SimulatedResolver(SimulatedRegion region) => _region = region;

    public IEnumerable<ResolverEndpoint> Endpoints => _endpoints.Values;

    /// <summary>Own ones, and those that other accounts share.</summary>
    public IEnumerable<ForwardRule> Rules => _rules.Values;

    // What people do.

    /// <summary>An endpoint that works at once: OPERATIONAL, with its addresses ATTACHED.</summary>
    public string AddInboundEndpoint(string id, VpcId vpc, params ReadOnlySpan<string> addresses)
    {
        _region.Vpc(vpc);   // it has to be there
        _endpoints.Add(id, new(id, vpc, "OPERATIONAL", [.. addresses.ToArray().Select(address => new ResolverAddress(Address.Parse(address), ResolverAddress.Attached))]));
        _region.Publish(
            "cloudtrail-resolver-create-endpoint", ("responseElements.resolverEndpoint.id", id), ("responseElements.resolverEndpoint.hostVPCId", vpc.ToString()));
        return id;
    }

    public void DeleteEndpoint(string id)
    {
        var vpc = _endpoints[id].Vpc;
        _endpoints.Remove(id);
        _region.Publish("cloudtrail-resolver-delete-endpoint", ("responseElements.resolverEndpoint.id", id), ("responseElements.resolverEndpoint.hostVPCId", vpc.ToString()));
    }

    /// <summary>Changes an endpoint without an event, as when AWS does so by itself: its state, or an address's.</summary>
    public void Change(string id, Func<ResolverEndpoint, ResolverEndpoint> change) => _endpoints[id] = change(_endpoints[id]);

    /// <param name="domain">Empty for every domain.</param>
    public string AddForwardRule(string id, string domain, params ReadOnlySpan<VpcId> vpcs)
    {
        _rules.Add(id, new(id, domain, [.. vpcs]));
        _region.Publish("cloudtrail-resolver-create-rule", ("requestParameters.domainName", domain), ("responseElements.resolverRule.id", id));
        foreach (var vpc in vpcs)
        {
            _region.Publish(
                "cloudtrail-resolver-associate-rule",
                ("requestParameters.resolverRuleId", id),
                ("requestParameters.vPCId", vpc.ToString()),
                ("responseElements.resolverRuleAssociation.resolverRuleId", id),
                ("responseElements.resolverRuleAssociation.vPCId", vpc.ToString()));
        }

        return id;
    }

    public void DeleteForwardRule(string id)
    {
        _rules.Remove(id);
        _region.Publish("cloudtrail-resolver-delete-rule", ("requestParameters.resolverRuleId", id), ("responseElements.resolverRule.id", id));
    }

    /// <summary>Endpoints and rules hold a VPC back from being deleted; here they go with it.</summary>
    internal void VpcIsGone(VpcId vpc)
    {
        foreach (var endpoint in _endpoints.Values.Where(endpoint => endpoint.Vpc == vpc).ToArray())
        {
            _endpoints.Remove(endpoint.Id);
        }

        foreach (var rule in _rules.Values.ToArray())
        {
            _rules[rule.Id] = rule with { Vpcs = rule.Vpcs.Remove(vpc) };
        }
    }
}

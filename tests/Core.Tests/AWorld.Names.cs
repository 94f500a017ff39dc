using System.Collections.Immutable;
using Automation.Names;
using Automation.Network;
using Automation.Plans;

namespace Automation;

/// <summary>What names are made of, beside hosted zones.</summary>
public sealed partial class AWorld
{
    public static ZoneId ZoneOf(int number) => ZoneId.Parse($"Z{number:D4}");

    public AWorld WithEndpoint(int vpc, string status, params string[] addresses)
    {
        _endpoints.Add(new($"rslvr-in-{_endpoints.Count + 1}", VpcOf(vpc), status, [.. addresses.Select(text => text.Split(' ')).Select(words => new ResolverAddress(Address.Parse(words[0]), words.ElementAtOrDefault(1) ?? ResolverAddress.Attached))]));
        return this;
    }

    public AWorld WithRule(string domain, params int[] vpcs)
    {
        _rules.Add(new($"rslvr-rr-{_rules.Count + 1}", domain, [.. vpcs.Select(VpcOf)]));
        return this;
    }

    public AWorld WithPublicZone(int number, string name)
    {
        _publicZones.Add(new(ZoneOf(number), name));
        return this;
    }

    /// <summary>A zone as one VPC shows it.</summary>
    public AWorld WithZoneOf(string owner, int number, string name, int vpc, bool? mayAssociate = null)
    {
        _zones.Add(new(ZoneOf(number), name, VpcOf(vpc), owner, mayAssociate));
        return this;
    }

    public AWorld WithAssociation(int zone, string name, int vpc, bool inSync = true, bool authorized = false)
    {
        _associations.Add(new(ZoneOf(zone), name, VpcOf(vpc), Scope, Scope, authorized, "C1", inSync));
        return this;
    }

    public AWorld Naming(ZoneAssociation association = ZoneAssociation.None, string[]? services = null, bool reverse = false)
    {
        _names = new(association, services is null ? [] : [.. services], reverse);
        return this;
    }

    /// <summary>A router that can translate names.</summary>
    public AWorld Translating(int router) => Instance(router, instance => instance with { Dns64 = true });

    /// <summary>It was seen to answer with what is wanted of it.</summary>
    public AWorld Translated(int router, Dns64 configuration) => Node(router, node => node with { Dns64 = configuration.Mark });

    /// <param name="flag">Whether the tailnet says that clients with an exit node use it; null where it is not known.</param>
    public AWorld ExitNode(string domain, bool? flag, bool remembered)
    {
        _splitDns[_splitDns.FindIndex(known => known.Domain == domain)] = _splitDns.Find(known => known.Domain == domain)! with { UseWithExitNode = flag };
        _domains[_domains.FindIndex(known => known.Domain == domain)] = _domains.Find(known => known.Domain == domain)! with { UseWithExitNode = remembered };
        return this;
    }

    public ImmutableArray<string> Resolvers(string domain) => Planned().Domains.FirstOrDefault(wanted => wanted.Domain == domain)?.Resolvers ?? [];
}

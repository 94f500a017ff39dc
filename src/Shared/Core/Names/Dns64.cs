using Automation.Network;

namespace Automation.Names;

/// <summary>What a router's DNS64 resolver does: it asks the VPC's resolver, and answers with the 4via6 form of the VPC's addresses.</summary>
/// <param name="Resolver">The VPC's own resolver, which it asks.</param>
/// <param name="Cidrs">The VPC's IPv4 CIDRs: only addresses in them are translated.</param>
public sealed record Dns64(int Site, Address Resolver, PrefixSet Cidrs)
{
    /// <summary>Differs wherever the configuration does; written into the ledger once a resolver was seen to answer with it.</summary>
    public string Mark => $"{Site} {Resolver} {Cidrs}";

    /// <summary>What the node is given.</summary>
    public string Configuration() => Mark;

    public override string ToString() => $"of {Cidrs} as site {Site}, from {Resolver}";
}

using System.Security.Cryptography;
using System.Text;
using Automation.Network;

namespace Automation.Names;

/// <summary>What a router's DNS64 resolver does: it asks the VPC's resolver, and answers with the 4via6 form of the VPC's addresses.</summary>
/// <param name="Resolver">The VPC's own resolver, which it asks.</param>
/// <param name="Cidrs">The VPC's IPv4 CIDRs: only addresses in them are translated.</param>
public sealed record Dns64(int Site, Address Resolver, PrefixSet Cidrs)
{
    /// <summary>Differs wherever the configuration does; written into the ledger once a resolver was seen to answer with it.</summary>
    public string Mark => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToConfiguration())))[..16];

    /// <summary>The complete configuration of named, with the zone that it loads in its last comment.</summary>
    public string ToConfiguration(Dns64Options? options = null) => Dns64Configuration.Of(this, options ?? Dns64Options.OfRouter);

    public override string ToString() => $"of {Cidrs} as site {Site}, from {Resolver}";
}

using System.Collections.Immutable;

namespace Automation.Names;

/// <summary>Whether the VPC of a router is associated with the private hosted zones of the VPCs that it serves for want of routers of their own.</summary>
public enum ZoneAssociation
{
    None,

    /// <summary>Only zones with the tag <c>tailscale:associate</c> = <c>true</c>.</summary>
    Tagged,

    All,
}

/// <summary>What a person chose about names.</summary>
/// <param name="Services">AWS services, by the words of <see cref="ServiceDomains"/>, whose regional domains are forwarded.</param>
/// <param name="ReverseZones">Whether the reverse zones of served CIDRs are forwarded.</param>
public sealed record NameSettings(ZoneAssociation Association, ImmutableArray<string> Services, bool ReverseZones)
{
    public static readonly NameSettings Standard = new(ZoneAssociation.None, [], false);
}

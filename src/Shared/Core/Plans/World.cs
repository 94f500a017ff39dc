using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Automation.Network;

namespace Automation.Plans;

/// <summary>A VPC as EC2 shows it.</summary>
/// <param name="Primary">The first CIDR; its base + 2 is the VPC's resolver.</param>
/// <param name="Advertise">The tag <c>tailscale:advertise</c>; null where it is not set, which means "where it has a router".</param>
/// <param name="DnsSupport">Attribute enableDnsSupport; null where it is not known.</param>
/// <param name="DnsHostNames">Attribute enableDnsHostnames; null where it is not known.</param>
/// <param name="Overlap">The tag <c>tailscale:overlap</c>: <c>plain</c> or <c>via6</c>, an operator's word on what it is reached by where it overlaps others; null where it is not set.</param>
/// <param name="SiteTag">The tag <c>tailscale:site-id</c>, written back for people to see; null where it is not set. The ledger decides.</param>
public sealed record Vpc(
    VpcId Id,
    Prefix Primary,
    ImmutableArray<VpcCidr> Cidrs,
    string? Advertise = null,
    bool? DnsSupport = null,
    bool? DnsHostNames = null,
    string? Overlap = null,
    string? SiteTag = null);

/// <param name="State">EC2's word: associating, associated, disassociating, disassociated, failing, failed.</param>
public sealed record VpcCidr(Prefix Prefix, string State)
{
    public const string Associated = "associated";

    /// <summary>On the way to another state, which no event will announce.</summary>
    [JsonIgnore]
    public bool IsSettling => State is "associating" or "disassociating" or "failing";
}

/// <summary>An instance that carries the tag <c>tailscale:role</c>.</summary>
/// <param name="State">EC2's word: pending, running, shutting-down, terminated, stopping, stopped.</param>
/// <param name="Role">The tag's value as it is written; empty where the tag is missing.</param>
/// <param name="PrivateAddress">The primary private IPv4 address, which the far side sees; null where it is not known.</param>
/// <param name="IPv6Address">The primary IPv6 address; null where it has none, or it is not known.</param>
public sealed record Instance(
    InstanceId Id,
    string State,
    string Role,
    VpcId? Vpc,
    SubnetId? Subnet,
    DateTimeOffset LaunchedAt,
    Address? PrivateAddress = null,
    Address? IPv6Address = null)
{
    /// <summary>Shutting down or terminated: it will not come back. Stopped is not gone.</summary>
    [JsonIgnore]
    public bool IsGone => State is "shutting-down" or "terminated";

    [JsonIgnore]
    public bool IsUp => State is "pending" or "running";
}

/// <summary>A private hosted zone and one VPC that it is associated with.</summary>
/// <param name="Name">Lower case, without the last dot.</param>
/// <param name="Owner">The account or service that owns the zone.</param>
public sealed record Zone(ZoneId Id, string Name, VpcId Vpc, string Owner);

/// <summary>A parameter below <c>&lt;prefix&gt;/nodes/&lt;instance id&gt;</c>.</summary>
/// <param name="Leaf"><c>auth-key</c> or <c>settings</c>.</param>
public sealed record NodeParameter(InstanceId Instance, string Leaf, DateTimeOffset ModifiedAt);

/// <summary>A device of the tailnet that is ours.</summary>
/// <param name="HostName">What the node reported; <c>name</c>, which Tailscale makes unique with a suffix, is never used.</param>
/// <param name="Connected">Tailscale's connectedToControl.</param>
/// <param name="LastSeen">Absent while it is connected.</param>
public sealed record Device(
    DeviceId Id,
    string HostName,
    ImmutableArray<string> Tags,
    bool Connected,
    bool Authorized,
    DateTimeOffset? Created,
    DateTimeOffset? LastSeen,
    PrefixSet Advertised,
    PrefixSet Enabled);

/// <summary>An auth key of the tailnet: all about it but its secret.</summary>
/// <param name="Invalid">Revoked or expired.</param>
public sealed record AuthKey(KeyId Id, string Description, DateTimeOffset Created, DateTimeOffset Expires, bool Invalid)
{
    private const string DescriptionStart = "aws ";

    /// <summary>Letters, digits, hyphens and spaces, 50 at most: all that a description may hold.</summary>
    public static string DescriptionFor(InstanceId instance) => DescriptionStart + instance;

    /// <returns>false where the key was not made for an instance.</returns>
    public bool IsForInstance(out InstanceId instance)
    {
        instance = default;
        return Description.StartsWith(DescriptionStart, StringComparison.Ordinal)
            && InstanceId.TryParse(Description[DescriptionStart.Length..], out instance);
    }
}

/// <summary>A split-DNS domain as the tailnet has it.</summary>
/// <param name="Domain">Lower case, without a last dot.</param>
/// <param name="Resolvers">Addresses as text, in order, each once.</param>
public sealed record SplitDnsDomain(string Domain, ImmutableArray<string> Resolvers);

/// <summary>What the ledger knows of a node and the world does not show.</summary>
/// <param name="Key">The key that was minted for it and may still be usable.</param>
/// <param name="Device">Set once it has joined.</param>
/// <param name="Routes">Every prefix that the automation has wanted on it: these are ours to withdraw, others are not.</param>
/// <param name="GoneAt">Set when it was seen to leave; a record with it is work that is not finished.</param>
/// <param name="Version">Grows with each write, so that of two writers one sees that it came second.</param>
public sealed record NodeRecord(
    InstanceId Instance,
    Scope Scope,
    string Role,
    VpcId? Vpc,
    DateTimeOffset RegisteredAt,
    KeyId? Key,
    DateTimeOffset? KeyExpires,
    DeviceId? Device,
    PrefixSet Routes,
    DateTimeOffset? GoneAt,
    long Version)
{
    public bool HasUsableKey(DateTimeOffset now) => Key is not null && KeyExpires > now;
}

/// <summary>A split-DNS domain that the automation owns.</summary>
/// <param name="Resolvers">What was last set, or is about to be.</param>
/// <param name="Zone">The hosted zone behind it; empty for EC2's internal domain.</param>
/// <param name="Vpc">The first VPC whose resolver answers for it.</param>
/// <param name="Confirmed">The tailnet was seen to have it as it stands here. Until then a domain that is there with other resolvers is somebody else's.</param>
public sealed record DomainRecord(
    string Domain,
    ImmutableArray<string> Resolvers,
    string Zone,
    Scope Scope,
    VpcId Vpc,
    bool Confirmed);

/// <summary>The 4via6 site id of a VPC: for the VPC's life, and for no other VPC until long after.</summary>
/// <param name="ReleasedAt">When its VPC was seen to be no more; null while it lives.</param>
/// <param name="Plain">The IPv4 prefixes by which the VPC was last reached as they are: its own again once its routers are back. null for none.</param>
public sealed record SiteRecord(int Site, VpcId Vpc, Scope Scope, DateTimeOffset? ReleasedAt, PrefixSet? Plain = null);

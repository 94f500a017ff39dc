using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Automation.Network;
using Automation.Nodes;

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
/// <param name="Dns64">Its tag <c>tailscale:dns64</c> is <c>true</c>: it can run a resolver that answers with 4via6 addresses.</param>
/// <param name="RelayPort">Its tag <c>tailscale:relay-port</c>; null where it is not set.</param>
/// <param name="RelayEndpoints">Its tag <c>tailscale:relay-endpoints</c>; null where it is not set.</param>
/// <param name="Group">Its Auto Scaling group, which EC2 shows as a tag; null where it is in none.</param>
/// <param name="LifecycleState">Auto Scaling's word for it, such as InService; null where it is in no group, or was not asked for.</param>
/// <param name="Maintenance">When EC2 is to stop, retire or restart it; null where nothing is scheduled, or it was not asked for.</param>
public sealed record Instance(
    InstanceId Id,
    string State,
    string Role,
    VpcId? Vpc,
    SubnetId? Subnet,
    DateTimeOffset LaunchedAt,
    Address? PrivateAddress = null,
    Address? IPv6Address = null,
    bool Dns64 = false,
    string? RelayPort = null,
    string? RelayEndpoints = null,
    string? Group = null,
    string? LifecycleState = null,
    ScheduledEvent? Maintenance = null)
{
    /// <summary>Shutting down or terminated: it will not come back. Stopped is not gone.</summary>
    [JsonIgnore]
    public bool IsGone => State is "shutting-down" or "terminated";

    [JsonIgnore]
    public bool IsUp => State is "pending" or "running";
}

/// <summary>A lifecycle hook of an Auto Scaling group.</summary>
/// <param name="Leaving">It holds instances that go; else those that come.</param>
public sealed record GroupHook(string Group, string Name, bool Leaving)
{
    /// <summary>Hooks of ours have names that begin with this.</summary>
    public const string OurPrefix = "tailnet-";

    [JsonIgnore]
    public bool IsOurs => Name.StartsWith(OurPrefix, StringComparison.Ordinal);
}

/// <summary>What EC2 is to do to an instance whose host is to be mended or taken away.</summary>
/// <param name="Code">EC2's word, such as instance-retirement, instance-stop, system-reboot.</param>
/// <param name="NotBefore">The earliest moment.</param>
public sealed record ScheduledEvent(string Code, DateTimeOffset NotBefore);

/// <summary>A private hosted zone and one VPC that it is associated with.</summary>
/// <param name="Name">Lower case, without the last dot.</param>
/// <param name="Owner">The account that owns the zone, or the AWS service, such as <c>vpce.amazonaws.com</c>, that made it in an account of its own.</param>
/// <param name="MayAssociate">Its tag <c>tailscale:associate</c> is <c>true</c>; null where tags were not asked for.</param>
public sealed record Zone(ZoneId Id, string Name, VpcId Vpc, string Owner, bool? MayAssociate = null)
{
    /// <summary>Made by an AWS service in an account of its own, for interface endpoints and the like. Zones of Cloud Map belong to the account.</summary>
    [JsonIgnore]
    public bool IsOfService => !Scope.IsAccount(Owner);
}

/// <summary>A public hosted zone of an account.</summary>
/// <param name="Name">Lower case, without the last dot.</param>
public sealed record PublicZone(ZoneId Id, string Name);

/// <summary>A Route 53 Resolver inbound endpoint: addresses in a VPC that answer as the VPC's resolver does, whoever asks.</summary>
/// <param name="Status">Resolver's word, such as OPERATIONAL, UPDATING, AUTO_RECOVERING, ACTION_NEEDED, CREATING, DELETING.</param>
public sealed record ResolverEndpoint(string Id, VpcId Vpc, string Status, ImmutableArray<ResolverAddress> Addresses)
{
    /// <summary>It answers by the addresses that are attached.</summary>
    [JsonIgnore]
    public bool Serves => Status is "OPERATIONAL" or "UPDATING" or "AUTO_RECOVERING";
}

/// <param name="Status">Resolver's word, such as ATTACHED, ATTACHING, DETACHING.</param>
public sealed record ResolverAddress(Address Address, string Status)
{
    public const string Attached = "ATTACHED";
}

/// <summary>A Route 53 Resolver rule that forwards a domain elsewhere, and the VPCs that it holds for.</summary>
/// <param name="Domain">Lower case, without the last dot; empty for every domain.</param>
public sealed record ForwardRule(string Id, string Domain, ImmutableArray<VpcId> Vpcs);

/// <summary>A parameter below <c>&lt;prefix&gt;/nodes/&lt;instance id&gt;</c>.</summary>
/// <param name="Leaf"><c>auth-key</c> or <c>settings</c>.</param>
public sealed record NodeParameter(InstanceId Instance, string Leaf, DateTimeOffset ModifiedAt);

/// <summary>A device of the tailnet that is ours.</summary>
/// <param name="HostName">What the node reported; <c>name</c>, which Tailscale makes unique with a suffix, is never used.</param>
/// <param name="Connected">Tailscale's connectedToControl.</param>
/// <param name="LastSeen">Absent while it is connected.</param>
/// <param name="Addresses">Its own addresses in the tailnet.</param>
public sealed record Device(
    DeviceId Id,
    string HostName,
    ImmutableArray<string> Tags,
    bool Connected,
    bool Authorized,
    DateTimeOffset? Created,
    DateTimeOffset? LastSeen,
    PrefixSet Advertised,
    PrefixSet Enabled,
    ImmutableArray<Address> Addresses);

/// <summary>An auth key of the tailnet: all about it but its secret.</summary>
/// <param name="Invalid">Revoked or expired.</param>
public sealed record AuthKey(KeyId Id, string Description, DateTimeOffset Created, DateTimeOffset Expires, bool Invalid)
{
    private const string DescriptionStart = "aws ";

    /// <summary>Letters, digits, hyphens and spaces, 50 at most: all that a description may hold.</summary>
    public static string DescriptionFor(InstanceId instance) => DescriptionStart + instance;

    private const string PoolStart = DescriptionStart + "pool ";

    /// <param name="mark">The installation's, as another one in the tailnet may have a pool of the same name.</param>
    public static string DescriptionFor(string pool, string mark) => $"{PoolStart}{pool} {mark}";

    /// <returns>false where the key was not made for a pool of this installation.</returns>
    public bool IsForPool(string mark, out string pool)
    {
        var words = Description.StartsWith(PoolStart, StringComparison.Ordinal) ? Description[PoolStart.Length..].Split(' ') : [];
        pool = words.Length == 2 && words[1] == mark && KeyPool.IsName(words[0]) ? words[0] : "";
        return pool.Length > 0;
    }

    /// <returns>false where the key was not made for an instance.</returns>
    public bool IsForInstance([NotNullWhen(true)] out InstanceId? instance)
    {
        instance = null;
        return Description.StartsWith(DescriptionStart, StringComparison.Ordinal)
            && InstanceId.TryParse(Description[DescriptionStart.Length..], out instance);
    }
}

/// <summary>A split-DNS domain as the tailnet has it.</summary>
/// <param name="Domain">Lower case, without a last dot.</param>
/// <param name="Resolvers">Addresses as text, in order, each once.</param>
/// <param name="UseWithExitNode">Clients that use an exit node ask these resolvers all the same; null where it is not known. Only the admin console sets it.</param>
public sealed record SplitDnsDomain(string Domain, ImmutableArray<string> Resolvers, bool? UseWithExitNode = null);

/// <summary>What the ledger knows of a node and the world does not show.</summary>
/// <param name="Role">Its roles, joined with <c>+</c>.</param>
/// <param name="Key">The key that was minted for it and may still be usable.</param>
/// <param name="Device">Set once it has joined.</param>
/// <param name="Routes">Every prefix that the automation has wanted on it: these are ours to withdraw, others are not.</param>
/// <param name="GoneAt">Set when it was seen to leave; a record with it is work that is not finished.</param>
/// <param name="Version">Grows with each write, so that of two writers one sees that it came second.</param>
/// <param name="Dns64">The mark of the configuration that its DNS64 resolver was last seen to answer with; null where it was not.</param>
/// <param name="UnhealthyAt">Set when its probe found that it does not reach its VPC, until a probe finds that it does.</param>
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
    long Version,
    string? Dns64 = null,
    DateTimeOffset? UnhealthyAt = null)
{
    public bool HasUsableKey(DateTimeOffset now) => Key is not null && KeyExpires > now;

    [JsonIgnore]
    public bool IsRouter => NodeRoles.Parse(Role).Contains(NodeRoles.SubnetRouter);
}

/// <summary>What a connected router said when it was asked whether it reaches its VPC.</summary>
/// <param name="Healthy">null where it could not be asked, which says nothing of it.</param>
/// <param name="Detail">Its own words, or why it could not be asked.</param>
public sealed record RouterProbe(InstanceId Instance, bool? Healthy, string Detail);

/// <summary>A split-DNS domain that the automation owns.</summary>
/// <param name="Resolvers">What was last set, or is about to be.</param>
/// <param name="Zone">The hosted zone behind it; empty for EC2's internal domain.</param>
/// <param name="Vpc">The first VPC whose resolver answers for it.</param>
/// <param name="Confirmed">The tailnet was seen to have it as it stands here. Until then a domain that is there with other resolvers is somebody else's.</param>
/// <param name="UseWithExitNode">Somebody once set that clients with an exit node use it too.</param>
public sealed record DomainRecord(
    string Domain,
    ImmutableArray<string> Resolvers,
    string Zone,
    Scope Scope,
    VpcId Vpc,
    bool Confirmed,
    bool UseWithExitNode = false);

/// <summary>A VPC of a router that the automation associated with a private hosted zone, so that the VPC's resolver answers for the zone.</summary>
/// <param name="Name">The zone's name.</param>
/// <param name="Scope">The VPC's account and Region.</param>
/// <param name="Owner">A scope of the account that owns the zone.</param>
/// <param name="Authorized">The owner's account was asked to authorise it, and the authorisation may still be there.</param>
/// <param name="Change">Route 53's id of the change; null until it was accepted.</param>
/// <param name="InSync">All of Route 53's servers were seen to have it.</param>
public sealed record AssociationRecord(ZoneId Zone, string Name, VpcId Vpc, Scope Scope, Scope Owner, bool Authorized, string? Change, bool InSync);

/// <summary>The 4via6 site id of a VPC: for the VPC's life, and for no other VPC until long after.</summary>
/// <param name="ReleasedAt">When its VPC was seen to be no more; null while it lives.</param>
/// <param name="Plain">The IPv4 prefixes by which the VPC was last reached as they are: its own again once its routers are back. null for none.</param>
public sealed record SiteRecord(int Site, VpcId Vpc, Scope Scope, DateTimeOffset? ReleasedAt, PrefixSet? Plain = null);

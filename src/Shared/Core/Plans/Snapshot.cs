using System.Collections.Immutable;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;

namespace Automation.Plans;

/// <summary>Everything that one look found, and all that planning needs: the same snapshot gives the same plan.</summary>
public sealed record Snapshot
{
    public required DateTimeOffset ObservedAt { get; init; }

    public required NodeTags NodeTags { get; init; }

    /// <summary>Every scope that is configured, also those that this look left out.</summary>
    public required ImmutableArray<ScopeSeen> Scopes { get; init; }

    /// <summary>Devices with an owner tag and a host name of ours. Other people's devices never enter a snapshot.</summary>
    public required Seen<Device> Devices { get; init; }

    /// <summary>Devices that the ledger has for instances that run, and that carry no role's tags any more.</summary>
    public required Seen<Device> Strayed { get; init; }

    /// <summary>One of each router in the scopes that were looked at; none at all where no probe is configured.</summary>
    public required Seen<RouterProbe> Health { get; init; }

    /// <summary>Auth keys whose description says that they are for an instance, or for a pool of this installation.</summary>
    public required Seen<AuthKey> Keys { get; init; }

    /// <summary>All split-DNS domains of the tailnet: those of others are needed to see a conflict.</summary>
    public required Seen<SplitDnsDomain> SplitDns { get; init; }

    /// <summary>The ledger's nodes.</summary>
    public required Seen<NodeRecord> Nodes { get; init; }

    /// <summary>The ledger's split-DNS domains.</summary>
    public required Seen<DomainRecord> Domains { get; init; }

    /// <summary>The ledger's 4via6 site ids, also those that rest until they may be given again.</summary>
    public required Seen<SiteRecord> Sites { get; init; }

    /// <summary>Prefixes behind gateways that belong to no VPC of ours and are advertised all the same: a person's word for them.</summary>
    public required PrefixSet OptIn { get; init; }

    /// <summary>The ledger's associations of VPCs with hosted zones: those that are ours to undo.</summary>
    public required Seen<AssociationRecord> Associations { get; init; }

    public required NameSettings Names { get; init; }

    public required PoolsSeen Pools { get; init; }

    /// <summary>NodeLifecycle can be told of an instance whose news was lost.</summary>
    public bool AttendsHooks { get; init; }

    /// <summary>What a device costs a month; null where nobody has said so.</summary>
    public decimal? DevicePrice { get; init; }

    /// <summary>Of the credential, where that is an API access token; null where it is of a kind that does not expire, and in a file from before it was looked at.</summary>
    public ApiKeySeen? ApiKey { get; init; }
}

/// <summary>One account and Region.</summary>
public sealed record ScopeSeen
{
    public const string NotLookedAt = "not looked at";

    public required Scope Scope { get; init; }

    public required Seen<Vpc> Vpcs { get; init; }

    /// <summary>Instances with the tag <c>tailscale:role</c>, in any state.</summary>
    public required Seen<Instance> Instances { get; init; }

    /// <summary>Why their lifecycle states and scheduled maintenance are not known; null where they are.</summary>
    public string? DetailsProblem { get; init; }

    /// <summary>Lifecycle hooks, also those of others, of the groups of which a hook holds an instance; none in a file from before they were looked at.</summary>
    public Seen<GroupHook> Hooks { get => field ?? Seen<GroupHook>.All([]); init; }

    /// <summary>Private hosted zones associated with a VPC that a router serves.</summary>
    public required Seen<Zone> Zones { get; init; }

    /// <summary>Public hosted zones of the account, in one of its scopes.</summary>
    public required Seen<PublicZone> PublicZones { get; init; }

    /// <summary>Inbound endpoints of Route 53 Resolver.</summary>
    public required Seen<ResolverEndpoint> Endpoints { get; init; }

    /// <summary>Forward rules of Route 53 Resolver, also those shared by other accounts.</summary>
    public required Seen<ForwardRule> Rules { get; init; }

    /// <summary>Parameters below <c>&lt;prefix&gt;/nodes</c>; names only, no values.</summary>
    public required Seen<NodeParameter> Parameters { get; init; }

    public required NetworkSeen Network { get; init; }

    public static ScopeSeen Unseen(Scope scope, string problem) => new()
    {
        Scope = scope,
        Vpcs = Seen<Vpc>.Unknown(problem),
        Instances = Seen<Instance>.Unknown(problem),
        Hooks = Seen<GroupHook>.Unknown(problem),
        Zones = Seen<Zone>.Unknown(problem),
        PublicZones = Seen<PublicZone>.Unknown(problem),
        Endpoints = Seen<ResolverEndpoint>.Unknown(problem),
        Rules = Seen<ForwardRule>.Unknown(problem),
        Parameters = Seen<NodeParameter>.Unknown(problem),
        Network = NetworkSeen.Unseen(problem),
    };

    /// <summary>What could not be read, one line a part; empty where all was.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (part, problem) in new[]
        {
            ("VPCs", Vpcs.Problem), ("instances", Instances.Problem), ("hosted zones", Zones.Problem), ("public hosted zones", PublicZones.Problem),
            ("inbound endpoints", Endpoints.Problem), ("forward rules", Rules.Problem), ("parameters", Parameters.Problem),
        })
        {
            if (problem is not null)
            {
                yield return $"{part}: {problem}";
            }
        }

        foreach (var problem in Network.Problems())
        {
            yield return problem;
        }
    }
}

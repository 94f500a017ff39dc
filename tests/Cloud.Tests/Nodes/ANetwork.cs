using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Nodes;

/// <summary>A simulated account with one VPC, others beside it where a test asks for them, and the functions that look after them.</summary>
internal sealed class ANetwork
{
    public static readonly InstanceId Blue = InstanceId.Parse("i-0a1b2c3d4e5f60718");
    public static readonly InstanceId Green = InstanceId.Parse("i-0b1b2c3d4e5f60718");

    private const string Subnet = "subnet-0a1b2c3d4e5f60001";

    public ANetwork(ILogger? log = null, params ImmutableArray<Scope> scopes)
    {
        World = new(log ?? NullLogger.Instance, null, scopes);
        Region = World.HomeRegion;
        World.Calls.Before = call =>
        {
            Calls.Add(call);
            if (Fails?.Invoke(call) is { } failure)
            {
                throw failure;
            }
        };
        World.EventSeen = Events.Add;
        World.Copies = _ => 0;   // the story begins with the VPC there, not with its news
        Hub = Region.AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        World.Copies = null;
        Events.Clear();
    }

    public SandboxWorld World { get; }

    public SimulatedRegion Region { get; }

    public Tailnet Tailnet => World.Tailnet;

    public VpcId Hub { get; }

    /// <summary>Every outside call that was made, by its name.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Every event that was published.</summary>
    public List<string> Events { get; } = [];

    /// <summary>The failure that a call meets; null where it meets none.</summary>
    public Func<string, Exception?>? Fails { get; set; }

    public static CallFailedException Failed(string call, Failure failure, TimeSpan? retryAfter = null) =>
        new(failure, call.Split(' ')[0], call, failure.ToString(), "as the test wants it") { RetryAfter = retryAfter };

    public static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    public static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    public SimulatedInstance Launch(InstanceId id, string role = NodeRoles.SubnetRouter, string? hook = "tailnet-launch") =>
        Region.Launch(id.ToString(), Hub, Subnet, role, hook);

    /// <summary>Peers a VPC of one subnet, in any scope, with the hub, with routes both ways.</summary>
    public void Peer(VpcId spoke)
    {
        var far = World.Aws.Regions.First(region => region.Vpcs.Any(vpc => vpc.Id == spoke));
        var cidr = far.Vpc(spoke).Primary;
        far.Network.AddSubnet("subnet-0f1b2c3d4e5f60001", spoke, $"{cidr.First}/24");
        var peering = World.Aws.Peerings.Peer("pcx-0a1b2c3d4e5f60718", Hub, spoke);
        World.Aws.Peerings.Accept(peering);
        Region.Network.AddRoute(Region.Network.MainTable(Hub), cidr.ToString(), peering.ToString());
        far.Network.AddRoute(far.Network.MainTable(spoke), "10.0.0.0/16", peering.ToString());
    }

    /// <summary>Routers of the hub, in service and at rest.</summary>
    public async Task<ANetwork> WithAsync(params InstanceId[] routers)
    {
        foreach (var router in routers)
        {
            Launch(router);
        }

        Assert.True(await World.SettleAsync(Minutes(5)));
        foreach (var router in routers)
        {
            Assert.Equal("InService", Region.Instance(router).LifecycleState);
        }

        await World.ReconcileAsync();
        Calls.Clear();
        Events.Clear();
        Region.EndedWaits.Clear();
        return this;
    }

    public SandboxDevice? Device(InstanceId id) => Tailnet.Devices.SingleOrDefault(device => device.HostName.EndsWith(id.ToString(), StringComparison.Ordinal));

    public IEnumerable<string> Parameters(InstanceId id) => Region.Parameters.Keys.Where(name => name.Contains(id.ToString(), StringComparison.Ordinal)).Select(name => name.Split('/')[^1]);

    public SandboxKey[] KeysOf(InstanceId id) => [.. Tailnet.Keys.Where(key => key.Description == $"aws {id}")];

    /// <summary>Keys with which a node could still join.</summary>
    public SandboxKey[] Usable(InstanceId id) => [.. KeysOf(id).Where(key => !key.IsInvalid(World.Clock.GetUtcNow()) && !key.Used)];

    /// <summary>Lets the installation have these key pools, of a role that the credential may give tags.</summary>
    public void WithPools(params ImmutableArray<KeyPool> pools) =>
        World.Reconfigure(settings => settings with
        {
            NodeTags = new(settings.NodeTags.ByRole.SetItem("agent", ["tag:aws-agent"])),
            KeyPools = pools,
        });

    public SandboxKey[] PoolKeys(string pool) => [.. Tailnet.Keys.Where(key => key.Description.StartsWith($"aws pool {pool} ", StringComparison.Ordinal))];

    public SandboxKey[] UsablePoolKeys(string pool) => [.. PoolKeys(pool).Where(key => !key.IsInvalid(World.Clock.GetUtcNow()))];

    public void AssertNothingIsLeftOf(InstanceId id)
    {
        Assert.Null(Device(id));
        Assert.Empty(Parameters(id));
        Assert.All(KeysOf(id), key => Assert.True(key.IsInvalid(World.Clock.GetUtcNow()), $"{key.Id} is valid"));
        Assert.DoesNotContain(id, World.Ledger.Nodes.Keys);
    }

    public void AssertAnswered(InstanceId id, string hook, Aws.LifecycleResult result) =>
        Assert.Equal([new EndedWait(id, hook, result, TimedOut: false)], Region.EndedWaits.Where(wait => wait.Instance == id));

    /// <summary>The hosted zones of all accounts.</summary>
    public IEnumerable<SimulatedZone> Zones => World.Aws.Regions.Select(region => region.Scope.Account).Distinct().SelectMany(World.Aws.Zones.Of);

    public static PrefixSet Prefixes(params string[] prefixes) => PrefixSet.Of(prefixes.Select(Prefix.Parse));

    /// <summary>All that the functions are answerable for, without ids, times and versions.</summary>
    public string State()
    {
        var now = World.Clock.GetUtcNow();
        string HostName(DeviceId? id) => id is { } known ? Tailnet.Devices.FirstOrDefault(device => device.Id == known)?.HostName ?? "a device that is gone" : "none";
        return string.Join('\n', (IEnumerable<string>)
        [
            .. Tailnet.Devices.OrderBy(device => device.HostName, StringComparer.Ordinal).Select(device =>
                $"device {device.HostName} connected={device.Connected} authorized={device.Authorized} advertised={device.Advertised} enabled={device.Enabled} tags={string.Join('+', device.Tags)}"),
            .. Tailnet.SplitDns.Select(domain => $"split DNS {domain.Key} {string.Join(' ', domain.Value)}"),
            .. Tailnet.Keys.Where(key => !key.IsInvalid(now)).Select(key => $"key for {key.Description} used={key.Used}"),
            .. World.Ledger.Nodes.Values.Select(node =>
                string.Create(CultureInfo.InvariantCulture, $"ledger {node.Instance} {node.Scope} {node.Role} {node.Vpc} {node.Routes} key={node.HasUsableKey(now)} gone={node.GoneAt is not null} unhealthy={node.UnhealthyAt is not null} device={HostName(node.Device)} dns64={node.Dns64}")),
            .. World.Ledger.Domains.Values.Select(domain => $"ledger {domain.Domain} {string.Join(' ', domain.Resolvers)} {domain.Zone} {domain.Scope} {domain.Vpc} confirmed={domain.Confirmed} exit node={domain.UseWithExitNode}"),
            .. World.Ledger.Associations.Values.Select(association => $"ledger {association.Zone} {association.Vpc} {association.Scope} of {association.Owner} authorized={association.Authorized} in sync={association.InSync}"),
            .. World.Ledger.Pools.Values.Select(pool => $"ledger {pool.Name} in order={Region.Parameters.GetValueOrDefault($"/tailnet/pools/{pool.Name}/auth-key")?.Description == $"auth key {pool.Key?.Id}"} with a predecessor={pool.Previous?.Expires > now}"),
            .. World.Ledger.Sites.Values.Select(site => $"ledger {site.Site} {site.Vpc} {site.Scope} {site.ReleasedAt} {site.Plain}"),
            .. World.Aws.Regions.SelectMany(region => region.Vpcs).Select(vpc => $"{vpc.Id} tagged {vpc.SiteTag}"),
            .. Zones.Select(zone => $"zone {zone.Name} at {string.Join(' ', zone.Vpcs)} authorized for {string.Join(' ', zone.Authorized)}"),
            .. Region.Parameters.Select(parameter => $"parameter {parameter.Key} reader={parameter.Value.Reader} {(parameter.Value.Secure ? "(secure)" : WithoutResolver(parameter.Value.Value))}"),
            .. Region.Instances.Select(instance => $"instance {instance.Id} {instance.State} {instance.LifecycleState} hook={instance.Hook} dns64={instance.Dns64Configuration}"),
            .. Region.EndedWaits.OrderBy(wait => wait.Instance).Select(wait => $"{wait}"),
        ]);
    }

    // Whether the VPC had its site tag when a router was given its settings depends on who came first; a look tells the router in any case.
    private static string WithoutResolver(string settings)
    {
        var node = JsonNode.Parse(settings)!.AsObject();
        node.Remove("dns64");
        return node.ToJsonString();
    }
}

using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Aws;

/// <summary>The AWS services of one account and Region. Each call pages to the end, retries what is worth retrying, and
/// throws <see cref="CallFailedException"/> for the rest.</summary>
public interface IAwsScope
{
    Scope Scope { get; }

    IEc2 Ec2 { get; }

    IAutoScaling AutoScaling { get; }

    IRoute53 Route53 { get; }

    IResolver Resolver { get; }

    ISsm Ssm { get; }
}

/// <summary>Hands out the services of a scope; clients and credentials are kept for the life of the process.</summary>
public interface IAws
{
    IAwsScope In(Scope scope);

    /// <summary>How many requests each service has been sent so far, by its name: pages count each, retries within the SDK do not.</summary>
    IReadOnlyDictionary<string, int> Calls { get; }
}

public interface IEc2
{
    /// <returns>null where EC2 does not know the instance (any more, or not yet).</returns>
    Task<Instance?> DescribeInstanceAsync(InstanceId instance, CancellationToken stopping);

    /// <summary>All instances that carry the tag <c>tailscale:role</c>, in any state.</summary>
    Task<Listing<Instance>> DescribeNodesAsync(CancellationToken stopping);

    /// <summary>What EC2 is to do to instances, of those given; they must be there.</summary>
    Task<ImmutableArray<(InstanceId Instance, ScheduledEvent Event)>> DescribeScheduledEventsAsync(IReadOnlyCollection<InstanceId> instances, CancellationToken stopping);

    /// <summary>All VPCs of the scope, or one. DNS attributes are not read: they come from <see cref="DescribeVpcDnsAsync"/>.</summary>
    Task<Listing<Vpc>> DescribeVpcsAsync(VpcId? only, CancellationToken stopping);

    /// <summary>The attributes enableDnsSupport and enableDnsHostnames of one VPC.</summary>
    Task<(bool Support, bool HostNames)> DescribeVpcDnsAsync(VpcId vpc, CancellationToken stopping);

    Task<Listing<Subnet>> DescribeSubnetsAsync(CancellationToken stopping);

    Task<Listing<RouteTable>> DescribeRouteTablesAsync(CancellationToken stopping);

    /// <summary>In any state, seen from either end.</summary>
    Task<Listing<Peering>> DescribeVpcPeeringConnectionsAsync(CancellationToken stopping);

    /// <summary>Attachments of every kind; those of VPCs with their subnets.</summary>
    Task<Listing<TransitAttachment>> DescribeTransitGatewayAttachmentsAsync(CancellationToken stopping);

    /// <summary>The route tables of the gateways that this account owns, with their routes. A table whose routes end early is left out.</summary>
    Task<Listing<TransitRouteTable>> DescribeTransitGatewayRouteTablesAsync(CancellationToken stopping);

    /// <summary>The prefix lists given, with their entries. One that does not exist, or whose entries end early, is left out.</summary>
    Task<Listing<PrefixList>> DescribePrefixListsAsync(IReadOnlyCollection<PrefixListId> lists, CancellationToken stopping);

    /// <summary>Writes one tag of a VPC; its other tags stay.</summary>
    Task TagVpcAsync(VpcId vpc, string key, string value, CancellationToken stopping);
}

/// <summary>A list that may have ended early: what was read so far, and why it ended. A first page that fails throws instead.</summary>
public sealed record Listing<T>(ImmutableArray<T> Items, string? Problem = null)
{
    public Seen<T> AsSeen() => new(Items, Problem);
}

public interface IAutoScaling
{
    /// <returns>false where the wait was already over; that is not an error.</returns>
    /// <remarks>Answered by instance id, not by token, so that it can be done from what is seen.</remarks>
    Task<bool> CompleteLifecycleActionAsync(LifecycleWait wait, LifecycleResult result, CancellationToken stopping);

    /// <summary>Starts the hook's timeout anew.</summary>
    /// <returns>false where the wait was already over.</returns>
    Task<bool> RecordLifecycleActionHeartbeatAsync(LifecycleWait wait, CancellationToken stopping);

    /// <returns>Auto Scaling's LifecycleState, such as <c>Terminating:Wait</c>; null where no group knows the instance.</returns>
    Task<string?> DescribeLifecycleStateAsync(InstanceId instance, CancellationToken stopping);

    /// <returns>All lifecycle hooks of a group.</returns>
    Task<ImmutableArray<GroupHook>> DescribeLifecycleHooksAsync(string group, CancellationToken stopping);

    /// <returns>Auto Scaling's LifecycleState of those instances that a group knows.</returns>
    Task<ImmutableArray<(InstanceId Instance, string State)>> DescribeLifecycleStatesAsync(IReadOnlyCollection<InstanceId> instances, CancellationToken stopping);
}

/// <summary>A lifecycle hook that holds an instance.</summary>
public sealed record LifecycleWait(string Group, string Hook, InstanceId Instance);

public enum LifecycleResult
{
    Continue,
    Abandon,
}

public interface IRoute53
{
    /// <summary>Private hosted zones associated with a VPC, also those of other accounts.</summary>
    Task<Listing<Zone>> ListHostedZonesByVpcAsync(VpcId vpc, CancellationToken stopping);

    /// <summary>The public hosted zones of the account.</summary>
    Task<Listing<PublicZone>> ListPublicZonesAsync(CancellationToken stopping);

    /// <returns>Those of the account's zones given that have the tag <c>tailscale:associate</c> = <c>true</c>.</returns>
    Task<Listing<ZoneId>> ListAssociableZonesAsync(IReadOnlyCollection<ZoneId> zones, CancellationToken stopping);

    /// <summary>Associates a VPC of this account with a zone of this account, or of one that has authorised it. One that is associated already is no error.</summary>
    /// <returns>The change's id; null where it was associated already.</returns>
    Task<string?> AssociateVpcAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping);

    /// <summary>Undoes it; a VPC that is not associated, or a zone that is no more, counts as done.</summary>
    Task DisassociateVpcAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping);

    /// <returns>Whether all of Route 53's servers have a change; one that Route 53 no longer knows is long over.</returns>
    Task<bool> IsInSyncAsync(string change, CancellationToken stopping);

    /// <returns>The VPCs of other accounts that may be associated with a zone of this account.</returns>
    Task<Listing<VpcId>> ListVpcAssociationAuthorizationsAsync(ZoneId zone, CancellationToken stopping);

    /// <summary>Lets another account associate its VPC with a zone of this account. One that is there already is no error.</summary>
    Task CreateVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping);

    /// <summary>Takes an authorisation back, which undoes no association; one that is not there counts as taken back.</summary>
    Task DeleteVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping);
}

/// <summary>Route 53 Resolver of one account and Region.</summary>
public interface IResolver
{
    /// <summary>Inbound endpoints in any state, with their addresses.</summary>
    Task<Listing<ResolverEndpoint>> ListInboundEndpointsAsync(CancellationToken stopping);

    /// <summary>Rules of type FORWARD, own and shared, with the VPCs that they hold for.</summary>
    Task<Listing<ForwardRule>> ListForwardRulesAsync(CancellationToken stopping);
}

public interface ISsm
{
    /// <returns>null where there is no such parameter.</returns>
    Task<Secret?> GetSecretAsync(string name, CancellationToken stopping);

    /// <returns>Whether the parameter is there; its value is not read.</returns>
    Task<bool> ParameterExistsAsync(string name, CancellationToken stopping);

    /// <summary>Creates a SecureString, tagged with the instance that may read it.</summary>
    /// <returns>false where the parameter already exists; it is left as it is.</returns>
    Task<bool> CreateSecretAsync(string name, Secret value, InstanceId reader, CancellationToken stopping);

    /// <summary>Writes a String parameter, tagged with the instance that may read it; an existing one is overwritten.</summary>
    Task PutStringAsync(string name, string value, InstanceId reader, CancellationToken stopping);

    /// <summary>Puts a pool's key into its SecureString, tagged with the pool when it is created; an existing one is overwritten.</summary>
    Task PutPoolKeyAsync(string name, string pool, KeyId key, Secret value, CancellationToken stopping);

    /// <summary>Deletes parameters; those that are not there count as deleted.</summary>
    Task DeleteParametersAsync(ImmutableArray<string> names, CancellationToken stopping);

    /// <summary>Parameters below <c>&lt;prefix&gt;/nodes</c>; names and dates, no values.</summary>
    Task<Listing<NodeParameter>> DescribeNodeParametersAsync(string prefix, CancellationToken stopping);

    /// <summary>Parameters of pools below <c>&lt;prefix&gt;/pools</c>; names and descriptions, no values.</summary>
    Task<Listing<PoolParameter>> DescribePoolParametersAsync(string prefix, CancellationToken stopping);

    /// <summary>Runs an SSM document on one instance.</summary>
    /// <param name="parameter">The document's one parameter; null for a document without any.</param>
    /// <returns>The command's id.</returns>
    Task<string> SendCommandAsync(string document, InstanceId instance, string? parameter, string value, CancellationToken stopping);

    /// <summary>How a command fares on an instance.</summary>
    Task<CommandStatus> GetCommandInvocationAsync(string command, InstanceId instance, CancellationToken stopping);
}

/// <param name="IsOver">No further change will come.</param>
/// <param name="Status">SSM's word, such as Success, Failed, TimedOut, InProgress.</param>
/// <param name="Detail">The first characters of the node's error output; empty where there is none.</param>
public sealed record CommandStatus(bool IsOver, bool Succeeded, string Status, string Detail);

public interface ISqs
{
    /// <summary>Lets a message come back after a delay instead of the queue's own.</summary>
    /// <param name="queueArn">The message's eventSourceARN.</param>
    Task ChangeMessageVisibilityAsync(string queueArn, string receiptHandle, TimeSpan delay, CancellationToken stopping);

    /// <summary>Puts a message into a standard queue.</summary>
    Task SendMessageAsync(Uri queue, string body, CancellationToken stopping);
}

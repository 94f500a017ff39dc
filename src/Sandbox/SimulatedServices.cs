using System.Collections.Immutable;
using Automation.Aws;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The client interfaces of a simulated Region.</summary>
internal sealed class SimulatedServices(SimulatedAws aws, SimulatedRegion region, OutsideCalls calls) : IAwsScope, IEc2, IAutoScaling, IRoute53, IResolver, ISsm
{
    public Scope Scope => region.Scope;

    public IEc2 Ec2 => this;

    public IAutoScaling AutoScaling => this;

    public IRoute53 Route53 => this;

    public IResolver Resolver => this;

    public ISsm Ssm => this;

    public Task<Instance?> DescribeInstanceAsync(InstanceId instance, CancellationToken stopping) =>
        calls.Do("EC2 DescribeInstances", stopping, () => region.Find(instance)?.Shown);

    public Task<Listing<Instance>> DescribeNodesAsync(CancellationToken stopping) =>
        calls.Do("EC2 DescribeInstances", stopping, () => new Listing<Instance>([.. region.Instances.Where(instance => instance.Role.Length > 0).Select(instance => instance.Shown)]));

    public Task<Listing<Vpc>> DescribeVpcsAsync(VpcId? only, CancellationToken stopping) =>
        calls.Do("EC2 DescribeVpcs", stopping, () => new Listing<Vpc>(
            [.. region.Vpcs.Where(vpc => only is null || vpc.Id == only).Select(vpc => vpc with { DnsSupport = null, DnsHostNames = null })]));

    public Task<(bool Support, bool HostNames)> DescribeVpcDnsAsync(VpcId vpc, CancellationToken stopping) =>
        calls.Do("EC2 DescribeVpcAttribute", stopping, () => (region.Vpc(vpc).DnsSupport == true, region.Vpc(vpc).DnsHostNames == true));

    public Task<Listing<Subnet>> DescribeSubnetsAsync(CancellationToken stopping) =>
        calls.Do("EC2 DescribeSubnets", stopping, () => new Listing<Subnet>([.. region.Network.Subnets]));

    public Task<Listing<RouteTable>> DescribeRouteTablesAsync(CancellationToken stopping) =>
        calls.Do("EC2 DescribeRouteTables", stopping, () => new Listing<RouteTable>([.. region.Network.RouteTables]));

    public Task<Listing<Peering>> DescribeVpcPeeringConnectionsAsync(CancellationToken stopping) =>
        calls.Do("EC2 DescribeVpcPeeringConnections", stopping, () => new Listing<Peering>([.. aws.Peerings.SeenFrom(Scope)]));

    public Task<Listing<TransitAttachment>> DescribeTransitGatewayAttachmentsAsync(CancellationToken stopping) =>
        calls.Do("EC2 DescribeTransitGatewayAttachments", stopping, () => new Listing<TransitAttachment>([.. aws.Transit.AttachmentsSeenFrom(Scope)]));

    public Task<Listing<TransitRouteTable>> DescribeTransitGatewayRouteTablesAsync(CancellationToken stopping) =>
        calls.Do("EC2 DescribeTransitGatewayRouteTables", stopping, () => new Listing<TransitRouteTable>([.. aws.Transit.TablesSeenFrom(Scope)]));

    public Task<Listing<PrefixList>> DescribePrefixListsAsync(IReadOnlyCollection<PrefixListId> lists, CancellationToken stopping) =>
        calls.Do("EC2 DescribeManagedPrefixLists", stopping, () =>
        {
            ImmutableArray<PrefixList> shown = [.. region.Network.PrefixLists.Where(list => lists.Contains(list.Id))];
            var missing = lists.Except(shown.Select(list => list.Id)).Order().ToArray();
            return new Listing<PrefixList>(shown, missing.Length > 0 ? $"EC2 does not show {string.Join(", ", missing)}" : null);
        });

    public Task TagVpcAsync(VpcId vpc, string key, string value, CancellationToken stopping) =>
        calls.Do("EC2 CreateTags", stopping, () =>
        {
            if (region.Vpcs.All(known => known.Id != vpc))
            {
                throw new CallFailedException(Failure.NotFound, "EC2", "CreateTags", "InvalidVpcID.NotFound", $"The vpc ID '{vpc}' does not exist");
            }

            region.TagVpc(vpc, key, value);
        });

    public Task<bool> CompleteLifecycleActionAsync(LifecycleWait wait, LifecycleResult result, CancellationToken stopping) =>
        calls.Do("Auto Scaling CompleteLifecycleAction", stopping, () => region.Complete(wait.Instance, wait.Hook, result == LifecycleResult.Abandon));

    public Task<bool> RecordLifecycleActionHeartbeatAsync(LifecycleWait wait, CancellationToken stopping) =>
        calls.Do("Auto Scaling RecordLifecycleActionHeartbeat", stopping, () => region.Heartbeat(wait.Instance, wait.Hook));

    public Task<string?> DescribeLifecycleStateAsync(InstanceId instance, CancellationToken stopping) =>
        calls.Do("Auto Scaling DescribeAutoScalingInstances", stopping, () => region.Find(instance) is { IsInGroup: true } found ? found.LifecycleState : null);

    public Task<Listing<Zone>> ListHostedZonesByVpcAsync(VpcId vpc, CancellationToken stopping) =>
        calls.Do("Route 53 ListHostedZonesByVPC", stopping, () => new Listing<Zone>([.. region.Zones.Where(zone => zone.Vpc == vpc)]));

    public Task<Listing<PublicZone>> ListPublicZonesAsync(CancellationToken stopping) => throw new NotImplementedException();

    public Task<Listing<ZoneId>> ListAssociableZonesAsync(IReadOnlyCollection<ZoneId> zones, CancellationToken stopping) => throw new NotImplementedException();

    public Task<string?> AssociateVpcAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) => throw new NotImplementedException();

    public Task DisassociateVpcAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) => throw new NotImplementedException();

    public Task<bool> IsInSyncAsync(string change, CancellationToken stopping) => throw new NotImplementedException();

    public Task<Listing<VpcId>> ListVpcAssociationAuthorizationsAsync(ZoneId zone, CancellationToken stopping) => throw new NotImplementedException();

    public Task CreateVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) => throw new NotImplementedException();

    public Task DeleteVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) => throw new NotImplementedException();

    public Task<Listing<ResolverEndpoint>> ListInboundEndpointsAsync(CancellationToken stopping) => throw new NotImplementedException();

    public Task<Listing<ForwardRule>> ListForwardRulesAsync(CancellationToken stopping) => throw new NotImplementedException();

    public Task<Secret?> GetSecretAsync(string name, CancellationToken stopping) =>
        calls.Do("SSM GetParameter", stopping, () => region.Parameters.TryGetValue(name, out var parameter) ? new Secret(parameter.Value) : null);

    public Task<bool> ParameterExistsAsync(string name, CancellationToken stopping) =>
        calls.Do("SSM GetParameter", stopping, () => region.Parameters.ContainsKey(name));

    public Task<bool> CreateSecretAsync(string name, Secret value, InstanceId reader, CancellationToken stopping) =>
        calls.Do("SSM PutParameter", stopping, () => region.Parameters.TryAdd(name, new(value.Reveal(), Secure: true, reader, region.Now)));

    public Task PutStringAsync(string name, string value, InstanceId reader, CancellationToken stopping) =>
        calls.Do("SSM PutParameter", stopping, () => { region.Parameters[name] = new(value, Secure: false, reader, region.Now); });

    public Task DeleteParametersAsync(ImmutableArray<string> names, CancellationToken stopping) =>
        calls.Do("SSM DeleteParameters", stopping, () =>
        {
            foreach (var name in names)
            {
                region.Parameters.Remove(name);
            }
        });

    public Task<Listing<NodeParameter>> DescribeNodeParametersAsync(string prefix, CancellationToken stopping) =>
        calls.Do("SSM DescribeParameters", stopping, () =>
        {
            var folder = NodeParameters.Folder(prefix) + "/";
            var found = ImmutableArray.CreateBuilder<NodeParameter>();
            foreach (var (name, parameter) in region.Parameters)
            {
                if (name.StartsWith(folder, StringComparison.Ordinal)
                    && name[folder.Length..].Split('/') is [var instance, var leaf]
                    && InstanceId.TryParse(instance, out var id))
                {
                    found.Add(new(id, leaf, parameter.ModifiedAt));
                }
            }

            return new Listing<NodeParameter>(found.ToImmutable());
        });

    public Task<string> SendCommandAsync(string document, InstanceId instance, string parameter, string value, CancellationToken stopping) =>
        calls.Do("SSM SendCommand", stopping, () =>
        {
            var routes = PrefixSet.Of(value.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Prefix.Parse));
            return region.SetRoutes(instance, routes) ? "done" : "failed";
        });

    public Task<CommandStatus> GetCommandInvocationAsync(string command, InstanceId instance, CancellationToken stopping) =>
        calls.Do("SSM GetCommandInvocation", stopping, () => command == "done"
            ? new CommandStatus(IsOver: true, Succeeded: true, "Success", "")
            : new CommandStatus(IsOver: true, Succeeded: false, "Failed", "tailscaled is not running, or is logged out"));
}

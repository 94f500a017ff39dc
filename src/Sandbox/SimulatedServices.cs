using System.Collections.Immutable;
using Automation.Aws;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>The client interfaces of a simulated Region.</summary>
internal sealed class SimulatedServices(SimulatedAws aws, SimulatedRegion region, OutsideCalls calls) : IAwsScope, IEc2, IAutoScaling, IRoute53, IResolver, ISsm
{
    private const int ZonesPerPage = 100;

    public Scope Scope => region.Scope;

    public IEc2 Ec2 => this;

    public IAutoScaling AutoScaling => this;

    public IRoute53 Route53 => this;

    public IResolver Resolver => this;

    public ISsm Ssm => this;

    public Task<Instance?> DescribeInstanceAsync(InstanceId instance, CancellationToken stopping) =>
        Do("EC2 DescribeInstances", stopping, () => calls.Read((Scope, instance), () => region.Find(instance)?.Shown));

    public Task<Listing<Instance>> DescribeNodesAsync(CancellationToken stopping) =>
        List("EC2 DescribeInstances", stopping, () => region.Instances.Where(instance => instance.Role.Length > 0).Select(instance => instance.Shown));

    public Task<Listing<Vpc>> DescribeVpcsAsync(VpcId? only, CancellationToken stopping) =>
        List("EC2 DescribeVpcs", stopping, () => region.Vpcs.Where(vpc => only is null || vpc.Id == only).Select(vpc => vpc with { DnsSupport = null, DnsHostNames = null }), only);

    public Task<(bool Support, bool HostNames)> DescribeVpcDnsAsync(VpcId vpc, CancellationToken stopping) =>
        Do("EC2 DescribeVpcAttribute", stopping, () => region.Vpcs.FirstOrDefault(known => known.Id == vpc) is { } found
            ? (found.DnsSupport == true, found.DnsHostNames == true)
            : throw new CallFailedException(Failure.NotFound, "EC2", "DescribeVpcAttribute", "InvalidVpcID.NotFound", $"The vpc ID '{vpc}' does not exist"));

    public Task<Listing<Subnet>> DescribeSubnetsAsync(CancellationToken stopping) =>
        List("EC2 DescribeSubnets", stopping, () => region.Network.Subnets);

    public Task<Listing<RouteTable>> DescribeRouteTablesAsync(CancellationToken stopping) =>
        List("EC2 DescribeRouteTables", stopping, () => region.Network.RouteTables);

    public Task<Listing<Peering>> DescribeVpcPeeringConnectionsAsync(CancellationToken stopping) =>
        List("EC2 DescribeVpcPeeringConnections", stopping, () => aws.Peerings.SeenFrom(Scope));

    public Task<Listing<TransitAttachment>> DescribeTransitGatewayAttachmentsAsync(CancellationToken stopping) =>
        List("EC2 DescribeTransitGatewayAttachments", stopping, () => aws.Transit.AttachmentsSeenFrom(Scope));

    public Task<Listing<TransitRouteTable>> DescribeTransitGatewayRouteTablesAsync(CancellationToken stopping) =>
        List("EC2 DescribeTransitGatewayRouteTables", stopping, () => aws.Transit.TablesSeenFrom(Scope));

    public Task<Listing<PrefixList>> DescribePrefixListsAsync(IReadOnlyCollection<PrefixListId> lists, CancellationToken stopping) =>
        Do("EC2 DescribeManagedPrefixLists", stopping, () =>
        {
            ImmutableArray<PrefixList> shown = [.. region.Network.PrefixLists.Where(list => lists.Contains(list.Id))];
            var missing = lists.Except(shown.Select(list => list.Id)).Order().ToArray();
            return new Listing<PrefixList>(shown, missing.Length > 0 ? $"EC2 does not show {string.Join(", ", missing)}" : null);
        });

    public Task TagVpcAsync(VpcId vpc, string key, string value, CancellationToken stopping) =>
        Do("EC2 CreateTags", stopping, () =>
        {
            if (!region.Has(vpc))
            {
                throw new CallFailedException(Failure.NotFound, "EC2", "CreateTags", "InvalidVpcID.NotFound", $"The vpc ID '{vpc}' does not exist");
            }

            region.TagVpc(vpc, key, value);
        });

    public Task<bool> CompleteLifecycleActionAsync(LifecycleWait wait, LifecycleResult result, CancellationToken stopping) =>
        Do("Auto Scaling CompleteLifecycleAction", stopping, () => region.Complete(wait.Instance, wait.Hook, result == LifecycleResult.Abandon));

    public Task<bool> RecordLifecycleActionHeartbeatAsync(LifecycleWait wait, CancellationToken stopping) =>
        Do("Auto Scaling RecordLifecycleActionHeartbeat", stopping, () => region.Heartbeat(wait.Instance, wait.Hook));

    public Task<string?> DescribeLifecycleStateAsync(InstanceId instance, CancellationToken stopping) =>
        Do("Auto Scaling DescribeAutoScalingInstances", stopping, () => region.Find(instance) is { IsInGroup: true } found ? found.LifecycleState : null);

    // Of a group's hooks, those that hold an instance are all that can be told apart.
    public Task<ImmutableArray<GroupHook>> DescribeLifecycleHooksAsync(string group, CancellationToken stopping) =>
        Do("Auto Scaling DescribeLifecycleHooks", stopping, () => region.Instances.Where(instance => instance.Group == group && instance.Hook is not null)
            .Select(instance => new GroupHook(group, instance.Hook!, instance.HookLeaves)).Distinct().ToImmutableArray());

    public Task<ImmutableArray<(InstanceId Instance, string State)>> DescribeLifecycleStatesAsync(IReadOnlyCollection<InstanceId> instances, CancellationToken stopping) =>
        Do("Auto Scaling DescribeAutoScalingInstances", stopping, () => instances.Select(region.Find)
            .Where(found => found is { IsInGroup: true }).Select(found => (found!.Id, found.LifecycleState)).ToImmutableArray());

    public Task<ImmutableArray<(InstanceId Instance, ScheduledEvent Event)>> DescribeScheduledEventsAsync(IReadOnlyCollection<InstanceId> instances, CancellationToken stopping) =>
        Do("EC2 DescribeInstanceStatus", stopping, () => instances.Select(region.Find)
            .Where(found => found?.Maintenance is not null).Select(found => (found!.Id, found.Maintenance!)).ToImmutableArray());

    public Task<Listing<Zone>> ListHostedZonesByVpcAsync(VpcId vpc, CancellationToken stopping) => ListAsync("Route 53 ListHostedZonesByVPC", ZonesPerPage, stopping, () =>
        region.Has(vpc)
            ? aws.Zones.At(vpc)
            : throw new CallFailedException(Failure.Invalid, "Route 53", "ListHostedZonesByVPC", "InvalidInput", $"The VPC {vpc} is not one of this account in {Scope.Region}."));

    public async Task<Listing<PublicZone>> ListPublicZonesAsync(CancellationToken stopping)
    {
        var all = await ListAsync("Route 53 ListHostedZones", ZonesPerPage, stopping, () => aws.Zones.Of(Scope.Account));
        return new([.. all.Items.Where(zone => zone.IsPublic).Select(zone => new PublicZone(zone.Id, zone.Name))]);
    }

    public async Task<Listing<ZoneId>> ListAssociableZonesAsync(IReadOnlyCollection<ZoneId> zones, CancellationToken stopping)
    {
        var found = ImmutableArray.CreateBuilder<ZoneId>();
        foreach (var ten in zones.Chunk(10))
        {
            found.AddRange(await Do("Route 53 ListTagsForResources", stopping, () => aws.Zones.Of(Scope.Account)
                .Where(zone => ten.Contains(zone.Id) && zone.Tags.GetValueOrDefault("tailscale:associate") == "true")
                .Select(zone => zone.Id)
                .ToArray()));
        }

        return new(found.ToImmutable());
    }

    public Task<string?> AssociateVpcAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) =>
        Do("Route 53 AssociateVPCWithHostedZone", stopping, () => aws.Zones.Associate(Scope, zone, vpc, inRegion));

    public Task DisassociateVpcAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) =>
        Do("Route 53 DisassociateVPCFromHostedZone", stopping, () => aws.Zones.Disassociate(Scope, zone, vpc));

    public Task<bool> IsInSyncAsync(string change, CancellationToken stopping) =>
        Do("Route 53 GetChange", stopping, () => aws.Zones.IsInSync(change));

    public Task<Listing<VpcId>> ListVpcAssociationAuthorizationsAsync(ZoneId zone, CancellationToken stopping) =>
        Do("Route 53 ListVPCAssociationAuthorizations", stopping, () => new Listing<VpcId>(aws.Zones.Authorized(Scope.Account, zone)));

    public Task CreateVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) =>
        Do("Route 53 CreateVPCAssociationAuthorization", stopping, () => aws.Zones.Authorize(Scope.Account, zone, vpc));

    public Task DeleteVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string inRegion, CancellationToken stopping) =>
        Do("Route 53 DeleteVPCAssociationAuthorization", stopping, () => aws.Zones.Deauthorize(Scope.Account, zone, vpc));

    public async Task<Listing<ResolverEndpoint>> ListInboundEndpointsAsync(CancellationToken stopping)
    {
        var endpoints = ImmutableArray.CreateBuilder<ResolverEndpoint>();
        foreach (var endpoint in await Do("Route 53 Resolver ListResolverEndpoints", stopping, () => region.Resolver.Endpoints.ToArray()))
        {
            endpoints.Add(await Do("Route 53 Resolver ListResolverEndpointIpAddresses", stopping, () => endpoint));
        }

        return new(endpoints.ToImmutable());
    }

    public async Task<Listing<ForwardRule>> ListForwardRulesAsync(CancellationToken stopping)
    {
        await Do("Route 53 Resolver ListResolverRules", stopping, () => true);
        return await Do("Route 53 Resolver ListResolverRuleAssociations", stopping, () => new Listing<ForwardRule>([.. region.Resolver.Rules]));
    }

    public Task<Secret?> GetSecretAsync(string name, CancellationToken stopping) =>
        Do("SSM GetParameter", stopping, () => region.Parameters.TryGetValue(name, out var parameter) ? new Secret(parameter.Value) : null);

    public Task<bool> ParameterExistsAsync(string name, CancellationToken stopping) =>
        Do("SSM GetParameter", stopping, () => region.Parameters.ContainsKey(name));

    public Task<bool> CreateSecretAsync(string name, Secret value, InstanceId reader, CancellationToken stopping) =>
        Do("SSM PutParameter", stopping, () => region.MayPut() && region.Parameters.TryAdd(name, new(value.Reveal(), Secure: true, reader, region.Now)));

    public Task PutStringAsync(string name, string value, InstanceId reader, CancellationToken stopping) =>
        Do("SSM PutParameter", stopping, () => { region.MayPut(); region.Parameters[name] = new(value, Secure: false, reader, region.Now); });

    public Task PutPoolKeyAsync(string name, string pool, KeyId key, Secret value, CancellationToken stopping) =>
        Do("SSM PutParameter", stopping, () => { region.Parameters[name] = new(value.Reveal(), Secure: true, null, region.Now, PoolParameters.DescriptionOf(key)); });

    public Task<Listing<PoolParameter>> DescribePoolParametersAsync(string prefix, CancellationToken stopping) =>
        Do("SSM DescribeParameters", stopping, () =>
        {
            var found = ImmutableArray.CreateBuilder<PoolParameter>();
            foreach (var (name, parameter) in region.Parameters)
            {
                if (PoolParameters.TryParse(name, PoolParameters.Folder(prefix), out var pool))
                {
                    found.Add(new(pool, PoolParameters.KeyOf(parameter.Description)));
                }
            }

            return new Listing<PoolParameter>(found.ToImmutable());
        });

    public Task DeleteParametersAsync(ImmutableArray<string> names, CancellationToken stopping) =>
        Do("SSM DeleteParameters", stopping, () =>
        {
            foreach (var name in names)
            {
                region.Parameters.Remove(name);
            }
        });

    public Task<Listing<NodeParameter>> DescribeNodeParametersAsync(string prefix, CancellationToken stopping) =>
        List("SSM DescribeParameters", stopping, () =>
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

            return found.ToImmutable();
        });

    public Task<string> SendCommandAsync(string document, InstanceId instance, string? parameter, string value, CancellationToken stopping) =>
        Do("SSM SendCommand", stopping, () => region.Command(document, instance, parameter, value));

    public Task<CommandStatus> GetCommandInvocationAsync(string command, InstanceId instance, CancellationToken stopping) =>
        Do("SSM GetCommandInvocation", stopping, () => region.HowFares(command));

    private Task<Listing<T>> List<T>(string operation, CancellationToken stopping, Func<IEnumerable<T>> list, object? of = null) => Do(operation, stopping, () =>
    {
        var items = calls.Read((Scope, operation, of), () => list().ToImmutableArray());
        return calls.Halves?.Invoke(operation) is true
            ? new Listing<T>(items[..(items.Length / 2)], $"{operation}: the second page was not answered.")
            : new Listing<T>(items);
    });

    // One call a page, and at least one.
    private async Task<Listing<T>> ListAsync<T>(string operation, int perPage, CancellationToken stopping, Func<IEnumerable<T>> list)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        while (true)
        {
            var page = await Do(operation, stopping, () => list().Skip(items.Count).Take(perPage + 1).ToArray());
            items.AddRange(page.Take(perPage));
            if (page.Length <= perPage)
            {
                return new(items.ToImmutable());
            }
        }
    }

    private Task<T> Do<T>(string operation, CancellationToken stopping, Func<T> effect)
    {
        aws.Count(operation);
        return calls.Do(operation, stopping, effect);
    }

    private Task Do(string operation, CancellationToken stopping, Action effect)
    {
        aws.Count(operation);
        return calls.Do(operation, stopping, effect);
    }
}

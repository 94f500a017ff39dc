using System.Text;
using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>What answers private names, from Route 53, Resolver and the routers of moto to the tailnet's split DNS, and what has to be done for it.</summary>
public sealed class NameStories(Moto moto) : IAsyncLifetime
{
    private const string AssociateTag = "tailscale:associate", Domain = "spoke.internal";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static readonly (string, string?) s_tagged = ("ZONE_ASSOCIATION", "tagged");

    private Installation _here = null!;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    private MotoRegion World => _here.World;

    [Fact]
    public async Task An_inbound_endpoint_is_asked_while_it_is_there_and_then_the_VPC_s_own_resolver()
    {
        var (vpc, subnet, _) = await HubAsync();
        await World.CreatePrivateZoneAsync("corp.internal", vpc);
        var endpoint = await World.CreateResolverEndpointAsync(vpc, subnet, await World.CreateSubnetAsync(vpc, "10.1.2.0/24"));
        var function = await _here.StartAsync("Reconcile");

        await LookAsync(function);
        var attached = await World.ResolverAddressesAsync(endpoint);
        Assert.Equal(2, attached.Length);
        Assert.Equal(string.Join(", ", attached), Forwarded("corp.internal"));
        await AssertNothingToDoAsync(function);

        await World.DeleteResolverEndpointAsync(endpoint);
        Assert.All(Kinds(await LookAsync(function)), kind => Assert.Equal("SetSplitDns", kind));
        Assert.Equal("10.1.0.2", Forwarded("corp.internal"));
        await AssertNothingToDoAsync(function);
    }

    [Fact]
    public async Task A_spoke_s_tagged_zone_is_associated_with_the_hub_and_dissociated_once_nobody_asks_the_hub_for_it()
    {
        var (hub, _, _) = await HubAsync();
        var spoke = await SpokeAsync(hub, World);
        var zone = await World.CreatePrivateZoneAsync(Domain, spoke);
        var function = await _here.StartAsync("Reconcile", s_tagged);
        await LookAsync(function);
        Assert.Null(Forwarded(Domain));   // the spoke's resolver answers nobody outside of it

        // The ledger has it before it is there, and it is forwarded only once all servers of Route 53 have it.
        await World.TagZoneAsync(zone, AssociateTag, "true");
        var beforeIt = await PauseAsync(_here.Account, "AssociateVPCWithHostedZone");
        var looking = LookAsync(function);
        await beforeIt.WaitUntilStoppedAsync(s_limit);
        Assert.Contains(Key(zone, hub), await LedgerAsync());
        var pending = await PauseAsync(_here.Account, "GetChange");
        await beforeIt.ReleaseAsync();
        await pending.WaitUntilStoppedAsync(s_limit);
        Assert.Contains(zone, (await World.ZonesOfAsync(hub)).Keys);
        Assert.Null(Forwarded(Domain));
        await pending.ReleaseAsync();
        var report = await looking;
        Assert.Equal(["AssociateZone", "AwaitAssociation", "SetSplitDns"], Kinds(report));
        Assert.Equal("10.1.0.2", Forwarded(Domain));
        AssertAssociations(report, zone, hub);
        Assert.Equal(3, await CountAsync("GetChange"));   // pending for two of them
        AssertAssociations(await AssertNothingToDoAsync(function), zone, hub);

        // Names stop before what answers them does.
        await World.UntagZoneAsync(zone, AssociateTag);
        var dissociated = await PauseAsync(_here.Account, "DisassociateVPCFromHostedZone");
        looking = LookAsync(function);
        await dissociated.WaitUntilStoppedAsync(s_limit);
        Assert.Null(Forwarded(Domain));
        Assert.Contains(Key(zone, hub), await LedgerAsync());
        await dissociated.ReleaseAsync();
        report = await looking;
        Assert.Equal(["RemoveSplitDns", "DissociateZone"], Kinds(report));
        Assert.Empty(report["zoneAssociations"]!.AsArray());
        Assert.Empty(await World.ZonesOfAsync(hub));
        Assert.Equal([zone], (await World.ZonesOfAsync(spoke)).Keys);
        Assert.DoesNotContain(Key(zone, hub), await LedgerAsync());
        await AssertNothingToDoAsync(function);
    }

    [Fact]
    public async Task A_zone_stays_associated_while_its_names_cannot_be_taken_off_the_tailnet()
    {
        var (hub, _, _) = await HubAsync();
        var zone = await TaggedAsync(Domain, await SpokeAsync(hub, World));
        var function = await _here.StartAsync("Reconcile", s_tagged);
        await LookAsync(function);
        Assert.Equal("10.1.0.2", Forwarded(Domain));

        await World.UntagZoneAsync(zone, AssociateTag);
        _here.Api.Respond(new("PATCH", "/dns/split-dns", 403, """{"message":"not now"}"""));
        var report = await RunAsync(function);
        Assert.Equal(["RemoveSplitDns failed", "DissociateZone not-reached"], Ended(report));
        Assert.Contains(zone, (await World.ZonesOfAsync(hub)).Keys);
        Assert.Contains(Key(zone, hub), await LedgerAsync());

        await LookAsync(function);
        Assert.Empty(await World.ZonesOfAsync(hub));
    }

    [Fact]
    public async Task An_association_that_a_person_made_is_used_and_never_undone()
    {
        var (hub, _, _) = await HubAsync();
        var spoke = await SpokeAsync(hub, World);
        var (theirs, ours) = (await TaggedAsync("theirs.internal", spoke), await TaggedAsync("ours.internal", spoke));
        await World.AssociateZoneAsync(theirs, hub);
        var function = await _here.StartAsync("Reconcile", s_tagged);

        AssertAssociations(await LookAsync(function), ours, hub);
        Assert.Equal(("10.1.0.2", "10.1.0.2"), (Forwarded("theirs.internal"), Forwarded("ours.internal")));
        Assert.DoesNotContain(Key(theirs, hub), await LedgerAsync());

        await World.UntagZoneAsync(theirs, AssociateTag);
        await World.UntagZoneAsync(ours, AssociateTag);
        Assert.Equal(["RemoveSplitDns", "DissociateZone"], Kinds(await LookAsync(function)));
        Assert.Equal([theirs], (await World.ZonesOfAsync(hub)).Keys);
        Assert.Equal("10.1.0.2", Forwarded("theirs.internal"));
        await AssertNothingToDoAsync(function);
    }

    [Fact]
    public async Task Across_accounts_the_zone_s_owner_authorises_the_association_until_it_is_in_sync()
    {
        var member = await _here.AddMemberAsync(moto);
        var there = member.In(Installation.Region);
        var (hub, _, _) = await HubAsync();
        var spoke = await SpokeAsync(hub, there);
        var zone = await there.CreatePrivateZoneAsync(Domain, spoke);
        await there.TagZoneAsync(zone, AssociateTag, "true");
        var function = await _here.StartAsync(
            "Reconcile", s_tagged, ("SCOPES", $"{World.Scope},{there.Scope}"), ("MEMBER_ROLE", Installation.MemberRole));

        var pending = await PauseAsync(_here.Account, "GetChange");
        var looking = LookAsync(function);
        await pending.WaitUntilStoppedAsync(s_limit);
        Assert.Equal([hub], await there.AuthorizationsAsync(zone));
        Assert.Null(Forwarded(Domain));
        await pending.ReleaseAsync();
        AssertAssociations(await looking, zone, hub);
        Assert.Empty(await there.AuthorizationsAsync(zone));
        Assert.Equal([zone], (await World.ZonesOfAsync(hub)).Keys);
        Assert.Equal("10.1.0.2", Forwarded(Domain));
        string[] changes = ["CreateVPCAssociationAuthorization", "AssociateVPCWithHostedZone", "GetChange", "DeleteVPCAssociationAuthorization"];
        var calls = (await _here.Account.RequestsAsync()).Concat(await member.RequestsAsync()).OrderBy(call => call.Order)
            .Where(call => changes.Contains(call.Operation)).Select(call => (call.Operation, call.Account)).Distinct();
        Assert.Equal([(changes[0], member.Id), (changes[1], _here.Account.Id), (changes[2], _here.Account.Id), (changes[3], member.Id)], calls);
        await AssertNothingToDoAsync(function);

        await there.UntagZoneAsync(zone, AssociateTag);
        Assert.Equal(["RemoveSplitDns", "DissociateZone"], Kinds(await LookAsync(function)));
        Assert.Empty(await World.ZonesOfAsync(hub));
        Assert.DoesNotContain(Key(zone, hub), await LedgerAsync());
    }

    [Fact]
    public async Task Names_of_a_VPC_that_is_reached_by_4via6_only_are_asked_of_its_own_routers_once_they_translate()
    {
        var first = await World.CreateVpcAsync("10.5.0.0/16");
        var plain = await _here.AddRouterAsync(await World.CreateSubnetAsync(first, "10.5.1.0/24"), Installation.RouterTags, "10.5.0.0/16");
        await World.CreatePrivateZoneAsync("first.internal", first);
        var function = await _here.StartAsync("Reconcile");
        await LookAsync(function);
        var second = await World.CreateVpcAsync("10.5.0.0/16");
        var subnet = await World.CreateSubnetAsync(second, "10.5.1.0/24");
        await World.CreatePrivateZoneAsync("second.internal", second);
        Joined[] routers = [await _here.AddRouterAsync(subnet, Installation.RouterTags), await _here.AddRouterAsync(subnet, Installation.RouterTags)];

        var report = await LookAsync(function);
        var site = (int)report["sites"]![second.ToString()]!;
        Assert.Contains($"dns64-missing {second}", Findings(report));
        Assert.Equal(("10.5.0.2", null), (Forwarded("first.internal"), Forwarded("second.internal")));
        foreach (var router in (Joined[])[plain, .. routers])
        {
            await _here.ObeyAsync(router);
        }

        await SettleAsync(function);

        // No name is asked of a router that could not be told how to answer it.
        foreach (var router in routers)
        {
            await World.TagAsync(router.Instance.ToString(), "tailscale:dns64", "true");
        }

        await _here.Account.FailAsync(MotoFault.Denied with { Times = null }, "ssm", "SendCommand");
        Assert.Equal(["SetDns64 failed", "SetDns64 failed", "SetSplitDns not-reached"], Ended(await RunAsync(function)));
        Assert.Null(Forwarded("second.internal"));
        await _here.Account.ResetAsync();

        report = await LookAsync(function);
        Assert.Equal(["SetDns64", "SetDns64", "SetSplitDns"], Kinds(report));
        Assert.Equal(string.Join(", ", routers.Select(AddressOf).Order(StringComparer.Ordinal)), Forwarded("second.internal"));
        Assert.Equal("10.5.0.2", Forwarded("first.internal"));
        var told = (await World.CommandsAsync()).Where(command => command.DocumentName == Installation.Dns64Document).ToArray();
        Assert.Equal(routers.Select(router => router.Instance.ToString()).Order(StringComparer.Ordinal), told.Select(command => Assert.Single(command.InstanceIds)).Order(StringComparer.Ordinal));
        Assert.All(told, command =>
        {
            var configuration = Encoding.UTF8.GetString(Convert.FromBase64String(Assert.Single(command.Parameters["config"])));
            Assert.StartsWith($"# Names of 4via6 site {site}:", configuration, StringComparison.Ordinal);
            Assert.Contains("forwarders { 10.5.0.2 port 53; };", configuration, StringComparison.Ordinal);
            Assert.Contains($"dns64 {Via6.SiteOf(site)} ", configuration, StringComparison.Ordinal);
            Assert.Contains("mapped { 10.5.0.0/16; }", configuration, StringComparison.Ordinal);
        });
        await AssertNothingToDoAsync(function);
    }

    [Fact]
    public async Task The_report_counts_what_each_service_was_asked()
    {
        var (hub, subnet, _) = await HubAsync();
        await World.CreatePublicZoneAsync("example.com");
        await TaggedAsync(Domain, await SpokeAsync(hub, World));
        await World.CreateResolverEndpointAsync(hub, subnet, await World.CreateSubnetAsync(hub, "10.1.2.0/24"));
        var function = await _here.StartAsync("Reconcile", s_tagged);
        await LookAsync(function);

        var before = (await _here.Account.RequestsAsync()).Count;
        var report = await AssertNothingToDoAsync(function);
        var asked = (await _here.Account.RequestsAsync()).Skip(before).ToArray();
        var services = new Dictionary<string, string>
        {
            ["DynamoDB"] = "dynamodb", ["EC2"] = "ec2", ["Route 53"] = "route53", ["Route 53 Resolver"] = "route53resolver", ["SSM"] = "ssm",
        };
        Assert.Equal(services.ToDictionary(service => service.Key, service => asked.Count(call => call.Service == service.Value)), Calls(report));
        Assert.Equal(["ListHostedZones", "ListHostedZonesByVPC", "ListHostedZonesByVPC", "ListTagsForResources"], asked.Where(call => call.Service == "route53").Select(call => call.Operation).Order(StringComparer.Ordinal));
        Assert.All(Calls(report), service => Assert.True(service.Value > 0, service.Key));
    }

    /// <summary>A VPC with a router that is in service.</summary>
    private async Task<(VpcId Vpc, SubnetId Subnet, Joined Router)> HubAsync()
    {
        var vpc = await World.CreateVpcAsync("10.1.0.0/16");
        var subnet = await World.CreateSubnetAsync(vpc, "10.1.1.0/24");
        return (vpc, subnet, await _here.AddRouterAsync(subnet, Installation.RouterTags, "10.1.0.0/16", "10.2.0.0/16"));
    }

    /// <summary>A VPC without a router that the hub's reaches.</summary>
    private async Task<VpcId> SpokeAsync(VpcId hub, MotoRegion world)
    {
        var spoke = await world.CreateVpcAsync("10.2.0.0/16");
        await world.CreateSubnetAsync(spoke, "10.2.1.0/24");
        var peering = (await World.PeerAsync(hub, spoke, world)).ToString();
        await World.AddRouteAsync(await World.MainRouteTableAsync(hub), "10.2.0.0/16", peering);
        await world.AddRouteAsync(await world.MainRouteTableAsync(spoke), "10.1.0.0/16", peering);
        return spoke;
    }

    private async Task<ZoneId> TaggedAsync(string name, VpcId vpc)
    {
        var zone = await World.CreatePrivateZoneAsync(name, vpc);
        await World.TagZoneAsync(zone, AssociateTag, "true");
        return zone;
    }

    private static Task<MotoPause> PauseAsync(MotoAccount account, string operation) => account.PauseAsync(after: 0, service: "route53", operation: operation);

    /// <summary>A look that does all that it planned.</summary>
    private static async Task<JsonNode> LookAsync(Function function)
    {
        var report = await RunAsync(function);
        Assert.All(report["actions"]!.AsArray(), action => Assert.True((string?)action!["outcome"] == "applied", report.ToJsonString()));
        return report;
    }

    private static async Task<JsonNode> RunAsync(Function function)
    {
        var answer = await function.InvokeAsync("{}");
        Assert.True(answer.Kind == RuntimeAnswerKind.Response, answer.Body);
        var report = JsonNode.Parse(answer.Body)!;
        Assert.All(report["observed"]!["scopes"]!.AsArray(), scope => Assert.True((bool)scope!["complete"]!, answer.Body));
        return report;
    }

    private static async Task<JsonNode> AssertNothingToDoAsync(Function function)
    {
        var report = await RunAsync(function);
        Assert.Empty(Ended(report));
        return report;
    }

    /// <summary>The ledger strikes what no node advertises any more.</summary>
    private static async Task SettleAsync(Function function)
    {
        Assert.All(Ended(await RunAsync(function)), ended => Assert.Equal("TrimRoutes already-so", ended));
        await AssertNothingToDoAsync(function);
    }

    /// <returns>Resolvers with commas between; null where the domain is not forwarded.</returns>
    private string? Forwarded(string domain) => _here.Tailnet.SplitDns.TryGetValue(domain, out var resolvers) ? string.Join(", ", resolvers) : null;

    private string AddressOf(Joined router) =>
        _here.Tailnet.Devices.Single(device => device.Id == router.Device).Addresses.Single(address => !address.Contains(':', StringComparison.Ordinal));

    private Task<IReadOnlyList<string>> LedgerAsync() => World.LedgerKeysAsync(Installation.Ledger);

    private async Task<int> CountAsync(string operation) => (await _here.Account.RequestsAsync()).Count(call => call.Operation == operation);

    private static string Key(ZoneId zone, VpcId vpc) => $"zone#{zone}#{vpc}";

    private static void AssertAssociations(JsonNode report, ZoneId zone, VpcId vpc) => Assert.Equal(
        $$"""{"zoneId":"{{zone}}","vpcId":"{{vpc}}","vpcRegion":"{{Installation.Region}}"}""", Assert.Single(report["zoneAssociations"]!.AsArray())!.ToJsonString());

    private static Dictionary<string, int> Calls(JsonNode report) =>
        report["observed"]!["calls"]!.AsObject().ToDictionary(service => service.Key, service => (int)service.Value!);

    private static string[] Kinds(JsonNode report) => [.. report["actions"]!.AsArray().Select(action => (string)action!["kind"]!)];

    private static string[] Ended(JsonNode report) => [.. report["actions"]!.AsArray().Select(action => $"{action!["kind"]} {action["outcome"]}")];

    private static string[] Findings(JsonNode report) => [.. report["findings"]!.AsArray().Select(finding => $"{finding!["rule"]} {finding["resource"]}")];
}

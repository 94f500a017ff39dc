using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>What routers reach beyond their own VPC, and VPCs with the same addresses: from the route tables of moto to the tailnet.</summary>
public sealed class RouteStories(Moto moto) : IAsyncLifetime
{
    private const string Zone = Installation.Region + "a", OtherZone = Installation.Region + "b";

    private Installation _here = null!;
    private Function _function = null!;

    private MotoRegion World => _here.World;

    public async ValueTask InitializeAsync()
    {
        _here = await Installation.CreateAsync(moto);
        _function = await _here.StartAsync("Reconcile");
    }

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task A_spoke_behind_a_peering_is_served_by_the_hub_s_router()
    {
        var hub = await World.CreateVpcAsync("10.1.0.0/16");
        var router = await RouterAsync(hub, await World.CreateSubnetAsync(hub, "10.1.1.0/24"), "10.1.0.0/16");
        var spoke = await World.CreateVpcAsync("10.2.0.0/16");
        var silent = await World.CreateSubnetAsync(spoke, "10.2.1.0/24");
        await World.CreateSubnetAsync(spoke, "10.2.2.0/24");
        var peering = await World.PeerAsync(hub, spoke);
        await World.AddRouteAsync(await World.MainRouteTableAsync(hub), "10.2.0.0/16", peering.ToString());
        await LookAsync();
        Assert.Equal("10.1.0.0/16", Enabled(router));   // no answer would find its way back

        await World.AddRouteAsync(await World.MainRouteTableAsync(spoke), "10.1.0.0/16", peering.ToString());
        var report = await LookAsync();
        Assert.Equal(["RecordNode", "ApproveRoutes", "AdvertiseRoutes"], Kinds(report));
        Assert.Equal("10.1.0.0/16, 10.2.0.0/16", Enabled(router));
        Assert.Equal(["10.1.0.0/16", "10.2.0.0/16"], Texts(Router(report, router)["advertise"]));
        await _here.ObeyAsync(router);
        await AssertSettledAsync();

        // One subnet of the spoke gets a table of its own, which does not lead back.
        await World.CreateRouteTableAsync(spoke, silent);
        report = await LookAsync();
        Assert.Contains(report["findings"]!.AsArray(), finding => (string)finding!["rule"]! == "no-route-back" && (string)finding["resource"]! == spoke.ToString());
        Assert.DoesNotContain("10.2.0.0/16", Enabled(router), StringComparison.Ordinal);
        var left = PrefixSet.Of(Enabled(router).Split(", ").Select(Prefix.Parse));
        Assert.DoesNotContain(left, prefix => prefix.Overlaps(Prefix.Parse("10.2.1.0/24")));
        Assert.True(left.Covers(Prefix.Parse("10.2.2.0/24")));
        await _here.ObeyAsync(router);
        await AssertSettledAsync();

        await World.DeletePeeringAsync(peering);
        Assert.Equal(["UnadvertiseRoutes", "TrimRoutes"], Kinds(await LookAsync()));
        Assert.Equal("10.1.0.0/16", Enabled(router));
        await _here.ObeyAsync(router);
        await AssertSettledAsync();
    }

    [Fact]
    public async Task A_VPC_behind_a_transit_gateway_is_served_where_routes_lead_there_and_back()
    {
        var hub = await World.CreateVpcAsync("10.1.0.0/16");
        var subnet = await World.CreateSubnetAsync(hub, "10.1.1.0/24", zone: Zone);
        var router = await RouterAsync(hub, subnet, "10.1.0.0/16");
        var outside = await RouterAsync(hub, await World.CreateSubnetAsync(hub, "10.1.2.0/24", zone: OtherZone), "10.1.0.0/16");
        var spoke = await World.CreateVpcAsync("10.2.0.0/16", ["10.3.0.0/16"]);
        var gateway = await World.CreateTransitGatewayAsync();
        var ofHub = await World.AttachAsync(gateway, hub, [subnet]);
        await World.AttachAsync(gateway, spoke, [await World.CreateSubnetAsync(spoke, "10.2.1.0/24", zone: Zone)]);
        var list = await World.CreatePrefixListAsync("spokes", "10.2.0.0/16", "10.3.0.0/17");
        await World.AddRouteAsync(await World.MainRouteTableAsync(hub), list.ToString(), gateway.Id.ToString());
        await World.AddRouteAsync(await World.MainRouteTableAsync(spoke), "10.0.0.0/8", gateway.Id.ToString());

        await LookAsync();
        Assert.Equal("10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/17", Enabled(router));
        Assert.Equal("10.1.0.0/16", Enabled(outside));   // the gateway takes packets only from zones with a subnet of its attachment
        await _here.ObeyAsync(router);
        await AssertSettledAsync();

        // From now on the hub's packets are looked up where only half of that is known.
        var narrow = await World.CreateTransitRouteTableAsync(gateway);
        await World.AssociateAsync(ofHub, narrow);
        await World.AddTransitRouteAsync(narrow, "10.3.0.0/16", null);
        var report = await LookAsync();
        Assert.Equal(["UnadvertiseRoutes", "TrimRoutes"], Kinds(report));
        Assert.Equal("10.1.0.0/16", Enabled(router));
        await _here.ObeyAsync(router);
        await AssertSettledAsync();
    }

    [Fact]
    public async Task Two_overlapping_VPCs_get_4via6_sites_and_their_tags_say_so()
    {
        var first = await World.CreateVpcAsync("10.5.0.0/16");
        var one = await RouterAsync(first, await World.CreateSubnetAsync(first, "10.5.1.0/24"), "10.5.0.0/16");
        await LookAsync();
        Assert.Equal("10.5.0.0/16", Enabled(one));
        Assert.Null(await SiteTagAsync(first));

        var second = await World.CreateVpcAsync("10.5.0.0/17", ["10.6.0.0/16"]);
        var other = await RouterAsync(second, await World.CreateSubnetAsync(second, "10.5.1.0/24"), "10.5.0.0/17", "10.6.0.0/16");
        var report = await LookAsync();

        Assert.Equal(["AssignSite", "AssignSite", "TagSite", "TagSite"], Kinds(report)[..4]);
        var sites = report["sites"]!.AsObject().ToDictionary(site => VpcId.Parse(site.Key), site => (int)site.Value!);
        Assert.Equal([1, 2], sites.Values.Order());
        Assert.Equal(new HashSet<VpcId> { first, second }, sites.Keys.ToHashSet());
        Assert.Equal((sites[first].ToString(), sites[second].ToString()), (await SiteTagAsync(first), await SiteTagAsync(second)));
        Assert.Superset(
            new HashSet<string>(["site-id#1", "site-id#2", $"site#{first}", $"site#{second}"]), (await World.LedgerKeysAsync(Installation.Ledger)).ToHashSet());

        // Whoever was there first keeps its addresses, as people use them. Both are reached by their sites.
        AssertServes(one, first, ["10.5.0.0/16"], "10.5.0.0/16");
        AssertServes(other, second, ["10.6.0.0/16"], "10.5.0.0/17", "10.6.0.0/16");
        await _here.ObeyAsync(one);
        await _here.ObeyAsync(other);
        await AssertSettledAsync();

        // A site stays with its VPC, also when it overlaps nothing any more; the addresses are then free for the other.
        await World.TerminateInstanceAsync(one.Instance);
        await World.DeleteVpcAsync(first);
        report = await LookAsync();
        Assert.Equal(second.ToString(), Assert.Single(report["sites"]!.AsObject()).Key);
        Assert.Contains("ReleaseSite", Kinds(report));
        Assert.DoesNotContain($"site#{first}", await World.LedgerKeysAsync(Installation.Ledger));

        void AssertServes(Joined router, VpcId vpc, string[] plain, params string[] behind)
        {
            var via6 = behind.Select(prefix => Via6.Of(sites[vpc], Prefix.Parse(prefix)).ToString()).ToArray();
            Assert.Equal(plain, Texts(Router(report, router)["advertise"]));
            Assert.Equal(via6, Texts(Router(report, router)["via6"]));
            Assert.Equal(string.Join(", ", plain.Concat(via6)), Enabled(router));
        }
    }

    private async Task<Joined> RouterAsync(VpcId vpc, SubnetId subnet, params string[] advertised)
    {
        var router = await _here.AddRouterAsync(subnet, Installation.RouterTags, advertised);
        Assert.Equal(vpc.ToString(), (await World.DescribeInstanceAsync(router.Instance))?.VpcId);
        return router;
    }

    private async Task<JsonNode> LookAsync()
    {
        var answer = await _function.InvokeAsync("{}");
        Assert.True(answer.Kind == RuntimeAnswerKind.Response, answer.Body);
        var report = JsonNode.Parse(answer.Body)!;
        Assert.True((bool)report["observed"]!["scopes"]![0]!["complete"]!, answer.Body);
        Assert.All(report["actions"]!.AsArray(), action => Assert.True((string?)action!["outcome"] is "applied" or "already-so", answer.Body));
        return report;
    }

    /// <summary>A look may still strike from the ledger what no node advertises any more; the next one plans nothing.</summary>
    private async Task AssertSettledAsync()
    {
        var report = await LookAsync();
        Assert.All(report["actions"]!.AsArray(), action => Assert.True(((string?)action!["kind"], (string?)action["outcome"]) is ("TrimRoutes", "already-so"), report.ToJsonString()));
        Assert.Empty((await LookAsync())["actions"]!.AsArray());
    }

    private string Enabled(Joined router) => _here.Tailnet.Devices.Single(device => device.Id == router.Device).Enabled.ToString();

    private async Task<string?> SiteTagAsync(VpcId vpc) => (await World.DescribeVpcAsync(vpc)).Tags?.Find(tag => tag.Key == "tailscale:site-id")?.Value;

    private static JsonNode Router(JsonNode report, Joined router) =>
        report["routers"]!.AsArray().Single(shown => (string)shown!["instanceId"]! == router.Instance.ToString())!;

    private static string[] Kinds(JsonNode report) => [.. report["actions"]!.AsArray().Select(action => (string)action!["kind"]!)];

    private static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(text => (string)text!)];
}

using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Network;
using Automation.Routes;

namespace Automation.EndToEnd;

/// <summary>What connects VPCs, read by the real SDK.</summary>
public sealed class NetworkReading(Moto moto)
{
    private const string Region = "eu-west-1", FarRegion = "eu-west-2";

    private readonly MotoAccount _account = moto.NewAccount();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_real_SDK_reads_subnets_and_route_tables()
    {
        var world = _account.In(Region);
        var vpc = await world.CreateVpcAsync("10.1.0.0/16", ipv6: true);
        var ipv6 = (await world.DescribeVpcAsync(vpc)).Ipv6CidrBlockAssociationSet.Single().Ipv6CidrBlock;
        var subnet = await world.CreateSubnetAsync(vpc, "10.1.1.0/24", ipv6.Replace("/56", "/64", StringComparison.Ordinal), Region + "a");
        var main = await world.MainRouteTableAsync(vpc);
        var own = await world.CreateRouteTableAsync(vpc, subnet);
        var peering = await world.PeerAsync(vpc, await world.CreateVpcAsync("10.2.0.0/16"));
        await world.AddRouteAsync(own, "10.2.0.0/16", peering.ToString());
        var ec2 = await Ec2Async(Region);

        var subnets = await ec2.DescribeSubnetsAsync(Stopping);
        Assert.Null(subnets.Problem);
        var seen = Assert.Single(subnets.Items, found => found.Id == subnet);
        Assert.Equal((vpc, 2), (seen.Vpc, seen.Cidrs.Count));
        Assert.StartsWith("euw1-az", seen.Zone, StringComparison.Ordinal);

        var tables = await ec2.DescribeRouteTablesAsync(Stopping);
        Assert.Null(tables.Problem);
        Assert.True(tables.Items.Single(table => table.Id == main).IsMain);
        var ofSubnet = tables.Items.Single(table => table.Id == own);
        Assert.Equal([subnet], ofSubnet.Subnets);
        Assert.Equal(
            ["10.1.0.0/16 local active", $"10.2.0.0/16 {peering} active", $"{Prefix.Parse(ipv6)} local active"],
            ofSubnet.Routes.Select(route => $"{route.Destination} {route.Target} {route.State}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_real_SDK_reads_peerings_transit_gateways_and_prefix_lists()
    {
        var (world, far) = (_account.In(Region), _account.In(FarRegion));
        var (one, two, three) = (await world.CreateVpcAsync("10.1.0.0/16", ["10.11.0.0/16"]), await world.CreateVpcAsync("10.2.0.0/16"), await far.CreateVpcAsync("10.3.0.0/16"));
        var subnet = await world.CreateSubnetAsync(one, "10.1.1.0/24");
        var peering = await world.PeerAsync(one, three, far);
        var pending = await world.PeerAsync(two, one, accepted: false);
        var deleted = await world.PeerAsync(one, two);
        await world.DeletePeeringAsync(deleted);

        var (gateway, farGateway) = (await world.CreateTransitGatewayAsync(), await far.CreateTransitGatewayAsync());
        var attachment = await world.AttachAsync(gateway, one, [subnet], ipv6: true);
        var between = await world.PeerAsync(gateway, farGateway, far);
        var table = await world.CreateTransitRouteTableAsync(gateway);
        await world.AssociateAsync(attachment, table);
        await world.AddTransitRouteAsync(table, "10.3.0.0/16", between);
        await world.AddTransitRouteAsync(table, "10.4.0.0/16", null);
        await world.DeleteTransitRouteTableAsync(await world.CreateTransitRouteTableAsync(gateway));

        var list = await world.CreatePrefixListAsync("offices", "10.9.0.0/16", "10.8.0.0/16");
        await world.AddRouteAsync(await world.MainRouteTableAsync(one), list.ToString(), gateway.Id.ToString());
        var (ec2, farEc2) = (await Ec2Async(Region), await Ec2Async(FarRegion));

        var peerings = await ec2.DescribeVpcPeeringConnectionsAsync(Stopping);
        Assert.Null(peerings.Problem);
        Assert.Equal(
            new Dictionary<PeeringId, string> { [peering] = "active", [pending] = "pending-acceptance", [deleted] = "deleted" },
            peerings.Items.ToDictionary(found => found.Id, found => found.State));
        var seen = Assert.Single((await farEc2.DescribeVpcPeeringConnectionsAsync(Stopping)).Items);
        Assert.Equal(("10.1.0.0/16, 10.11.0.0/16", FarRegion), (seen.Across(three)!.Cidrs.ToString(), seen.Accepter.Region));

        var attachments = await ec2.DescribeTransitGatewayAttachmentsAsync(Stopping);
        Assert.Null(attachments.Problem);
        var ofVpc = attachments.Items.Single(found => found.Id == attachment);
        Assert.Equal((one.ToString(), "available", table, true), (ofVpc.ResourceId, ofVpc.State, ofVpc.RouteTable, ofVpc.IPv6));
        Assert.Equal([subnet], ofVpc.Subnets);
        var ofPeering = attachments.Items.Single(found => found.Id == between);
        Assert.Equal(("peering", farGateway.Id.ToString(), gateway.Table), (ofPeering.ResourceType, ofPeering.ResourceId, ofPeering.RouteTable));
        var fromFar = Assert.Single((await farEc2.DescribeTransitGatewayAttachmentsAsync(Stopping)).Items);
        Assert.Equal((between, gateway.Id.ToString(), farGateway.Table), (fromFar.Id, fromFar.ResourceId, fromFar.RouteTable));

        var tables = await ec2.DescribeTransitGatewayRouteTablesAsync(Stopping);
        Assert.Null(tables.Problem);
        Assert.Equal(new[] { gateway.Table, table }.Order(), tables.Items.Select(found => found.Id).Order());
        Assert.Equal(
            ["10.1.0.0/16 active propagated", "10.11.0.0/16 active propagated"],
            tables.Items.Single(found => found.Id == gateway.Table).Routes.Select(route => $"{route.Destination} {route.State} {route.Type}"));
        Assert.Equal(
            [$"10.3.0.0/16 active static {between}", "10.4.0.0/16 blackhole static "],
            tables.Items.Single(found => found.Id == table).Routes.Select(route => $"{route.Destination} {route.State} {route.Type} {string.Join(' ', route.Attachments)}"));

        var lists = await ec2.DescribePrefixListsAsync([list, PrefixListId.Parse("pl-0a1b2c3d4e5f60718")], Stopping);
        Assert.Equal("offices 10.8.0.0/16, 10.9.0.0/16", Assert.Single(lists.Items.Select(found => $"{found.Name} {found.Entries}")));
        Assert.Equal("EC2 does not show pl-0a1b2c3d4e5f60718", lists.Problem);
    }

    [Fact]
    public async Task A_reconcile_reads_all_of_it_with_what_its_role_allows()
    {
        await using var here = await Installation.CreateAsync(moto);
        var vpc = await here.World.CreateVpcAsync("10.1.0.0/16");
        var subnet = await here.World.CreateSubnetAsync(vpc, "10.1.1.0/24");
        var gateway = await here.World.CreateTransitGatewayAsync();
        await here.World.AttachAsync(gateway, vpc, [subnet]);
        await here.World.AddRouteAsync(
            await here.World.MainRouteTableAsync(vpc), (await here.World.CreatePrefixListAsync("offices", "10.9.0.0/16")).ToString(), gateway.Id.ToString());

        var function = await here.StartAsync("Reconcile");
        var answer = await function.InvokeAsync("{}", TimeSpan.FromSeconds(60));

        var report = JsonNode.Parse(answer.Body)!;
        Assert.True((bool)report["observed"]!["scopes"]![0]!["complete"]!, answer.Body);
        var calls = (await here.Account.RequestsAsync()).Where(call => call.Service == "ec2").GroupBy(call => call.Operation).ToDictionary(calls => calls.Key, calls => calls.Count());
        Assert.Equal((1, 1, 1, 1), (calls["DescribeRouteTables"], calls["SearchTransitGatewayRoutes"], calls["DescribeManagedPrefixLists"], calls["GetManagedPrefixListEntries"]));
    }

    [Fact]
    public async Task A_VPC_is_given_one_tag_and_keeps_its_others()
    {
        var world = _account.In(Region);
        var vpc = await world.CreateVpcAsync("10.1.0.0/16", tags: new Dictionary<string, string> { ["Name"] = "one", ["tailscale:overlap"] = "via6" });
        var ec2 = await Ec2Async(Region);

        await ec2.TagVpcAsync(vpc, VpcTags.SiteId, "7", Stopping);

        var seen = Assert.Single((await ec2.DescribeVpcsAsync(vpc, Stopping)).Items);
        Assert.Equal(("via6", "7"), (seen.Overlap, seen.SiteTag));
        Assert.Equal(3, (await world.DescribeVpcAsync(vpc)).Tags.Count);
    }

    private async Task<IEc2> Ec2Async(string region) => (await ToMoto.ScopeAsync(moto, _account, region)).Ec2;
}

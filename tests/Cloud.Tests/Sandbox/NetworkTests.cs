using Automation.Routes;
using Automation.Aws;
using Automation.Events;
using Automation.Network;
using Automation.Plans;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Sandbox;

/// <summary>The simulated network answers and changes as EC2's does.</summary>
public sealed class NetworkTests
{
    private static readonly Scope s_home = new("111122223333", "eu-west-1");
    private static readonly Scope s_other = new("444455556666", "eu-west-1");
    private static readonly Scope s_far = new("111122223333", "ap-southeast-2");

    private const string Pcx = "pcx-0b1c2d3e4f5a6b7c8", Tgw = "tgw-0a9b8c7d6e5f4a3b2", FarTgw = "tgw-0a9b8c7d6e5f4a3b3";

    private readonly SandboxWorld _world;
    private readonly List<string> _events = [];
    private readonly VpcId _hub;
    private readonly VpcId _spoke;
    private readonly VpcId _remote;

    public NetworkTests()
    {
        _world = new(NullLogger.Instance, null, s_home, s_other, s_far);
        _hub = Home.AddVpc("vpc-0a11b22c33d44e551", "10.0.0.0/16");
        _spoke = Other.AddVpc("vpc-0a11b22c33d44e552", "10.20.0.0/16");
        _remote = Far.AddVpc("vpc-0a11b22c33d44e553", "10.30.0.0/16");
        _world.EventSeen = _events.Add;
    }

    private SimulatedRegion Home => _world.Aws.Region(s_home);

    private SimulatedRegion Other => _world.Aws.Region(s_other);

    private SimulatedRegion Far => _world.Aws.Region(s_far);

    private SimulatedNetwork Network => Home.Network;

    private SimulatedPeerings Peerings => _world.Aws.Peerings;

    private SimulatedTransit Transit => _world.Aws.Transit;

    private RouteTableId Main => Network.MainTable(_hub);

    [Fact]
    public async Task A_VPC_comes_with_a_main_table_whose_local_routes_follow_its_CIDRs()
    {
        Assert.Equal(["10.0.0.0/16 local active"], await RoutesAsync());

        Home.AssociateCidr(_hub, "10.64.0.0/16");
        Home.AssociateCidr(_hub, "2001:db8::/56");
        Assert.Equal(["10.0.0.0/16 local active", "10.64.0.0/16 local active", "2001:db8::/56 local active"], await RoutesAsync());

        Home.DisassociateCidr(_hub, "10.64.0.0/16");
        Assert.Equal(["10.0.0.0/16 local active", "2001:db8::/56 local active"], await RoutesAsync());

        Home.DeleteVpc(_hub);
        Assert.Empty((await Ec2(s_home).DescribeRouteTablesAsync(Stopping)).Items);
    }

    [Fact]
    public async Task A_launch_makes_its_subnet_and_has_an_address_in_it()
    {
        Network.AddSubnet("subnet-0a1b2c3d4e5f60009", _hub, "10.0.0.0/24", zone: 3);
        _events.Clear();
        Home.Launch("i-0a1b2c3d4e5f60718", _hub, "subnet-0a1b2c3d4e5f60001", hook: null);
        Home.Launch("i-0b1b2c3d4e5f60718", _hub, "subnet-0a1b2c3d4e5f60001", hook: null);
        Home.Launch("i-0c1b2c3d4e5f60718", _hub, "subnet-0a1b2c3d4e5f60009", hook: null);

        Assert.Equal(3, _events.Count(text => EventParser.Parse(text).Change is ChangeEvent.InstanceLaunched));
        Assert.Equal(3, _events.Count(text => EventParser.Parse(text).Change is ChangeEvent.InstanceRuns));
        Assert.Equal(
            ["subnet-0a1b2c3d4e5f60001 10.0.1.0/24 euw1-az1", "subnet-0a1b2c3d4e5f60009 10.0.0.0/24 euw1-az3"],
            (await Ec2(s_home).DescribeSubnetsAsync(Stopping)).Items.Select(subnet => $"{subnet.Id} {subnet.Cidrs} {subnet.Zone}"));
        Assert.Equal(["10.0.1.4", "10.0.1.5", "10.0.0.4"], (await Ec2(s_home).DescribeNodesAsync(Stopping)).Items.Select(node => $"{node.PrivateAddress}"));

        Home.Kill(InstanceId.Parse("i-0a1b2c3d4e5f60718"));
        Assert.Null((await Ec2(s_home).DescribeInstanceAsync(InstanceId.Parse("i-0a1b2c3d4e5f60718"), Stopping))!.PrivateAddress);
    }

    [Fact]
    public async Task An_instance_in_a_subnet_with_IPv6_has_an_address_of_each_family()
    {
        Home.AssociateCidr(_hub, "2001:db8::/56");
        Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _hub, "10.0.1.0/24", ipv6: "2001:db8::/64");
        Home.Launch("i-0a1b2c3d4e5f60718", _hub, "subnet-0a1b2c3d4e5f60001", hook: null);

        var node = Assert.Single((await Ec2(s_home).DescribeNodesAsync(Stopping)).Items);
        Assert.Equal(("10.0.1.4", "2001:db8::4"), (node.PrivateAddress.ToString(), node.IPv6Address.ToString()));
    }

    [Fact]
    public async Task Zone_ids_are_named_as_in_each_Region()
    {
        Far.Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _remote, "10.30.1.0/24", zone: 2);

        Assert.Equal("apse2-az2", Assert.Single((await Ec2(s_far).DescribeSubnetsAsync(Stopping)).Items).Zone);
    }

    [Fact]
    public async Task A_subnet_has_the_table_that_names_it_until_it_is_deleted()
    {
        var subnet = Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _hub, "10.0.1.0/24");
        var table = Network.AddTable("rtb-0aa1bb2cc3dd4ee5f", _hub);
        Network.Associate(subnet, table);
        Assert.Equal([$"{Main} main ", $"{table} {subnet}"], await TablesAsync());

        Network.Associate(subnet, Main);
        Assert.Equal([$"{Main} main {subnet}", $"{table} "], await TablesAsync());

        Network.Disassociate(subnet);
        Network.MakeMain(table);
        Assert.Equal(["rtb-0a11b22c33d44e551 ", $"{table} main "], await TablesAsync());

        Network.DeleteTable(RouteTableId.Parse("rtb-0a11b22c33d44e551"));
        Network.DeleteSubnet(subnet);
        Assert.Equal([$"{table} main "], await TablesAsync());
        Assert.Empty((await Ec2(s_home).DescribeSubnetsAsync(Stopping)).Items);
    }

    [Fact]
    public async Task A_peering_is_seen_from_both_ends_and_says_addresses_only_while_it_is_active()
    {
        var peering = Peerings.Peer(Pcx, _hub, _spoke);
        foreach (var scope in (Scope[])[s_home, s_other])
        {
            Assert.Equal([$"{Pcx} pending-acceptance {_hub} nothing {_spoke} nothing"], await PeeringsAsync(scope));
        }

        Assert.Empty(await PeeringsAsync(s_far));
        Peerings.Accept(peering);
        Other.AssociateCidr(_spoke, "10.21.0.0/16");
        Assert.Equal([$"{Pcx} active {_hub} 10.0.0.0/16 {_spoke} 10.20.0.0/16, 10.21.0.0/16"], await PeeringsAsync(s_home));
        Assert.Equal(await PeeringsAsync(s_home), await PeeringsAsync(s_other));

        Peerings.Delete(peering, byAccepter: true);
        Assert.Equal([$"{Pcx} deleted {_hub} nothing {_spoke} nothing"], await PeeringsAsync(s_home));
        Assert.Equal(
            [("CreateVpcPeeringConnection", s_home), ("AcceptVpcPeeringConnection", s_other), ("AssociateVpcCidrBlock", s_other), ("DeleteVpcPeeringConnection", s_other)],
            Heard());
    }

    [Fact]
    public async Task A_peering_may_be_rejected_fail_or_end_with_its_VPC()
    {
        var twin = Home.AddVpc("vpc-0a11b22c33d44e554", "10.20.128.0/17");
        Peerings.Peer("pcx-00000001", _spoke, twin);
        Peerings.Reject(Peerings.Peer("pcx-00000002", _hub, _spoke));
        Peerings.Accept(Peerings.Peer("pcx-00000003", _hub, _remote));
        Far.DeleteVpc(_remote);

        Assert.Equal(
            ["failed", "rejected", "deleted"], (await Ec2(s_home).DescribeVpcPeeringConnectionsAsync(Stopping)).Items.Select(peering => peering.State));
        Assert.Throws<InvalidOperationException>(() => Peerings.Accept(PeeringId.Parse("pcx-00000002")));
    }

    [Fact]
    public async Task A_route_is_a_blackhole_unless_what_it_leads_to_is_there()
    {
        Network.AddRoute(Main, "0.0.0.0/0", "igw-0a1b2c3d4e5f60001");
        var peering = Peerings.Peer(Pcx, _hub, _spoke);
        Network.AddRoute(Main, "10.20.0.0/16", Pcx);
        Assert.Equal(["10.0.0.0/16 local active", "0.0.0.0/0 igw-0a1b2c3d4e5f60001 active", $"10.20.0.0/16 {Pcx} blackhole"], await RoutesAsync());

        Peerings.Accept(peering);
        Assert.Equal($"10.20.0.0/16 {Pcx} active", (await RoutesAsync())[2]);

        Peerings.Delete(peering);
        Network.DeleteTarget("igw-0a1b2c3d4e5f60001");
        Assert.Equal(["0.0.0.0/0 igw-0a1b2c3d4e5f60001 blackhole", $"10.20.0.0/16 {Pcx} blackhole"], (await RoutesAsync())[1..]);

        Network.ReplaceRoute(Main, "10.20.0.0/16", "nat-0a1b2c3d4e5f60001");
        Network.DeleteRoute(Main, "0.0.0.0/0");
        Assert.Equal(["10.0.0.0/16 local active", "10.20.0.0/16 nat-0a1b2c3d4e5f60001 active"], await RoutesAsync());
    }

    [Fact]
    public async Task A_route_to_a_gateway_is_a_blackhole_without_the_VPC_s_attachment()
    {
        var (_, attachment) = AttachSpoke();
        Other.Network.AddRoute(Other.Network.MainTable(_spoke), "10.0.0.0/8", Tgw);
        Assert.Equal($"10.0.0.0/8 {Tgw} blackhole", (await RoutesAsync(s_other))[1]);

        Transit.Accept(attachment);
        Assert.Equal($"10.0.0.0/8 {Tgw} active", (await RoutesAsync(s_other))[1]);

        Transit.Detach(attachment);
        Assert.Equal($"10.0.0.0/8 {Tgw} blackhole", (await RoutesAsync(s_other))[1]);
    }

    [Fact]
    public async Task A_route_may_have_a_prefix_list_for_its_destination()
    {
        var list = Network.AddPrefixList("pl-0a1b2c3d4e5f60001", "offices", "10.20.0.0/16", "10.30.0.0/16");
        Network.AddRoute(Main, $"{list}", "nat-0a1b2c3d4e5f60001");
        Assert.Equal([$"{list} nat-0a1b2c3d4e5f60001 active"], (await RoutesAsync())[1..]);

        Network.ChangePrefixList(list, "10.40.0.0/16");
        Network.AddPrefixList("pl-0a1b2c3d4e5f60002", "others");
        var seen = await Ec2(s_home).DescribePrefixListsAsync([list], Stopping);
        Assert.Equal([new PrefixList(list, "offices", [Prefix.Parse("10.40.0.0/16")])], seen.Items);
        Assert.Null(seen.Problem);

        Network.RestorePrefixList(list, 1);
        Assert.Equal("10.20.0.0/16, 10.30.0.0/16", Assert.Single((await Ec2(s_home).DescribePrefixListsAsync([list], Stopping)).Items).Entries.ToString());

        Network.HidePrefixList(list);
        seen = await Ec2(s_home).DescribePrefixListsAsync([list], Stopping);
        Assert.Empty(seen.Items);
        Assert.Equal($"EC2 does not show {list}", seen.Problem);
        Assert.Equal([$"{list} nat-0a1b2c3d4e5f60001 active"], (await RoutesAsync())[1..]);
    }

    [Fact]
    public async Task Only_the_gateway_s_owner_sees_where_an_attachment_is_looked_up()
    {
        var (gateway, attachment) = AttachSpoke();
        Assert.Equal([$"{Tgw} pendingAcceptance vpc {_spoke} 444455556666 no table"], await AttachmentsAsync(s_other));
        Assert.Empty(Assert.Single((await Ec2(s_home).DescribeTransitGatewayRouteTablesAsync(Stopping)).Items).Routes);

        Transit.Accept(attachment);
        Assert.Equal([$"{Tgw} available vpc {_spoke} 444455556666 {Transit.DefaultTable(gateway)}"], await AttachmentsAsync(s_home));
        Assert.Equal([$"{Tgw} available vpc {_spoke} 444455556666 no table"], await AttachmentsAsync(s_other));
        Assert.Empty(await AttachmentsAsync(s_far));
        Assert.Equal(["10.20.0.0/16 active propagated"], await TransitRoutesAsync(s_home));
        Assert.Empty((await Ec2(s_other).DescribeTransitGatewayRouteTablesAsync(Stopping)).Items);
        Assert.Equal([("CreateTransitGatewayVpcAttachment", s_other), ("AcceptTransitGatewayVpcAttachment", s_home)], Heard());
    }

    [Fact]
    public async Task Gateway_routes_are_announced_or_set_and_end_with_the_attachment()
    {
        var gateway = Transit.AddGateway(Tgw, s_home, defaults: false);
        var table = Transit.AddTable("tgw-rtb-0e5f6a7b8c9d0e1f2", gateway);
        var subnet = Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _hub, "10.0.1.0/24");
        Home.AssociateCidr(_hub, "2001:db8::/56");
        var hub = Transit.Attach("tgw-attach-0c3d4e5f6a7b8c9d0", gateway, _hub, [subnet], ipv6: true);
        var vpn = Transit.AttachOther("tgw-attach-0c3d4e5f6a7b8c9d1", gateway, "vpn", "vpn-0a1b2c3d4e5f60001", "192.168.0.0/24");
        Assert.Equal([$"{Tgw} available vpc {_hub} 111122223333 no table", $"{Tgw} available vpn vpn-0a1b2c3d4e5f60001 111122223333 no table"], await AttachmentsAsync(s_home));

        Transit.Associate(hub, table);
        Transit.Propagate(hub, table);
        Transit.Propagate(vpn, table);
        Transit.AddRoute(table, "192.168.0.0/24", null);
        Transit.AddRoute(table, "172.16.0.0/12", vpn);
        Assert.Equal(
            ["10.0.0.0/16 active propagated", "172.16.0.0/12 active static", "192.168.0.0/24 blackhole static", "2001:db8::/56 active propagated"],
            await TransitRoutesAsync(s_home));

        Transit.ReplaceRoute(table, "192.168.0.0/24", hub);
        Transit.StopPropagating(vpn, table);
        Transit.Detach(vpn);
        Assert.Equal("192.168.0.0/24 active static", (await TransitRoutesAsync(s_home))[2]);
        Assert.Equal("172.16.0.0/12 blackhole static", (await TransitRoutesAsync(s_home))[1]);

        Transit.DeleteRoute(table, "172.16.0.0/12");
        Transit.Disassociate(hub, table);
        Home.DeleteVpc(_hub);
        Assert.Equal(["192.168.0.0/24 blackhole static"], await TransitRoutesAsync(s_home));
        Assert.All((await Ec2(s_home).DescribeTransitGatewayAttachmentsAsync(Stopping)).Items, attachment => Assert.Equal("deleted", attachment.State));
    }

    [Fact]
    public async Task Peered_gateways_have_one_attachment_that_each_looks_up_in_a_table_of_its_own()
    {
        var (near, far) = (Transit.AddGateway(Tgw, s_home), Transit.AddGateway(FarTgw, s_far));
        var peering = Transit.PeerGateways("tgw-attach-0c3d4e5f6a7b8c9d9", near, far);
        Assert.Equal([$"{Tgw} pendingAcceptance peering {FarTgw} 111122223333 no table"], await AttachmentsAsync(s_home));

        Transit.Accept(peering);
        Transit.AddRoute(Transit.DefaultTable(near), "10.30.0.0/16", peering);
        Assert.Equal([$"{Tgw} available peering {FarTgw} 111122223333 {Transit.DefaultTable(near)}"], await AttachmentsAsync(s_home));
        Assert.Equal([$"{FarTgw} available peering {Tgw} 111122223333 {Transit.DefaultTable(far)}"], await AttachmentsAsync(s_far));
        Assert.Equal(["10.30.0.0/16 active static"], await TransitRoutesAsync(s_home));
        Assert.Empty(await TransitRoutesAsync(s_far));

        Transit.Detach(peering);
        Assert.Equal(["10.30.0.0/16 blackhole static"], await TransitRoutesAsync(s_home));
    }

    [Fact]
    public async Task Each_entry_of_a_prefix_list_is_a_route_of_a_gateway_where_no_other_static_one_goes_before()
    {
        var (gateway, attachment) = AttachSpoke();
        Transit.Accept(attachment);
        var table = Transit.DefaultTable(gateway);
        var list = Network.AddPrefixList("pl-0a1b2c3d4e5f60001", "offices", "10.20.0.0/16", "10.40.0.0/16");
        Transit.AddRoute(table, "10.40.0.0/16", null);
        Transit.AddReference(table, list, attachment);
        Assert.Equal(["10.20.0.0/16 active static", "10.40.0.0/16 blackhole static"], await TransitRoutesAsync(s_home));

        Network.ChangePrefixList(list, "10.50.0.0/16");
        Transit.ReplaceReference(table, list, null);
        Assert.Equal(["10.20.0.0/16 active propagated", "10.40.0.0/16 blackhole static", "10.50.0.0/16 blackhole static"], await TransitRoutesAsync(s_home));

        Transit.DeleteReference(table, list);
        Assert.Equal(["10.20.0.0/16 active propagated", "10.40.0.0/16 blackhole static"], await TransitRoutesAsync(s_home));
        Assert.Throws<InvalidOperationException>(() => Transit.DeleteTable(table));
    }

    [Fact]
    public async Task A_subnet_gets_and_loses_its_IPv6_range()
    {
        Home.AssociateCidr(_hub, "2001:db8::/56");
        var subnet = Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _hub, "10.0.1.0/24");
        Network.AssociateCidr(subnet, "2001:db8::/64");
        Assert.Equal("10.0.1.0/24, 2001:db8::/64", Assert.Single((await Ec2(s_home).DescribeSubnetsAsync(Stopping)).Items).Cidrs.ToString());
        Assert.Throws<InvalidOperationException>(() => Network.AssociateCidr(subnet, "2001:db8:0:1::/64"));

        Network.DisassociateCidr(subnet);
        Assert.Equal("10.0.1.0/24", Assert.Single((await Ec2(s_home).DescribeSubnetsAsync(Stopping)).Items).Cidrs.ToString());
    }

    [Fact]
    public async Task An_attachment_that_waits_may_be_rejected()
    {
        var (gateway, attachment) = AttachSpoke();
        var peering = Transit.PeerGateways("tgw-attach-0c3d4e5f6a7b8c9d1", gateway, Transit.AddGateway(FarTgw, s_far));
        Transit.Reject(attachment);
        Transit.Reject(peering);

        Assert.Equal(["rejected", "rejected"], (await Ec2(s_home).DescribeTransitGatewayAttachmentsAsync(Stopping)).Items.Select(seen => seen.State));
        Assert.Throws<InvalidOperationException>(() => Transit.Accept(peering));
        Assert.Equal(
            [
                ("CreateTransitGatewayVpcAttachment", s_other), ("CreateTransitGatewayPeeringAttachment", s_home),
                ("RejectTransitGatewayVpcAttachment", s_home), ("RejectTransitGatewayPeeringAttachment", s_far),
            ],
            Heard());
    }

    [Fact]
    public void What_EC2_would_refuse_is_a_mistake_of_the_story()
    {
        var subnet = Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _hub, "10.0.1.0/24");
        var twin = Network.AddSubnet("subnet-0a1b2c3d4e5f60002", _hub, "10.0.2.0/24");
        var gateway = Transit.AddGateway(Tgw, s_home);
        Transit.Attach("tgw-attach-0c3d4e5f6a7b8c9d0", gateway, _hub, [subnet]);
        foreach (var mistake in (Action[])
        [
            () => Network.AddSubnet("subnet-0a1b2c3d4e5f60003", _hub, "10.1.0.0/24"),
            () => Network.AddSubnet("subnet-0a1b2c3d4e5f60003", _hub, "10.0.1.128/25"),
            () => Network.AddRoute(Main, "10.0.0.0/16", Tgw),
            () => Network.DeleteRoute(Main, "10.9.0.0/16"),
            () => Network.DeleteTable(Main),
            () => Network.DeleteSubnet(subnet),
            () => Transit.Attach("tgw-attach-0c3d4e5f6a7b8c9d1", gateway, _hub, [subnet, twin]),
            () => Transit.Attach("tgw-attach-0c3d4e5f6a7b8c9d1", gateway, _remote, [subnet]),
            () => Transit.AddRoute(Transit.DefaultTable(gateway), "10.0.0.0/8", TransitAttachmentId.Parse("tgw-attach-0c3d4e5f6a7b8c9d1")),
        ])
        {
            Assert.Throws<InvalidOperationException>(mistake);
        }
    }

    [Fact]
    public void Every_change_is_news_that_reaches_the_queue_of_changes()
    {
        var subnet = Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _hub, "10.0.1.0/24");
        var second = Network.AddSubnet("subnet-0a1b2c3d4e5f60002", _hub, "10.0.2.0/24", zone: 2);
        var table = Network.AddTable("rtb-0aa1bb2cc3dd4ee5f", _hub);
        Network.Associate(subnet, table);
        Network.Associate(subnet, Main);
        Network.Disassociate(subnet);
        Network.MakeMain(table);
        Network.AddRoute(table, "0.0.0.0/0", "nat-0a1b2c3d4e5f60001");
        Network.ReplaceRoute(table, "0.0.0.0/0", Tgw);
        Network.DeleteRoute(table, "0.0.0.0/0");
        Network.DeleteTable(RouteTableId.Parse("rtb-0a11b22c33d44e551"));
        Peerings.Accept(Peerings.Peer(Pcx, _hub, _spoke));
        Peerings.Delete(PeeringId.Parse(Pcx));
        Peerings.Reject(Peerings.Peer("pcx-00000002", _hub, _spoke));
        Transit.AddGateway(Tgw, s_home, defaults: false);
        var transit = Transit.AddTable("tgw-rtb-0e5f6a7b8c9d0e1f2", TransitGatewayId.Parse(Tgw));
        var attachment = Transit.Attach("tgw-attach-0c3d4e5f6a7b8c9d0", TransitGatewayId.Parse(Tgw), _hub, [subnet]);
        Transit.ChangeSubnets(attachment, subnet, second);
        Transit.Associate(attachment, transit);
        Transit.Propagate(attachment, transit);
        Transit.AddRoute(transit, "10.0.0.0/8", attachment);
        Transit.ReplaceRoute(transit, "10.0.0.0/8", null);
        Transit.DeleteRoute(transit, "10.0.0.0/8");
        Transit.StopPropagating(attachment, transit);
        Transit.Disassociate(attachment, transit);
        Transit.Detach(attachment);
        var list = Network.AddPrefixList("pl-0a1b2c3d4e5f60001", "offices", "10.40.0.0/16");   // nothing leads by it yet
        Network.ChangePrefixList(list);
        Network.RestorePrefixList(list, 1);
        Transit.AddReference(transit, list, null);
        Transit.ReplaceReference(transit, list, null);
        Transit.DeleteReference(transit, list);
        Transit.DeleteTable(transit);
        var between = Transit.PeerGateways("tgw-attach-0c3d4e5f6a7b8c9d1", TransitGatewayId.Parse(Tgw), Transit.AddGateway(FarTgw, s_far));
        Transit.Accept(between);
        Transit.Detach(between);
        Home.AssociateCidr(_hub, "2001:db8::/56");
        Network.AssociateCidr(subnet, "2001:db8::/64");
        Network.DisassociateCidr(subnet);
        Network.DeleteSubnet(subnet);
        Home.TagVpc(_hub, VpcTags.Overlap, "via6");
        Home.TagVpc(_hub, VpcTags.Overlap, null);

        Assert.Equal(
            [
                "CreateSubnet", "CreateSubnet", "CreateRouteTable", "AssociateRouteTable", "ReplaceRouteTableAssociation", "DisassociateRouteTable",
                "ReplaceRouteTableAssociation", "CreateRoute", "ReplaceRoute", "DeleteRoute", "DeleteRouteTable",
                "CreateVpcPeeringConnection", "AcceptVpcPeeringConnection", "DeleteVpcPeeringConnection", "CreateVpcPeeringConnection", "RejectVpcPeeringConnection",
                "CreateTransitGatewayVpcAttachment", "ModifyTransitGatewayVpcAttachment", "AssociateTransitGatewayRouteTable",
                "EnableTransitGatewayRouteTablePropagation", "CreateTransitGatewayRoute", "ReplaceTransitGatewayRoute", "DeleteTransitGatewayRoute",
                "DisableTransitGatewayRouteTablePropagation", "DisassociateTransitGatewayRouteTable", "DeleteTransitGatewayVpcAttachment",
                "ModifyManagedPrefixList", "RestoreManagedPrefixListVersion",
                "CreateTransitGatewayPrefixListReference", "ModifyTransitGatewayPrefixListReference", "DeleteTransitGatewayPrefixListReference",
                "DeleteTransitGatewayRouteTable",
                "CreateTransitGatewayPeeringAttachment", "AcceptTransitGatewayPeeringAttachment", "DeleteTransitGatewayPeeringAttachment",
                "AssociateVpcCidrBlock", "AssociateSubnetCidrBlock", "DisassociateSubnetCidrBlock",
                "DeleteSubnet", "tags of vpc", "tags of vpc",
            ],
            Heard().Select(news => news.What));
        Assert.Equal(3 + Heard().Length, _world.ChangeEvents.Count);   // three VPCs came before
    }

    [Fact]
    public async Task A_VPC_shows_the_tags_that_people_and_the_automation_write()
    {
        Home.TagVpc(_hub, VpcTags.Overlap, "via6");
        Home.TagVpc(_hub, VpcTags.Advertise, "true");
        await Ec2(s_home).TagVpcAsync(_hub, VpcTags.SiteId, "7", Stopping);
        var vpc = Assert.Single((await Ec2(s_home).DescribeVpcsAsync(null, Stopping)).Items);
        Assert.Equal(("true", "via6", "7"), (vpc.Advertise, vpc.Overlap, vpc.SiteTag));

        Home.TagVpc(_hub, VpcTags.Overlap, null);
        Assert.Null(Home.Vpc(_hub).Overlap);
        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Ec2(s_home).TagVpcAsync(_spoke, VpcTags.SiteId, "7", Stopping));
        Assert.Equal(Failure.NotFound, failed.Failure);
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private IEc2 Ec2(Scope scope) => ((IAws)_world.Aws).In(scope).Ec2;

    private (TransitGatewayId Gateway, TransitAttachmentId Attachment) AttachSpoke()
    {
        var gateway = Transit.AddGateway(Tgw, s_home);
        var subnet = Other.Network.AddSubnet("subnet-0a1b2c3d4e5f60001", _spoke, "10.20.1.0/24");
        _events.Clear();
        return (gateway, Transit.Attach("tgw-attach-0c3d4e5f6a7b8c9d0", gateway, _spoke, [subnet]));
    }

    private (string What, Scope Where)[] Heard() =>
    [
        .. _events.Select(text => EventParser.Parse(text).Change).OfType<ChangeEvent.ScopeChanged>().Select(news => (news.What, new Scope(news.Account, news.Region!))),
    ];

    private async Task<string[]> RoutesAsync(Scope? scope = null) =>
    [
        .. (await Ec2(scope ?? s_home).DescribeRouteTablesAsync(Stopping)).Items.Single().Routes
            .Select(route => $"{route.Destination?.ToString() ?? route.PrefixList?.ToString()} {route.Target} {route.State}"),
    ];

    private async Task<IEnumerable<string>> TablesAsync() => (await Ec2(s_home).DescribeRouteTablesAsync(Stopping)).Items
        .Select(table => $"{table.Id} {(table.IsMain ? "main " : "")}{string.Join(' ', table.Subnets)}");

    private async Task<IEnumerable<string>> PeeringsAsync(Scope scope) => (await Ec2(scope).DescribeVpcPeeringConnectionsAsync(Stopping)).Items
        .Select(peering => $"{peering.Id} {peering.State} {peering.Requester.Vpc} {peering.Requester.Cidrs} {peering.Accepter.Vpc} {peering.Accepter.Cidrs}");

    private async Task<IEnumerable<string>> AttachmentsAsync(Scope scope) => (await Ec2(scope).DescribeTransitGatewayAttachmentsAsync(Stopping)).Items
        .Select(attachment => $"{attachment.Gateway} {attachment.State} {attachment.ResourceType} {attachment.ResourceId} {attachment.ResourceOwner} {attachment.RouteTable?.ToString() ?? "no table"}");

    private async Task<string[]> TransitRoutesAsync(Scope scope) =>
    [
        .. (await Ec2(scope).DescribeTransitGatewayRouteTablesAsync(Stopping)).Items.Single().Routes.Select(route => $"{route.Destination} {route.State} {route.Type}"),
    ];
}

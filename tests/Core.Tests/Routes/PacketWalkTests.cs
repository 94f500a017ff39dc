using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>The judge of the planner is judged by hand, and the networks that it walks are worth walking.</summary>
public class PacketWalkTests
{
    private static readonly VpcId s_hub = AWorld.VpcOf(1), s_spoke = AWorld.VpcOf(2);

    [Fact]
    public void Crosses_an_active_peering_and_comes_back() =>
        Assert.Equal(["10.2.1.9", "10.2.9.9"], Reached(Peered()));

    [Fact]
    public void Does_not_reach_what_has_no_route_back() =>
        Assert.Equal([], Reached(Peered() with { RouteTables = Tables(ToSpoke("pcx-00000001"), []) }));

    [Fact]
    public void Does_not_reach_the_one_subnet_that_has_no_route_back()
    {
        var peered = Peered();
        var silent = new RouteTable(RouteTableId.Parse("rtb-00000003"), s_spoke, false, [Sub(3)], [Local("10.2.0.0/16")]);

        Assert.Equal(["10.2.1.9"], Reached(peered with { RouteTables = Seen<RouteTable>.All([.. peered.RouteTables.Items, silent]) }));
    }

    [Theory]
    [InlineData("pending-acceptance")]
    [InlineData("deleted")]
    public void Does_not_cross_a_peering_in_another_state(string state) =>
        Assert.Equal([], Reached(Peered() with { Peerings = Seen<Peering>.All([Peering(state)]) }));

    [Fact]
    public void Follows_the_longest_prefix_also_into_nothing() =>
        Assert.Equal(["10.2.1.9"], Reached(Peered() with
        {
            RouteTables = Tables([.. ToSpoke("pcx-00000001"), new(Prefix.Parse("10.2.8.0/21"), null, "nat-00000001", Route.Active)], ToHub("pcx-00000001")),
        }));

    [Fact]
    public void Crosses_a_gateway_by_the_table_of_its_attachment() =>
        Assert.Equal(["10.2.1.9", "10.2.9.9"], Reached(Attached()));

    [Fact]
    public void Enters_a_gateway_only_from_a_zone_that_it_is_in()
    {
        var attached = Attached();
        var elsewhere = attached.Subnets with { Items = [.. attached.Subnets.Items.Select(subnet => subnet.Id == Sub(3) ? subnet with { Zone = "az2" } : subnet)] };

        Assert.Equal(["10.2.1.9"], Reached(attached with { Subnets = elsewhere }));
    }

    [Fact]
    public void Prefers_a_static_route_of_a_gateway_to_a_propagated_one()
    {
        var attached = Attached();
        var table = attached.TransitRouteTables.Items[0];
        var hole = new TransitRoute(Prefix.Parse("10.2.0.0/16"), "blackhole", "static", []);

        Assert.Equal([], Reached(attached with { TransitRouteTables = Seen<TransitRouteTable>.All([table with { Routes = [.. table.Routes, hole] }]) }));
    }

    /// <summary>A share of the networks in which each kind of thing happens, in hundredths; without them the properties would be about nothing.</summary>
    [Fact]
    public void Most_networks_are_connected_to_some_use()
    {
        const int Networks = 250;
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (ulong seed = 0; seed < Networks; seed++)
        {
            foreach (var kind in Kinds(AnyNetwork.Of(seed)).Distinct())
            {
                counts[kind] = counts.GetValueOrDefault(kind) + 1;
            }
        }

        foreach (var (kind, least) in new Dictionary<string, int>
        {
            ["peering"] = 35, ["gateway"] = 15, ["peered gateway"] = 4, ["outside"] = 15, ["IPv6 beyond its VPC"] = 15, ["partly reached"] = 30,
            ["stand-ins reach"] = 30, ["waiting"] = 10, ["overlap"] = 15, ["a subnet without a way back"] = 30, ["an unknown source"] = 15, ["own"] = 75,
        })
        {
            var share = counts.GetValueOrDefault(kind) * 100 / Networks;
            Assert.True(share >= least, $"{kind}: {share} of 100 networks, not {least}. All: {string.Join(", ", counts.Select(count => $"{count.Key} {count.Value * 100 / Networks}"))}");
        }
    }

    private static IEnumerable<string> Kinds(Snapshot seen)
    {
        var truth = new Truth(seen);
        var probes = PacketWalk.Edges(PacketWalk.EveryPrefix(seen)).ToArray();
        if (truth.Routers.Any(router => probes.Any(probe => truth.Arrival(router, probe).Way == PacketWalk.Way.Outside)))
        {
            yield return "outside";
        }

        var served = new Dictionary<Address, VpcId>();
        foreach (var vpc in truth.Vpcs)
        {
            var here = probes.Where(probe => PacketWalk.Associated(vpc).Any(prefix => prefix.Contains(probe)) && !PacketWalk.IsRefused(probe)).ToArray();
            yield return truth.ServiceOf(vpc) switch { Truth.Service.Own => "own", Truth.Service.Waiting => "waiting", _ => "none of its own" };
            foreach (var router in truth.Routers)
            {
                var reached = here.Where(probe => truth.Reaches(router, vpc, probe)).ToArray();
                foreach (var probe in here.Where(probe => truth.Serves(router, vpc, probe)))
                {
                    if (served.TryGetValue(probe, out var other) && other != vpc.Id)
                    {
                        yield return "overlap";
                    }

                    served[probe] = vpc.Id;
                }

                if (router.Vpc == vpc.Id)
                {
                    continue;
                }

                foreach (var probe in here)
                {
                    var arrival = truth.Arrival(router, probe);
                    if (arrival.Vpc == vpc.Id && !truth.Reaches(router, vpc, probe) && reached.Length > 0)
                    {
                        yield return "a subnet without a way back";
                    }
                }

                if (reached.Length > 0)
                {
                    foreach (var way in reached.Select(probe => truth.Arrival(router, probe).Way).Distinct())
                    {
                        yield return way switch
                        {
                            PacketWalk.Way.Peering => "peering",
                            PacketWalk.Way.PeeredGateway => "peered gateway",
                            _ => "gateway",
                        };
                    }

                    if (truth.ServiceOf(vpc) == Truth.Service.StandIns)
                    {
                        yield return "stand-ins reach";
                    }

                    if (reached.Any(probe => probe.IsIPv6))
                    {
                        yield return "IPv6 beyond its VPC";
                    }

                    if (router.PrivateAddress is null)
                    {
                        yield return "an unknown source";
                    }

                    foreach (var cidr in PacketWalk.Associated(vpc))
                    {
                        var inside = here.Where(cidr.Contains).ToArray();
                        if (reached.Any(cidr.Contains) && !inside.All(reached.Contains))
                        {
                            yield return "partly reached";
                        }
                    }
                }
            }
        }
    }

    // ---- a hub with a router in 10.1.1.0/24, and a spoke with the subnets 10.2.1.0/24 and 10.2.9.0/24

    private static SubnetId Sub(int number) => SubnetId.Parse($"subnet-{number:x8}");

    private static Route Local(string prefix) => new(Prefix.Parse(prefix), null, Route.Local, Route.Active);

    private static Route[] ToSpoke(string target) => [new(Prefix.Parse("10.0.0.0/8"), null, target, Route.Active)];

    private static Route[] ToHub(string target) => [new(Prefix.Parse("10.1.0.0/16"), null, target, Route.Active)];

    private static Seen<RouteTable> Tables(Route[] ofHub, Route[] ofSpoke) => Seen<RouteTable>.All(
    [
        new(RouteTableId.Parse("rtb-00000001"), s_hub, true, [], [Local("10.1.0.0/16"), .. ofHub]),
        new(RouteTableId.Parse("rtb-00000002"), s_spoke, true, [], [Local("10.2.0.0/16"), .. ofSpoke]),
    ]);

    private static Peering Peering(string state) => new(
        PeeringId.Parse("pcx-00000001"), state,
        new(s_hub, AWorld.Scope.Account, AWorld.Scope.Region, AWorld.Prefixes("10.1.0.0/16")),
        new(s_spoke, AWorld.Scope.Account, AWorld.Scope.Region, AWorld.Prefixes("10.2.0.0/16")));

    private static NetworkSeen Peered() => new()
    {
        Subnets = Seen<Subnet>.All(
        [
            new(Sub(1), s_hub, AWorld.Prefixes("10.1.1.0/24"), "az1"),
            new(Sub(2), s_spoke, AWorld.Prefixes("10.2.1.0/24"), "az1"),
            new(Sub(3), s_spoke, AWorld.Prefixes("10.2.9.0/24"), "az1"),
        ]),
        RouteTables = Tables(ToSpoke("pcx-00000001"), ToHub("pcx-00000001")),
        Peerings = Seen<Peering>.All([Peering("active")]),
        TransitAttachments = Seen<TransitAttachment>.All([]),
        TransitRouteTables = Seen<TransitRouteTable>.All([]),
        PrefixLists = Seen<PrefixList>.All([]),
    };

    private static NetworkSeen Attached()
    {
        var (gateway, table) = (TransitGatewayId.Parse("tgw-00000001"), TransitRouteTableId.Parse("tgw-rtb-00000001"));
        TransitAttachment Of(int number, VpcId vpc) => new(
            TransitAttachmentId.Parse($"tgw-attach-{number:x8}"), gateway, "available", "vpc", vpc.ToString(), AWorld.Scope.Account, table, [Sub(number)], false);
        return Peered() with
        {
            RouteTables = Tables(ToSpoke("tgw-00000001"), ToHub("tgw-00000001")),
            TransitAttachments = Seen<TransitAttachment>.All([Of(1, s_hub), Of(2, s_spoke)]),
            TransitRouteTables = Seen<TransitRouteTable>.All(
            [
                new(table, gateway,
                [
                    new(Prefix.Parse("10.1.0.0/16"), Route.Active, "propagated", [TransitAttachmentId.Parse("tgw-attach-00000001")]),
                    new(Prefix.Parse("10.2.0.0/16"), Route.Active, "propagated", [TransitAttachmentId.Parse("tgw-attach-00000002")]),
                ]),
            ]),
        };
    }

    private static string[] Reached(NetworkSeen network)
    {
        var seen = new AWorld().WithVpc(1, "10.1.0.0/16").WithVpc(2, "10.2.0.0/16").WithRouter(9, inVpc: 1)
            .Instance(9, instance => instance with { Subnet = Sub(1), PrivateAddress = Prefix.Parse("10.1.1.7/32").First }).Seen();
        seen = seen with { Scopes = [seen.Scopes[0] with { Network = network }] };
        var (walk, router) = (new PacketWalk(seen), seen.Scopes[0].Instances.Items[0]);
        return [.. new[] { "10.2.1.9", "10.2.9.9", "10.3.0.1", "8.8.8.8" }
            .Where(text => walk.Reaches(router, walk.Vpcs[1], Prefix.Parse($"{text}/32").First))];
    }
}

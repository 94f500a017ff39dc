using Automation.Network;
using static Automation.AWorld;

namespace Automation.Routes;

/// <summary>An engineer asks why, and can check the answer.</summary>
public class ExplainerTests
{
    private static AWorld Spoke() => new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1)
        .WithSubnet(1, 1, "10.0.1.0/24").WithSubnet(2, 2, "10.1.1.0/24").Standing(1, subnet: 1)
        .WithMainTable(1, 1, "10.0.0.0/8 tgw-00000001").WithMainTable(2, 2, "10.0.0.0/8 tgw-00000001")
        .WithVpcAttachment(1, 1, vpc: 1, table: 1, subnets: [1]).WithVpcAttachment(2, 1, vpc: 2, table: 1, subnets: [2])
        .WithTransitTable(1, 1, "10.0.0.0/16 1", "10.1.0.0/16 2")
        .Device(1, device => device with { Enabled = Prefixes("10.0.0.0/16", "10.1.0.0/16"), Advertised = Prefixes("10.0.0.0/16", "10.1.0.0/16") })
        .Node(1, node => node with { Routes = Prefixes("10.0.0.0/16", "10.1.0.0/16") });

    private static Explanation Explain(AWorld world, string target) =>
        new Explainer(world.Seen()).Explain(Prefix.TryParse(target, out var prefix) ? prefix : Prefix.Parse($"{target}/{(target.Contains(':') ? 128 : 32)}"));

    [Fact]
    public void Tells_the_way_hop_by_hop_and_back()
    {
        var explanation = Explain(Spoke(), "10.1.1.7");
        var piece = Assert.Single(explanation.Pieces);
        var router = Assert.Single(piece.Routers);

        Assert.True(explanation.Served);
        Assert.Equal(("10.1.0.0/16", "vpc-00000002"), (piece.Prefix, piece.VpcId));
        Assert.Equal(["subnet-router-i-00000001", "rtb-00000001 10.0.0.0/8", "tgw-00000001", "tgw-rtb-00000001 10.1.0.0/16", "vpc-00000002"], router.Hops);
        Assert.Equal(("carries traffic", true, "ok"), (router.State, router.Used, router.Back));
    }

    [Fact]
    public void Of_several_that_carry_traffic_clients_use_the_one_that_was_added_first()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithRouter(2, inVpc: 1).WithRouter(3, inVpc: 1)
            .Device(2, device => device with { Created = Now.AddHours(-9) })
            .Device(3, device => device with { Created = Now.AddHours(-20), Connected = false });

        Assert.Equal(
            [("subnet-router-i-00000002", true), ("subnet-router-i-00000001", false), ("subnet-router-i-00000003", false)],
            Explain(world, "10.0.0.9").Pieces[0].Routers.Select(router => (router.HostName, router.Used)));
    }

    [Fact]
    public void Says_why_nothing_serves_an_address()
    {
        var lost = Explain(Spoke(), "10.9.0.1");

        Assert.False(lost.Served);
        Assert.Contains(lost.Pieces[0].Others, other => other.What == "i-00000001" && other.Why == "tgw-rtb-00000001 has no route for it");
    }

    [Fact]
    public void Says_of_a_vpc_that_does_not_answer_where_its_answers_go()
    {
        var world = Spoke().WithTableOf(9, 2, [2], "10.0.0.0/8 igw-00000001");
        var lost = Explain(world, "10.1.1.7");

        Assert.Contains(lost.Pieces[0].Others, other => other.What == "i-00000001" && other.Why.Contains("subnet-00000002: it leaves by igw-00000001", StringComparison.Ordinal));
        Assert.Contains(lost.Pieces[0].Others, other => other.What == "vpc-00000002");
    }

    [Fact]
    public void Gives_the_4via6_form_and_its_name_and_understands_it()
    {
        var world = Spoke().WithSite(7, vpc: 2);

        Assert.Equal(("fd7a:115c:a1e0:b1a:0:7:a01:107/128", "10-1-1-7-via-7"), (Explain(world, "10.1.1.7").Pieces[0].Via6, Explain(world, "10.1.1.7").Pieces[0].MagicDnsName));

        var via6 = Explain(world, "fd7a:115c:a1e0:b1a:0:7:a01:107").Pieces[0];
        Assert.Equal(("fd7a:115c:a1e0:b1a:0:7:a01:0/112", "vpc-00000002", "ok"), (via6.Prefix, via6.VpcId, via6.Routers[0].Back));
        Assert.Equal("does not advertise it yet", via6.Routers[0].State);
    }

    [Fact]
    public void Divides_a_range_where_the_ways_part()
    {
        var pieces = Explain(Spoke(), "10.0.0.0/14").Pieces;

        Assert.Equal([("10.0.0.0/16", "vpc-00000001"), ("10.1.0.0/16", "vpc-00000002"), ("10.2.0.0/15", null)], pieces.Select(piece => (piece.Range, piece.VpcId)));
    }

    [Fact]
    public void Names_the_other_vpc_with_the_same_addresses()
    {
        var world = Spoke().WithVpc(3, "10.1.0.0/16").WithRouter(3, inVpc: 3).Device(3, device => device with { Enabled = PrefixSet.Empty });

        Assert.Contains(Explain(world, "10.1.1.7").Pieces[0].Others, other => other.What == "vpc-00000003" && other.Why.Contains("fd7a:115c:a1e0:b1a:0:", StringComparison.Ordinal));
    }
}

using Automation.Plans;
using static Automation.AWorld;

namespace Automation.Names;

/// <summary>Why a name is answered as it is, or not at all.</summary>
public class NameExplainerTests
{
    private static AWorld Hub() => new AWorld().WithVpc(1, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithInternalDomain(1, "10.0.0.2").WithZone(1, "corp.internal", vpc: 1);

    private static AWorld Corp() => Hub().WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");

    private static NameExplanation Explain(AWorld world, string name) => new NameExplainer(world.Seen()).Explain(name);

    [Theory]
    [InlineData("db.corp.internal")]
    [InlineData("DB.Corp.Internal.")]
    [InlineData("corp.internal")]
    public void A_name_is_in_the_longest_domain_that_fits(string name)
    {
        var explained = Explain(Corp().WithSplitDns("internal", "192.0.2.1"), name);

        Assert.Equal((true, "corp.internal", "automation"), (explained.Answered, explained.Domain, explained.Owner));
        Assert.Equal([("10.0.0.2", "resolver of vpc-00000001", true)], explained.Resolvers.Select(resolver => (resolver.Address, resolver.What, resolver.Forwarded)));
        Assert.Equal("zone Z0001 of 111122223333, associated with vpc-00000001", explained.Zone);
        Assert.Empty(explained.Missing);
    }

    [Fact]
    public void An_endpoint_is_named()
    {
        var explained = Explain(Corp().WithEndpoint(1, "OPERATIONAL", "10.0.1.10"), "db.corp.internal");

        Assert.Contains(("10.0.1.10", "rslvr-in-1", false), explained.Resolvers.Select(resolver => (resolver.Address, resolver.What, resolver.Forwarded)));
        Assert.Contains("forward corp.internal to 10.0.1.10 instead of 10.0.0.2", explained.Missing);
    }

    [Fact]
    public void What_is_still_to_be_done_is_told()
    {
        var explained = Explain(Hub(), "db.corp.internal");

        Assert.Equal((false, "nobody"), (explained.Answered, explained.Owner));
        Assert.Equal(["forward corp.internal to 10.0.0.2"], explained.Missing);
    }

    [Fact]
    public void A_domain_of_somebody_else_is_told_with_what_would_take_it_over()
    {
        var explained = Explain(Hub().WithSplitDns("corp.internal", "192.0.2.7"), "db.corp.internal");

        Assert.Equal((true, "somebody else"), (explained.Answered, explained.Owner));
        Assert.Equal(["unknown"], explained.Resolvers.Select(resolver => resolver.What));
        Assert.Contains(explained.Findings, finding => finding.Text.Contains("tailnet adopt corp.internal", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_names_are_translated_the_4via6_answer_is_told()
    {
        var dns64 = new Dns64(2, Network.Address.Parse("10.0.0.2"), Prefixes("10.0.0.0/16"));
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithRouter(2, inVpc: 2)
            .WithSite(1, 1).WithSite(2, 2).WithZone(2, "two.internal", vpc: 2)
            .Device(2, device => device with { Enabled = [], Advertised = [] }).Node(2, node => node with { Routes = [] })
            .Translating(2).Translated(2, dns64)
            .WithSplitDns("two.internal", "100.64.0.3").WithOwned("two.internal", 2, 2, true, "100.64.0.3");
        var explained = Explain(world, "db.two.internal");

        Assert.True(explained.Answered);
        Assert.Equal([("100.64.0.3", "subnet-router-i-00000002")], explained.Resolvers.Select(resolver => (resolver.Address, resolver.What)));
        Assert.Equal(["AAAA in fd7a:115c:a1e0:b1a:0:2:a00:0/112 for an address in 10.0.0.0/16 of vpc-00000002, and no A"], explained.Answers);
    }

    [Fact]
    public void A_vpc_that_has_the_zone_and_does_not_answer_is_told_with_the_reason()
    {
        var explained = Explain(Corp().WithVpc(2, "10.2.0.0/16").WithZone(1, "corp.internal", vpc: 2).WithVpc(3, "10.3.0.0/16").WithZone(1, "corp.internal", vpc: 3).Change(3, vpc => vpc with { DnsSupport = false }), "db.corp.internal");

        Assert.Equal(
            [("vpc-00000002", "has no router of its own"), ("vpc-00000003", "has DNS support or host names off")],
            explained.Others.Select(other => (other.VpcId, other.Why[..Math.Min(other.Why.Length, other.VpcId.EndsWith('2') ? 24 : 33)])));
    }

    [Fact]
    public void A_name_that_nobody_has_is_in_no_domain() => Assert.Equal((false, null), (Explain(Corp(), "www.example.com").Answered, Explain(Corp(), "www.example.com").Domain));

    [Fact]
    public void A_domain_of_somebody_else_that_is_answered_here_can_be_taken_over()
    {
        var adoption = Adoption.Of(Hub().WithSplitDns("corp.internal", "192.0.2.7").Seen(), "corp.internal", out var refusal);

        Assert.Null(refusal);
        Assert.Equal(["192.0.2.7"], adoption!.Has);
        Assert.Equal(["10.0.0.2"], adoption.Wanted);
        var taken = Hub().WithSplitDns("corp.internal", "192.0.2.7").Seen();
        Assert.Equal(
            ["forward corp.internal to 10.0.0.2 instead of 192.0.2.7"],
            ReconcilePlanner.Plan(taken with { Domains = taken.Domains with { Items = taken.Domains.Items.Add(adoption.Record) } }).Steps.Select(step => step.Action.ToString()));
    }

    [Theory]
    [InlineData("corp.internal", "already")]
    [InlineData("free.example", "Nobody forwards it")]
    [InlineData("other.example", "No VPC")]
    [InlineData("far.internal", "only be withdrawn")]
    public void What_cannot_be_kept_right_is_not_taken_over(string domain, string why)
    {
        var seen = Corp().WithSplitDns("other.example", "192.0.2.7").WithSplitDns("far.internal", "192.0.2.7").WithVpc(2, "10.2.0.0/16").WithZone(2, "far.internal", vpc: 2).Seen();

        Assert.Null(Adoption.Of(seen, domain, out var refusal));
        Assert.Contains(why, refusal, StringComparison.Ordinal);
    }
}

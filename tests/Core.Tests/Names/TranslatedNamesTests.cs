using Automation.Plans;
using static Automation.AWorld;

namespace Automation.Names;

/// <summary>Names of VPCs that are reached by 4via6 only: their routers answer, with addresses that lead there.</summary>
public class TranslatedNamesTests
{
    private static readonly Dns64 s_second = new(2, Network.Address.Parse("10.0.0.2"), Prefixes("10.0.0.0/16"));

    // VPC 1 is in use at 10.0.0.0/16; VPC 2 came later with the same, has site 2, and two routers that can translate.
    private static AWorld World(int translating = 2)
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.0.0.0/16").WithRouter(1, inVpc: 1).WithRouter(2, inVpc: 2).WithRouter(3, inVpc: 2)
            .WithSite(1, 1).WithSite(2, 2).Change(1, vpc => vpc with { SiteTag = "1" }).Change(2, vpc => vpc with { SiteTag = "2" })
            .WithZone(2, "two.internal", vpc: 2);
        foreach (var router in new[] { 2, 3 })
        {
            world.Device(router, device => device with { Enabled = [], Advertised = [] }).Node(router, node => node with { Routes = [] });
        }

        return Enumerable.Range(2, translating).Aggregate(world, (built, router) => built.Translating(router));
    }

    [Fact]
    public void Its_domains_are_forwarded_to_its_routers_own_addresses_once_they_answer()
    {
        var plan = World().Planned();
        var set = plan.Steps.Single(step => step.Action is PlanAction.SetSplitDns { Wanted.Domain: "two.internal" });
        var steps = plan.Steps.Where(step => step.Action is PlanAction.SetDns64).ToArray();

        Assert.Equal(["100.64.0.3", "100.64.0.4"], World().Resolvers("two.internal"));
        Assert.Equal([s_second, s_second], steps.Select(step => ((PlanAction.SetDns64)step.Action).Wanted));
        Assert.All(steps, step => Assert.Contains(step.Group, set.After));
        Assert.Empty(ReconcilePlanner.Plan(After.Of(World().Seen(), plan)).Steps);
    }

    [Fact]
    public void What_answers_already_does_not_wait_for_what_is_still_to_be_made_ready()
    {
        var steps = World().Translated(2, s_second).Planned().Steps.Where(step => step.Action is PlanAction.SetSplitDns { Wanted.Domain: "two.internal" }).ToArray();
        var ready = Assert.Single(World().Translated(2, s_second).Planned().Steps, step => step.Action is PlanAction.SetDns64);

        Assert.Equal([["100.64.0.3"], ["100.64.0.3", "100.64.0.4"]], steps.Select(step => ((PlanAction.SetSplitDns)step.Action).Wanted.Resolvers.ToArray()));
        Assert.DoesNotContain(ready.Group, steps[0].After);
        Assert.Contains(ready.Group, steps[1].After);
    }

    [Fact]
    public void Without_a_router_that_can_translate_nothing_is_forwarded_and_it_is_told()
    {
        Assert.Empty(World(translating: 0).Resolvers("two.internal"));
        Assert.Contains("Dns64 = true", World(translating: 0).Planned().Findings.Single(finding => finding.Rule == "dns64-missing").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_routers_that_can_translate_are_asked() => Assert.Equal(["100.64.0.3"], World(translating: 1).Resolvers("two.internal"));

    [Fact]
    public void A_router_that_is_not_in_service_is_not_asked() =>
        Assert.Equal(["100.64.0.4"], World().Device(2, device => device with { Connected = false, LastSeen = Now.AddHours(-1) }).Resolvers("two.internal"));

    [Fact]
    public void A_changed_site_or_cidr_is_told_to_the_routers_again()
    {
        var world = World().Translated(2, s_second with { Site = 9 }).Translated(3, s_second);

        Assert.Equal([InstanceOf(2)], world.Planned().Steps.Select(step => step.Action).OfType<PlanAction.SetDns64>().Select(action => action.Instance));
    }

    [Fact]
    public void A_router_that_is_told_anew_stays_forwarded_to_meanwhile()
    {
        var world = World().Translated(2, s_second with { Site = 9 }).Translated(3, s_second)
            .WithSplitDns("two.internal", "100.64.0.3", "100.64.0.4").WithOwned("two.internal", 2, 2, true, "100.64.0.3", "100.64.0.4");

        Assert.DoesNotContain(world.Planned().Steps, step => step.Action is PlanAction.SetSplitDns { Wanted.Domain: "two.internal" });
    }

    [Fact]
    public void The_vpc_that_is_in_use_as_it_is_keeps_its_own_resolver() =>
        Assert.Equal(["10.0.0.2"], World().WithZone(1, "one.internal", vpc: 1).Resolvers("one.internal"));

    [Fact]
    public void Where_only_a_later_cidr_overlaps_just_its_addresses_are_translated()
    {
        var world = new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.5.0.0/16", "10.0.0.0/16").WithRouter(1, inVpc: 1).WithRouter(2, inVpc: 2)
            .WithSite(1, 1).WithSite(2, 2).WithZone(2, "two.internal", vpc: 2)
            .Device(2, device => device with { Enabled = Prefixes("10.5.0.0/16"), Advertised = Prefixes("10.5.0.0/16") }).Node(2, node => node with { Routes = Prefixes("10.5.0.0/16") });

        Assert.Equal(["10.5.0.2"], world.Resolvers("two.internal"));
        Assert.Contains("names of hosts there lead elsewhere", world.Planned().Findings.Single(finding => finding.Rule == "dns64-missing").Text, StringComparison.Ordinal);
        Assert.Equal(
            [new Dns64(2, Network.Address.Parse("10.5.0.2"), Prefixes("10.0.0.0/16"))],
            world.Translating(2).Planned().Steps.Select(step => step.Action).OfType<PlanAction.SetDns64>().Select(action => action.Wanted));
        Assert.Equal(["100.64.0.3"], world.Resolvers("two.internal"));
    }

    [Theory]
    [InlineData("sites")]
    [InlineData("nodes")]
    [InlineData("devices")]
    public void Unknown_withdraws_no_name(string part)
    {
        var world = World().Translated(2, s_second).Translated(3, s_second).WithSplitDns("two.internal", "100.64.0.3", "100.64.0.4").WithOwned("two.internal", 2, 2, true, "100.64.0.3", "100.64.0.4");

        Assert.DoesNotContain(world.Unread(part).Planned().Steps, step => step.Action is PlanAction.RemoveSplitDns or PlanAction.SetSplitDns { Wanted.Domain: "two.internal" });
    }
}

using System.Globalization;
using Automation.Nodes;
using Automation.Plans;
using Automation.Reports;
using Automation.Sandbox;
using static Automation.Names.TwoAccounts;

namespace Automation.Names;

/// <summary>Which names are looked at, how often anybody is asked, and what becomes of an answer that is missing.</summary>
public sealed class NamesObserverTests
{
    private const string ByVpc = "Route 53 ListHostedZonesByVPC", All = "Route 53 ListHostedZones", Tags = "Route 53 ListTagsForResources";
    private const string Endpoints = "Route 53 Resolver ListResolverEndpoints", Rules = "Route 53 Resolver ListResolverRules";

    private readonly TwoAccounts _accounts = new();

    private SandboxWorld World => _accounts.World;

    [Fact]
    public async Task Zones_and_DNS_are_asked_for_where_an_instance_is_up_and_where_the_ledger_has_a_domain_or_an_association()
    {
        var region = World.Aws.Region(HubScope);
        var (ended, domain, associated) = (region.AddVpc("vpc-0b11b22c33d44e55f", "10.2.0.0/16"), region.AddVpc("vpc-0c11b22c33d44e55f", "10.3.0.0/16"), region.AddVpc("vpc-0d11b22c33d44e55f", "10.4.0.0/16"));
        _accounts.Launch("i-0a1b2c3d4e5f60718", _accounts.Hub);
        _accounts.Launch("i-0b1b2c3d4e5f60718", ended);
        region.Kill(InstanceId.Parse("i-0b1b2c3d4e5f60718"));
        World.Ledger.Domains["corp.example"] = new("corp.example", ["10.3.0.2"], "", HubScope, domain, Confirmed: true);
        World.Ledger.Associations[(_accounts.Zone, associated)] = _accounts.Wanted with { Vpc = associated };
        var zone = region.AddPrivateZone("Z0123456789ABCDEFGHI0", "own.example", _accounts.Hub);

        var seen = Seen(await ObserveAsync(), HubScope);

        Assert.Equal([_accounts.Hub, domain, associated], seen.Vpcs.Items.Where(vpc => vpc.DnsSupport is not null).Select(vpc => vpc.Id));
        Assert.Equal([new Zone(zone, "own.example", _accounts.Hub, HubScope.Account)], seen.Zones.Items);
        Assert.True(seen.Zones.IsComplete);
        Assert.Equal((3, 3), (_accounts.Count(ByVpc), _accounts.Count("EC2 DescribeVpcAttribute")));
    }

    [Theory]
    [InlineData(ZoneAssociation.None, false)]
    [InlineData(ZoneAssociation.Tagged, true)]
    [InlineData(ZoneAssociation.All, true)]
    public async Task A_VPC_that_only_others_routers_serve_is_asked_about_where_zones_may_be_associated(ZoneAssociation association, bool asked)
    {
        await ServedAsync();
        Choose(association);

        var seen = Seen(await ObserveAsync(), SpokeScope);

        Assert.Equal(asked ? [_accounts.Zone] : [], seen.Zones.Items.Select(zone => zone.Id));
        Assert.True(seen.Zones.IsComplete);
        Assert.Equal(asked ? 2 : 1, _accounts.Count(ByVpc));
    }

    [Fact]
    public async Task A_VPC_with_an_endpoint_that_only_others_routers_serve_is_asked_about()
    {
        await ServedAsync();
        World.Aws.Region(SpokeScope).Resolver.AddInboundEndpoint("rslvr-in-0b1b2c3d4e5f60030", _accounts.Spoke, "10.20.1.53");

        Assert.Equal([_accounts.Zone], Seen(await ObserveAsync(), SpokeScope).Zones.Items.Select(zone => zone.Id));
    }

    [Fact]
    public async Task A_VPC_that_two_accounts_show_is_asked_about_where_its_instance_is_and_once_where_it_has_none()
    {
        const string shared = "vpc-0e11b22c33d44e55f";
        World.Aws.Region(HubScope).AddVpc(shared, "10.5.0.0/16");
        var vpc = World.Aws.Region(SpokeScope).AddVpc(shared, "10.5.0.0/16");
        World.Ledger.Domains["corp.example"] = new("corp.example", ["10.5.0.2"], "", SecondScope, vpc, Confirmed: true);
        Assert.Equal([HubScope], await AskedAsync());

        World.Aws.Region(SpokeScope).Launch("i-0a1b2c3d4e5f60718", vpc, "subnet-0a1b2c3d4e5f60001", hook: null);
        Assert.Equal([SpokeScope], await AskedAsync());

        async Task<Scope[]> AskedAsync() => [.. (await ObserveAsync()).Scopes.Where(scope => scope.Vpcs.Items.Any(shown => shown.Id == vpc && shown.DnsSupport is not null)).Select(scope => scope.Scope)];
    }

    [Fact]
    public async Task Public_zones_are_read_once_an_account_in_its_first_scope()
    {
        _accounts.Zones.AddPublic(HubScope.Account, "Z0123456789ABCDEFGHI1", "example.com");
        _accounts.Zones.AddPublic(SpokeScope.Account, "Z0123456789ABCDEFGHI2", "example.org");

        var seen = await ObserveAsync();

        Assert.Equal(["example.com"], Seen(seen, HubScope).PublicZones.Items.Select(zone => zone.Name));
        Assert.Equal(Seen<PublicZone>.All([]), Seen(seen, SecondScope).PublicZones);
        Assert.Equal(["example.org"], Seen(seen, SpokeScope).PublicZones.Items.Select(zone => zone.Name));
        Assert.Equal(2, _accounts.Count(All));

        _accounts.Calls.Clear();
        Assert.Equal(["example.com"], Seen(await ObserveAsync(SecondScope), SecondScope).PublicZones.Items.Select(zone => zone.Name));
        Assert.Equal(1, _accounts.Count(All));
    }

    [Fact]
    public async Task Endpoints_and_rules_are_read_once_a_scope()
    {
        _accounts.Launch("i-0a1b2c3d4e5f60718", _accounts.Hub);
        World.Aws.Region(HubScope).Resolver.AddInboundEndpoint("rslvr-in-0a1b2c3d4e5f60030", _accounts.Hub, "10.0.1.53");
        World.Aws.Region(HubScope).Resolver.AddForwardRule("rslvr-rr-0a1b2c3d4e5f60030", "ad.example", _accounts.Hub);
        World.Aws.Region(SpokeScope).Resolver.AddInboundEndpoint("rslvr-in-0b1b2c3d4e5f60030", _accounts.Spoke, "10.20.1.53");

        var seen = await ObserveAsync();

        Assert.Equal("rslvr-in-0a1b2c3d4e5f60030", Assert.Single(Seen(seen, HubScope).Endpoints.Items).Id);
        Assert.Equal("rslvr-rr-0a1b2c3d4e5f60030", Assert.Single(Seen(seen, HubScope).Rules.Items).Id);
        Assert.Equal("rslvr-in-0b1b2c3d4e5f60030", Assert.Single(Seen(seen, SpokeScope).Endpoints.Items).Id);
        Assert.Empty(Seen(seen, SpokeScope).Rules.Items);
        Assert.Equal((2, 2), (_accounts.Count(Endpoints), _accounts.Count(Rules)));
    }

    [Fact]
    public async Task Tags_are_asked_for_of_zones_of_accounts_that_are_looked_after_and_hold_at_every_VPC()
    {
        var (tagged, plain, foreign, service) = await TaggedAsync();
        Choose(ZoneAssociation.Tagged);

        var seen = await ObserveAsync();

        Assert.Equal(
            [(plain, false), (foreign, null), (service, null), (tagged, (bool?)true)],
            Seen(seen, HubScope).Zones.Items.Select(zone => (zone.Id, zone.MayAssociate)));
        Assert.Equal([(tagged, (bool?)true)], Seen(seen, SpokeScope).Zones.Items.Select(zone => (zone.Id, zone.MayAssociate)));
        Assert.Equal(2, _accounts.Count(Tags));   // of two accounts
    }

    [Theory]
    [InlineData(ZoneAssociation.None)]
    [InlineData(ZoneAssociation.All)]
    public async Task Tags_are_not_asked_for_where_they_decide_nothing(ZoneAssociation association)
    {
        await TaggedAsync();
        Choose(association);

        Assert.All((await ObserveAsync()).Scopes.SelectMany(scope => scope.Zones.Items), zone => Assert.Null(zone.MayAssociate));
        Assert.Equal(0, _accounts.Count(Tags));
    }

    [Fact]
    public async Task Tags_that_cannot_be_read_make_the_zones_unknown_wherever_they_show()
    {
        await TaggedAsync();
        Choose(ZoneAssociation.Tagged);
        _accounts.Fails = call => call == Tags ? Failed(call, Failure.Denied) : null;

        var seen = await ObserveAsync();

        Assert.All(seen.Scopes.SelectMany(scope => scope.Zones.Items), zone => Assert.Null(zone.MayAssociate));
        Assert.Equal((false, true, false), (Seen(seen, HubScope).Zones.IsComplete, Seen(seen, SecondScope).Zones.IsComplete, Seen(seen, SpokeScope).Zones.IsComplete));
        Assert.StartsWith($"tags of the zones of {SpokeScope.Account}: ", Seen(seen, SpokeScope).Zones.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tags_of_zones_show_to_their_owner_also_where_only_another_scope_is_looked_at()
    {
        var (tagged, _, _, _) = await TaggedAsync();
        Choose(ZoneAssociation.Tagged);

        var seen = await ObserveAsync(HubScope);

        Assert.True(Assert.Single(Seen(seen, HubScope).Zones.Items, zone => zone.Id == tagged).MayAssociate);
        Assert.Equal(ScopeSeen.Unseen(SpokeScope, ScopeSeen.NotLookedAt).Problems(), Seen(seen, SpokeScope).Problems());
    }

    [Fact]
    public async Task Each_failure_makes_its_own_part_unknown()
    {
        await ServedAsync();
        Choose(ZoneAssociation.All);
        foreach (var (call, part) in new[] { (ByVpc, "hosted zones"), ("EC2 DescribeVpcAttribute", "hosted zones"), (All, "public hosted zones"), (Endpoints, "inbound endpoints"), (Rules, "forward rules") })
        {
            _accounts.Fails = made => made == call ? Failed(made, Failure.Denied) : null;

            var problem = Assert.Single(Seen(await ObserveAsync(), HubScope).Problems());
            Assert.StartsWith($"{part}: ", problem, StringComparison.Ordinal);
            Assert.Contains(call, problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_the_VPCs_are_not_known_neither_are_their_zones()
    {
        _accounts.Launch("i-0a1b2c3d4e5f60718", _accounts.Hub);
        _accounts.Fails = call => call == "EC2 DescribeVpcs" ? Failed(call, Failure.Denied) : null;

        var seen = Seen(await ObserveAsync(), HubScope);

        Assert.Equal("not every VPC is known", seen.Zones.Problem);
        Assert.True(seen.PublicZones.IsComplete && seen.Endpoints.IsComplete && seen.Rules.IsComplete);
    }

    [Fact]
    public async Task A_domain_says_whether_clients_with_an_exit_node_use_it_and_nothing_is_missing_where_that_is_not_known()
    {
        World.Tailnet.SetSplitDns("a.example", ["10.0.0.2"]);
        World.Tailnet.SetSplitDns("b.example", ["10.0.0.2"]);
        World.Tailnet.SetUseWithExitNode("b.example", true);
        Assert.Equal([("a.example", (bool?)false), ("b.example", true)], (await ObserveAsync()).SplitDns.Items.Select(domain => (domain.Domain, domain.UseWithExitNode)));

        _accounts.Fails = call => call == "Tailscale GET /dns/configuration" ? Failed(call, Failure.Denied) : null;
        var seen = await ObserveAsync();
        Assert.Equal([("a.example", (bool?)null), ("b.example", null)], seen.SplitDns.Items.Select(domain => (domain.Domain, domain.UseWithExitNode)));
        Assert.True(seen.SplitDns.IsComplete);
    }

    [Fact]
    public async Task A_look_at_routes_alone_asks_for_no_names()
    {
        await ServedAsync();
        Choose(ZoneAssociation.Tagged);

        var seen = await World.Parts.Observer.ObserveAsync(World.Settings.Scopes, Breadth.Routes, TestContext.Current.CancellationToken);

        var scope = Seen(seen, HubScope);
        Assert.All([scope.Zones.Problem, scope.PublicZones.Problem, scope.Endpoints.Problem, scope.Rules.Problem, seen.SplitDns.Problem], problem => Assert.Equal(ScopeSeen.NotLookedAt, problem));
        Assert.DoesNotContain(_accounts.Calls, call => call.StartsWith("Route 53", StringComparison.Ordinal) || call.Contains("/dns/", StringComparison.Ordinal) || call == "EC2 DescribeVpcAttribute");
    }

    [Fact]
    public async Task Five_hundred_zones_over_a_hundred_VPCs_cost_a_call_a_VPC_and_a_few_for_all()
    {
        foreach (var number in Enumerable.Range(0, 100))
        {
            var vpc = World.Aws.Region(HubScope).AddVpc(string.Create(CultureInfo.InvariantCulture, $"vpc-{number + 1:x17}"), $"10.{number + 100}.0.0/16");
            _accounts.Launch(string.Create(CultureInfo.InvariantCulture, $"i-{number + 1:x17}"), vpc);
            foreach (var zone in Enumerable.Range(number * 5, 5))
            {
                _accounts.Zones.AddPrivate(HubScope.Account, string.Create(CultureInfo.InvariantCulture, $"Z{zone:D20}"), $"{zone}.example", vpc);
            }
        }

        Choose(ZoneAssociation.Tagged);
        var seen = await ObserveAsync(HubScope);

        Assert.Equal(500, Seen(seen, HubScope).Zones.Items.Length);
        Assert.True(Seen(seen, HubScope).Zones.IsComplete);
        Assert.Equal((100, 5, 50), (_accounts.Count(ByVpc), _accounts.Count(All), _accounts.Count(Tags)));
        Assert.Equal(155, World.Aws.Calls["Route 53"]);
        Assert.Equal(2, World.Aws.Calls["Route 53 Resolver"] - _accounts.Count("Route 53 Resolver ListResolverRuleAssociations"));
    }

    private static ScopeSeen Seen(Snapshot seen, Scope scope) => Assert.Single(seen.Scopes, found => found.Scope == scope);

    private Task<Snapshot> ObserveAsync(params Scope[] scopes) =>
        World.Parts.Observer.ObserveAsync(scopes.Length == 0 ? World.Settings.Scopes : scopes, Breadth.Everything, TestContext.Current.CancellationToken);

    private void Choose(ZoneAssociation association)
    {
        World.Reconfigure(settings => settings with { Names = new(association, [], false) });
        _accounts.Calls.Clear();
    }

    /// <summary>A router of the hub serves the spoke, which has none.</summary>
    private async Task ServedAsync()
    {
        _accounts.Peer();
        World.Aws.Region(HubScope).Launch("i-0a1b2c3d4e5f60718", _accounts.Hub, "subnet-0a1b2c3d4e5f60001");
        Assert.True(await World.SettleAsync(TimeSpan.FromMinutes(5)));
        await World.ReconcileAsync();
        Assert.Contains(ANetwork.Prefixes("10.20.0.0/16").Single(), World.Tailnet.Devices.Single().Enabled);
        _accounts.Calls.Clear();
    }

    /// <summary>Four zones at the hub: the spoke's with the tag, an own one without it, one of an account that nobody looks after, and one of a service.</summary>
    private async Task<(ZoneId Tagged, ZoneId Plain, ZoneId Foreign, ZoneId Service)> TaggedAsync()
    {
        await ServedAsync();
        var elsewhere = World.Aws.Region(new("777788889999", "eu-west-1")).AddVpc("vpc-0e11b22c33d44e55f", "10.9.0.0/16");
        var plain = _accounts.Zones.AddPrivate(HubScope.Account, "Z0123456789ABCDEFGHI0", "own.example", _accounts.Hub);
        var foreign = _accounts.Zones.AddPrivate("777788889999", "Z0123456789ABCDEFGHI1", "far.example", elsewhere);
        var service = _accounts.Zones.AddOfService("vpce.amazonaws.com", "Z0123456789ABCDEFGHI2", "ssm.eu-west-1.amazonaws.com", _accounts.Hub);
        foreach (var zone in new[] { foreign, _accounts.Zone })
        {
            _accounts.Zones.Tag(zone, "tailscale:associate", "true");
            _accounts.Zones.Authorize(zone, _accounts.Hub);
            _accounts.Zones.Associate(zone, _accounts.Hub);
        }

        return (_accounts.Zone, plain, foreign, service);
    }
}

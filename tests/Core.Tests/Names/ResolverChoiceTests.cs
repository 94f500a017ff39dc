namespace Automation.Names;

/// <summary>What a domain is forwarded to.</summary>
public class ResolverChoiceTests
{
    private static AWorld Hub() => new AWorld().WithVpc(1, "10.0.0.0/16", "10.9.0.0/16").WithRouter(1, inVpc: 1).WithZone(1, "corp.internal", vpc: 1);

    // Router 1 in a hub reaches a spoke that has no router.
    private static AWorld Spoke() => new AWorld().WithVpc(1, "10.0.0.0/16").WithVpc(2, "10.1.0.0/16").WithRouter(1, inVpc: 1)
        .WithSubnet(1, 1, "10.0.1.0/24").WithSubnet(2, 2, "10.1.1.0/24").Standing(1, subnet: 1)
        .WithMainTable(1, 1, "10.1.0.0/16 pcx-00000001").WithMainTable(2, 2, "10.0.0.0/16 pcx-00000001").WithPeering(1, 1, 2);

    [Fact]
    public void An_inbound_endpoint_goes_before_the_vpcs_own_resolver() =>
        Assert.Equal(["10.0.1.10", "10.9.2.10"], Hub().WithEndpoint(1, "OPERATIONAL", "10.0.1.10", "10.9.2.10").Resolvers("corp.internal"));

    [Theory]
    [InlineData("UPDATING")]
    [InlineData("AUTO_RECOVERING")]
    public void An_endpoint_that_is_being_changed_still_answers(string status) =>
        Assert.Equal(["10.0.1.10"], Hub().WithEndpoint(1, status, "10.0.1.10").Resolvers("corp.internal"));

    [Theory]
    [InlineData("CREATING")]
    [InlineData("ACTION_NEEDED")]
    [InlineData("DELETING")]
    public void An_endpoint_that_does_not_answer_is_not_asked(string status) =>
        Assert.Equal(["10.0.0.2"], Hub().WithEndpoint(1, status, "10.0.1.10").Resolvers("corp.internal"));

    [Fact]
    public void Only_attached_addresses_of_an_endpoint_are_asked() =>
        Assert.Equal(["10.0.1.10"], Hub().WithEndpoint(1, "OPERATIONAL", "10.0.1.10", "10.0.2.10 ATTACHING", "10.0.3.10 DETACHING").Resolvers("corp.internal"));

    [Fact]
    public void An_address_of_an_endpoint_that_no_route_covers_is_not_asked() =>
        Assert.Equal(["10.0.1.10"], Hub().WithEndpoint(1, "OPERATIONAL", "10.0.1.10", "10.77.2.10").Resolvers("corp.internal"));

    [Fact]
    public void Without_a_covered_address_the_vpcs_own_resolver_is_asked() =>
        Assert.Equal(["10.0.0.2"], Hub().WithEndpoint(1, "OPERATIONAL", "10.77.2.10").Resolvers("corp.internal"));

    [Fact]
    public void An_endpoint_answers_for_a_vpc_that_only_another_vpcs_router_reaches()
    {
        Assert.Empty(Spoke().WithZone(1, "corp.internal", vpc: 2).Resolvers("corp.internal"));
        Assert.Equal(["10.1.1.10"], Spoke().WithZone(1, "corp.internal", vpc: 2).WithEndpoint(2, "OPERATIONAL", "10.1.1.10").Resolvers("corp.internal"));
    }

    [Fact]
    public void All_vpcs_of_one_zone_are_asked_whatever_answers_for_each() => Assert.Equal(
        ["10.0.0.2", "10.2.1.10"],
        Hub().WithVpc(2, "10.2.0.0/16").WithRouter(2, inVpc: 2).WithZone(1, "corp.internal", vpc: 2).WithEndpoint(2, "OPERATIONAL", "10.2.1.10").Resolvers("corp.internal"));

    [Fact]
    public void While_endpoints_are_not_read_nothing_is_changed()
    {
        var world = Hub().WithInternalDomain(1, "10.0.1.10").WithSplitDns("corp.internal", "10.0.1.10").WithOwned("corp.internal", 1, 1, true, "10.0.1.10").Unread("endpoints");

        Assert.Empty(world.Lines());
        Assert.Equal(["10.0.1.10"], world.Resolvers("corp.internal"));
        Assert.Contains("scope-incomplete", world.Rules());
    }

    [Fact]
    public void A_zone_that_an_aws_service_made_is_not_forwarded()
    {
        var world = Hub().WithZoneOf("vpce.amazonaws.com", 2, "ssm.eu-west-1.amazonaws.com", vpc: 1);

        Assert.Empty(world.Resolvers("ssm.eu-west-1.amazonaws.com"));
        Assert.Equal(["10.0.0.2"], world.Resolvers("corp.internal"));
    }

    [Fact]
    public void Domains_of_aws_services_are_forwarded_only_when_chosen()
    {
        Assert.DoesNotContain(Hub().Planned().Domains, domain => domain.Domain.EndsWith(".amazonaws.com", StringComparison.Ordinal));

        var world = Hub().Naming(services: ["elasticache", "rds"]);
        Assert.Equal(["10.0.0.2"], world.Resolvers("eu-west-1.rds.amazonaws.com"));
        Assert.Equal(["10.0.0.2"], world.Resolvers("euw1.cache.amazonaws.com"));
        Assert.DoesNotContain(world.Planned().Domains, domain => domain.Domain == "amazonaws.com");
    }

    [Theory]
    [InlineData("rds", "us-east-1", "us-east-1.rds.amazonaws.com")]
    [InlineData("opensearch", "eu-central-1", "eu-central-1.es.amazonaws.com")]
    [InlineData("elasticache", "ap-southeast-2", "apse2.cache.amazonaws.com")]
    [InlineData("elasticache", "us-gov-west-1", null)]
    [InlineData("vpce", "cn-north-1", "cn-north-1.vpce.amazonaws.com.cn")]
    public void Every_service_has_its_own_form_of_a_regional_domain(string service, string region, string? domain) => Assert.Equal(domain, ServiceDomains.Of(service, region));

    [Theory]
    [InlineData("10.0.0.0/8", "10.in-addr.arpa")]
    [InlineData("10.7.0.0/16", "7.10.in-addr.arpa")]
    [InlineData("10.7.9.0/24", "9.7.10.in-addr.arpa")]
    [InlineData("10.7.8.0/23", "8.7.10.in-addr.arpa", "9.7.10.in-addr.arpa")]
    [InlineData("10.6.0.0/15", "6.10.in-addr.arpa", "7.10.in-addr.arpa")]
    [InlineData("10.7.9.16/28")]
    [InlineData("10.7.0.0/17")]
    [InlineData("2001:db8::/32")]
    public void Reverse_zones_are_cut_at_octets(string cidr, params string[] zones) => Assert.Equal(zones, ReverseZones.Of(Network.Prefix.Parse(cidr)));

    [Fact]
    public void Reverse_zones_of_served_cidrs_are_forwarded_when_chosen()
    {
        Assert.Empty(Hub().Resolvers("0.10.in-addr.arpa"));
        Assert.Equal(["10.0.0.2"], Hub().Naming(reverse: true).Resolvers("0.10.in-addr.arpa"));
        Assert.Equal(["10.0.0.2"], Hub().Naming(reverse: true).Resolvers("9.10.in-addr.arpa"));
        Assert.Contains("reverse-zone-not-whole", new AWorld().WithVpc(1, "10.0.0.0/28").WithRouter(1, inVpc: 1).Naming(reverse: true).Rules());
    }

    [Fact]
    public void A_child_that_its_parent_already_covers_at_the_same_resolver_is_not_doubled()
    {
        var world = Hub().WithZone(2, "db.corp.internal", vpc: 1);

        Assert.Equal(["10.0.0.2"], world.Resolvers("corp.internal"));
        Assert.Empty(world.Resolvers("db.corp.internal"));
        Assert.DoesNotContain(world.Lines(), line => line.Contains("db.corp.internal", StringComparison.Ordinal));
    }

    [Fact]
    public void A_child_at_another_resolver_is_forwarded_by_itself() => Assert.Equal(
        ["10.2.0.2"],
        Hub().WithVpc(2, "10.2.0.0/16").WithRouter(2, inVpc: 2).WithZone(2, "db.corp.internal", vpc: 2).Resolvers("db.corp.internal"));

    [Fact]
    public void A_child_that_is_no_longer_needed_goes_after_its_parent_is_there()
    {
        var world = Hub().WithInternalDomain(1, "10.0.0.2").WithZone(2, "db.corp.internal", vpc: 1).WithSplitDns("db.corp.internal", "10.0.0.2").WithOwned("db.corp.internal", 2, 1, true, "10.0.0.2");
        var steps = world.Planned().Steps;

        Assert.Equal(["forward corp.internal to 10.0.0.2", "stop forwarding db.corp.internal"], world.Lines());
        Assert.Contains(steps[0].Group, steps[1].After);
    }

    [Fact]
    public void A_parent_of_somebody_else_covers_nothing() => Assert.Equal(
        ["10.0.0.2"],
        Hub().WithZone(2, "db.corp.internal", vpc: 1).WithSplitDns("corp.internal", "10.0.0.2").Resolvers("db.corp.internal"));

    [Fact]
    public void Rules_and_zones_that_change_what_a_domain_answers_are_told()
    {
        var world = Hub().WithZone(2, "home.local", vpc: 1).WithZone(3, "free.example", vpc: 1)
            .WithRule("corp.internal", 1).WithRule("free.example", 7).WithRule("internal", 1).WithRule("", 1).WithPublicZone(9, "corp.internal");

        Assert.Equal(["corp.internal"], world.Planned().Findings.Where(finding => finding.Rule == "forward-rule-wins").Select(finding => finding.Resource));
        Assert.Equal(["corp.internal"], world.Planned().Findings.Where(finding => finding.Rule == "public-zone-too").Select(finding => finding.Resource));
        Assert.Equal(["home.local"], world.Planned().Findings.Where(finding => finding.Rule == "local-domain").Select(finding => finding.Resource));
    }

    [Fact]
    public void A_rule_below_a_zone_wins_over_it_there() => Assert.Contains("forward-rule-wins", Hub().WithRule("db.corp.internal", 1).Rules());

    [Fact]
    public void Many_domains_at_one_vpcs_own_resolver_are_told_and_at_an_endpoint_not()
    {
        AWorld Many() => Enumerable.Range(10, 30).Aggregate(Hub(), (world, number) => world.WithZone(number, $"zone{number}.example", vpc: 1));

        Assert.Contains("resolver-limit", Many().Rules());
        Assert.DoesNotContain("resolver-limit", Many().WithEndpoint(1, "OPERATIONAL", "10.0.1.10").Rules());
        Assert.DoesNotContain("resolver-limit", Hub().Rules());
    }

    [Fact]
    public void That_clients_with_an_exit_node_use_a_domain_is_remembered_and_its_loss_is_told()
    {
        AWorld World(bool? flag, bool remembered)
        {
            var world = Hub().WithInternalDomain(1, "10.0.0.2").WithSplitDns("corp.internal", "10.0.0.2").WithOwned("corp.internal", 1, 1, true, "10.0.0.2");
            return world.ExitNode("corp.internal", flag, remembered);
        }

        Assert.Equal(["confirm corp.internal in the ledger"], World(true, false).Lines());
        Assert.Empty(World(true, true).Lines());
        Assert.DoesNotContain("exit-node-names-lost", World(true, true).Rules());
        Assert.Contains("exit-node-names-lost", World(false, true).Rules());
        Assert.Empty(World(null, true).Lines());
        Assert.DoesNotContain("exit-node-names-lost", World(null, true).Rules());
    }

    [Fact]
    public void A_domain_of_somebody_else_is_told_with_the_command_that_takes_it_over() => Assert.Contains(
        "tailnet adopt corp.internal",
        Hub().WithSplitDns("corp.internal", "192.0.2.7").Planned().Findings.Single(finding => finding.Rule == "split-dns-not-owned").Text,
        StringComparison.Ordinal);
}

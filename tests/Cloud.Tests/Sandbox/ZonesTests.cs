using Automation.Aws;
using Automation.Events;
using Automation.Plans;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Sandbox;

/// <summary>The rules of Route 53 to which the simulated cloud holds everybody.</summary>
public sealed class ZonesTests
{
    private const string Corp = "corp.example.internal";

    private static readonly Scope s_hub = new("111122223333", "eu-west-1"), s_spoke = new("444455556666", "us-west-2");

    private readonly SandboxWorld _world = new(NullLogger.Instance, null, s_hub, s_spoke);
    private readonly List<string> _events = [];
    private readonly VpcId _vpc, _far, _other;
    private readonly ZoneId _zone;

    public ZonesTests()
    {
        _vpc = _world.Aws.Region(s_hub).AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        _other = _world.Aws.Region(s_hub).AddVpc("vpc-0b11b22c33d44e55f", "10.2.0.0/16");
        _far = _world.Aws.Region(s_spoke).AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        _zone = _world.Aws.Zones.AddPrivate(s_spoke.Account, "Z0123456789ABCDEFGHIJ", Corp, _far);
        _world.EventSeen = _events.Add;
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private SimulatedZones Zones => _world.Aws.Zones;

    private IRoute53 Hub => ((IAws)_world.Aws).In(s_hub).Route53;

    private IRoute53 Spoke => ((IAws)_world.Aws).In(s_spoke).Route53;

    [Fact]
    public async Task A_zone_of_the_account_is_shown_at_a_VPC_at_once_and_in_sync_after_a_while()
    {
        var own = Zones.AddPrivate(s_hub.Account, "Z0123456789ABCDEFGHI0", Corp, _vpc);

        var change = await Hub.AssociateVpcAsync(own, _other, s_hub.Region, Stopping);

        Assert.Equal(new Zone(own, Corp, _other, s_hub.Account), Assert.Single((await Hub.ListHostedZonesByVpcAsync(_other, Stopping)).Items));
        _world.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(await Hub.IsInSyncAsync(change!, Stopping));
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await Hub.IsInSyncAsync(change!, Stopping));
        Assert.True(await Hub.IsInSyncAsync("C0", Stopping));
        Assert.Null(await Hub.AssociateVpcAsync(own, _other, s_hub.Region, Stopping));
    }

    [Fact]
    public async Task A_zone_of_another_account_needs_an_authorisation_which_is_not_needed_any_more_once_used()
    {
        await AssertRefusedAsync("NotAuthorizedException", Failure.Denied, () => Hub.AssociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping));

        await Spoke.CreateVpcAssociationAuthorizationAsync(_zone, _vpc, s_hub.Region, Stopping);
        await Spoke.CreateVpcAssociationAuthorizationAsync(_zone, _vpc, s_hub.Region, Stopping);
        Assert.Equal([_vpc], (await Spoke.ListVpcAssociationAuthorizationsAsync(_zone, Stopping)).Items);
        Assert.NotNull(await Hub.AssociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping));

        await Spoke.DeleteVpcAssociationAuthorizationAsync(_zone, _vpc, s_hub.Region, Stopping);
        await Spoke.DeleteVpcAssociationAuthorizationAsync(_zone, _vpc, s_hub.Region, Stopping);
        Assert.Equal(new Zone(_zone, Corp, _vpc, s_spoke.Account), Assert.Single((await Hub.ListHostedZonesByVpcAsync(_vpc, Stopping)).Items));
        Assert.Empty(Zones.AuthorizedFor(_zone));
    }

    [Fact]
    public async Task Only_the_owner_of_a_zone_authorises_for_it_and_only_the_owner_of_a_VPC_associates_it()
    {
        await AssertRefusedAsync("NoSuchHostedZone", Failure.NotFound, () => Hub.CreateVpcAssociationAuthorizationAsync(_zone, _vpc, s_hub.Region, Stopping));
        await AssertRefusedAsync("NoSuchHostedZone", Failure.NotFound, () => Hub.ListVpcAssociationAuthorizationsAsync(_zone, Stopping));
        await AssertRefusedAsync("InvalidVPCId", Failure.NotFound, () => Spoke.AssociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping));
        await AssertRefusedAsync("InvalidVPCId", Failure.NotFound, () => Hub.AssociateVpcAsync(_zone, _vpc, "eu-west-2", Stopping));
        await AssertRefusedAsync("InvalidInput", Failure.Invalid, () => Spoke.ListHostedZonesByVpcAsync(_vpc, Stopping));
    }

    [Fact]
    public async Task Two_zones_of_one_name_do_not_meet_at_a_VPC()
    {
        var own = Zones.AddPrivate(s_hub.Account, "Z0123456789ABCDEFGHI0", Corp, _vpc);
        Zones.Authorize(_zone, _vpc);

        await AssertRefusedAsync("ConflictingDomainExists", Failure.Conflict, () => Hub.AssociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping));
        Assert.Equal([own], (await Hub.ListHostedZonesByVpcAsync(_vpc, Stopping)).Items.Select(zone => zone.Id));
    }

    [Fact]
    public async Task A_zone_keeps_its_last_VPC_and_takes_no_more_than_the_quota()
    {
        await AssertRefusedAsync("LastVPCAssociation", Failure.Invalid, () => Spoke.DisassociateVpcAsync(_zone, _far, s_spoke.Region, Stopping));

        Zones.Authorize(_zone, _vpc);
        Zones.MostVpcs = 1;
        await AssertRefusedAsync("LimitsExceeded", Failure.Invalid, () => Hub.AssociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping));

        Zones.MostVpcs = 2;
        Zones.Associate(_zone, _vpc);
        await Hub.DisassociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping);
        await Hub.DisassociateVpcAsync(_zone, _vpc, s_hub.Region, Stopping);
        Assert.Equal([_far], Zones.VpcsOf(_zone));
    }

    [Fact]
    public async Task Public_zones_are_of_the_account_and_zones_of_a_service_are_of_no_account()
    {
        Zones.AddPublic(s_hub.Account, "Z0123456789ABCDEFGHI1", "example.com");
        Zones.AddOfService("vpce.amazonaws.com", "Z0123456789ABCDEFGHI2", "ssm.eu-west-1.amazonaws.com", _vpc);

        Assert.Equal([new PublicZone(ZoneId.Parse("Z0123456789ABCDEFGHI1"), "example.com")], (await Hub.ListPublicZonesAsync(Stopping)).Items);
        Assert.Empty((await Spoke.ListPublicZonesAsync(Stopping)).Items);
        Assert.Equal("vpce.amazonaws.com", Assert.Single((await Hub.ListHostedZonesByVpcAsync(_vpc, Stopping)).Items).Owner);
    }

    [Fact]
    public async Task Tags_are_shown_of_the_own_zones_ten_a_call()
    {
        ZoneId[] zones = [.. Enumerable.Range(10, 21).Select(number => Zones.AddPrivate(s_hub.Account, $"Z0123456789ABCDEFGH{number}", $"{number}.example", _vpc))];
        Zones.Tag(zones[0], "tailscale:associate", "true");
        Zones.Tag(zones[1], "tailscale:associate", "false");
        Zones.Tag(zones[20], "tailscale:associate", "true");
        Zones.Tag(_zone, "tailscale:associate", "true");
        var before = _world.Calls.Count;

        Assert.Equal([zones[0], zones[20]], (await Hub.ListAssociableZonesAsync([.. zones, _zone], Stopping)).Items);
        Assert.Equal(3, _world.Calls.Count - before);
        Assert.Equal(3, _world.Aws.Calls["Route 53"]);
    }

    [Fact]
    public void Each_change_is_told_of_to_the_account_that_makes_it_and_to_no_Region()
    {
        Zones.Authorize(_zone, _vpc);
        Zones.Associate(_zone, _vpc);
        Zones.Deauthorize(_zone, _vpc);
        Zones.Disassociate(_zone, _vpc);
        Zones.Tag(_zone, "tailscale:associate", "true");
        Zones.Delete(_zone);
        Zones.AddPublic(s_hub.Account, "Z0123456789ABCDEFGHI1", "example.com");

        Assert.Equal(
            [
                new(s_spoke.Account, null, "CreateVPCAssociationAuthorization"),
                new(s_hub.Account, null, "AssociateVPCWithHostedZone"),
                new(s_spoke.Account, null, "DeleteVPCAssociationAuthorization"),
                new(s_hub.Account, null, "DisassociateVPCFromHostedZone"),
                new(s_spoke.Account, null, "ChangeTagsForResource"),
                new(s_spoke.Account, null, "DeleteHostedZone"),
                new(s_hub.Account, null, "CreateHostedZone"),
            ],
            _events.Select(text => Assert.IsType<ChangeEvent.ScopeChanged>(EventParser.Parse(text).Change)));
        Assert.All(_events, text => Assert.Equal(1, _events.Count(other => EventParser.Parse(other).Id == EventParser.Parse(text).Id)));
    }

    [Fact]
    public async Task Inbound_endpoints_and_forward_rules_are_of_a_Region_and_the_addresses_of_each_endpoint_are_a_call()
    {
        var region = _world.Aws.Region(s_hub);
        region.Resolver.AddInboundEndpoint("rslvr-in-0a1b2c3d4e5f60030", _vpc, "10.0.1.53", "10.0.2.53");
        region.Resolver.AddInboundEndpoint("rslvr-in-0b1b2c3d4e5f60030", _other, "10.2.1.53");
        region.Resolver.Change("rslvr-in-0b1b2c3d4e5f60030", endpoint => endpoint with { Status = "ACTION_NEEDED" });
        region.Resolver.AddForwardRule("rslvr-rr-0a1b2c3d4e5f60030", "ad.example", _vpc);
        var resolver = ((IAws)_world.Aws).In(s_hub).Resolver;

        var endpoints = (await resolver.ListInboundEndpointsAsync(Stopping)).Items;
        Assert.Equal([true, false], endpoints.Select(endpoint => endpoint.Serves));
        Assert.Equal(["10.0.1.53", "10.0.2.53"], endpoints[0].Addresses.Select(address => address.Address.ToString()));
        Assert.Equal([_vpc], Assert.Single((await resolver.ListForwardRulesAsync(Stopping)).Items).Vpcs);
        Assert.Equal(5, _world.Aws.Calls["Route 53 Resolver"]);
        Assert.Empty((await ((IAws)_world.Aws).In(s_spoke).Resolver.ListInboundEndpointsAsync(Stopping)).Items);
        Assert.Equal(new ChangeEvent.ScopeChanged(s_hub.Account, s_hub.Region, "CreateResolverEndpoint"), EventParser.Parse(_events[0]).Change);
    }

    private static async Task AssertRefusedAsync(string code, Failure failure, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<CallFailedException>(call);
        Assert.Equal((code, failure), (refused.Code, refused.Failure));
    }
}

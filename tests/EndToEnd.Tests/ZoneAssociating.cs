using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Plans;

namespace Automation.EndToEnd;

/// <summary>Zones, their VPCs and Resolver, as the real clients see and change them.</summary>
public sealed class ZoneAssociating(Moto moto)
{
    private const string Region = "eu-west-1";

    private readonly MotoAccount _account = moto.NewAccount();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private MotoRegion World => _account.In(Region);

    [Fact]
    public async Task A_VPC_is_associated_with_a_zone_of_its_account_and_taken_off_again()
    {
        var (own, hub) = (await World.CreateVpcAsync("10.1.0.0/16"), await World.CreateVpcAsync("10.2.0.0/16"));
        var zone = await World.CreatePrivateZoneAsync("corp.internal", own);
        var route53 = await Route53Async(_account);

        var change = await route53.AssociateVpcAsync(zone, hub, Region, Stopping);

        Assert.NotNull(change);
        Assert.False(await IsInSyncAsync() || await IsInSyncAsync());
        Assert.True(await IsInSyncAsync());
        Assert.Equal([new Zone(zone, "corp.internal", hub, _account.Id)], (await route53.ListHostedZonesByVpcAsync(hub, Stopping)).Items);
        Assert.Null(await route53.AssociateVpcAsync(zone, hub, Region, Stopping));

        await route53.DisassociateVpcAsync(zone, hub, Region, Stopping);
        await route53.DisassociateVpcAsync(zone, hub, Region, Stopping);
        Assert.Empty((await route53.ListHostedZonesByVpcAsync(hub, Stopping)).Items);
        var last = await Assert.ThrowsAsync<CallFailedException>(() => route53.DisassociateVpcAsync(zone, own, Region, Stopping));
        Assert.Contains("a private zone keeps its last VPC", last.Message, StringComparison.Ordinal);
        await World.DeleteZoneAsync(zone);
        await route53.DisassociateVpcAsync(zone, hub, Region, Stopping);

        Assert.True(await route53.IsInSyncAsync("C0UNKNOWN", Stopping));

        Task<bool> IsInSyncAsync() => route53.IsInSyncAsync(change!, Stopping);
    }

    [Fact]
    public async Task A_VPC_has_one_zone_of_a_name()
    {
        var (own, hub) = (await World.CreateVpcAsync("10.1.0.0/16"), await World.CreateVpcAsync("10.2.0.0/16"));
        var zone = await World.CreatePrivateZoneAsync("corp.internal", own);
        var other = await World.CreatePrivateZoneAsync("corp.internal", hub);

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            async () => await (await Route53Async(_account)).AssociateVpcAsync(zone, hub, Region, Stopping));

        Assert.Equal(Failure.Conflict, failed.Failure);
        Assert.Equal([other], (await World.ZonesOfAsync(hub)).Keys);
    }

    [Fact]
    public async Task A_VPC_of_another_account_is_associated_once_the_zone_s_owner_has_authorised_it()
    {
        var other = moto.NewAccount();
        var hub = await other.In(Region).CreateVpcAsync("10.2.0.0/16");
        var zone = await World.CreatePrivateZoneAsync("corp.internal", await World.CreateVpcAsync("10.1.0.0/16"));
        var (owner, member) = (await Route53Async(_account), await Route53Async(other));

        var refused = await Assert.ThrowsAsync<CallFailedException>(() => member.AssociateVpcAsync(zone, hub, Region, Stopping));
        Assert.Equal((Failure.Denied, "NotAuthorizedException"), (refused.Failure, refused.Code));
        Assert.Empty((await owner.ListVpcAssociationAuthorizationsAsync(zone, Stopping)).Items);

        await owner.CreateVpcAssociationAuthorizationAsync(zone, hub, Region, Stopping);
        await owner.CreateVpcAssociationAuthorizationAsync(zone, hub, Region, Stopping);
        Assert.Equal([hub], (await owner.ListVpcAssociationAuthorizationsAsync(zone, Stopping)).Items);
        Assert.NotNull(await member.AssociateVpcAsync(zone, hub, Region, Stopping));

        await owner.DeleteVpcAssociationAuthorizationAsync(zone, hub, Region, Stopping);
        await owner.DeleteVpcAssociationAuthorizationAsync(zone, hub, Region, Stopping);
        Assert.Empty((await owner.ListVpcAssociationAuthorizationsAsync(zone, Stopping)).Items);
        Assert.Equal([new Zone(zone, "corp.internal", hub, _account.Id)], (await member.ListHostedZonesByVpcAsync(hub, Stopping)).Items);
        await member.DisassociateVpcAsync(zone, hub, Region, Stopping);
        Assert.Empty((await member.ListHostedZonesByVpcAsync(hub, Stopping)).Items);

        var unknown = await Assert.ThrowsAsync<CallFailedException>(() => member.CreateVpcAssociationAuthorizationAsync(zone, hub, Region, Stopping));
        Assert.Equal("NoSuchHostedZone", unknown.Code);
    }

    [Fact]
    public async Task Public_zones_and_tags_are_read()
    {
        var vpc = await World.CreateVpcAsync("10.1.0.0/16");
        var visible = await World.CreatePublicZoneAsync("example.com");
        var (tagged, other) = (await World.CreatePrivateZoneAsync("a.internal", vpc), await World.CreatePrivateZoneAsync("b.internal", vpc));
        await World.TagZoneAsync(tagged, "tailscale:associate", "true");
        await World.TagZoneAsync(other, "tailscale:associate", "false");
        var route53 = await Route53Async(_account);

        var zones = await route53.ListPublicZonesAsync(Stopping);
        var associable = await route53.ListAssociableZonesAsync([tagged, other], Stopping);

        Assert.Equal([new PublicZone(visible, "example.com")], zones.Items);
        Assert.Equal([tagged], associable.Items);
        Assert.Null(zones.Problem ?? associable.Problem);
    }

    [Fact]
    public async Task Inbound_endpoints_and_forward_rules_are_read()
    {
        var (vpc, other) = (await World.CreateVpcAsync("10.1.0.0/16"), await World.CreateVpcAsync("10.2.0.0/16"));
        var (one, two) = (await World.CreateSubnetAsync(vpc, "10.1.1.0/24"), await World.CreateSubnetAsync(vpc, "10.1.2.0/24"));
        var inbound = await World.CreateResolverEndpointAsync(vpc, one, two);
        var outbound = await World.CreateResolverEndpointAsync(vpc, one, two, "OUTBOUND");
        var rule = await World.CreateForwardRuleAsync("Corp.Example", outbound);
        await World.CreateForwardRuleAsync("unused.example", outbound);
        await World.AssociateRuleAsync(rule, vpc);
        await World.AssociateRuleAsync(rule, other);
        var resolver = (await ToMoto.ScopeAsync(moto, _account, Region)).Resolver;

        var endpoints = await resolver.ListInboundEndpointsAsync(Stopping);
        var rules = await resolver.ListForwardRulesAsync(Stopping);

        Assert.Null(endpoints.Problem ?? rules.Problem);
        var endpoint = Assert.Single(endpoints.Items);
        Assert.Equal((inbound, vpc, true, 2), (endpoint.Id, endpoint.Vpc, endpoint.Serves, endpoint.Addresses.Length));
        Assert.All(endpoint.Addresses, address => Assert.StartsWith("10.1.", address.Address.ToString(), StringComparison.Ordinal));
        Assert.Equal(
            ["corp.example " + string.Join(' ', new[] { vpc, other }.Order()), "unused.example "],
            rules.Items.Select(found => $"{found.Domain} {string.Join(' ', found.Vpcs)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_role_associates_VPCs_of_its_Region_alone_and_what_it_looks_at_is_named()
    {
        const string Role = "restricted";
        var vpc = await World.CreateVpcAsync("10.1.0.0/16");
        var (near, far) = (await World.CreateVpcAsync("10.2.0.0/16"), await _account.In("eu-west-2").CreateVpcAsync("10.3.0.0/16"));
        var zone = await World.CreatePrivateZoneAsync("corp.internal", vpc);
        var endpoint = await World.CreateResolverEndpointAsync(vpc, await World.CreateSubnetAsync(vpc, "10.1.1.0/24"), await World.CreateSubnetAsync(vpc, "10.1.2.0/24"));
        await _account.CreateRoleAsync(Role, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""");
        await _account.EnforceIamAsync(new Dictionary<string, JsonArray>
        {
            [Role] = JsonNode.Parse(
                $$"""
                [
                  { "Sid": "Look", "Effect": "Allow", "Action": ["ec2:DescribeVpcs", "route53resolver:ListResolverEndpoints"], "Resource": "*" },
                  { "Sid": "Associate", "Effect": "Allow", "Action": "route53:AssociateVPCWithHostedZone", "Resource": "arn:aws:route53:::hostedzone/*",
                    "Condition": { "ForAllValues:StringLike": { "route53:VPCs": "VPCId=*,VPCRegion={{Region}}" } } },
                  { "Sid": "Await", "Effect": "Allow", "Action": "route53:GetChange", "Resource": "arn:aws:route53:::change/*" },
                  { "Sid": "Tags", "Effect": "Allow", "Action": "route53:ListTagsForResources", "Resource": "arn:aws:route53:::hostedzone/{{zone}}" },
                  { "Sid": "Addresses", "Effect": "Allow", "Action": "route53resolver:ListResolverEndpointIpAddresses",
                    "Resource": "arn:aws:route53resolver:{{Region}}:{{_account.Id}}:resolver-endpoint/{{endpoint}}" }
                ]
                """)!.AsArray(),
        });
        var scope = await ToMoto.ScopeAsync(moto, _account, Region, Role);

        Assert.False(await scope.Route53.IsInSyncAsync((await scope.Route53.AssociateVpcAsync(zone, near, Region, Stopping))!, Stopping));
        Assert.Null((await scope.Route53.ListAssociableZonesAsync([zone], Stopping)).Problem);
        Assert.Null((await scope.Resolver.ListInboundEndpointsAsync(Stopping)).Problem);
        await RefusedAsync(() => scope.Route53.AssociateVpcAsync(zone, far, "eu-west-2", Stopping), "route53:AssociateVPCWithHostedZone");
        await RefusedAsync(() => scope.Route53.DisassociateVpcAsync(zone, near, Region, Stopping), "route53:DisassociateVPCFromHostedZone");
        await RefusedAsync(() => scope.Route53.ListAssociableZonesAsync([ZoneId.Parse("Z0")], Stopping), "route53:ListTagsForResources");
        await RefusedAsync(() => scope.Route53.ListPublicZonesAsync(Stopping), "route53:ListHostedZones");
        await RefusedAsync(() => scope.Route53.CreateVpcAssociationAuthorizationAsync(zone, near, Region, Stopping), "route53:CreateVPCAssociationAuthorization");
        await RefusedAsync(() => scope.Route53.ListVpcAssociationAuthorizationsAsync(zone, Stopping), "route53:ListVPCAssociationAuthorizations");
        await RefusedAsync(() => scope.Resolver.ListForwardRulesAsync(Stopping), "route53resolver:ListResolverRule");

        static async Task RefusedAsync(Func<Task> call, string action)
        {
            var failed = await Assert.ThrowsAsync<CallFailedException>(call);
            Assert.Equal(Failure.Denied, failed.Failure);
            Assert.Contains($"allow {action}", failed.Message, StringComparison.Ordinal);
        }
    }

    private async Task<IRoute53> Route53Async(MotoAccount account) => (await ToMoto.ScopeAsync(moto, account, Region)).Route53;
}

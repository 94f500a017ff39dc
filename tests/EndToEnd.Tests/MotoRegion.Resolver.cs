using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    /// <summary>Creates a Resolver endpoint with an address in each of two subnets of a VPC.</summary>
    /// <param name="direction">INBOUND or OUTBOUND.</param>
    /// <returns>Its id.</returns>
    public async Task<string> CreateResolverEndpointAsync(VpcId vpc, SubnetId one, SubnetId two, string direction = "INBOUND")
    {
        var group = await Ec2.CreateSecurityGroupAsync(new() { VpcId = vpc.ToString(), GroupName = Guid.NewGuid().ToString(), Description = "resolver" });
        var answer = await ResolverAsync("CreateResolverEndpoint", new()
        {
            ["CreatorRequestId"] = Guid.NewGuid().ToString(),
            [nameof(Name)] = NewName(),
            ["SecurityGroupIds"] = new JsonArray(group.GroupId),
            ["Direction"] = direction,
            ["IpAddresses"] = new JsonArray(
                new JsonObject { ["SubnetId"] = one.ToString() }, new JsonObject { ["SubnetId"] = two.ToString() }),
        });
        return (string)answer["ResolverEndpoint"]!["Id"]!;
    }

    public Task DeleteResolverEndpointAsync(string endpoint) => ResolverAsync("DeleteResolverEndpoint", new() { ["ResolverEndpointId"] = endpoint });

    /// <returns>In the order in which the tailnet's API has them.</returns>
    public async Task<string[]> ResolverAddressesAsync(string endpoint)
    {
        var answer = await ResolverAsync("ListResolverEndpointIpAddresses", new() { ["ResolverEndpointId"] = endpoint });
        return [.. answer["IpAddresses"]!.AsArray().Select(address => (string)address!["Ip"]!).Order(StringComparer.Ordinal)];
    }

    /// <summary>Creates a rule of type FORWARD.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateForwardRuleAsync(string domain, string endpoint)
    {
        var answer = await ResolverAsync("CreateResolverRule", new()
        {
            ["CreatorRequestId"] = Guid.NewGuid().ToString(),
            [nameof(Name)] = NewName(),
            ["RuleType"] = "FORWARD",
            ["DomainName"] = domain,
            ["TargetIps"] = new JsonArray(new JsonObject { ["Ip"] = "192.0.2.53", ["Port"] = 53 }),
            ["ResolverEndpointId"] = endpoint,
        });
        return (string)answer["ResolverRule"]!["Id"]!;
    }

    public Task AssociateRuleAsync(string rule, VpcId vpc) =>
        ResolverAsync("AssociateResolverRule", new() { ["ResolverRuleId"] = rule, ["VPCId"] = vpc.ToString(), [nameof(Name)] = NewName() });

    // moto sorts by names, and cannot do without.
    private static string NewName() => $"a-{Guid.NewGuid():N}";

    private async Task<JsonNode> ResolverAsync(string operation, JsonObject asked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _control.Moto) { Content = JsonContent.Create(asked) };
        request.Headers.Add("X-Amz-Target", $"Route53Resolver.{operation}");
        return JsonNode.Parse(await SendTextAsync(request, "route53resolver", Name))!;
    }
}

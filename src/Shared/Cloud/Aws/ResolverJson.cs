using System.Text.Json.Serialization;

namespace Automation.Aws;

/// <summary>Route 53 Resolver's JSON. Every member may be missing: what is needed is checked where it is used.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ResolverQuestion))]
[JsonSerializable(typeof(WireEndpoints))]
[JsonSerializable(typeof(WireEndpointAddresses))]
[JsonSerializable(typeof(WireRules))]
[JsonSerializable(typeof(WireRuleAssociations))]
internal sealed partial class ResolverJson : JsonSerializerContext;

internal sealed record ResolverQuestion(
    int MaxResults, string? NextToken, IReadOnlyList<ResolverFilter>? Filters = null, string? ResolverEndpointId = null);

internal sealed record ResolverFilter(string Name, IReadOnlyList<string> Values);

internal sealed record WireEndpoints(IReadOnlyList<WireEndpoint?>? ResolverEndpoints, string? NextToken);

internal sealed record WireEndpoint(string? Id, string? Direction, [property: JsonPropertyName("HostVPCId")] string? HostVpcId, string? Status);

internal sealed record WireEndpointAddresses(IReadOnlyList<WireEndpointAddress?>? IpAddresses, string? NextToken);

internal sealed record WireEndpointAddress(string? Ip, string? Ipv6, string? Status);

internal sealed record WireRules(IReadOnlyList<WireRule?>? ResolverRules, string? NextToken);

internal sealed record WireRule(string? Id, string? DomainName, string? RuleType);

internal sealed record WireRuleAssociations(IReadOnlyList<WireRuleAssociation?>? ResolverRuleAssociations, string? NextToken);

internal sealed record WireRuleAssociation(string? ResolverRuleId, [property: JsonPropertyName("VPCId")] string? VpcId, string? Status);

using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Automation.Names;
using Automation.Network;

namespace Automation.Nodes;

/// <summary>The settings parameter: what the boot script of a node needs beside its key.</summary>
/// <param name="Flags">Further options of the client by name, without dashes: of <c>tailscale up</c>, and those of a relay of <c>tailscale set</c>.</param>
/// <param name="Dns64">The configuration of the node's DNS64 resolver in base64; null where it is to have none.</param>
public sealed record NodeSettings(
    string Hostname,
    PrefixSet AdvertiseRoutes,
    ImmutableArray<string> AdvertiseTags,
    SortedDictionary<string, string> Flags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Dns64 = null)
{
    /// <remarks>AWS keeps control of the instance's own name resolution, so the node does not take the tailnet's.</remarks>
    public static NodeSettings Of(NodeProfile profile, PrefixSet routes) =>
        new(profile.HostName, routes, profile.Tags, new(profile.Flags.Add("accept-dns", "false"), StringComparer.Ordinal));

    /// <summary>What a parameter of Systems Manager's standard tier holds, in bytes.</summary>
    private const int Most = 4096;

    /// <summary>The same, with what the node's resolver is to answer; without it where it would not fit: then it is told after the join.</summary>
    /// <param name="dns64">null where it is to have none.</param>
    public NodeSettings With(Dns64? dns64)
    {
        var with = this with { Dns64 = dns64 is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(dns64.ToConfiguration())) };
        return Encoding.UTF8.GetByteCount(with.ToJson()) <= Most ? with : this;
    }

    public string ToJson() => JsonSerializer.Serialize(this, NodeSettingsJson.Default.NodeSettings);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeSettings))]
internal sealed partial class NodeSettingsJson : JsonSerializerContext;

using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
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
    string? Dns64 = null)
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

    // Not by the serializer: at the first launch of a process that would take longer than all else about the settings.
    public string ToJson()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("hostname", Hostname);
            json.WriteStartArray("advertiseRoutes");
            foreach (var route in AdvertiseRoutes)
            {
                json.WriteStringValue(route.ToString());
            }

            json.WriteEndArray();
            json.WriteStartArray("advertiseTags");
            foreach (var tag in AdvertiseTags)
            {
                json.WriteStringValue(tag);
            }

            json.WriteEndArray();
            json.WriteStartObject("flags");
            foreach (var (name, value) in Flags)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            if (Dns64 is not null)
            {
                json.WriteString("dns64", Dns64);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}

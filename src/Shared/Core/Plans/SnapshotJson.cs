using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Plans;

/// <summary>The snapshot file: what <c>tailnet snapshot</c> writes and <c>tailnet plan --snapshot</c> reads. It holds no secrets.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters =
    [
        typeof(ResourceIdJson<InstanceKind>), typeof(ResourceIdJson<VpcKind>), typeof(ResourceIdJson<SubnetKind>),
        typeof(ResourceIdJson<ZoneKind>), typeof(ResourceIdJson<DeviceKind>), typeof(ResourceIdJson<KeyKind>),
    ])]
[JsonSerializable(typeof(Snapshot))]
public sealed partial class SnapshotJson : JsonSerializerContext
{
    private static SnapshotJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Write(Snapshot snapshot) => JsonSerializer.Serialize(snapshot, Readable.Snapshot);

    /// <exception cref="FormatException">The text is no snapshot; the message says where it goes wrong.</exception>
    public static Snapshot Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, Default.Snapshot) ?? throw new FormatException("The snapshot is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The snapshot cannot be read at {e.Path ?? "its start"}, line {e.LineNumber + 1}: {Printable.Of(e.Message)}", e);
        }
    }
}

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Plans;

/// <summary>The snapshot file: what <c>tailnet snapshot</c> writes and <c>tailnet plan --snapshot</c> reads. It holds no secrets.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    AllowDuplicateProperties = false,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters =
    [
        typeof(ResourceIdJson<InstanceKind>), typeof(ResourceIdJson<VpcKind>), typeof(ResourceIdJson<SubnetKind>),
        typeof(ResourceIdJson<ZoneKind>), typeof(ResourceIdJson<DeviceKind>), typeof(ResourceIdJson<KeyKind>),
        typeof(ResourceIdJson<RouteTableKind>), typeof(ResourceIdJson<PeeringKind>), typeof(ResourceIdJson<TransitGatewayKind>),
        typeof(ResourceIdJson<TransitAttachmentKind>), typeof(ResourceIdJson<TransitRouteTableKind>), typeof(ResourceIdJson<PrefixListKind>),
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
            var snapshot = JsonSerializer.Deserialize(text, Default.Snapshot) ?? throw new FormatException("The snapshot is empty.");
            return LineOfNullInList(text) is not { } line ? snapshot : throw new FormatException($"The snapshot cannot be read at line {line}: a list holds null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The snapshot cannot be read at {Printable.Of(e.Path ?? "its start")}, line {(e.LineNumber ?? 0) + 1}: {Printable.Of(e.Message)}");
        }
        catch (ArgumentException)   // System.Text.Json's word for half a surrogate pair
        {
            throw new FormatException("The snapshot cannot be read: it is not Unicode text.");
        }
    }

    // System.Text.Json respects nullability of members, not of what a list holds.
    private static int? LineOfNullInList(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(utf8);
        var lists = new Stack<bool>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    lists.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    lists.Pop();
                    break;
                case JsonTokenType.Null when lists.Peek():
                    return utf8.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n') + 1;
                default:
                    break;
            }
        }

        return null;
    }
}

using System.Buffers;
using System.Text.Json;

namespace Automation.Tailscale;

/// <summary>
/// What a launch reads and sends, without the serializer, which would take longer over its first types than a launch's calls take. A member of
/// another kind than the API documents is a <see cref="JsonException"/>, as it is there; a secret never becomes a member that prints.
/// </summary>
internal static class TailscaleWire
{
    public static WireCredential Credential(JsonElement json) => new(Text(json, "clientId"), SecretText(json, "clientSecret"));

    public static WireToken Token(JsonElement json) =>
        new(SecretText(json, "access_token"), Number(json, "expires_in"), Text(json, "scope"), Text(json, "tags"));

    public static WireKeys Keys(JsonElement json) => new(List(json, "keys", item => OrNull(item, Key)));

    public static WireKey Key(JsonElement json) => new(
        Text(json, "id"),
        SecretText(json, "key"),
        Text(json, "keyType"),
        Text(json, "description"),
        Text(json, "created"),
        Text(json, "expires"),
        Text(json, "revoked"),
        Flag(json, "invalid"),
        OrNull(Member(json, "capabilities"), capabilities => new WireCapabilities(
            OrNull(Member(capabilities, "devices"), devices => new WireDeviceCapabilities(
                OrNull(Member(devices, "create"), create => new WireCreate(
                    Flag(create, "reusable") ?? false, Flag(create, "ephemeral") ?? false, Flag(create, "preauthorized") ?? false, Texts(create, "tags"))))))));

    public static WireDevices Devices(JsonElement json) => new(List(json, "devices", item => OrNull(item, Device)));

    public static WireDevice Device(JsonElement json) => new(
        Text(json, "nodeId"),
        Text(json, "hostname"),
        Texts(json, "tags"),
        Flag(json, "connectedToControl"),
        Flag(json, "authorized"),
        Text(json, "created"),
        Text(json, "lastSeen"),
        Texts(json, "advertisedRoutes"),
        Texts(json, "enabledRoutes"),
        Texts(json, "addresses"));

    public static byte[] Write(WireKeyRequest request)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("keyType", request.KeyType);
            json.WriteString("description", request.Description);
            json.WriteNumber("expirySeconds", request.ExpirySeconds);
            json.WriteStartObject("capabilities");
            json.WriteStartObject("devices");
            json.WriteStartObject("create");
            json.WriteBoolean("reusable", request.Create.Reusable);
            json.WriteBoolean("ephemeral", request.Create.Ephemeral);
            json.WriteBoolean("preauthorized", request.Create.Preauthorized);
            json.WriteStartArray("tags");
            foreach (var tag in request.Create.Tags ?? [])
            {
                json.WriteStringValue(tag);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static JsonElement Member(JsonElement from, string name)
    {
        try
        {
            return from.ValueKind != JsonValueKind.Object ? throw new JsonException("expected an object") : from.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)   // half a surrogate pair in the name of a member
        {
            throw new JsonException("expected a text");
        }
    }

    private static string? Text(JsonElement from, string name) => Text(Member(from, name));

    private static string? Text(JsonElement text)
    {
        try
        {
            return IsNone(text) ? null : text.ValueKind == JsonValueKind.String ? text.GetString() : throw new JsonException("expected a text");
        }
        catch (InvalidOperationException)   // half a surrogate pair
        {
            throw new JsonException("expected a text");
        }
    }

    private static Secret? SecretText(JsonElement from, string name) =>
        Text(from, name) is { } text ? new(text.Length > 0 ? text : throw new JsonException("expected a text")) : null;

    private static bool? Flag(JsonElement from, string name)
    {
        var value = Member(from, name);
        return IsNone(value) ? null : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new JsonException("expected true or false");
    }

    private static long? Number(JsonElement from, string name)
    {
        var value = Member(from, name);
        return IsNone(value) ? null : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw new JsonException("expected a number");
    }

    private static List<string?>? Texts(JsonElement from, string name) => List(from, name, Text);

    private static List<T>? List<T>(JsonElement from, string name, Func<JsonElement, T> read)
    {
        var list = Member(from, name);
        return IsNone(list) ? null : list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(read)] : throw new JsonException("expected a list");
    }

    private static T? OrNull<T>(JsonElement value, Func<JsonElement, T> read)
        where T : class => IsNone(value) ? null : read(value);

    private static bool IsNone(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
}

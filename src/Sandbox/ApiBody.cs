using System.Collections.Immutable;
using System.Text.Json;
using Automation.Network;

namespace Automation.Sandbox;

/// <summary>Reads request bodies as strictly as the API: a wrong type or a missing part is 400.</summary>
internal static class ApiBody
{
    public static KeyOrder KeyOrder(JsonElement body)
    {
        var keyType = Text(body, "keyType") ?? "auth";
        if (keyType != "auth")
        {
            throw new Refusal(400, "only auth keys can be created here");
        }

        var devices = Member(Member(body, "capabilities"), "devices");
        if (devices.ValueKind != JsonValueKind.Object)
        {
            throw new Refusal(400, "capabilities.devices is missing");
        }

        var create = Member(devices, "create");
        return new(
            Text(body, "description") ?? "",
            TimeSpan.FromSeconds(Math.Clamp(Number(body, "expirySeconds") ?? 7_776_000, -1, 1_000_000_000)),
            Flag(create, "reusable"),
            Flag(create, "ephemeral"),
            Flag(create, "preauthorized"),
            Texts(Member(create, "tags")));
    }

    public static ImmutableArray<string> Tags(JsonElement body) => Texts(Member(body, "tags"));

    public static PrefixSet Routes(JsonElement body)
    {
        var routes = Member(body, "routes");
        if (routes.ValueKind != JsonValueKind.Array)
        {
            throw new Refusal(400, "routes is missing");
        }

        return PrefixSet.Of(Texts(routes).Select(text =>
            Prefix.TryParse(text, out var prefix) ? prefix : throw new Refusal(400, $"invalid route \"{text}\"")));
    }

    public static Dictionary<string, ImmutableArray<string>> SplitDns(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object
            ? body.EnumerateObject().ToDictionary(domain => domain.Name, domain => Texts(domain.Value))
            : throw new Refusal(400, "the body must map domains to resolvers");

    private static JsonElement Member(JsonElement parent, string name) => parent.ValueKind switch
    {
        JsonValueKind.Object => parent.TryGetProperty(name, out var member) ? member : default,
        JsonValueKind.Undefined or JsonValueKind.Null => default,
        _ => throw new Refusal(400, $"{name} is not inside an object"),
    };

    private static string? Text(JsonElement parent, string name) => Member(parent, name) switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw new Refusal(400, $"{name} is not a string"),
    };

    private static long? Number(JsonElement parent, string name) => Member(parent, name) switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) => value,
        _ => throw new Refusal(400, $"{name} is not a whole number"),
    };

    private static bool Flag(JsonElement parent, string name) => Member(parent, name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => false,
        _ => throw new Refusal(400, $"{name} is not true or false"),
    };

    private static ImmutableArray<string> Texts(JsonElement list) => list.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => [],
        JsonValueKind.Array => [.. list.EnumerateArray().Select(text =>
            text.ValueKind == JsonValueKind.String ? text.GetString()! : throw new Refusal(400, "a list holds something else than strings"))],
        _ => throw new Refusal(400, "expected a list of strings"),
    };
}

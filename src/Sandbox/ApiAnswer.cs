using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Network;

namespace Automation.Sandbox;

internal sealed record ApiAnswer(int Status, string Body)
{
    /// <summary>What the API answers to a deletion.</summary>
    public static readonly ApiAnswer Empty = new(200, "");

    public static ApiAnswer Ok(JsonNode body) => new(200, body.ToJsonString());

    public static ApiAnswer Of(Refusal refusal) => new(refusal.Status, new JsonObject { ["message"] = refusal.Message }.ToJsonString());
}

/// <summary>The objects of the API, member by member as it documents them.</summary>
internal static class ApiJson
{
    public static JsonObject Token(IssuedToken token)
    {
        JsonObject body = new()
        {
            ["access_token"] = token.Value.Reveal(),
            ["token_type"] = "Bearer",
            ["expires_in"] = (long)Tailnet.TokenLife.TotalSeconds,
            ["scope"] = string.Join(' ', token.Access.Scopes),
        };
        if (token.Access.Tags is { IsEmpty: false } tags)
        {
            body["tags"] = string.Join(' ', tags);
        }

        return body;
    }

    /// <param name="withValue">Only the answer to its creation holds the key itself.</param>
    public static JsonObject Key(SandboxKey key, DateTimeOffset now, bool withValue = false)
    {
        JsonObject body = new()
        {
            ["id"] = key.Id.ToString(),
            ["keyType"] = "auth",
            ["description"] = key.Description,
            ["expirySeconds"] = (long)(key.Expires - key.Created).TotalSeconds,
            ["created"] = Time(key.Created),
            ["expires"] = Time(key.Expires),
            ["capabilities"] = new JsonObject
            {
                ["devices"] = new JsonObject
                {
                    ["create"] = new JsonObject
                    {
                        ["reusable"] = key.Reusable,
                        ["ephemeral"] = key.Ephemeral,
                        ["preauthorized"] = key.Preauthorized,
                        ["tags"] = List(key.Tags),
                    },
                },
            },
            ["userId"] = "",
        };
        if (withValue)
        {
            body["key"] = key.Value.Reveal();
        }

        if (key.Revoked is { } revoked)
        {
            body["revoked"] = Time(revoked);
        }

        if (key.IsInvalid(now))
        {
            body["invalid"] = true;
        }

        return body;
    }

    public static JsonObject ApiAccessToken(string id, IssuedToken token) => new()
    {
        ["id"] = id,
        ["keyType"] = "api",
        ["expires"] = Time(token.Expires),
    };

    public static JsonObject Client(OAuthClient client) => new()
    {
        ["id"] = client.Id,
        ["keyType"] = "client",
        ["scopes"] = List(client.Scopes),
        ["tags"] = List(client.Tags),
    };

    /// <param name="all">With the members that only <c>fields=all</c> shows.</param>
    public static JsonObject Device(SandboxDevice device, bool all)
    {
        JsonObject body = new()
        {
            ["addresses"] = List(device.Addresses),
            ["id"] = $"{device.Number}",
            ["nodeId"] = device.Id.ToString(),
            ["user"] = "",
            ["name"] = device.Name,
            ["hostname"] = device.HostName,
            ["clientVersion"] = "1.102.3",
            ["os"] = "linux",
            ["updateAvailable"] = false,
            ["created"] = Time(device.Created),
            ["expires"] = "",
            ["connectedToControl"] = device.Connected,
            ["keyExpiryDisabled"] = !device.Tags.IsEmpty,
            ["authorized"] = device.Authorized,
            ["isExternal"] = false,
            ["isEphemeral"] = device.Ephemeral,
            ["blocksIncomingConnections"] = false,
        };
        if (device.LastSeen is { } lastSeen)
        {
            body["lastSeen"] = Time(lastSeen);
        }

        if (!device.Tags.IsEmpty)
        {
            body["tags"] = List(device.Tags);
        }

        if (all)
        {
            body["advertisedRoutes"] = List(Texts(device.Advertised));
            body["enabledRoutes"] = List(Texts(device.Enabled));
            body["clientConnectivity"] = new JsonObject { ["endpoints"] = new JsonArray() };
            body["sshEnabled"] = false;
        }

        return body;
    }

    public static JsonObject Routes(SandboxDevice device) => new()
    {
        ["advertisedRoutes"] = List(Texts(device.Advertised)),
        ["enabledRoutes"] = List(Texts(device.Enabled)),
    };

    public static JsonObject SplitDns(ImmutableSortedDictionary<string, ImmutableArray<string>> map) =>
        new(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)List(entry.Value))));

    /// <summary>All DNS settings: this tailnet has none but split DNS, and MagicDNS.</summary>
    public static JsonObject Dns(ImmutableArray<(string Domain, ImmutableArray<string> Resolvers, bool UseWithExitNode)> splitDns) => new()
    {
        ["nameservers"] = new JsonArray(),
        ["splitDNS"] = new JsonObject(splitDns.Select(entry => KeyValuePair.Create(
            entry.Domain, (JsonNode?)new JsonArray([.. entry.Resolvers.Select(resolver => Resolver(resolver, entry.UseWithExitNode))])))),
        ["searchPaths"] = new JsonArray(),
        ["preferences"] = new JsonObject { ["overrideLocalDNS"] = false, ["magicDNS"] = true },
    };

    // As Go writes it: what is false is left out.
    private static JsonObject Resolver(string address, bool useWithExitNode)
    {
        JsonObject resolver = new() { ["address"] = address };
        if (useWithExitNode)
        {
            resolver["useWithExitNode"] = true;
        }

        return resolver;
    }

    public static JsonArray List(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)text)]);

    private static IEnumerable<string> Texts(PrefixSet prefixes) => prefixes.Select(prefix => prefix.ToString());

    private static string Time(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}

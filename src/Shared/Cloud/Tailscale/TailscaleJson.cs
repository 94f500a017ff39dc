using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Tailscale;

/// <summary>The API's JSON, but for what a launch sends and reads: that is <see cref="TailscaleWire"/>. Every member may be missing: what is needed is checked where it is used.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(WireDnsConfiguration))]
[JsonSerializable(typeof(WireError))]
[JsonSerializable(typeof(WireRouteRequest))]
[JsonSerializable(typeof(WireTagRequest))]
[JsonSerializable(typeof(WireRoutes))]
[JsonSerializable(typeof(Dictionary<string, string?[]?>), TypeInfoPropertyName = "SplitDns")]
internal sealed partial class TailscaleJson : JsonSerializerContext;

internal sealed record WireCredential(string? ClientId, Secret? ClientSecret);

internal sealed record WireError(string? Message);

internal sealed record WireToken(Secret? AccessToken, long? ExpiresIn, string? Scope, string? Tags);

internal sealed record WireKeyRequest(string KeyType, string Description, long ExpirySeconds, WireCreate Create);

internal sealed record WireCapabilities(WireDeviceCapabilities? Devices);

internal sealed record WireDeviceCapabilities(WireCreate? Create);

internal sealed record WireCreate(bool Reusable, bool Ephemeral, bool Preauthorized, IReadOnlyList<string?>? Tags);

internal sealed record WireKeys(IReadOnlyList<WireKey?>? Keys);

internal sealed record WireKey(
    string? Id,
    Secret? Key,
    string? KeyType,
    string? Description,
    string? Created,
    string? Expires,
    string? Revoked,
    bool? Invalid,
    WireCapabilities? Capabilities);

internal sealed record WireDevices(IReadOnlyList<WireDevice?>? Devices);

internal sealed record WireDevice(
    string? NodeId,
    string? Hostname,
    IReadOnlyList<string?>? Tags,
    bool? ConnectedToControl,
    bool? Authorized,
    string? Created,
    string? LastSeen,
    IReadOnlyList<string?>? AdvertisedRoutes,
    IReadOnlyList<string?>? EnabledRoutes,
    IReadOnlyList<string?>? Addresses);

/// <summary>As elements, because a member that is missing and one that is null say different things here.</summary>
internal sealed record WireRoutes(JsonElement AdvertisedRoutes, JsonElement EnabledRoutes);

internal sealed record WireRouteRequest(IReadOnlyList<string> Routes);

internal sealed record WireTagRequest(IReadOnlyList<string> Tags);

/// <summary>Of the whole configuration, what no other endpoint shows.</summary>
internal sealed record WireDnsConfiguration([property: JsonPropertyName("splitDNS")] Dictionary<string, IReadOnlyList<WireResolver?>?>? SplitDns);

internal sealed record WireResolver(bool? UseWithExitNode);

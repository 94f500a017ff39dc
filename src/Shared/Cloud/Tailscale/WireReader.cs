using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Automation.Network;
using Automation.Plans;

namespace Automation.Tailscale;

/// <summary>Turns the API's JSON into the project's types. A <see cref="FormatException"/> means that the answer cannot be trusted.</summary>
internal static class WireReader
{
    public static Device Device(WireDevice? wire)
    {
        var device = wire ?? throw new FormatException("a device is null");
        var lastSeen = Instant(device.LastSeen);
        return new(
            DeviceId.Parse(device.NodeId),
            device.Hostname ?? "",
            Texts(device.Tags),
            // lastSeen is left out while a device is connected. Where both are missing it counts as connected: the guess that deletes nothing.
            device.ConnectedToControl ?? lastSeen is null,
            device.Authorized ?? false,
            Instant(device.Created),
            lastSeen,
            Prefixes(device.AdvertisedRoutes),
            Prefixes(device.EnabledRoutes),
            Addresses(device.Addresses));
    }

    private static ImmutableArray<Address> Addresses(IReadOnlyList<string?>? texts) =>
        [.. (texts ?? []).Select(text => Address.TryParse(text, out var address) ? address : throw new FormatException("an address of a device cannot be read"))];

    public static DeviceRoutes Routes(WireRoutes wire)
    {
        if (wire is { AdvertisedRoutes.ValueKind: JsonValueKind.Undefined, EnabledRoutes.ValueKind: JsonValueKind.Undefined })
        {
            throw new FormatException("the answer names no routes");
        }

        return new(Prefixes(wire.AdvertisedRoutes), Prefixes(wire.EnabledRoutes));
    }

    /// <returns>null where the entry is no auth key but an API token or an OAuth client.</returns>
    public static AuthKey? Key(WireKey? wire)
    {
        var key = wire ?? throw new FormatException("a key is null");
        if (key.KeyType is not (null or "" or "auth") || (key.KeyType is null or "" && key.Capabilities?.Devices is null))
        {
            return null;
        }

        return new(
            KeyId.Parse(key.Id),
            key.Description ?? "",
            Instant(key.Created) ?? throw new FormatException("a key has no date of creation"),
            Instant(key.Expires) ?? throw new FormatException("a key has no expiry"),
            key.Invalid is true || Instant(key.Revoked) is not null);
    }

    /// <summary>Absent, empty and Go's zero time all mean that there is none.</summary>
    public static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) && instant.Year > 1 ? instant : null;

    private static ImmutableArray<string> Texts(IReadOnlyList<string?>? texts) =>
        [.. (texts ?? []).Select(text => text ?? throw new FormatException("a list holds null"))];

    private static PrefixSet Prefixes(IReadOnlyList<string?>? texts) => PrefixSet.Of((texts ?? []).Select(Prefix.Parse));

    private static PrefixSet Prefixes(JsonElement list) => list.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => PrefixSet.Empty,
        JsonValueKind.Array => PrefixSet.Of(list.EnumerateArray().Select(PrefixOf)),
        _ => throw new FormatException("routes are not a list"),
    };

    private static Prefix PrefixOf(JsonElement text)
    {
        try
        {
            return Prefix.Parse(text.ValueKind == JsonValueKind.String ? text.GetString() : null);
        }
        catch (InvalidOperationException)   // System.Text.Json's word, of an element, for what is no Unicode text
        {
            throw new FormatException("a route is no text");
        }
    }
}

using System.Collections.Immutable;
using Automation.Network;

namespace Automation.Sandbox;

/// <summary>A trust credential of the tailnet.</summary>
public sealed record OAuthClient(string Id, Secret ClientSecret, ImmutableArray<string> Tags, ImmutableArray<string> Scopes)
{
    /// <summary>What belongs in the SSM parameter that the automation reads its credential from.</summary>
    public Secret ToParameter() => new($$"""{"clientId":"{{Id}}","clientSecret":"{{ClientSecret.Reveal()}}"}""");
}

/// <summary>A trust credential of the tailnet without a secret: who has a token of this issuer and subject is let in.</summary>
public sealed record FederatedIdentity(string Id, string Issuer, string Subject, ImmutableArray<string> Tags, ImmutableArray<string> Scopes);

/// <summary>A device as the admin console shows it.</summary>
/// <param name="Name">The MagicDNS name, unique; the host name is what the node reports, and can repeat.</param>
/// <param name="Connected">Has a connection to the control plane.</param>
/// <param name="LastSeen">null while it is connected.</param>
public sealed record SandboxDevice(
    DeviceId Id,
    int Number,
    string HostName,
    string Name,
    ImmutableArray<string> Addresses,
    ImmutableArray<string> Tags,
    bool Connected,
    bool Authorized,
    bool Ephemeral,
    DateTimeOffset Created,
    DateTimeOffset? LastSeen,
    PrefixSet Advertised,
    PrefixSet Enabled);

/// <summary>An auth key as the API shows it, but for <paramref name="Value"/>, which it shows once.</summary>
public sealed record SandboxKey(
    KeyId Id,
    Secret Value,
    string Description,
    DateTimeOffset Created,
    DateTimeOffset Expires,
    bool Reusable,
    bool Ephemeral,
    bool Preauthorized,
    ImmutableArray<string> Tags,
    bool Used = false,
    DateTimeOffset? Revoked = null)
{
    public bool IsInvalid(DateTimeOffset now) => Revoked is not null || Expires <= now;
}

/// <summary>What a caller of the API may do.</summary>
/// <param name="Tags">The credential's own; null for a person's API access token, which may give any tag.</param>
internal sealed record Access(ImmutableArray<string> Scopes, ImmutableArray<string>? Tags);

/// <param name="Client">The OAuth client it was issued to; null for a person's API access token.</param>
internal sealed record IssuedToken(Secret Value, Access Access, DateTimeOffset Expires, string? Client);

/// <summary>What a caller asks of a new auth key.</summary>
internal sealed record KeyOrder(
    string Description, TimeSpan Expiry, bool Reusable, bool Ephemeral, bool Preauthorized, ImmutableArray<string> Tags);

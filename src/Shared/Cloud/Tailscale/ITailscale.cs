using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Tailscale;

/// <summary>The Tailscale API v2 of one tailnet, as far as it is used. Throws <see cref="CallFailedException"/>.</summary>
public interface ITailscale
{
    /// <summary>Mints a single-use, ephemeral, pre-approved, tagged key. Not repeated on a lost answer: the key that it may leave ends with its expiry.</summary>
    Task<MintedKey> CreateAuthKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping);

    /// <summary>As <see cref="CreateAuthKeyAsync"/>, and any number of devices may join with the key.</summary>
    Task<MintedKey> CreateReusableKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping);

    /// <summary>The auth keys that the credential may see (<c>all=true</c>); the API does not promise all of them.</summary>
    Task<ImmutableArray<AuthKey>> ListAuthKeysAsync(CancellationToken stopping);

    /// <summary>When the API access token that all this is asked with expires; asked at most once an hour.</summary>
    /// <returns>null where the credential is of a kind that does not expire.</returns>
    Task<ApiKeySeen?> GetApiKeyAsync(CancellationToken stopping);

    /// <summary>Revokes a key; one that is not there counts as revoked.</summary>
    Task DeleteKeyAsync(KeyId key, CancellationToken stopping);

    /// <summary>Devices with all of these tags, with their routes (<c>fields=all</c>).</summary>
    /// <param name="hostName">Only devices that report this host name; null for all.</param>
    Task<ImmutableArray<Device>> ListDevicesAsync(ImmutableArray<string> tags, string? hostName, CancellationToken stopping);

    /// <summary>One device, whatever its tags, with its routes.</summary>
    /// <returns>null where there is no such device.</returns>
    Task<Device?> GetDeviceAsync(DeviceId device, CancellationToken stopping);

    /// <summary>Gives a device exactly these tags.</summary>
    /// <returns>false where there is no such device.</returns>
    Task<bool> SetDeviceTagsAsync(DeviceId device, ImmutableArray<string> tags, CancellationToken stopping);

    /// <returns>null where there is no such device.</returns>
    Task<DeviceRoutes?> GetDeviceRoutesAsync(DeviceId device, CancellationToken stopping);

    /// <summary>Enables exactly these prefixes: it replaces, so read and merge first.</summary>
    /// <returns>null where there is no such device.</returns>
    Task<DeviceRoutes?> SetDeviceRoutesAsync(DeviceId device, PrefixSet enabled, CancellationToken stopping);

    /// <summary>Deletes a device; one that is not there counts as deleted.</summary>
    Task DeleteDeviceAsync(DeviceId device, CancellationToken stopping);

    /// <summary>The whole map of split-DNS domains. Domains in lower case without a last dot, resolvers in order.</summary>
    Task<ImmutableArray<SplitDnsDomain>> GetSplitDnsAsync(CancellationToken stopping);

    /// <summary>The domains of split DNS whose resolvers clients with an exit node ask too, in lower case without a last dot.</summary>
    /// <remarks><c>GET dns/configuration</c>: the split-DNS endpoint neither shows nor keeps the flag for certain (tailscale/tailscale#18981).</remarks>
    Task<ImmutableArray<string>> GetExitNodeDomainsAsync(CancellationToken stopping);

    /// <summary>Sets one domain (PATCH: no other is touched); an empty list removes it.</summary>
    /// <returns>The whole map as the tailnet has it now.</returns>
    Task<ImmutableArray<SplitDnsDomain>> PatchSplitDnsAsync(string domain, ImmutableArray<string> resolvers, CancellationToken stopping);
}

public sealed record MintedKey(KeyId Id, Secret Value, DateTimeOffset Expires);

public sealed record DeviceRoutes(PrefixSet Advertised, PrefixSet Enabled);

using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Sandbox;

/// <summary>Puts the calls to the simulated tailnet behind the same gate as all others.</summary>
internal sealed class CountedTailscale(ITailscale inner, OutsideCalls calls) : ITailscale
{
    public Task<MintedKey> CreateAuthKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping) =>
        Do("POST /keys", stopping, () => inner.CreateAuthKeyAsync(description, tags, expiry, stopping));

    public Task<MintedKey> CreateReusableKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping) =>
        Do("POST /keys", stopping, () => inner.CreateReusableKeyAsync(description, tags, expiry, stopping));

    public Task<ImmutableArray<AuthKey>> ListAuthKeysAsync(CancellationToken stopping) =>
        Do("GET /keys", stopping, () => inner.ListAuthKeysAsync(stopping));

    // Not behind the gate: with an OAuth client, which the Sandbox plays, nothing is asked.
    public Task<ApiKeySeen?> GetApiKeyAsync(CancellationToken stopping) => inner.GetApiKeyAsync(stopping);

    public Task DeleteKeyAsync(KeyId key, CancellationToken stopping) =>
        Do("DELETE /keys/{id}", stopping, () => Value(inner.DeleteKeyAsync(key, stopping)));

    public Task<ImmutableArray<Device>> ListDevicesAsync(ImmutableArray<string> tags, string? hostName, CancellationToken stopping) =>
        Do("GET /devices", stopping, () => inner.ListDevicesAsync(tags, hostName, stopping));

    public Task<Device?> GetDeviceAsync(DeviceId device, CancellationToken stopping) =>
        Do("GET /device/{id}", stopping, () => inner.GetDeviceAsync(device, stopping));

    public Task<bool> SetDeviceTagsAsync(DeviceId device, ImmutableArray<string> tags, CancellationToken stopping) =>
        Do("POST /device/{id}/tags", stopping, () => inner.SetDeviceTagsAsync(device, tags, stopping));

    public Task<DeviceRoutes?> GetDeviceRoutesAsync(DeviceId device, CancellationToken stopping) =>
        Do("GET /device/{id}/routes", stopping, () => inner.GetDeviceRoutesAsync(device, stopping));

    public Task<DeviceRoutes?> SetDeviceRoutesAsync(DeviceId device, PrefixSet enabled, CancellationToken stopping) =>
        Do("POST /device/{id}/routes", stopping, () => inner.SetDeviceRoutesAsync(device, enabled, stopping));

    public Task DeleteDeviceAsync(DeviceId device, CancellationToken stopping) =>
        Do("DELETE /device/{id}", stopping, () => Value(inner.DeleteDeviceAsync(device, stopping)));

    public Task<ImmutableArray<SplitDnsDomain>> GetSplitDnsAsync(CancellationToken stopping) =>
        Do("GET /dns/split-dns", stopping, () => inner.GetSplitDnsAsync(stopping));

    public Task<ImmutableArray<string>> GetExitNodeDomainsAsync(CancellationToken stopping) =>
        Do("GET /dns/configuration", stopping, () => inner.GetExitNodeDomainsAsync(stopping));

    public Task<ImmutableArray<SplitDnsDomain>> PatchSplitDnsAsync(string domain, ImmutableArray<string> resolvers, CancellationToken stopping) =>
        Do("PATCH /dns/split-dns", stopping, () => inner.PatchSplitDnsAsync(domain, resolvers, stopping));

    private static async Task<bool> Value(Task task)
    {
        await task;
        return true;
    }

    private async Task<T> Do<T>(string operation, CancellationToken stopping, Func<Task<T>> call) =>
        await await calls.Do($"Tailscale {operation}", stopping, call);
}

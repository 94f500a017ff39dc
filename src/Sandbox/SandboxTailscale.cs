using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Sandbox;

/// <summary>
/// The Tailscale API of a simulated tailnet without HTTP between, as one OAuth client sees it. It answers and fails as the real client does,
/// except that it does not try again: a fault is one that outlasted every try.
/// </summary>
public sealed class SandboxTailscale(Tailnet tailnet, OAuthClient client) : ITailscale
{
    public Task<MintedKey> CreateAuthKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping) =>
        CreateKey(description, tags, expiry, reusable: false, stopping);

    public Task<MintedKey> CreateReusableKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping) =>
        CreateKey(description, tags, expiry, reusable: true, stopping);

    public Task<ImmutableArray<AuthKey>> ListAuthKeysAsync(CancellationToken stopping) => Call(TailscaleCall.ListKeys, access =>
    {
        var (keys, _, now) = tailnet.ListKeys(access);
        return (ImmutableArray<AuthKey>)[.. keys.Select(key => new AuthKey(key.Id, key.Description, key.Created, key.Expires, key.IsInvalid(now)))];
    }, stopping);

    /// <summary>An OAuth client does not expire.</summary>
    public Task<ApiKeySeen?> GetApiKeyAsync(CancellationToken stopping) => Task.FromResult<ApiKeySeen?>(null);

    public Task DeleteKeyAsync(KeyId key, CancellationToken stopping) => CallUnlessGone(TailscaleCall.DeleteKey, access =>
    {
        tailnet.DeleteKey(access, key.ToString());
        return tailnet;
    }, stopping);

    public Task<ImmutableArray<Device>> ListDevicesAsync(ImmutableArray<string> tags, string? hostName, CancellationToken stopping) =>
        Call(TailscaleCall.ListDevices, access => (ImmutableArray<Device>)
        [
            .. tailnet.ListDevices(access)
                .Where(device => tags.All(device.Tags.Contains) && (hostName is null || device.HostName == hostName))
                .Select(Shown),
        ], stopping);

    public Task<Device?> GetDeviceAsync(DeviceId device, CancellationToken stopping) =>
        CallUnlessGone(TailscaleCall.GetDevice, access => Shown(tailnet.ListDevices(access).FirstOrDefault(found => found.Id == device) ?? throw Refusal.NoSuchDevice()), stopping);

    public async Task<bool> SetDeviceTagsAsync(DeviceId device, ImmutableArray<string> tags, CancellationToken stopping) =>
        await CallUnlessGone(TailscaleCall.SetTags, access => tailnet.SetTags(access, device, tags), stopping) is not null;

    public Task<DeviceRoutes?> GetDeviceRoutesAsync(DeviceId device, CancellationToken stopping) =>
        CallUnlessGone(TailscaleCall.GetRoutes, access => RoutesOf(tailnet.GetRoutes(access, device)), stopping);

    public Task<DeviceRoutes?> SetDeviceRoutesAsync(DeviceId device, PrefixSet enabled, CancellationToken stopping) =>
        CallUnlessGone(TailscaleCall.SetRoutes, access => RoutesOf(tailnet.SetRoutes(access, device, enabled)), stopping);

    public Task DeleteDeviceAsync(DeviceId device, CancellationToken stopping) => CallUnlessGone(TailscaleCall.DeleteDevice, access =>
    {
        tailnet.DeleteDevice(access, device);
        return tailnet;
    }, stopping);

    public Task<ImmutableArray<SplitDnsDomain>> GetSplitDnsAsync(CancellationToken stopping) =>
        Call(TailscaleCall.GetSplitDns, access => MapOf(tailnet.GetSplitDns(access)), stopping);

    public Task<ImmutableArray<string>> GetExitNodeDomainsAsync(CancellationToken stopping) => Call(TailscaleCall.GetSplitDns, access =>
        (ImmutableArray<string>)[.. tailnet.GetDns(access).Where(entry => entry.UseWithExitNode).Select(entry => SplitDnsMap.Domain(entry.Domain)).Distinct().Order(StringComparer.Ordinal)], stopping);

    public Task<ImmutableArray<SplitDnsDomain>> PatchSplitDnsAsync(
        string domain, ImmutableArray<string> resolvers, CancellationToken stopping)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        Dictionary<string, ImmutableArray<string>> change = new() { [SplitDnsMap.Domain(domain)] = SplitDnsMap.Resolvers(resolvers) };
        return Call(TailscaleCall.PatchSplitDns, access => MapOf(tailnet.ChangeSplitDns(access, change)), stopping);
    }

    private Task<MintedKey> CreateKey(string description, ImmutableArray<string> tags, TimeSpan expiry, bool reusable, CancellationToken stopping)
    {
        KeyRules.Check(description, tags, expiry);
        return Call(TailscaleCall.CreateKey, access =>
        {
            KeyOrder order = new(
                description, TimeSpan.FromSeconds((long)expiry.TotalSeconds), reusable, Ephemeral: true, Preauthorized: true, tags);
            var key = tailnet.CreateKey(access, order);
            return new MintedKey(key.Id, key.Value, key.Expires);
        }, stopping);
    }

    private static Device Shown(SandboxDevice device) => new(
        device.Id,
        device.HostName,
        device.Tags,
        device.Connected,
        device.Authorized,
        device.Created,
        device.LastSeen,
        device.Advertised,
        device.Enabled,
        [.. device.Addresses.Select(Address.Parse)]);

    private static DeviceRoutes RoutesOf(SandboxDevice device) => new(device.Advertised, device.Enabled);

    private static ImmutableArray<SplitDnsDomain> MapOf(ImmutableSortedDictionary<string, ImmutableArray<string>> map) =>
        SplitDnsMap.Read(map.Select(entry => KeyValuePair.Create(entry.Key, (string?[]?)[.. entry.Value])));

    private async Task<T?> CallUnlessGone<T>(TailscaleCall call, Func<Access, T> effect, CancellationToken stopping)
        where T : class
    {
        try
        {
            return await Call(call, effect, stopping);
        }
        catch (CallFailedException gone) when (gone.Failure is Failure.NotFound)
        {
            return null;
        }
    }

    private Task<T> Call<T>(TailscaleCall call, Func<Access, T> effect, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(stopping);
        }

        ImmutableArray<string>? scopes = null;
        try
        {
            var access = tailnet.AccessOf(client);
            scopes = access.Scopes;
            return Task.FromResult(effect(access));
        }
        catch (Refusal refusal)
        {
            return Task.FromException<T>(Refusals.Of(call, refusal.Status, refusal.Message, scopes));
        }
    }
}

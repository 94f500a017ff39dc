using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Automation.Network;
using Automation.Plans;

namespace Automation.Tailscale;

/// <summary>The Tailscale API v2 over HTTP.</summary>
public sealed class TailscaleClient : ITailscale, IDisposable
{
    /// <summary>A key's expiry does not change; it is asked for again only so that a failure does not stay.</summary>
    private static readonly TimeSpan s_askAgain = TimeSpan.FromHours(1);

    private readonly TailscaleHttp _http;
    private readonly AccessTokens _tokens;
    private readonly TimeProvider _time;
    private readonly string _tailnet;
    private (DateTimeOffset Asked, TailscaleCredential.ApiKey Of, ApiKeySeen Seen)? _apiKey;

    /// <param name="api">Base address, without <c>/api/v2</c>.</param>
    /// <param name="tailnet">The tailnet's name, or <c>-</c> for the credential's own.</param>
    public TailscaleClient(Uri api, string tailnet, CredentialSource credentials, TimeProvider time)
        : this(api, tailnet, credentials, time, Transport(), Random.Shared.NextDouble)
    {
    }

    internal TailscaleClient(
        Uri api, string tailnet, CredentialSource credentials, TimeProvider time, HttpMessageHandler transport, Func<double> jitter)
    {
        _http = new(api, transport, time, jitter);
        _tokens = new(credentials, _http, time);
        _time = time;
        _tailnet = "/tailnet/" + Uri.EscapeDataString(tailnet);
    }

    /// <summary>Fetches the first access token before it is needed. Where that fails, the first call tries again and says so.</summary>
    public Task WarmAsync(CancellationToken stopping) => _tokens.GetAsync(stopping);

    public Task<MintedKey> CreateAuthKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping) =>
        CreateKeyAsync(description, tags, expiry, reusable: false, stopping);

    public Task<MintedKey> CreateReusableKeyAsync(string description, ImmutableArray<string> tags, TimeSpan expiry, CancellationToken stopping) =>
        CreateKeyAsync(description, tags, expiry, reusable: true, stopping);

    public async Task<ImmutableArray<AuthKey>> ListAuthKeysAsync(CancellationToken stopping)
    {
        var answer = await SendOkAsync(TailscaleCall.ListKeys, _tailnet + "/keys?all=true", content: null, stopping);
        return Read(TailscaleCall.ListKeys, answer, TailscaleWire.Keys, read => (ImmutableArray<AuthKey>)
            [.. (read.Keys ?? throw new FormatException("the list of keys is null")).Select(WireReader.Key).OfType<AuthKey>()]);
    }

    public Task DeleteKeyAsync(KeyId key, CancellationToken stopping) =>
        SendUnlessGoneAsync(TailscaleCall.DeleteKey, $"{_tailnet}/keys/{key}", content: null, stopping);

    public async Task<ImmutableArray<Device>> ListDevicesAsync(ImmutableArray<string> tags, string? hostName, CancellationToken stopping)
    {
        var filters = tags.Select(tag => "&tags=" + Uri.EscapeDataString(tag));
        var query = "?fields=all" + string.Concat(filters) + (hostName is null ? "" : "&hostname=" + Uri.EscapeDataString(hostName));
        var answer = await SendOkAsync(TailscaleCall.ListDevices, _tailnet + "/devices" + query, content: null, stopping);
        var devices = Read(TailscaleCall.ListDevices, answer, TailscaleWire.Devices, read => (ImmutableArray<Device>)
            [.. (read.Devices ?? throw new FormatException("the list of devices is null")).Select(WireReader.Device)]);

        // The API filters. Asked again here, so that a filter that it does not know can never bring in somebody else's device.
        return [.. devices.Where(device => tags.All(device.Tags.Contains) && (hostName is null || device.HostName == hostName))];
    }

    public async Task<Device?> GetDeviceAsync(DeviceId device, CancellationToken stopping)
    {
        var answer = await SendUnlessGoneAsync(TailscaleCall.GetDevice, $"/device/{device}?fields=all", content: null, stopping);
        return answer is null ? null : Read(TailscaleCall.GetDevice, answer, TailscaleWire.Device, WireReader.Device);
    }

    public async Task<bool> SetDeviceTagsAsync(DeviceId device, ImmutableArray<string> tags, CancellationToken stopping) =>
        await SendUnlessGoneAsync(TailscaleCall.SetTags, $"/device/{device}/tags", Json(new WireTagRequest(tags), TailscaleJson.Default.WireTagRequest), stopping) is not null;

    public Task<DeviceRoutes?> GetDeviceRoutesAsync(DeviceId device, CancellationToken stopping) =>
        RoutesAsync(TailscaleCall.GetRoutes, device, content: null, stopping);

    public Task<DeviceRoutes?> SetDeviceRoutesAsync(DeviceId device, PrefixSet enabled, CancellationToken stopping) =>
        RoutesAsync(
            TailscaleCall.SetRoutes,
            device,
            Json(new WireRouteRequest([.. enabled.Select(prefix => prefix.ToString())]), TailscaleJson.Default.WireRouteRequest),
            stopping);

    public Task DeleteDeviceAsync(DeviceId device, CancellationToken stopping) =>
        SendUnlessGoneAsync(TailscaleCall.DeleteDevice, $"/device/{device}", content: null, stopping);

    public async Task<ImmutableArray<SplitDnsDomain>> GetSplitDnsAsync(CancellationToken stopping)
    {
        var answer = await SendOkAsync(TailscaleCall.GetSplitDns, _tailnet + "/dns/split-dns", content: null, stopping);
        return Read(TailscaleCall.GetSplitDns, answer, TailscaleJson.Default.SplitDns, SplitDnsMap.Read);
    }

    public async Task<ImmutableArray<string>> GetExitNodeDomainsAsync(CancellationToken stopping)
    {
        var answer = await SendOkAsync(TailscaleCall.GetDnsConfiguration, _tailnet + "/dns/configuration", content: null, stopping);
        return Read(TailscaleCall.GetDnsConfiguration, answer, TailscaleJson.Default.WireDnsConfiguration, SplitDnsMap.ReadExitNodeDomains);
    }

    public async Task<ImmutableArray<SplitDnsDomain>> PatchSplitDnsAsync(
        string domain, ImmutableArray<string> resolvers, CancellationToken stopping)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        Dictionary<string, string?[]?> change = new()
        {
            [SplitDnsMap.Domain(domain)] = resolvers.IsEmpty ? null : [.. SplitDnsMap.Resolvers(resolvers)],
        };
        var answer = await SendOkAsync(
            TailscaleCall.PatchSplitDns, _tailnet + "/dns/split-dns", Json(change, TailscaleJson.Default.SplitDns), stopping);
        return Read(TailscaleCall.PatchSplitDns, answer, TailscaleJson.Default.SplitDns, SplitDnsMap.Read);
    }

    public async Task<ApiKeySeen?> GetApiKeyAsync(CancellationToken stopping)
    {
        if ((await _tokens.GetAsync(stopping)).From is not TailscaleCredential.ApiKey key)
        {
            return null;
        }

        var now = _time.GetUtcNow();
        if (_apiKey is not var (asked, of, seen) || !of.IsSameAs(key) || now - asked >= s_askAgain)
        {
            seen = await ReadAsync(key.Id, stopping);
            _apiKey = (now, key, seen);
        }

        return seen;
    }

    /// <summary>What the credential is given, for whoever asks whether it is enough.</summary>
    internal Task<AccessToken> GetAccessAsync(CancellationToken stopping) => _tokens.GetAsync(stopping);

    /// <param name="below">The path below the tailnet's.</param>
    internal Task<TailscaleAnswer> GetAsync(TailscaleCall call, string below, CancellationToken stopping) =>
        SendOkAsync(call, _tailnet + below, content: null, stopping);

    public void Dispose() => _http.Dispose();

    private async Task<MintedKey> CreateKeyAsync(
        string description, ImmutableArray<string> tags, TimeSpan expiry, bool reusable, CancellationToken stopping)
    {
        KeyRules.Check(description, tags, expiry);
        var asked = _time.GetUtcNow();
        var request = new WireKeyRequest(
            "auth", description, (long)expiry.TotalSeconds, new(reusable, Ephemeral: true, Preauthorized: true, tags));
        var answer = await SendOkAsync(
            TailscaleCall.CreateKey, _tailnet + "/keys", Json(TailscaleWire.Write(request)), stopping);
        return Read(TailscaleCall.CreateKey, answer, TailscaleWire.Key, key => new MintedKey(
            KeyId.Parse(key.Id),
            key.Key ?? throw new FormatException("the answer holds no key"),
            WireReader.Instant(key.Expires) ?? asked + expiry));
    }

    private async Task<ApiKeySeen> ReadAsync(KeyId? id, CancellationToken stopping)
    {
        if (id is null)
        {
            return new(null, "The key's text does not say which key it is.");
        }

        try
        {
            var answer = await SendOkAsync(TailscaleCall.GetKey, $"{_tailnet}/keys/{id}", content: null, stopping);
            return WireReader.Instant(answer.Read(TailscaleCall.GetKey, TailscaleWire.Key).Expires) is { } expires
                ? new(expires, null)
                : new(null, "Tailscale does not say when the key expires.");
        }
        catch (CallFailedException failed) when (failed.Failure is not Failure.BadCredential)
        {
            return new(null, failed.Message);
        }
    }

    private async Task<DeviceRoutes?> RoutesAsync(TailscaleCall call, DeviceId device, Func<HttpContent>? content, CancellationToken stopping)
    {
        var answer = await SendUnlessGoneAsync(call, $"/device/{device}/routes", content, stopping);
        return answer is null ? null : Read(call, answer, TailscaleJson.Default.WireRoutes, WireReader.Routes);
    }

    /// <returns>null where the API says 404.</returns>
    private async Task<TailscaleAnswer?> SendUnlessGoneAsync(
        TailscaleCall call, string path, Func<HttpContent>? content, CancellationToken stopping)
    {
        try
        {
            return await SendOkAsync(call, path, content, stopping);
        }
        catch (CallFailedException gone) when (gone.Failure is Failure.NotFound)
        {
            return null;
        }
    }

    private async Task<TailscaleAnswer> SendOkAsync(TailscaleCall call, string path, Func<HttpContent>? content, CancellationToken stopping)
    {
        var token = await _tokens.GetAsync(stopping);
        var answer = await _http.SendAsync(call, path, token, content, stopping);
        if (answer.Status == HttpStatusCode.Unauthorized)
        {
            _tokens.Drop(token);
            token = await _tokens.GetAsync(stopping);
            answer = await _http.SendAsync(call, path, token, content, stopping);
        }

        if (answer.Status == HttpStatusCode.Forbidden)
        {
            _tokens.Reconsider(token);
        }

        Refusals.ThrowUnlessOk(call, answer, token.Scopes);
        return answer;
    }

    private static TResult Read<TWire, TResult>(
        TailscaleCall call, TailscaleAnswer answer, JsonTypeInfo<TWire> type, Func<TWire, TResult> read) =>
        Read(call, answer, answer.Read(call, type), read);

    private static TResult Read<TWire, TResult>(
        TailscaleCall call, TailscaleAnswer answer, Func<JsonElement, TWire> wire, Func<TWire, TResult> read) =>
        Read(call, answer, answer.Read(call, wire), read);

    private static TResult Read<TWire, TResult>(TailscaleCall call, TailscaleAnswer answer, TWire wire, Func<TWire, TResult> read)
    {
        try
        {
            return read(wire);
        }
        catch (FormatException unreadable)
        {
            throw Refusals.Unreadable(call, answer, unreadable.Message);
        }
    }

    private static Func<HttpContent> Json<T>(T value, JsonTypeInfo<T> type) => Json(JsonSerializer.SerializeToUtf8Bytes(value, type));

    private static Func<HttpContent> Json(byte[] bytes) =>
        () => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static SocketsHttpHandler Transport() => new()
    {
        AllowAutoRedirect = false,   // a redirect is no answer of this API, and would carry a request where nobody meant it to go
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),   // so that a changed address is noticed by a process that lives for hours
        UseCookies = false,
    };
}

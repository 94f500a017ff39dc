using System.Collections.Immutable;
using Automation.Network;
using Automation.Tailscale;

namespace Automation.Sandbox;

/// <summary>What the API does, for <see cref="SandboxTailscale"/> and <see cref="TailscaleApi"/> alike. Its no is a <see cref="Refusal"/>.</summary>
public sealed partial class Tailnet
{
    private static readonly TailscaleCall s_getDns = TailscaleCall.GetSplitDns with { Template = "/tailnet/{tailnet}/dns/configuration" };

    private Func<string, FaultKind?>? _faults;

    /// <summary>The API answers every call with 503. The nodes do not notice.</summary>
    public bool IsDown
    {
        get => Do(_ => _isDown);
        set => Do(_ => _isDown = value);
    }

    /// <summary>
    /// Asked on every call of the API with its name, such as <c>PATCH /tailnet/{tailnet}/dns/split-dns</c>; null lets it through.
    /// It is asked while the tailnet is locked, so it must not use the tailnet.
    /// </summary>
    public Func<string, FaultKind?>? Faults
    {
        get => Do(_ => _faults);
        set => Do(_ => _faults = value);
    }

    /// <param name="scopes">What is asked for; empty for all that the client has.</param>
    internal IssuedToken IssueToken(string? clientId, string? clientSecret, ImmutableArray<string> scopes) =>
        Api(TailscaleCall.Token.ToString(), now =>
        {
            var access = AccessOf(clientId, clientSecret);
            if (scopes.Any(scope => !TailscaleScopes.Permit(access.Scopes, scope)))
            {
                throw new Refusal(400, "requested scopes are not permitted");
            }

            return Issue(scopes.IsEmpty ? access : access with { Scopes = scopes }, now, clientId);
        });

    private IssuedToken Issue(Access access, DateTimeOffset now, string? client)
    {
        IssuedToken token = new(new($"tskey-sandbox-{++_lastToken:D6}"), access, now + TokenLife, client);
        _tokens.Add(token);
        return token;
    }

    /// <exception cref="Refusal">401: the token is unknown, has expired, or went with its OAuth client.</exception>
    internal Access AccessOf(string? token) => Do(_ =>
        _tokens.FirstOrDefault(issued => issued.Value.Reveal() == token)?.Access ?? throw Refusal.BadToken());

    /// <exception cref="Refusal">401: there is no such client, or this is not its secret.</exception>
    internal Access AccessOf(OAuthClient client) => Do(_ => AccessOf(client.Id, client.ClientSecret.Reveal()));

    internal SandboxKey CreateKey(Access access, KeyOrder order) => Api(TailscaleCall.CreateKey, access, now =>
    {
        if (!KeyRules.AllowsDescription(order.Description))
        {
            throw new Refusal(400, "description is too long or has characters that are not allowed");
        }

        if (!KeyRules.AllowsExpiry(order.Expiry))
        {
            throw new Refusal(400, "expirySeconds is out of range");
        }

        if (!MayGive(access, order.Tags))
        {
            throw new Refusal(400, $"requested tags [{string.Join(' ', order.Tags)}] are invalid or not permitted");
        }

        var id = Numbered('k', ++_lastKey);
        SandboxKey key = new(
            KeyId.Parse(id),
            new($"tskey-auth-{id}-sandbox"),
            order.Description,
            now,
            now + order.Expiry,
            order.Reusable,
            order.Ephemeral,
            order.Preauthorized,
            order.Tags);
        _keys.Add(id, key);
        return key;
    });

    internal (ImmutableArray<SandboxKey> Keys, ImmutableArray<OAuthClient> Clients, DateTimeOffset Now) ListKeys(Access access) =>
        Api(TailscaleCall.ListKeys, access, now => ((ImmutableArray<SandboxKey>)[.. _keys.Values], (ImmutableArray<OAuthClient>)[.. _clients.Values], now));

    /// <summary>A person's API access token, which may look at itself.</summary>
    internal IssuedToken? FindApiAccessToken(string id) =>
        Api(TailscaleCall.GetKey.ToString(), _ => _tokens.Find(token => token.Client is null && token.Value.Reveal().Split('-') is [_, _, var own, _] && own == id));

    internal string GetPolicy(Access access) => Api(TailscaleCall.GetPolicy, access, _ => _policyFile);

    internal bool GetMagicDns(Access access) => Api(TailscaleCall.GetDnsPreferences, access, _ => _magicDns);

    internal void DeleteKey(Access access, string id) => Api(TailscaleCall.DeleteKey, access, now =>
        _keys.TryGetValue(id, out var key)
            ? _keys[id] = key with { Revoked = key.Revoked ?? now }
            : throw new Refusal(404, "key not found"));

    internal ImmutableArray<SandboxDevice> ListDevices(Access access) =>
        Api(TailscaleCall.ListDevices, access, _ => (ImmutableArray<SandboxDevice>)[.. _machines.Values.Select(machine => machine.Device)]);

    internal SandboxDevice GetRoutes(Access access, DeviceId device) => Api(TailscaleCall.GetRoutes, access, _ => Manageable(device).Device);

    internal SandboxDevice SetRoutes(Access access, DeviceId device, PrefixSet enabled) => Api(TailscaleCall.SetRoutes, access, _ =>
    {
        var machine = Manageable(device);
        return machine.Device = machine.Device with { Enabled = enabled };
    });

    internal SandboxDevice SetTags(Access access, DeviceId device, ImmutableArray<string> tags) => Api(TailscaleCall.SetTags, access, _ =>
    {
        var machine = Manageable(device);
        return MayGive(access, tags)
            ? machine.Device = machine.Device with { Tags = tags }
            : throw new Refusal(400, $"requested tags [{string.Join(' ', tags)}] are invalid or not permitted");
    });

    internal void DeleteDevice(Access access, DeviceId device) =>
        Api(TailscaleCall.DeleteDevice, access, _ => _machines.Remove(Manageable(device).Device.Number));

    internal ImmutableSortedDictionary<string, ImmutableArray<string>> GetSplitDns(Access access) =>
        Api(TailscaleCall.GetSplitDns, access, _ => _splitDns.ToImmutableSortedDictionary(StringComparer.Ordinal));

    /// <param name="changes">An empty list removes the domain.</param>
    /// <param name="replace">PUT: what is not named goes.</param>
    internal ImmutableSortedDictionary<string, ImmutableArray<string>> ChangeSplitDns(
        Access access, IReadOnlyDictionary<string, ImmutableArray<string>> changes, bool replace = false)
    {
        var call = replace ? TailscaleCall.PatchSplitDns with { Method = HttpMethod.Put } : TailscaleCall.PatchSplitDns;
        return Api(call, access, _ =>
        {
            if (changes.SelectMany(change => change.Value).FirstOrDefault(resolver => !Address.TryParse(resolver, out var _)) is { } wrong)
            {
                throw new Refusal(400, $"invalid nameserver \"{wrong}\"");
            }

            foreach (var domain in replace ? _splitDns.Keys.Except(changes.Keys).ToArray() : [])
            {
                SetSplitDns(domain, []);
            }

            _changedDomains.UnionWith(changes.Keys);
            foreach (var (domain, resolvers) in changes)
            {
                SetSplitDns(domain, resolvers);
                if (_splitDnsForgetsExitNode)
                {
                    _exitNodeDomains.Remove(domain);
                }
            }

            return _splitDns.ToImmutableSortedDictionary(StringComparer.Ordinal);
        });
    }

    /// <summary>The split-DNS part of all DNS settings, which alone shows what clients with an exit node use.</summary>
    internal ImmutableArray<(string Domain, ImmutableArray<string> Resolvers, bool UseWithExitNode)> GetDns(Access access) => Api(s_getDns, access, _ =>
        (ImmutableArray<(string, ImmutableArray<string>, bool)>)[.. _splitDns.Select(entry => (entry.Key, entry.Value, _exitNodeDomains.Contains(entry.Key)))]);

    private T Api<T>(TailscaleCall call, Access access, Func<DateTimeOffset, T> effect) => Api(call.ToString(), now =>
        TailscaleScopes.Permit(access.Scopes, call.Scope) ? effect(now) : throw Refusal.MissingScope());

    private T Api<T>(string operation, Func<DateTimeOffset, T> effect) => Do(now =>
    {
        if (_isDown)
        {
            throw new Refusal(503, "service unavailable");
        }

        var fault = _faults?.Invoke(operation);
        if (fault is FaultKind.BeforeEffect)
        {
            throw new Refusal(500, "internal error");
        }

        var done = effect(now);
        return fault is FaultKind.AfterEffect ? throw new Refusal(504, "request took too long") : done;
    });

    private Access AccessOf(string? clientId, string? clientSecret) =>
        clientId is not null && _clients.TryGetValue(clientId, out var client) && client.ClientSecret.Reveal() == clientSecret
            ? new(client.Scopes, client.Tags)
            : throw Refusal.BadToken();

    /// <summary>All of the credential's tags together, or tags that one of them owns.</summary>
    private bool MayGive(Access access, ImmutableArray<string> tags)
    {
        if (!tags.All(KeyRules.AllowsTag))
        {
            return false;
        }

        if (access.Tags is not { } own)
        {
            return true;
        }

        var given = tags.Where(own.Contains).ToHashSet(StringComparer.Ordinal);
        return !tags.IsEmpty
            && tags.Except(given).All(tag => _tagOwners.TryGetValue(tag, out var owners) && owners.Any(own.Contains))
            && (given.Count == 0 || own.All(given.Contains));
    }

    private Machine Manageable(DeviceId device) => Find(device) ?? throw Refusal.NoSuchDevice();
}

using System.Collections.Immutable;
using System.Globalization;
using Automation.Network;

namespace Automation.Sandbox;

/// <summary>What a person does, and sees, in the admin console. Names what is not there: <see cref="KeyNotFoundException"/>.</summary>
public sealed partial class Tailnet
{
    private bool _deviceApprovalOn;
    private bool _magicDns = true;
    private string _policyFile = "{}";

    /// <summary>The policy file's text, to be read by callers of the API; <see cref="SetTagOwners"/> and <see cref="SetAutoApprover"/> say what the tailnet does.</summary>
    public string PolicyFile
    {
        get => Do(_ => _policyFile);
        set => Do(_ => _policyFile = value);
    }

    public bool MagicDns
    {
        get => Do(_ => _magicDns);
        set => Do(_ => _magicDns = value);
    }

    /// <summary>New devices wait for approval, unless their key is pre-authorised.</summary>
    public bool DeviceApprovalOn
    {
        get => Do(_ => _deviceApprovalOn);
        set => Do(_ => _deviceApprovalOn = value);
    }

    /// <summary>In order of joining.</summary>
    public ImmutableArray<SandboxDevice> Devices => Do(_ => (ImmutableArray<SandboxDevice>)[.. _machines.Values.Select(machine => machine.Device)]);

    public ImmutableArray<SandboxKey> Keys => Do(_ => (ImmutableArray<SandboxKey>)[.. _keys.Values]);

    public ImmutableSortedDictionary<string, ImmutableArray<string>> SplitDns =>
        Do(_ => _splitDns.ToImmutableSortedDictionary(StringComparer.Ordinal));

    public OAuthClient AddOAuthClient(ImmutableArray<string> tags, ImmutableArray<string> scopes) => Do(_ =>
    {
        var id = Numbered('k', ++_lastKey);
        OAuthClient client = new(id, new($"tskey-client-{id}-sandbox"), tags, scopes);
        _clients.Add(id, client);
        return client;
    });

    /// <summary>Takes its access tokens with it.</summary>
    public void RevokeOAuthClient(string id) => Do(_ =>
    {
        _tokens.RemoveAll(token => token.Client == id);
        return _clients.Remove(id) ? true : throw new KeyNotFoundException($"no OAuth client {id}");
    });

    /// <summary>An API access token of an admin: all scopes, any tag.</summary>
    public Secret AddApiAccessToken(TimeSpan life) => Do(now =>
    {
        Secret value = new($"tskey-api-{Numbered('k', ++_lastKey)}-sandbox");
        _tokens.Add(new(value, new(["all"], Tags: null), now + life, Client: null));
        return value;
    });

    /// <summary>Policy file, <c>tagOwners</c>: who has one of the owners may give the tag.</summary>
    public void SetTagOwners(string tag, ImmutableArray<string> owners) => Do(_ => _tagOwners[tag] = owners);

    /// <summary>Policy file, <c>autoApprovers.routes</c>. It acts when a route is first advertised, not on those that wait already.</summary>
    public void SetAutoApprover(Prefix prefix, ImmutableArray<string> tags) => Do(_ => _autoApprovers[prefix] = tags);

    /// <summary>A device that somebody else has joined: not ephemeral.</summary>
    public DeviceId AddDevice(string hostName, ImmutableArray<string> tags, PrefixSet advertised) => Do(now =>
    {
        var machine = AddMachine(hostName, tags, ephemeral: false, authorized: true, now);
        machine.Wanted = advertised;
        Hear(machine);
        return machine.Device.Id;
    });

    /// <summary>Enables prefixes beside those that are enabled.</summary>
    public void ApproveRoutes(DeviceId device, PrefixSet added) =>
        Change(device, shown => shown with { Enabled = shown.Enabled.Union(added) });

    /// <summary>Disables prefixes; the node goes on offering them.</summary>
    public void DisableRoutes(DeviceId device, PrefixSet removed) =>
        Change(device, shown => shown with { Enabled = shown.Enabled.Except(removed) });

    public void ApproveDevice(DeviceId device) => Change(device, shown => shown with { Authorized = true });

    /// <summary>Changes the MagicDNS name; the host name stays what the node reports.</summary>
    public void Rename(DeviceId device, string newName) => Change(device, shown => shown with { Name = UniqueName(newName) });

    public void SetTags(DeviceId device, ImmutableArray<string> tags) => Change(device, shown => shown with { Tags = tags });

    public void RemoveDevice(DeviceId device) => Do(_ => _machines.Remove(Known(device).Device.Number));

    public void RevokeKey(KeyId key) => Do(now =>
        _keys.TryGetValue(key.ToString(), out var known)
            ? _keys[key.ToString()] = known with { Revoked = known.Revoked ?? now }
            : throw new KeyNotFoundException(string.Create(CultureInfo.InvariantCulture, $"no key {key}")));

    /// <summary>An empty list removes the domain.</summary>
    public void SetSplitDns(string domain, ImmutableArray<string> resolvers) => Do(_ =>
    {
        if (resolvers.IsEmpty)
        {
            _splitDns.Remove(domain);
            _exitNodeDomains.Remove(domain);
        }
        else
        {
            _splitDns[domain] = resolvers;
        }

        return true;
    });

    /// <summary>The domains that callers of the API have changed so far, or wrote as they were.</summary>
    public ImmutableSortedSet<string> ChangedDomains => Do(_ => _changedDomains.ToImmutableSortedSet(StringComparer.Ordinal));

    /// <summary>The domains of split DNS that clients with an exit node use too.</summary>
    public ImmutableSortedSet<string> ExitNodeDomains => Do(_ => _exitNodeDomains.ToImmutableSortedSet(StringComparer.Ordinal));

    /// <summary>Lets clients that use an exit node ask a domain's resolvers too, or no longer. The API has no call for it that changes one domain alone.</summary>
    public void SetUseWithExitNode(string domain, bool use) => Do(_ =>
        !_splitDns.ContainsKey(domain) ? throw new KeyNotFoundException($"no split DNS for {domain}")
        : use ? _exitNodeDomains.Add(domain)
        : _exitNodeDomains.Remove(domain));

    /// <summary>A change of a domain's resolvers by the API takes the domain from clients with an exit node. Tailscale does not say whether it does.</summary>
    public bool SplitDnsForgetsExitNode
    {
        get => Do(_ => _splitDnsForgetsExitNode);
        set => Do(_ => _splitDnsForgetsExitNode = value);
    }

    private void Change(DeviceId device, Func<SandboxDevice, SandboxDevice> change) => Do(_ =>
    {
        var machine = Known(device);
        return machine.Device = change(machine.Device);
    });

    private Machine Known(DeviceId device) => Find(device) ?? throw new KeyNotFoundException($"no device {device}");
}

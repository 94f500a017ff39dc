using System.Collections.Immutable;
using System.Globalization;
using Automation.Network;

namespace Automation.Sandbox;

/// <summary>
/// A simulated tailnet: its devices, keys and split DNS on a clock of one's choice. Identifiers, addresses and secrets are numbered from
/// one, so that the same story tells itself the same way each time. Safe to use from several threads.
/// </summary>
/// <remarks>
/// One file for each who acts on it: the nodes, a person at the admin console, and the API. What Tailscale does not document is decided here:
/// an offline ephemeral device goes after 45 minutes (documented: 30 to 60), a revoked or expired key is listed for another hour, and
/// a used key does not read as invalid.
/// </remarks>
public sealed partial class Tailnet(TimeProvider time, string name = "example.com")
{
    internal static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);

    private const string MagicDnsSuffix = "tail000001.ts.net";

    private static readonly TimeSpan s_ephemeralStays = TimeSpan.FromMinutes(45);

    private static readonly TimeSpan s_invalidKeyStays = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Machine> _machines = [];
    private readonly SortedDictionary<string, SandboxKey> _keys = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, OAuthClient> _clients = new(StringComparer.Ordinal);
    private readonly List<IssuedToken> _tokens = [];
    private readonly SortedDictionary<string, ImmutableArray<string>> _splitDns = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _exitNodeDomains = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _changedDomains = new(StringComparer.Ordinal);
    private readonly SortedDictionary<Prefix, ImmutableArray<string>> _autoApprovers = [];
    private readonly SortedDictionary<string, ImmutableArray<string>> _tagOwners = new(StringComparer.Ordinal);
    private int _lastMachine;
    private int _lastKey;
    private int _lastToken;
    private DateTimeOffset? _swept;
    private bool _isDown;
    private bool _splitDnsForgetsExitNode;

    public string Name => name;

    /// <summary>What a node asks for and the tailnet has of it.</summary>
    private sealed class Machine
    {
        public required SandboxDevice Device { get; set; }

        /// <summary>When an ephemeral device that is offline was last active.</summary>
        public required DateTimeOffset LastActive { get; set; }

        /// <summary>What the node is set to advertise; the tailnet hears of it while the node is connected.</summary>
        public PrefixSet Wanted { get; set; } = PrefixSet.Empty;

        /// <summary>The node has logged out: it comes back only with a new key.</summary>
        public bool IsLoggedOut { get; set; }
    }

    private T Do<T>(Func<DateTimeOffset, T> action)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            Sweep(now);
            return action(now);
        }
    }

    /// <summary>What time alone has ended.</summary>
    private void Sweep(DateTimeOffset now)
    {
        if (now == _swept)   // nothing ends in the moment in which it began
        {
            return;
        }

        _swept = now;
        foreach (var (number, machine) in _machines.ToArray())
        {
            if (machine.Device is { Ephemeral: true, Connected: false } && now - machine.LastActive >= s_ephemeralStays)
            {
                _machines.Remove(number);
            }
        }

        foreach (var (id, key) in _keys.ToArray())
        {
            var ended = key.Revoked ?? key.Expires;
            if (key.IsInvalid(now) && now - ended >= s_invalidKeyStays)
            {
                _keys.Remove(id);
            }
        }

        _tokens.RemoveAll(token => token.Expires <= now);
    }

    // The number is in the id.
    private Machine? Find(DeviceId device) =>
        device.ToString() is ['n', .. var rest] && int.TryParse(rest.AsSpan()[..Math.Max(0, rest.Length - 5)], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && _machines.TryGetValue(number, out var machine) && machine.Device.Id == device ? machine : null;

    private Machine AddMachine(string hostName, ImmutableArray<string> tags, bool ephemeral, bool authorized, DateTimeOffset now)
    {
        var number = ++_lastMachine;
        Machine machine = new()
        {
            Device = new(
                DeviceId.Parse(Numbered('n', number)),
                number,
                hostName,
                UniqueName(hostName),
                [.. Addresses(number)],
                tags,
                Connected: true,
                authorized,
                ephemeral,
                now,
                LastSeen: null,
                PrefixSet.Empty,
                PrefixSet.Empty),
            LastActive = now,
        };
        _machines.Add(number, machine);
        return machine;
    }

    private void Hear(Machine machine)
    {
        var device = machine.Device;
        var approved = machine.Wanted.Except(device.Advertised).Where(prefix => IsAutoApproved(prefix, device.Tags));
        machine.Device = device with { Advertised = machine.Wanted, Enabled = device.Enabled.Union(approved) };
    }

    // Any range inside an approved one is approved too.
    private bool IsAutoApproved(Prefix prefix, ImmutableArray<string> tags) =>
        _autoApprovers.Any(entry => entry.Key.Contains(prefix) && entry.Value.Any(tags.Contains));

    private string UniqueName(string hostName)
    {
        var label = hostName.Length == 0 ? "device" : hostName.ToLowerInvariant();
        for (var suffix = 0; ; suffix++)
        {
            var candidate = $"{label}{(suffix == 0 ? "" : $"-{suffix}")}.{MagicDnsSuffix}";
            if (_machines.Values.All(machine => machine.Device.Name != candidate))
            {
                return candidate;
            }
        }
    }

    private static IEnumerable<string> Addresses(int number) =>
    [
        $"100.80.{number >> 8}.{number & 255}",
        string.Create(CultureInfo.InvariantCulture, $"fd7a:115c:a1e0::{number:x}"),
    ];

    private static string Numbered(char kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}{number:D6}CNTRL");
}

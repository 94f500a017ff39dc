using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>Watches a story as it is told: around every call that changes something, and after every line.</summary>
internal sealed class Referee
{
    private readonly Stage _stage;
    private readonly SortedDictionary<VpcId, int> _sites = [];
    private readonly Dictionary<SimulatedRegion, int> _waitsSeen = [];
    private readonly Dictionary<(InstanceId, Prefix), DateTimeOffset> _advertised = [];
    private ImmutableArray<SandboxDevice> _devices;
    private Ways? _ways;

    public Referee(Stage stage)
    {
        _stage = stage;
        stage.World.Calls.Before = Before;
        stage.World.Calls.After = After;
        stage.World.Scheduled += answer => stage.Log.Look(System.Text.Encoding.UTF8.GetString(answer.Span));
    }

    /// <summary>The first that was seen; null while all hold.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>How often each invariant was looked at.</summary>
    public SortedDictionary<string, int> Checks { get; } = new(StringComparer.Ordinal);

    public void Report(Invariant invariant, string text)
    {
        if (Violation is null)
        {
            Violation = new(invariant, text);
            _stage.Tell($"VIOLATION of {invariant.Name}: {text}");
        }
    }

    public void Check(Invariant invariant, bool holds, Func<string> text)
    {
        Checks[invariant.Name] = Checks.GetValueOrDefault(invariant.Name) + 1;
        if (!holds)
        {
            Report(invariant, text());
        }
    }

    /// <summary>What can be seen at any time.</summary>
    public void Look()
    {
        foreach (var region in _stage.Aws.Regions)
        {
            foreach (var wait in region.EndedWaits.Skip(_waitsSeen.GetValueOrDefault(region)))
            {
                if (!new GroupHook("", wait.Hook, Leaving: false).IsOurs)
                {
                    Check(Invariant.ForeignHooks, wait.TimedOut || _stage.AnsweredByOthers.Contains((wait.Instance, wait.Hook)), () => $"{wait.Hook} of {wait.Instance} was answered");
                    continue;
                }

                // What is no node is in no list, so only its news could tell of it; and a look is left its time where nothing else goes wrong.
                var faults = _stage.Faults;
                var isExcused = faults.LostHandlings > 1 || (faults.LostEvents > 0 && (faults.LostHandlings > 0 || faults.Troubles.Count > 0 || region.Find(wait.Instance)?.Role.Length == 0));
                Check(Invariant.Hooks, !wait.TimedOut || isExcused, () => $"nobody answered {wait.Hook} of {wait.Instance}");
            }

            _waitsSeen[region] = region.EndedWaits.Count;
            foreach (var (name, parameter) in region.Parameters.Where(parameter => !parameter.Value.Secure))
            {
                Check(Invariant.Secrets, !parameter.Value.Contains(LogWatch.Mark, StringComparison.Ordinal), () => $"{name} holds a secret in plain text");
            }
        }

        foreach (var keys in _stage.Tailnet.Keys.Where(key => !key.IsInvalid(_stage.Now) && !key.Used).GroupBy(key => key.Description))
        {
            var lost = _stage.Faults.Troubles.Count(trouble => trouble >= keys.Min(key => key.Created));
            Check(Invariant.OneKey, keys.Count() <= 1 + lost, () => $"{keys.Count()} usable keys of '{keys.Key}' after {lost} lost answers");
        }

        Check(Invariant.Secrets, _stage.Log.Leak is null, () => "a line that was written holds a secret");
        Check(Invariant.NoCrash, _stage.Log.Unexpected is null, () => _stage.Log.Unexpected!);
    }

    private void Before(string operation)
    {
        _stage.Faults.Before(operation);
        if (IsWrite(operation))
        {
            _devices = _stage.Tailnet.Devices;
            _ways = operation.Contains("routes", StringComparison.Ordinal) || operation is "SSM SendCommand" or "Tailscale DELETE /device/{id}" or "Tailscale POST /device/{id}/tags" ? new(_stage) : null;
        }
    }

    private void After(string operation)
    {
        if (IsWrite(operation))
        {
            Foreign(operation);
            if (_ways is not null)
            {
                Compare(operation, _ways, new(_stage));
            }

            if (operation == "Tailscale DELETE /device/{id}")
            {
                Deleted();
            }
        }
        else if (operation.StartsWith("DynamoDB", StringComparison.Ordinal))
        {
            Sites();
        }

        _stage.Faults.After(operation);
    }

    private static bool IsWrite(string operation) => operation == "SSM SendCommand"
        || (operation.StartsWith("Tailscale ", StringComparison.Ordinal) && !operation.StartsWith("Tailscale GET", StringComparison.Ordinal));

    private void Foreign(string operation)
    {
        foreach (var (id, device) in _stage.Foreign)
        {
            Check(Invariant.ForeignDevices, _stage.Tailnet.Devices.FirstOrDefault(known => known.Id == id) == device, () => $"{operation} changed {device.HostName}");
        }

        foreach (var (domain, resolvers) in _stage.ForeignDomains)
        {
            Check(
                Invariant.ForeignDomains,
                _stage.Tailnet.SplitDns.TryGetValue(domain, out var now) && now.SequenceEqual(resolvers),
                () => $"{operation} changed {domain}, which is forwarded to {string.Join(", ", resolvers)}, to {(now.IsDefault ? "nothing" : string.Join(", ", now))}");
        }
    }

    private void Compare(string operation, Ways before, Ways after)
    {
        // A look knows nothing of what a person wants since it read.
        foreach (var (vpc, address) in after.Destinations.Where(to => to.Vpc.Advertise != "false" && _stage.Opted.GetValueOrDefault(to.Vpc.Id) != _stage.Now))
        {
            var had = before.To(vpc, address).Where(way => !IsLeaving(way.Instance) && !IsFresh(way)).ToArray();
            Check(Invariant.LastWay, had.Length == 0 || after.To(vpc, address).Any(), () => $"{operation} took {string.Join(" and ", had.Select(way => $"{way.Prefix} from {way.Instance.Id}"))}, the last way to {address} of {vpc.Id}");
        }

        foreach (var way in after.All.Except(before.All, WayComparer.Instance))
        {
            _advertised[(way.Instance.Id, way.Prefix)] = _stage.Now;
        }

        foreach (var way in after.All.Except(before.All, WayComparer.Instance).Where(way => !Via6.TryRead(way.Prefix, out _, out _)))
        {
            if (after.EndOf(way) is { } end)
            {
                // A VPC that is opted out is about to lose its prefixes, once others have theirs.
                foreach (var other in after.All.Where(other => other.Prefix == way.Prefix && other.Instance != way.Instance && _stage.Vpcs.Any(one => one.Vpc.Id == after.EndOf(other) && one.Vpc.Advertise != "false")))
                {
                    Check(Invariant.RightVpc, after.EndOf(other) is not { } another || another == end, () => $"{operation}: {way.Prefix} leads to {end} by {way.Instance.Id}, and to {after.EndOf(other)} by {other.Instance.Id}");
                }
            }
        }
    }

    // A command says all that a node is to advertise: what another function adds between this one's reading and its command is gone until the next look.
    private bool IsFresh(Ways.Way way) => _advertised.TryGetValue((way.Instance.Id, way.Prefix), out var since) && since == _stage.Now;

    private void Deleted()
    {
        foreach (var gone in _devices.ExceptBy(_stage.Tailnet.Devices.Select(device => device.Id), device => device.Id))
        {
            var node = _stage.InstancesWhere(instance => instance.Device == gone.Id && instance.State == "running").Select(one => one.Instance).SingleOrDefault();
            Check(Invariant.LiveNodes, node is null || !gone.Connected || IsLeaving(node), () => $"{gone.HostName} ({gone.Id}) was deleted, though {node!.Id} runs, is {node.LifecycleState} and was connected");
        }
    }

    private bool IsLeaving(SimulatedInstance instance) =>
        instance.EndedAt is not null || instance.LifecycleState.StartsWith("Terminat", StringComparison.Ordinal) || _stage.Doomed.Contains(instance.Id);

    private void Sites()
    {
        foreach (var site in _stage.World.Ledger.Sites.Values.Where(site => site.ReleasedAt is null))
        {
            Check(Invariant.StableSites, !_sites.TryGetValue(site.Vpc, out var known) || known == site.Site, () => $"{site.Vpc} had the site id {known} and has {site.Site} now");
            Check(Invariant.StableSites, _sites.All(other => other.Value != site.Site || other.Key == site.Vpc), () => $"the site id {site.Site} was another's, and is {site.Vpc}'s now");
            _sites[site.Vpc] = site.Site;
        }
    }

    private sealed class WayComparer : IEqualityComparer<Ways.Way>
    {
        public static readonly WayComparer Instance = new();

        public bool Equals(Ways.Way x, Ways.Way y) => x.Instance == y.Instance && x.Prefix == y.Prefix;

        public int GetHashCode(Ways.Way way) => HashCode.Combine(way.Instance.Id, way.Prefix);
    }
}

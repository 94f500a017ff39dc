using Automation.Plans;

namespace Automation.Nodes;

public enum Fate
{
    /// <summary>EC2 shows it, and not as ended.</summary>
    Alive,

    /// <summary>EC2 shows it as ended, or a complete look at its scope no longer finds it.</summary>
    Gone,

    /// <summary>Neither can be said: its scope was not read completely, or is not one of ours.</summary>
    Unknown,
}

/// <summary>What has become of an instance, judged by EC2 first and by the ledger only where EC2 no longer knows it.</summary>
internal sealed class NodeFates
{
    /// <summary>EC2 may not show a new instance at once, and things are written while it is being looked for.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private readonly Dictionary<InstanceId, Instance> _instances;
    private readonly Dictionary<InstanceId, NodeRecord> _records;
    private readonly HashSet<Scope> _complete;
    private readonly DateTimeOffset _now;

    public NodeFates(Snapshot seen)
    {
        _instances = seen.Scopes.SelectMany(scope => scope.Instances.Items).GroupBy(instance => instance.Id).ToDictionary(same => same.Key, same => same.First());
        _records = seen.Nodes.Items.DistinctBy(record => record.Instance).ToDictionary(record => record.Instance);
        _complete = [.. seen.Scopes.Where(scope => scope.Instances.IsComplete).Select(scope => scope.Scope)];
        _now = seen.ObservedAt;
    }

    public NodeRecord? Record(InstanceId id) => _records.GetValueOrDefault(id);

    /// <summary>EC2's word for an instance; null where EC2 no longer knows it.</summary>
    public string? State(InstanceId id) => _instances.GetValueOrDefault(id)?.State;

    public Fate Of(InstanceId id)
    {
        if (_instances.TryGetValue(id, out var instance))
        {
            return instance.IsGone ? Fate.Gone : Fate.Alive;
        }

        // Without a record nothing says that the instance ever was in one of our scopes: another installation may have the same tag.
        return Record(id) is { } record && _complete.Contains(record.Scope) && _now - (record.GoneAt ?? record.RegisteredAt) >= Grace
            ? Fate.Gone
            : Fate.Unknown;
    }
}

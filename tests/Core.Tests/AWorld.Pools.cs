using Automation.Nodes;
using Automation.Plans;

namespace Automation;

public sealed partial class AWorld
{
    public const string PoolMark = "0badcafe";

    private readonly List<KeyPool> _pools = [];
    private readonly List<PoolRecord> _poolRecords = [];
    private readonly List<PoolParameter> _poolParameters = [];

    public static KeyId KeyOf(int number) => KeyId.Parse($"k{number:D6}CNTRL");

    /// <summary>A pool that is wanted, and of which there is nothing yet.</summary>
    public AWorld WithPool(string name, int hours, string role = "agent")
    {
        _pools.Add(new(name, role, TimeSpan.FromHours(hours)));
        return this;
    }

    /// <summary>A pool that is wanted, with its key in the ledger, in the tailnet and in its parameter.</summary>
    public AWorld WithKeptPool(string name, int hours, int key, TimeSpan age) =>
        WithPool(name, hours).WithPoolKey(key, name, hours, age).WithPoolRecord(name, hours, key, age).WithPoolParameter(name, key);

    /// <summary>A key that the tailnet lists.</summary>
    public AWorld WithPoolKey(int number, string pool, int hours, TimeSpan age, bool invalid = false, string mark = PoolMark)
    {
        _keys.Add(new(KeyOf(number), AuthKey.DescriptionFor(pool, mark), Now - age, Now - age + TimeSpan.FromHours(hours), invalid));
        return this;
    }

    public AWorld WithPoolRecord(string name, int hours, int key, TimeSpan age)
    {
        _poolRecords.Add(new(name, new(KeyOf(key), Now - age, Now - age + TimeSpan.FromHours(hours), ["tag:aws-agent"]), null, null, Unsure: false, 2));
        return this;
    }

    public AWorld Pool(string name, Func<PoolRecord, PoolRecord?> change)
    {
        var at = _poolRecords.FindIndex(known => known.Name == name);
        var changed = change(_poolRecords[at]);
        _poolRecords.RemoveAt(at);
        _poolRecords.AddRange(changed is null ? [] : [changed]);
        return this;
    }

    /// <param name="key">0 where its description does not say.</param>
    public AWorld WithPoolParameter(string name, int key)
    {
        _poolParameters.RemoveAll(known => known.Pool == name);
        _poolParameters.Add(new(name, key == 0 ? null : KeyOf(key)));
        return this;
    }

    public AWorld WithoutPoolParameter(string name)
    {
        _poolParameters.RemoveAll(known => known.Pool == name);
        return this;
    }

    /// <summary>The pool is no longer wanted.</summary>
    public AWorld WithoutPool(string name)
    {
        _pools.RemoveAll(known => known.Name == name);
        return this;
    }

    private PoolsSeen SeenPools => new()
    {
        Mark = PoolMark,
        Folder = "/tailnet/pools",
        Configured = [.. _pools],
        Records = Part("poolRecords", _poolRecords),
        Parameters = Part("poolParameters", _poolParameters),
    };
}

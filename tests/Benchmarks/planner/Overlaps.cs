using System.Net;
using Automation.Network;
using BenchmarkDotNet.Attributes;

namespace Automation.Benchmarks;

/// <summary>Which prefixes overlap one of another VPC: the planner's sweep, beside sorting the same array.</summary>
public class Overlaps
{
    private Prefix[] _prefixes = [], _sorted = [], _toSort = [];
    private int[] _owners = [], _ownersSorted = [], _ownersToSort = [];
    private bool[] _overlaps = [];

    [Params(1_000, 10_000, 100_000)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Read()
    {
        var sample = Sample.Read(Count);
        _prefixes = [.. sample.Select(line => Prefix.Parse(line.Prefix))];
        _owners = [.. sample.Select(line => line.Owner)];
        (_toSort, _ownersToSort, _overlaps) = (new Prefix[Count], new int[Count], new bool[Count]);
        Sort();
        (_sorted, _ownersSorted) = ([.. _toSort], [.. _ownersToSort]);
        Sweep();
        Sample.Check(Count, _overlaps.Count(overlap => overlap));
    }

    [Benchmark]
    public void Sort()
    {
        _prefixes.CopyTo(_toSort, 0);
        _owners.CopyTo(_ownersToSort, 0);
        Array.Sort(_toSort, _ownersToSort);
    }

    [Benchmark]
    public void Sweep() => PrefixSweep.Mark(_sorted, _ownersSorted, _overlaps);

    [Benchmark]
    public void SortAndSweep()
    {
        Sort();
        PrefixSweep.Mark(_toSort, _ownersToSort, _overlaps);
    }

    [Benchmark]
    public PrefixSet Minimal() => PrefixSet.Minimal(_prefixes);
}

/// <summary>The same of every pair, with the framework's type: at 100,000 it would take minutes.</summary>
public class EveryPairOfIPNetwork
{
    private System.Net.IPNetwork[] _networks = [];
    private int[] _owners = [];

    [Params(1_000, 10_000)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Read()
    {
        var sample = Sample.Read(Count);
        _networks = [.. sample.Select(line => System.Net.IPNetwork.Parse(line.Prefix))];
        _owners = [.. sample.Select(line => line.Owner)];
        Sample.Check(Count, Pairwise());
    }

    [Benchmark]
    public int Pairwise()
    {
        var overlaps = new bool[_networks.Length];
        for (var i = 0; i < _networks.Length; i++)
        {
            for (var j = i + 1; j < _networks.Length; j++)
            {
                if (_owners[i] != _owners[j] && (_networks[i].Contains(_networks[j].BaseAddress) || _networks[j].Contains(_networks[i].BaseAddress)))
                {
                    overlaps[i] = overlaps[j] = true;
                }
            }
        }

        return overlaps.Count(overlap => overlap);
    }
}

/// <summary>The same with the package IPNetwork2.</summary>
public class EveryPairOfIPNetwork2
{
    private IPNetwork2[] _networks = [];
    private int[] _owners = [];

    [Params(1_000)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Read()
    {
        var sample = Sample.Read(Count);
        _networks = [.. sample.Select(line => IPNetwork2.Parse(line.Prefix))];
        _owners = [.. sample.Select(line => line.Owner)];
        Sample.Check(Count, Pairwise());
    }

    [Benchmark]
    public int Pairwise()
    {
        var overlaps = new bool[_networks.Length];
        for (var i = 0; i < _networks.Length; i++)
        {
            for (var j = i + 1; j < _networks.Length; j++)
            {
                if (_owners[i] != _owners[j] && _networks[i].Overlap(_networks[j]))
                {
                    overlaps[i] = overlaps[j] = true;
                }
            }
        }

        return overlaps.Count(overlap => overlap);
    }
}

/// <summary>The fewest prefixes with the same addresses, with the package IPNetwork2.</summary>
public class MinimalOfIPNetwork2
{
    private IPNetwork2[] _networks = [];

    [Params(1_000, 10_000, 100_000)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Read() => _networks = [.. Sample.Read(Count).Select(line => IPNetwork2.Parse(line.Prefix))];

    [Benchmark]
    public IPNetwork2[] Supernet() => IPNetwork2.Supernet(_networks);
}

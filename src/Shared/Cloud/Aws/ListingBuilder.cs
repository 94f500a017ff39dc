using System.Collections.Immutable;
using System.Globalization;

namespace Automation.Aws;

/// <summary>Collects items, and the first reason why they are not all; further reasons are counted.</summary>
internal sealed class ListingBuilder<T>
{
    private readonly ImmutableArray<T>.Builder _items = ImmutableArray.CreateBuilder<T>();
    private string? _problem;
    private int _more;

    public void Add(T item) => _items.Add(item);

    public void AddProblem(string problem)
    {
        if (_problem is null)
        {
            _problem = problem;
        }
        else
        {
            _more++;
        }
    }

    public Listing<T> ToListing() => new(
        _items.ToImmutable(),
        _more == 0 ? _problem : string.Create(CultureInfo.InvariantCulture, $"{_problem} (and {_more} more)"));
}

using Amazon.EC2;
using Amazon.EC2.Model;
using Automation.Network;
using Automation.Plans;

namespace Automation.Aws;

/// <summary>
/// Reads the routes of a transit gateway's route table to their end. EC2 may end a search after its most routes and say only that there are
/// more: then narrower searches are made in its place, by type, by family, and then by half the range, until each is complete.
/// </summary>
internal sealed class TransitRouteSearch(IAmazonEC2 client, AwsCaller caller, TransitRouteTableId table)
{
    private const int RoutesAtOnce = 1000;

    // A table of 10,000 routes in one corner of the address space takes about a hundred.
    private const int MostCalls = 200;

    private static readonly Prefix s_allIPv4 = Prefix.Parse("0.0.0.0/0"), s_allIPv6 = Prefix.Parse("::/0");

    private int _calls;

    /// <returns>With a problem, where not all routes could be read.</returns>
    /// <exception cref="CallFailedException">A search failed at once.</exception>
    public async Task<Listing<TransitRoute>> ReadAsync(CancellationToken stopping)
    {
        var found = new ListingBuilder<TransitRoute>();
        var known = new HashSet<(Prefix, string)>();   // a range's own route is found with its halves' too, by some
        var waiting = new Stack<Part>([new(null, null)]);
        while (waiting.TryPop(out var part))
        {
            var (routes, isComplete) = await SearchAsync(part, stopping).ConfigureAwait(false);
            if (routes.Problem is not null)
            {
                return routes;
            }

            var narrower = isComplete ? [] : part.Split();
            if (!isComplete && (narrower.Length == 0 || _calls >= MostCalls))
            {
                return new([], $"EC2 says that it has more routes than {_calls} searches give");
            }

            foreach (var route in isComplete ? routes.Items : [])
            {
                if (known.Add((route.Destination, route.Type)))
                {
                    found.Add(route);
                }
            }

            foreach (var next in narrower.Reverse())
            {
                waiting.Push(next);
            }
        }

        return found.ToListing();
    }

    private async Task<(Listing<TransitRoute> Routes, bool IsComplete)> SearchAsync(Part part, CancellationToken stopping)
    {
        var more = false;
        var routes = await Pages.ReadAsync<SearchTransitGatewayRoutesResponse, TransitRoute>(
            page =>
            {
                _calls++;
                var request = new SearchTransitGatewayRoutesRequest
                {
                    TransitGatewayRouteTableId = table.ToString(),
                    Filters = [new("state", ["active", "blackhole"]), .. part.Filters()],
                    MaxResults = RoutesAtOnce,
                    NextToken = page,
                };
                return caller.CallAsync("SearchTransitGatewayRoutes", token => client.SearchTransitGatewayRoutesAsync(request, token), stopping);
            },
            (page, listing) =>
            {
                foreach (var route in page.Routes ?? [])
                {
                    TransitReader.Read(route, listing);
                }

                more = page.AdditionalRoutesAvailable == true;
                return page.NextToken;
            }).ConfigureAwait(false);
        return (routes, !more);
    }

    /// <summary>What one search looks for.</summary>
    /// <param name="Type">static or propagated; null for both.</param>
    /// <param name="Within">Routes inside this range; null for all.</param>
    /// <param name="IsExact">The range's own route alone.</param>
    private sealed record Part(string? Type, Prefix? Within, bool IsExact = false)
    {
        public IEnumerable<Filter> Filters()
        {
            if (Type is not null)
            {
                yield return new("type", [Type]);
            }

            if (Within is { } range)
            {
                yield return new(IsExact ? "route-search.exact-match" : "route-search.subnet-of-match", [range.ToString()]);
            }
        }

        /// <returns>Narrower searches that give the same together; none where there are none.</returns>
        public Part[] Split() => this switch
        {
            { Type: null } => [this with { Type = "static" }, this with { Type = "propagated" }],
            { Within: null } => [this with { Within = s_allIPv4 }, this with { Within = s_allIPv6 }],
            { IsExact: false, Within: { } range } when range.Length < range.First.Bits =>
            [
                this with { IsExact = true },
                this with { Within = Prefix.Of(range.First, range.Length + 1) },
                this with { Within = Prefix.Of(range.Last, range.Length + 1) },
            ],
            _ => [],
        };
    }
}

using Automation.Network;
using Automation.Plans;
using Ec2 = Amazon.EC2.Model;

namespace Automation.Aws;

/// <summary>Subnets, route tables, prefix lists and peerings.</summary>
internal sealed partial class Ec2Client
{
    // The most that EC2 gives at once of these.
    private const int RouteTablesAtOnce = 100, PrefixListsAtOnce = 100;

    public Task<Listing<Subnet>> DescribeSubnetsAsync(CancellationToken stopping) => Pages.ReadAsync<Ec2.DescribeSubnetsResponse, Subnet>(
        page =>
        {
            var request = new Ec2.DescribeSubnetsRequest { MaxResults = PageSize, NextToken = page };
            return caller.CallAsync("DescribeSubnets", token => client.DescribeSubnetsAsync(request, token), stopping);
        },
        (page, listing) =>
        {
            foreach (var subnet in page.Subnets ?? [])
            {
                NetworkReader.Read(subnet, listing);
            }

            return page.NextToken;
        });

    public Task<Listing<RouteTable>> DescribeRouteTablesAsync(CancellationToken stopping) => Pages.ReadAsync<Ec2.DescribeRouteTablesResponse, RouteTable>(
        page =>
        {
            var request = new Ec2.DescribeRouteTablesRequest { MaxResults = RouteTablesAtOnce, NextToken = page };
            return caller.CallAsync("DescribeRouteTables", token => client.DescribeRouteTablesAsync(request, token), stopping);
        },
        (page, listing) =>
        {
            foreach (var table in page.RouteTables ?? [])
            {
                NetworkReader.Read(table, listing);
            }

            return page.NextToken;
        });

    public Task<Listing<Peering>> DescribeVpcPeeringConnectionsAsync(CancellationToken stopping) => Pages.ReadAsync<Ec2.DescribeVpcPeeringConnectionsResponse, Peering>(
        page =>
        {
            var request = new Ec2.DescribeVpcPeeringConnectionsRequest { MaxResults = PageSize, NextToken = page };
            return caller.CallAsync("DescribeVpcPeeringConnections", token => client.DescribeVpcPeeringConnectionsAsync(request, token), stopping);
        },
        (page, listing) =>
        {
            foreach (var peering in page.VpcPeeringConnections ?? [])
            {
                NetworkReader.Read(peering, listing);
            }

            return page.NextToken;
        });

    public async Task<Listing<PrefixList>> DescribePrefixListsAsync(IReadOnlyCollection<PrefixListId> lists, CancellationToken stopping)
    {
        var complete = new ListingBuilder<PrefixList>();
        foreach (var some in lists.Distinct().Order().Chunk(PrefixListsAtOnce))
        {
            var shown = await DescribePrefixListsAtOnceAsync(some, stopping).ConfigureAwait(false);
            foreach (var (list, entries) in await Pages.ReadEachAsync(shown.Items, list => GetEntriesAsync(list.Id, stopping)).ConfigureAwait(false))
            {
                if (entries.Problem is { } problem)
                {
                    complete.AddProblem($"{list.Id}: {problem}");
                }
                else
                {
                    complete.Add(list with { Entries = PrefixSet.Of(entries.Items.AsEnumerable()) });
                }
            }

            if (shown.Problem is not null)
            {
                complete.AddProblem(shown.Problem);
            }
            else if (some.Except(shown.Items.Select(list => list.Id)).ToArray() is { Length: > 0 } missing)
            {
                // A list that its owner no longer shares is not shown, and the routes that name it go on.
                complete.AddProblem($"EC2 does not show {string.Join(", ", missing)}");
            }
        }

        return complete.ToListing();
    }

    private Task<Listing<PrefixList>> DescribePrefixListsAtOnceAsync(PrefixListId[] lists, CancellationToken stopping) =>
        Pages.ReadAsync<Ec2.DescribeManagedPrefixListsResponse, PrefixList>(
            page =>
            {
                // A filter and not PrefixListIds: one list that is gone would make the call fail.
                var request = new Ec2.DescribeManagedPrefixListsRequest
                {
                    Filters = [new("prefix-list-id", [.. lists.Select(list => list.ToString())])],
                    MaxResults = PrefixListsAtOnce,
                    NextToken = page,
                };
                return caller.CallAsync("DescribeManagedPrefixLists", token => client.DescribeManagedPrefixListsAsync(request, token), stopping);
            },
            (page, listing) =>
            {
                foreach (var list in page.PrefixLists ?? [])
                {
                    NetworkReader.Read(list, listing);
                }

                return page.NextToken;
            });

    private Task<Listing<Prefix>> GetEntriesAsync(PrefixListId list, CancellationToken stopping) => Pages.ReadAsync<Ec2.GetManagedPrefixListEntriesResponse, Prefix>(
        page =>
        {
            var request = new Ec2.GetManagedPrefixListEntriesRequest { PrefixListId = list.ToString(), MaxResults = PrefixListsAtOnce, NextToken = page };
            return caller.CallAsync("GetManagedPrefixListEntries", token => client.GetManagedPrefixListEntriesAsync(request, token), stopping);
        },
        (page, listing) =>
        {
            foreach (var entry in page.Entries ?? [])
            {
                NetworkReader.Read(entry, listing);
            }

            return page.NextToken;
        });
}

using Automation.Plans;
using Ec2 = Amazon.EC2.Model;

namespace Automation.Aws;

/// <summary>Transit gateways.</summary>
internal sealed partial class Ec2Client
{
    public async Task<Listing<TransitAttachment>> DescribeTransitGatewayAttachmentsAsync(CancellationToken stopping)
    {
        var all = Pages.ReadAsync<Ec2.DescribeTransitGatewayAttachmentsResponse, TransitAttachment>(
            page =>
            {
                var request = new Ec2.DescribeTransitGatewayAttachmentsRequest { MaxResults = PageSize, NextToken = page };
                return caller.CallAsync("DescribeTransitGatewayAttachments", token => client.DescribeTransitGatewayAttachmentsAsync(request, token), stopping);
            },
            (page, listing) =>
            {
                foreach (var attachment in page.TransitGatewayAttachments ?? [])
                {
                    TransitReader.Read(attachment, listing);
                }

                return page.NextToken;
            });
        var ofVpcs = Pages.ReadAsync<Ec2.DescribeTransitGatewayVpcAttachmentsResponse, TransitAttachment>(
            page =>
            {
                var request = new Ec2.DescribeTransitGatewayVpcAttachmentsRequest { MaxResults = PageSize, NextToken = page };
                return caller.CallAsync("DescribeTransitGatewayVpcAttachments", token => client.DescribeTransitGatewayVpcAttachmentsAsync(request, token), stopping);
            },
            (page, listing) =>
            {
                foreach (var attachment in page.TransitGatewayVpcAttachments ?? [])
                {
                    TransitReader.Read(attachment, listing);
                }

                return page.NextToken;
            });
        await Task.WhenAll(all, ofVpcs).ConfigureAwait(false);
        return TransitReader.Join(await all.ConfigureAwait(false), await ofVpcs.ConfigureAwait(false), account);
    }

    public async Task<Listing<TransitRouteTable>> DescribeTransitGatewayRouteTablesAsync(CancellationToken stopping)
    {
        var tables = await Pages.ReadAsync<Ec2.DescribeTransitGatewayRouteTablesResponse, TransitRouteTable>(
            page =>
            {
                var request = new Ec2.DescribeTransitGatewayRouteTablesRequest { MaxResults = PageSize, NextToken = page };
                return caller.CallAsync("DescribeTransitGatewayRouteTables", token => client.DescribeTransitGatewayRouteTablesAsync(request, token), stopping);
            },
            (page, listing) =>
            {
                foreach (var table in page.TransitGatewayRouteTables ?? [])
                {
                    TransitReader.Read(table, listing);
                }

                return page.NextToken;
            }).ConfigureAwait(false);

        var complete = new ListingBuilder<TransitRouteTable>();
        if (tables.Problem is not null)
        {
            complete.AddProblem(tables.Problem);
        }

        var found = await Pages.ReadEachAsync(tables.Items, table => new TransitRouteSearch(client, caller, table.Id).ReadAsync(stopping)).ConfigureAwait(false);
        foreach (var (table, routes) in found)
        {
            if (routes.Problem is { } problem)
            {
                complete.AddProblem($"{table.Id}: {problem}");
            }
            else
            {
                complete.Add(table with { Routes = routes.Items });
            }
        }

        return complete.ToListing();
    }
}

using Amazon;
using Automation.Aws.Thin;
using Automation.Names;
using Automation.Plans;

namespace Automation.Aws;

/// <summary>Route 53 API (REST-XML), version 2013-04-01.</summary>
internal sealed partial class Route53Client(ThinClient client, AwsCaller caller, Scope scope) : IRoute53
{
    private const string ServiceId = "Route 53";
    private const string Version = "2013-04-01";

    public static ThinConfig Config() => new(ServiceId, "route53", Version, Endpoint);

    /// <summary>One endpoint for a whole partition; the signature names the Region that it stands in.</summary>
    public static ThinEndpoint Endpoint(RegionEndpoint region)
    {
        var infix = region.PartitionName == "aws-us-gov" ? "us-gov." : "";
        var signingRegion = region.PartitionName switch
        {
            "aws" => "us-east-1",
            "aws-cn" => "cn-northwest-1",
            "aws-us-gov" => "us-gov-west-1",
            "aws-iso" => "us-iso-east-1",
            "aws-iso-b" => "us-isob-east-1",
            "aws-iso-e" => "eu-isoe-west-1",
            "aws-iso-f" => "us-isof-south-1",
            "aws-eusc" => "eusc-de-east-1",
            var other => throw new CallFailedException(
                Failure.Invalid, ServiceId, "endpoint", "unknown partition", $"no signing Region is known for partition {Printable.Of(other)}"),
        };
        return new(new($"https://route53.{infix}{region.PartitionDnsSuffix}/"), signingRegion);
    }

    public Task<Listing<Zone>> ListHostedZonesByVpcAsync(VpcId vpc, CancellationToken stopping) =>
        ListHostedZonesByVpcAsync(vpc, scope.Region, stopping);

    private Task<Listing<Zone>> ListHostedZonesByVpcAsync(VpcId vpc, string region, CancellationToken stopping)
    {
        const string Operation = "ListHostedZonesByVPC";
        return Pages.ReadAsync<ZonePage, Zone>(
            page => caller.CallAsync(
                Operation,
                token => client.SendAsync(
                    ThinCall.Get(
                        ServiceId,
                        $"/{Version}/hostedzonesbyvpc",
                        ("vpcid", vpc.ToString()),
                        ("vpcregion", region),
                        ("maxitems", "100"),
                        ("nexttoken", page)),
                    root => new ZonePage(
                        [.. (root.Child("HostedZoneSummaries") ?? throw caller.Unreadable(Operation, "the answer has no list of zones"))
                            .Children("HostedZoneSummary")
                            .Select(summary => new ZoneSummary(
                                summary.Text("HostedZoneId"),
                                summary.Text("Name"),
                                summary.Child("Owner") is { } owner ? owner.Text("OwningAccount") ?? owner.Text("OwningService") : null))],
                        root.Text("NextToken")),
                    token),
                stopping),
            (page, listing) =>
            {
                foreach (var summary in page.Zones)
                {
                    Read(summary, vpc, listing);
                }

                return page.NextToken;
            });
    }

    private static void Read(ZoneSummary summary, VpcId vpc, ListingBuilder<Zone> listing)
    {
        if (!ZoneId.TryParse(summary.Id, out var id))
        {
            listing.AddProblem($"'{Printable.Of(summary.Id)}' is not the id of a hosted zone");
        }
        else if (Name(summary.Name) is not { } name || summary.Owner is null)
        {
            listing.AddProblem($"hosted zone {id} has no name or no owner");
        }
        else
        {
            listing.Add(new(id, name, vpc, summary.Owner));
        }
    }

    /// <returns>null where there is none.</returns>
    private static string? Name(string? text) => DomainName.Normal(text ?? "") is { Length: > 0 } name ? name : null;

    private sealed record ZonePage(IReadOnlyList<ZoneSummary> Zones, string? NextToken);

    private sealed record ZoneSummary(string? Id, string? Name, string? Owner);
}

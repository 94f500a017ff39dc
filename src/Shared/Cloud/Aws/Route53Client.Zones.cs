using System.Globalization;
using System.Xml.Linq;
using Automation.Aws.Thin;
using Automation.Plans;

namespace Automation.Aws;

// The account's own zones: which are public, and which a person marked.
internal sealed partial class Route53Client
{
    private const string AssociateTag = "tailscale:associate";
    private const int ZonesPerTagCall = 10;

    public Task<Listing<PublicZone>> ListPublicZonesAsync(CancellationToken stopping)
    {
        const string Operation = "ListHostedZones";
        return Pages.ReadAsync<XElement, PublicZone>(
            page => caller.CallAsync(
                Operation,
                token => client.SendAsync(
                    ThinCall.Get(ServiceId, $"/{Version}/hostedzone", ("marker", page), ("maxitems", "100")), root => root, token),
                stopping),
            (page, listing) =>
            {
                foreach (var zone in (page.Child("HostedZones") ?? throw caller.Unreadable(Operation, "the answer has no list of zones")).Children("HostedZone"))
                {
                    ReadPublic(zone, listing);
                }

                var (isTruncated, next) = (page.Text("IsTruncated"), page.Text("NextMarker"));
                if (isTruncated is not "false" && next is null)
                {
                    listing.AddProblem("the list of hosted zones goes on, and does not say where");
                }

                return isTruncated is "false" ? null : next;
            });
    }

    public Task<Listing<ZoneId>> ListAssociableZonesAsync(IReadOnlyCollection<ZoneId> zones, CancellationToken stopping)
    {
        const string Operation = "ListTagsForResources";
        var chunks = zones.Distinct().Order().Chunk(ZonesPerTagCall).ToList();
        return chunks.Count == 0
            ? Task.FromResult(new Listing<ZoneId>([]))
            : Pages.ReadAsync<(int Number, XElement Root), ZoneId>(
                async page =>
                {
                    var number = int.Parse(page ?? "0", CultureInfo.InvariantCulture);
                    var body = Element("ListTagsForResourcesRequest", Element("ResourceIds", chunks[number].Select(zone => Element("ResourceId", zone.ToString()))));
                    return (number, await caller.CallAsync(
                        Operation,
                        token => client.SendAsync(ThinCall.Post(ServiceId, $"/{Version}/tags/hostedzone", body), root => root, token),
                        stopping).ConfigureAwait(false));
                },
                (page, listing) =>
                {
                    ReadTags(
                        chunks[page.Number],
                        page.Root.Child("ResourceTagSets") ?? throw caller.Unreadable(Operation, "the answer has no tags"),
                        listing);
                    return page.Number + 1 < chunks.Count ? (page.Number + 1).ToString(CultureInfo.InvariantCulture) : null;
                });
    }

    private static void ReadPublic(XElement zone, ListingBuilder<PublicZone> listing)
    {
        if (!ZoneId.TryParse(Bare(zone.Text("Id"), "/hostedzone/"), out var id))
        {
            listing.AddProblem($"'{Printable.Of(zone.Text("Id"))}' is not the id of a hosted zone");
            return;
        }

        var isPrivate = zone.Child("Config")?.Text("PrivateZone");
        if (isPrivate is not ("true" or "false"))
        {
            listing.AddProblem($"hosted zone {id} does not say whether it is private");
        }
        else if (isPrivate is "false")
        {
            if (Name(zone.Text("Name")) is { } name)
            {
                listing.Add(new(id, name));
            }
            else
            {
                listing.AddProblem($"hosted zone {id} has no name");
            }
        }
    }

    // A zone that the answer passes over has tags that are not known.
    private static void ReadTags(IEnumerable<ZoneId> asked, XElement sets, ListingBuilder<ZoneId> listing)
    {
        var told = sets.Children("ResourceTagSet").ToLookup(set => Bare(set.Text("ResourceId"), "/hostedzone/"), StringComparer.Ordinal);
        foreach (var zone in asked)
        {
            if (!told.Contains(zone.ToString()))
            {
                listing.AddProblem($"the tags of hosted zone {zone} are not told");
            }
            else if (told[zone.ToString()].SelectMany(set => set.Child("Tags").Children("Tag")).Any(tag => tag.Text("Key") == AssociateTag && tag.Text("Value") == "true"))
            {
                listing.Add(zone);
            }
        }
    }
}

using System.Xml.Linq;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    private static readonly XNamespace s_route53 = "https://route53.amazonaws.com/doc/2013-04-01/";

    /// <summary>Creates a private hosted zone associated with a VPC of this Region.</summary>
    public async Task<ZoneId> CreatePrivateZoneAsync(string name, VpcId vpc)
    {
        var answer = await Route53Async(HttpMethod.Post, "hostedzone", new XElement(
            s_route53 + "CreateHostedZoneRequest",
            new XElement(s_route53 + "Name", name),
            Vpc(vpc),
            new XElement(s_route53 + "CallerReference", Guid.NewGuid()),
            new XElement(s_route53 + "HostedZoneConfig", new XElement(s_route53 + "PrivateZone", true))));
        return Id(answer);
    }

    /// <summary>Associates one more VPC of this Region with a private zone of the same account.</summary>
    public Task AssociateZoneAsync(ZoneId zone, VpcId vpc) =>
        Route53Async(HttpMethod.Post, $"hostedzone/{zone}/associatevpc", new XElement(s_route53 + "AssociateVPCWithHostedZoneRequest", Vpc(vpc)));

    public async Task<ZoneId> CreatePublicZoneAsync(string name) => Id(await Route53Async(HttpMethod.Post, "hostedzone", new XElement(
        s_route53 + "CreateHostedZoneRequest",
        new XElement(s_route53 + "Name", name),
        new XElement(s_route53 + "CallerReference", Guid.NewGuid()))));

    public Task UntagZoneAsync(ZoneId zone, string key) => Route53TextAsync(HttpMethod.Post, $"tags/hostedzone/{zone}", new XElement(
        s_route53 + "ChangeTagsForResourceRequest", new XElement(s_route53 + "RemoveTagKeys", new XElement(s_route53 + "Key", key))));

    public Task TagZoneAsync(ZoneId zone, string key, string value) => Route53TextAsync(HttpMethod.Post, $"tags/hostedzone/{zone}", new XElement(
        s_route53 + "ChangeTagsForResourceRequest",
        new XElement(s_route53 + "AddTags", new XElement(s_route53 + "Tag", new XElement(s_route53 + "Key", key), new XElement(s_route53 + "Value", value)))));

    public Task DeleteZoneAsync(ZoneId zone) => Route53Async(HttpMethod.Delete, $"hostedzone/{zone}");

    /// <returns>Name by zone, with the name's last dot.</returns>
    public async Task<IReadOnlyDictionary<ZoneId, string>> ZonesOfAsync(VpcId vpc)
    {
        var answer = await Route53Async(HttpMethod.Get, $"hostedzonesbyvpc?vpcid={vpc}&vpcregion={Name}");
        return answer.Descendants(s_route53 + "HostedZoneSummary").ToDictionary(
            summary => ZoneId.Parse(summary.Element(s_route53 + "HostedZoneId")?.Value),
            summary => summary.Element(s_route53 + "Name")!.Value);
    }

    /// <returns>The VPCs of other accounts that may be associated with a zone of this account.</returns>
    public async Task<IReadOnlyList<VpcId>> AuthorizationsAsync(ZoneId zone)
    {
        var answer = await Route53Async(HttpMethod.Get, $"hostedzone/{zone}/authorizevpcassociation");
        return [.. answer.Descendants(s_route53 + "VPCId").Select(vpc => VpcId.Parse(vpc.Value))];
    }

    private static ZoneId Id(XElement created) =>
        ZoneId.Parse(created.Element(s_route53 + "HostedZone")?.Element(s_route53 + "Id")?.Value["/hostedzone/".Length..]);

    private XElement Vpc(VpcId vpc) =>
        new(s_route53 + "VPC", new XElement(s_route53 + "VPCRegion", Name), new XElement(s_route53 + "VPCId", vpc));

    private async Task<XElement> Route53Async(HttpMethod method, string path, XElement? body = null) =>
        XElement.Parse(await Route53TextAsync(method, path, body));

    private async Task<string> Route53TextAsync(HttpMethod method, string path, XElement? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_control.Moto, $"2013-04-01/{path}"));
        if (body is not null)
        {
            request.Content = new StringContent(body.ToString(), null, "application/xml");
        }

        return await SendTextAsync(request, "route53", "us-east-1");   // Route 53 is signed for us-east-1 whatever the Region
    }
}

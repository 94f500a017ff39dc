using System.Xml.Linq;
using Automation.Aws.Thin;

namespace Automation.Aws;

// Which VPCs a private zone answers, and which of other accounts it may.
internal sealed partial class Route53Client
{
    private static readonly XNamespace s_namespace = $"https://route53.amazonaws.com/doc/{Version}/";

    public async Task<string?> AssociateVpcAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping)
    {
        try
        {
            return await ChangeAsync("AssociateVPCWithHostedZone", zone, "associatevpc", vpc, region, stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.ConflictingDomainExists)
        {
            // The same answer where this zone is associated, as after an answer that was lost, and where another one of its name is.
            var there = await ListHostedZonesByVpcAsync(vpc, region, stopping).ConfigureAwait(false);
            if (there.Items.Any(one => one.Id == zone))
            {
                return null;
            }

            throw;
        }
    }

    public async Task DisassociateVpcAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping)
    {
        try
        {
            await ChangeAsync("DisassociateVPCFromHostedZone", zone, "disassociatevpc", vpc, region, stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Code is AwsErrorCodes.VpcAssociationNotFound or AwsErrorCodes.NoSuchHostedZone)
        {
            // As wanted.
        }
    }

    public async Task<bool> IsInSyncAsync(string change, CancellationToken stopping)
    {
        const string Operation = "GetChange";
        try
        {
            return await caller.CallAsync(
                Operation,
                token => client.SendAsync(
                    ThinCall.Get(ServiceId, $"/{Version}/change/{change}"),
                    root => root.Child("ChangeInfo")?.Text("Status") switch
                    {
                        "INSYNC" => true,
                        "PENDING" => false,
                        var other => throw caller.Unreadable(Operation, $"the change is neither pending nor in sync, but '{Printable.Of(other)}'"),
                    },
                    token),
                stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.NoSuchChange)
        {
            return true;
        }
    }

    public Task<Listing<VpcId>> ListVpcAssociationAuthorizationsAsync(ZoneId zone, CancellationToken stopping)
    {
        const string Operation = "ListVPCAssociationAuthorizations";
        return Pages.ReadAsync<XElement, VpcId>(
            page => caller.CallAsync(
                Operation,
                token => client.SendAsync(
                    ThinCall.Get(ServiceId, $"/{Version}/hostedzone/{zone}/authorizevpcassociation", ("nexttoken", page)), root => root, token),
                stopping),
            (page, listing) =>
            {
                foreach (var vpc in (page.Child("VPCs") ?? throw caller.Unreadable(Operation, "the answer has no list of VPCs")).Children("VPC"))
                {
                    if (VpcId.TryParse(vpc.Text("VPCId"), out var id))
                    {
                        listing.Add(id);
                    }
                    else
                    {
                        listing.AddProblem($"'{Printable.Of(vpc.Text("VPCId"))}' is not the id of a VPC");
                    }
                }

                return page.Text("NextToken");
            });
    }

    // None of the errors that are documented says that it is there already.
    public Task CreateVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping) =>
        AuthorizeAsync("CreateVPCAssociationAuthorization", zone, "authorizevpcassociation", vpc, region, stopping);

    public async Task DeleteVpcAssociationAuthorizationAsync(ZoneId zone, VpcId vpc, string region, CancellationToken stopping)
    {
        try
        {
            await AuthorizeAsync("DeleteVPCAssociationAuthorization", zone, "deauthorizevpcassociation", vpc, region, stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Code is AwsErrorCodes.VpcAssociationAuthorizationNotFound or AwsErrorCodes.NoSuchHostedZone)
        {
            // As wanted.
        }
    }

    /// <returns>The change's id.</returns>
    private Task<string> ChangeAsync(string operation, ZoneId zone, string verb, VpcId vpc, string region, CancellationToken stopping) =>
        caller.CallAsync(
            operation,
            token => client.SendAsync(
                Post(operation, zone, verb, vpc, region),
                root => Bare(root.Child("ChangeInfo")?.Text("Id"), "/change/") is { Length: > 0 } id && id.All(char.IsAsciiLetterOrDigit)
                    ? id
                    : throw caller.Unreadable(operation, "the answer has no change that could be asked after"),
                token),
            stopping);

    private Task<bool> AuthorizeAsync(string operation, ZoneId zone, string verb, VpcId vpc, string region, CancellationToken stopping) =>
        caller.CallAsync(operation, token => client.SendAsync(Post(operation, zone, verb, vpc, region), token), stopping);

    private static ThinCall Post(string operation, ZoneId zone, string verb, VpcId vpc, string region) => ThinCall.Post(
        ServiceId,
        $"/{Version}/hostedzone/{zone}/{verb}",
        Element($"{operation}Request", Element("VPC", Element("VPCRegion", region), Element("VPCId", vpc.ToString()))));

    private static XElement Element(string name, params object[] content) => new(s_namespace + name, content);

    private static string? Bare(string? id, string before) =>
        id is not null && id.StartsWith(before, StringComparison.Ordinal) ? id[before.Length..] : id;
}

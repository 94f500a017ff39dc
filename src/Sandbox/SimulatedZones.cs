using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Plans;

namespace Automation.Sandbox;

/// <summary>
/// The hosted zones of the simulated cloud: things of an account, not of a Region. A private one is associated with VPCs of any account and
/// Region. People and the API are held to the same rules, and are told of in the same events, which come from us-east-1.
/// </summary>
public sealed class SimulatedZones
{
    private const string Service = "Route 53";

    private readonly SimulatedAws _aws;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<ZoneId, SimulatedZone> _zones = [];
    private readonly Dictionary<string, DateTimeOffset> _changes = [];

    internal SimulatedZones(SimulatedAws aws, TimeProvider time) => (_aws, _time) = (aws, time);

    /// <summary>How long a change is PENDING.</summary>
    public TimeSpan SyncTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The quota of VPCs that a zone is associated with.</summary>
    public int MostVpcs { get; set; } = 300;

    // What people do.

    public ZoneId AddPrivate(string account, string id, string name, VpcId vpc)
    {
        var zone = Add(id, name, account, vpc);
        Publish(account, "cloudtrail-route53-create-hosted-zone-private", ("requestParameters.name", name), ("requestParameters.vPC", Vpc(vpc)), ("responseElements.hostedZone.id", $"/hostedzone/{id}"));
        return zone;
    }

    public ZoneId AddPublic(string account, string id, string name)
    {
        var zone = Add(id, name, account, null);
        Publish(account, "cloudtrail-route53-create-hosted-zone-private", ("requestParameters.name", name), ("requestParameters.vPC", null), ("requestParameters.hostedZoneConfig.privateZone", false), ("responseElements.hostedZone.id", $"/hostedzone/{id}"));
        return zone;
    }

    /// <summary>An AWS service makes a zone in an account of its own, of which nobody else is told.</summary>
    /// <param name="service">Such as <c>vpce.amazonaws.com</c>.</param>
    public ZoneId AddOfService(string service, string id, string name, VpcId vpc) => Add(id, name, service, vpc);

    public void Delete(ZoneId id)
    {
        var owner = Known(id).Owner;
        _zones.Remove(id);
        Publish(owner, "cloudtrail-route53-delete-hosted-zone", ("requestParameters.id", id.ToString()));
    }

    /// <param name="value">Null removes the tag.</param>
    public void Tag(ZoneId id, string key, string? value)
    {
        var zone = Known(id);
        zone.Tags.Remove(key);
        if (value is not null)
        {
            zone.Tags[key] = value;
        }

        Publish(
            zone.Owner,
            "cloudtrail-route53-change-tags",
            ("requestParameters.resourceId", id.ToString()),
            ("requestParameters.addTags", value is null ? null : new JsonArray(new JsonObject { ["key"] = key, ["value"] = value })),
            ("requestParameters.removeTagKeys", value is null ? new JsonArray(key) : null));
    }

    /// <summary>The owner of the VPC associates it.</summary>
    public void Associate(ZoneId id, VpcId vpc) => Associate(_aws.Find(vpc).Scope, id, vpc, _aws.Find(vpc).Scope.Region);

    /// <summary>The owner of the VPC ends an association.</summary>
    public void Disassociate(ZoneId id, VpcId vpc) => Disassociate(_aws.Find(vpc).Scope, id, vpc);

    /// <summary>The owner of the zone lets the owner of the VPC associate it.</summary>
    public void Authorize(ZoneId id, VpcId vpc) => Authorize(Known(id).Owner, id, vpc);

    public void Deauthorize(ZoneId id, VpcId vpc) => Deauthorize(Known(id).Owner, id, vpc);

    // What is so.

    public ImmutableArray<VpcId> VpcsOf(ZoneId id) => [.. Known(id).Vpcs];

    public ImmutableArray<VpcId> AuthorizedFor(ZoneId id) => [.. Known(id).Authorized];

    internal IEnumerable<Zone> At(VpcId vpc) => _zones.Values.Where(zone => zone.Vpcs.Contains(vpc)).Select(zone => new Zone(zone.Id, zone.Name, vpc, zone.Owner));

    /// <summary>Private and public.</summary>
    internal IEnumerable<SimulatedZone> Of(string account) => _zones.Values.Where(zone => zone.Owner == account);

    internal bool IsInSync(string change) => !_changes.TryGetValue(change, out var submitted) || _time.GetUtcNow() - submitted >= SyncTime;

    /// <summary>A VPC that is deleted is associated with nothing any more.</summary>
    internal void VpcIsGone(VpcId vpc)
    {
        foreach (var zone in _zones.Values)
        {
            zone.Vpcs.Remove(vpc);
            zone.Authorized.Remove(vpc);
        }
    }

    // What the API does for a caller, with what the client makes of it.

    /// <returns>The change; null where it was associated already.</returns>
    internal string? Associate(Scope caller, ZoneId id, VpcId vpc, string region)
    {
        const string Operation = "AssociateVPCWithHostedZone";
        if (_aws.TryFind(vpc)?.Scope is not { } home || home.Account != caller.Account || home.Region != region)
        {
            throw Refused(Operation, 400, "InvalidVPCId", $"The VPC: {vpc} in region {region} that you provided is not authorized to make the association.");
        }

        var zone = Find(id, Operation);
        if (zone.Owner != caller.Account && !zone.Authorized.Contains(vpc))
        {
            throw Refused(Operation, 401, "NotAuthorizedException", $"The VPC: {vpc} has not authorized to associate with your hosted zone.");
        }

        if (zone.IsPublic)
        {
            throw Refused(Operation, 400, "PublicZoneVPCAssociation", $"The hosted zone {id} is public.");
        }

        if (zone.Vpcs.Contains(vpc))
        {
            return null;
        }

        if (At(vpc).FirstOrDefault(other => other.Name == zone.Name) is { } same)
        {
            throw Refused(Operation, 400, "ConflictingDomainExists", $"The VPC {vpc} in region {region} has already been associated with the hosted zone {same.Id} with the same domain name.");
        }

        if (zone.Vpcs.Count >= MostVpcs)
        {
            throw Refused(Operation, 400, "LimitsExceeded", string.Create(CultureInfo.InvariantCulture, $"The hosted zone {id} is associated with {MostVpcs} VPCs, which is the limit."));
        }

        zone.Vpcs.Add(vpc);
        Publish(caller.Account, "cloudtrail-route53-associate-vpc", ("requestParameters.hostedZoneId", id.ToString()), ("requestParameters.vPC", Vpc(vpc)));
        return NewChange();
    }

    internal void Disassociate(Scope caller, ZoneId id, VpcId vpc)
    {
        const string Operation = "DisassociateVPCFromHostedZone";
        if (!_zones.TryGetValue(id, out var zone) || !zone.Vpcs.Contains(vpc))
        {
            return;
        }

        if (zone.Owner != caller.Account && _aws.Find(vpc).Scope.Account != caller.Account)
        {
            throw Refused(Operation, 403, "AccessDenied", "neither the zone nor the VPC is yours");
        }

        if (zone.Vpcs.Count == 1)
        {
            throw Refused(Operation, 400, "LastVPCAssociation", $"The VPC {vpc} is the last that is associated with the hosted zone {id}.");
        }

        zone.Vpcs.Remove(vpc);
        Publish(caller.Account, "cloudtrail-route53-disassociate-vpc", ("requestParameters.hostedZoneId", id.ToString()), ("requestParameters.vPC", Vpc(vpc)));
        NewChange();
    }

    internal ImmutableArray<VpcId> Authorized(string caller, ZoneId id) => [.. Owned(caller, id, "ListVPCAssociationAuthorizations").Authorized];

    internal void Authorize(string caller, ZoneId id, VpcId vpc)
    {
        if (Owned(caller, id, "CreateVPCAssociationAuthorization").Authorized.Add(vpc))
        {
            Publish(
                caller,
                "cloudtrail-route53-create-vpc-association-authorization",
                ("requestParameters.hostedZoneId", id.ToString()),
                ("requestParameters.vPC", Vpc(vpc)),
                ("responseElements.hostedZoneId", id.ToString()),
                ("responseElements.vPC", Vpc(vpc)));
        }
    }

    /// <summary>It undoes no association.</summary>
    internal void Deauthorize(string caller, ZoneId id, VpcId vpc)
    {
        if (_zones.ContainsKey(id) && Owned(caller, id, "DeleteVPCAssociationAuthorization").Authorized.Remove(vpc))
        {
            Publish(caller, "cloudtrail-route53-delete-vpc-association-authorization", ("requestParameters.hostedZoneId", id.ToString()), ("requestParameters.vPC", Vpc(vpc)));
        }
    }

    private ZoneId Add(string id, string name, string owner, VpcId? vpc)
    {
        var zone = new SimulatedZone(ZoneId.Parse(id), name, owner, vpc is null);
        if (vpc is { } first)
        {
            _aws.Find(first);   // it has to be there
            zone.Vpcs.Add(first);
        }

        _zones.Add(zone.Id, zone);
        return zone.Id;
    }

    private SimulatedZone Known(ZoneId id) => _zones.TryGetValue(id, out var zone) ? zone : throw new KeyNotFoundException($"There is no hosted zone {id}.");

    private SimulatedZone Find(ZoneId id, string operation) => _zones.TryGetValue(id, out var zone) ? zone : throw NoSuchZone(id, operation);

    // To another account, a zone that is not its own is none.
    private SimulatedZone Owned(string caller, ZoneId id, string operation) =>
        Find(id, operation) is var zone && zone.Owner == caller ? zone : throw NoSuchZone(id, operation);

    private string NewChange()
    {
        var change = string.Create(CultureInfo.InvariantCulture, $"C{_changes.Count + 1:D20}");
        _changes.Add(change, _time.GetUtcNow());
        return change;
    }

    private JsonObject Vpc(VpcId vpc) => new() { ["vPCRegion"] = _aws.TryFind(vpc)?.Scope.Region ?? "us-east-1", ["vPCId"] = vpc.ToString() };

    private void Publish(string account, string sample, params ReadOnlySpan<(string Path, JsonNode? Value)> detail)
    {
        if (Scope.IsAccount(account))
        {
            _aws.PublishGlobal(account, sample, detail);
        }
    }

    private static CallFailedException NoSuchZone(ZoneId id, string operation) => Refused(operation, 404, "NoSuchHostedZone", $"No hosted zone found with ID: {id}");

    private static CallFailedException Refused(string operation, int status, string code, string message) =>
        new(AwsErrorCodes.Meaning(code, (HttpStatusCode)status), Service, operation, code, message);
}

/// <param name="Owner">An account, or an AWS service.</param>
internal sealed record SimulatedZone(ZoneId Id, string Name, string Owner, bool IsPublic)
{
    public SortedSet<VpcId> Vpcs { get; } = [];

    /// <summary>VPCs of other accounts that may be associated.</summary>
    public SortedSet<VpcId> Authorized { get; } = [];

    public SortedDictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);
}

namespace Automation.Aws;

/// <summary>What to do where Route 53 refuses to associate a VPC with a zone: its own words say little of it.</summary>
internal static class AssociationRemedies
{
    /// <returns>null where the code is of something else.</returns>
    public static string? Of(string? code) => code switch
    {
        AwsErrorCodes.ConflictingDomainExists =>
            "; the VPC is associated with another zone of this or an overlapping name: take it off that zone, or leave this one as it is",
        AwsErrorCodes.InvalidVpcId => "; there is no such VPC (any more), or it is not one that this account may associate",
        AwsErrorCodes.LastVpcAssociation => "; a private zone keeps its last VPC: associate another one first, or delete the zone",
        AwsErrorCodes.LimitsExceeded =>
            "; the zone has as many VPCs as it may: raise Route 53's quota of VPCs per private hosted zone, or take one off",
        AwsErrorCodes.NotAuthorized =>
            "; the account that owns the zone has not authorised this VPC: put a scope of that account into SCOPES, "
            + "or let its owner call CreateVPCAssociationAuthorization",
        AwsErrorCodes.PriorRequestNotComplete => "; the zone has another change under way: a later try comes after it",
        AwsErrorCodes.TooManyVpcAssociationAuthorizations =>
            "; the zone has as many authorisations as it may: delete those that nobody waits for, which undoes no association",
        _ => null,
    };
}

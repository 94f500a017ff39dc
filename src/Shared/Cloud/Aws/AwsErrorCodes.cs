using System.Collections.Frozen;
using System.Net;

namespace Automation.Aws;

/// <summary>What AWS's error codes mean to a caller. The services share one table: no code means different things in two of them.</summary>
internal static class AwsErrorCodes
{
    public const string ConditionalCheckFailed = "ConditionalCheckFailedException";

    public const string ConflictingDomainExists = "ConflictingDomainExists";

    public const string InstanceIdMalformed = "InvalidInstanceID.Malformed";

    public const string InvalidVpcId = "InvalidVPCId";

    public const string InvocationDoesNotExist = "InvocationDoesNotExist";

    public const string LastVpcAssociation = "LastVPCAssociation";

    public const string LimitsExceeded = "LimitsExceeded";

    public const string NoSuchChange = "NoSuchChange";

    public const string NoSuchHostedZone = "NoSuchHostedZone";

    public const string NotAuthorized = "NotAuthorizedException";

    public const string OutboundFederationDisabled = "OutboundWebIdentityFederationDisabledException";

    public const string ParameterAlreadyExists = "ParameterAlreadyExists";

    public const string PriorRequestNotComplete = "PriorRequestNotComplete";

    public const string SessionDurationEscalation = "SessionDurationEscalationException";

    public const string TooManyVpcAssociationAuthorizations = "TooManyVPCAssociationAuthorizations";

    public const string ValidationError = "ValidationError";

    public const string VpcAssociationAuthorizationNotFound = "VPCAssociationAuthorizationNotFound";

    public const string VpcAssociationNotFound = "VPCAssociationNotFound";

    /// <summary>Of these, some are also the answer in a Region that the account has not enabled.</summary>
    public static readonly FrozenSet<string> UnknownCredential = Set(
        "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "OptInRequired", "RegionDisabledException");

    public static readonly FrozenSet<string> ExpiredCredential = Set(
        "ExpiredToken", "ExpiredTokenException", "RequestExpired");

    private static readonly FrozenSet<string> s_badCredential = Set(
        "IncompleteSignature", "InvalidAccessKeyId", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "RequestTimeTooSkewed", "SignatureDoesNotMatch");

    // Most of these come as HTTP 400, so the status alone would read as a wrong request.
    private static readonly FrozenSet<string> s_throttled = Set(
        "BandwidthLimitExceeded", "LimitExceededException", PriorRequestNotComplete, "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown",
        "ThrottledException", "Throttling", "ThrottlingError", "ThrottlingException", "TooManyRequestsException", "TooManyUpdates",
        "TransactionInProgressException");

    private static readonly FrozenSet<string> s_unavailable = Set(
        "InternalError", "InternalFailure", "InternalServerError", "InternalServiceErrorException", "RequestTimeout",
        "RequestTimeoutException", "ResourceContention", "ServiceUnavailable", "ServiceUnavailableException", "Unavailable");

    private static readonly FrozenSet<string> s_denied = Set(
        "AccessDenied", "AccessDeniedException", NotAuthorized, "UnauthorizedOperation", "UnauthorizedAccess");

    private static readonly FrozenSet<string> s_notFound = Set(
        "AWS.SimpleQueueService.NonExistentQueue", InstanceIdMalformed, InvalidVpcId, InvocationDoesNotExist, NoSuchChange, NoSuchHostedZone,
        "ParameterNotFound", "ParameterVersionNotFound", "QueueDoesNotExist", "ResourceNotFoundException", VpcAssociationAuthorizationNotFound,
        VpcAssociationNotFound);

    private static readonly FrozenSet<string> s_conflict = Set(
        "ConcurrentModification", ConditionalCheckFailed, ConflictingDomainExists, "IncorrectState", ParameterAlreadyExists,
        "RouteAlreadyExists", "TransactionCanceledException", "TransactionConflictException");

    public static Failure Meaning(string? code, HttpStatusCode status) => code switch
    {
        null or "" => WithoutCode(status),
        _ when s_throttled.Contains(code) => Failure.Throttled,
        _ when s_denied.Contains(code) => Failure.Denied,
        _ when ExpiredCredential.Contains(code) || UnknownCredential.Contains(code) || s_badCredential.Contains(code) => Failure.BadCredential,
        _ when s_notFound.Contains(code) || code.EndsWith(".NotFound", StringComparison.Ordinal) => Failure.NotFound,
        _ when s_conflict.Contains(code) => Failure.Conflict,
        _ when s_unavailable.Contains(code) || (int)status >= 500 => Failure.Unavailable,
        _ => (int)status switch
        {
            401 or 403 => Failure.Denied,
            404 => Failure.NotFound,
            429 => Failure.Throttled,
            _ => Failure.Invalid,
        },
    };

    // Every AWS service names a code: without one, something between here and the service has answered.
    private static Failure WithoutCode(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests ? Failure.Throttled : Failure.Unavailable;

    private static FrozenSet<string> Set(params ReadOnlySpan<string> codes) => codes.ToArray().ToFrozenSet(StringComparer.Ordinal);
}

namespace Automation.Aws;

/// <summary>What to do where STS gives no identity token, for reasons of its own.</summary>
internal static class IdentityTokenRemedies
{
    /// <returns>null where the code is of something else.</returns>
    public static string? Of(string? code) => code switch
    {
        AwsErrorCodes.OutboundFederationDisabled =>
            "; turn outbound identity federation on, once for the account: aws iam enable-outbound-web-identity-federation "
            + "(it answers the issuer that Tailscale has to trust)",
        AwsErrorCodes.SessionDurationEscalation =>
            "; the session that asks ends sooner than the token would, within five minutes: the next session has the time",
        _ => null,
    };
}

using Amazon;
using Automation.Aws.Thin;

namespace Automation.Aws;

/// <summary>STS's GetWebIdentityToken (AWS Query), version 2011-06-15: a token of AWS that says who the caller is, for others to trust.</summary>
internal sealed class IdentityTokenClient(ThinClient client, AwsCaller caller, string account)
{
    private const string ServiceId = "STS";
    private const string Version = "2011-06-15";
    private const string Operation = "GetWebIdentityToken";
    private const string Algorithm = "ES384";
    private const string Seconds = "300";

    public static ThinConfig Config() => new(ServiceId, "sts", Version, Endpoint);

    /// <summary>The Region's own: the global one does not have the call.</summary>
    public static ThinEndpoint Endpoint(RegionEndpoint region) =>
        new(new($"https://sts.{region.SystemName}.{region.PartitionDnsSuffix}/"), region.SystemName);

    public async Task<Secret> GetAsync(string audience, CancellationToken stopping)
    {
        var call = ThinCall.Query(
            ServiceId, Version, Operation, ("Audience.member.1", audience), ("SigningAlgorithm", Algorithm), ("DurationSeconds", Seconds));
        try
        {
            return await caller.CallAsync(
                Operation,
                token => client.SendAsync(
                    call,
                    root => new Secret(root.Child($"{Operation}Result")?.Text("WebIdentityToken") ?? throw caller.Unreadable(Operation, "the answer has no token")),
                    token),
                stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Failure == Failure.Denied && IdentityTokenRemedies.Of(failed.Code) is null)
        {
            throw failed.And(
                $" on *, for the audience (sts:IdentityTokenAudience) {audience}, sts:DurationSeconds {Seconds} and sts:SigningAlgorithm {Algorithm}. "
                + $"Where it is allowed already, a policy of the organisation may forbid it in account {account}");
        }
    }
}

using System.Globalization;

namespace Automation.Plans;

/// <summary>Says in time that the API access token ends. The other kinds of credential do not.</summary>
public static class ApiKeyExpiry
{
    public const string Rule = "api-key-expires";

    public static readonly TimeSpan WarningBefore = TimeSpan.FromDays(14);

    public static readonly TimeSpan ErrorBefore = TimeSpan.FromDays(3);

    internal static void Find(Snapshot seen, List<Finding> findings)
    {
        const string resource = "credential";
        if (seen.ApiKey is { Problem: { } problem })
        {
            findings.Add(new(Rule, Finding.Info, resource, $"When the API access token expires could not be read. {problem}"));
        }
        else if (seen.ApiKey?.Expires is { } expires && expires - seen.ObservedAt is var left && left <= WarningBefore)
        {
            findings.Add(new(
                Rule, left <= ErrorBefore ? Finding.Error : Finding.Warning, resource,
                $"The API access token {(left <= TimeSpan.Zero ? "expired" : "expires")} on {expires.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}; nothing in the tailnet can be read or "
                + "changed from then on. Write another one into the parameter of TAILSCALE_CREDENTIAL, or better an OAuth client: that and a federated identity do not expire."));
        }
    }
}

namespace Automation.Plans;

/// <summary>The API access token that the automation shows to Tailscale, the one kind of credential that expires.</summary>
/// <param name="Expires">null where that could not be read.</param>
/// <param name="Problem">Why it could not; null where it was.</param>
public sealed record ApiKeySeen(DateTimeOffset? Expires, string? Problem);

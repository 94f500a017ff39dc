using System.Collections.Immutable;
using Automation.Plans;

namespace Automation.Tailscale;

/// <summary>Split-DNS domains in one form: lower case without a last dot, sorted, each resolver once.</summary>
internal static class SplitDnsMap
{
    public static ImmutableArray<SplitDnsDomain> Read(IEnumerable<KeyValuePair<string, string?[]?>> map) =>
    [
        .. map
            .GroupBy(entry => Domain(entry.Key), entry => entry.Value ?? [])
            .Select(group => new SplitDnsDomain(group.Key, Resolvers(group.SelectMany(resolvers => resolvers))))
            .Where(domain => !domain.Resolvers.IsEmpty)   // null and [] are what is left of a domain that was removed
            .OrderBy(domain => domain.Domain, StringComparer.Ordinal),
    ];

    /// <summary>A domain of which any resolver has the flag: the admin console sets it for a domain's resolvers one by one.</summary>
    public static ImmutableArray<string> ReadExitNodeDomains(WireDnsConfiguration configuration) =>
    [
        .. (configuration.SplitDns ?? [])
            .Where(entry => (entry.Value ?? []).Any(resolver => (resolver ?? throw new FormatException("a resolver is null")).UseWithExitNode is true))
            .Select(entry => Domain(entry.Key))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    public static string Domain(string domain) => domain.TrimEnd('.').ToLowerInvariant();

    public static ImmutableArray<string> Resolvers(IEnumerable<string?> resolvers) =>
    [
        .. resolvers
            .Select(resolver => string.IsNullOrEmpty(resolver) ? throw new FormatException("a resolver is empty") : resolver)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];
}

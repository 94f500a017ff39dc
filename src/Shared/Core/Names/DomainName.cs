using System.Buffers;

namespace Automation.Names;

/// <summary>Rules for the names of forwarded domains.</summary>
public static class DomainName
{
    private static readonly SearchValues<char> s_allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>The domain of EC2's private names in a Region: <c>ec2.internal</c> in us-east-1, <c>&lt;region&gt;.compute.internal</c> elsewhere.</summary>
    public static string InternalOf(string region) => region == "us-east-1" ? "ec2.internal" : $"{region}.compute.internal";

    /// <summary>Lower case, without the last dot.</summary>
    public static string Normal(string name) => name.TrimEnd('.').ToLowerInvariant();

    /// <returns>Why a zone's name is not forwarded; null where it may be.</returns>
    public static string? WhyRefused(string name)
    {
        if (name.Length is 0 or > 253 || name.Split('.').Any(label => label.Length is 0 or > 63 || label.AsSpan().ContainsAnyExcept(s_allowed)))
        {
            return "it is not a domain name that split DNS takes";
        }

        if (name == "ts.net" || name.EndsWith(".ts.net", StringComparison.Ordinal))
        {
            return "ts.net is Tailscale's own domain";
        }

        return null;
    }
}

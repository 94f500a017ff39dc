using System.Collections.Immutable;

namespace Automation.Names;

/// <summary>
/// The regional domains of AWS services whose names have private addresses in a VPC. Each is one view per VPC: what the names of a domain
/// mean depends on where they are asked for.
/// </summary>
/// <remarks>
/// From the endpoint names that the services' own documentation shows. <c>amazonaws.com</c> as a whole is never forwarded: every
/// call of every client to AWS would be asked for through one VPC.
/// </remarks>
public static class ServiceDomains
{
    public static readonly ImmutableArray<string> Known = ["eks", "elasticache", "opensearch", "rds", "redshift", "vpce"];

    /// <returns>null where the service has no such domain in the Region, as far as is known.</returns>
    public static string? Of(string service, string region)
    {
        var suffix = region.StartsWith("cn-", StringComparison.Ordinal) ? "amazonaws.com.cn" : "amazonaws.com";
        return service switch
        {
            "eks" or "rds" or "redshift" or "vpce" => $"{region}.{service}.{suffix}",
            "opensearch" => $"{region}.es.{suffix}",
            "elasticache" => Short(region) is { } code ? $"{code}.cache.{suffix}" : null,
            _ => null,
        };
    }

    // ElastiCache writes use1 for us-east-1, and apse2 for ap-southeast-2.
    private static string? Short(string region) => region.Split('-') is [var area, var side, var number] && Compass(side) is { } letters ? area + letters + number : null;

    private static string? Compass(string side) => side switch
    {
        "north" => "n",
        "northeast" => "ne",
        "east" => "e",
        "southeast" => "se",
        "south" => "s",
        "southwest" => "sw",
        "west" => "w",
        "northwest" => "nw",
        "central" => "c",
        _ => null,
    };
}

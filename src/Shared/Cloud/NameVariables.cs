using System.Collections.Immutable;
using Automation.Names;

namespace Automation;

/// <summary>ZONE_ASSOCIATION, SERVICE_DOMAINS and REVERSE_ZONES.</summary>
internal static class NameVariables
{
    public static NameSettings Read(VariableReader read) => new(ReadAssociation(read), ReadServices(read), ReadReverse(read));

    private static ZoneAssociation ReadAssociation(VariableReader read)
    {
        const string name = "ZONE_ASSOCIATION", expected = "none, tagged or all, such as none";
        var value = read.Optional(name, expected) ?? "none";
        read.Check(name, value, value is "none" or "tagged" or "all", expected);
        return value switch
        {
            "tagged" => ZoneAssociation.Tagged,
            "all" => ZoneAssociation.All,
            _ => ZoneAssociation.None,
        };
    }

    private static ImmutableArray<string> ReadServices(VariableReader read)
    {
        const string name = "SERVICE_DOMAINS";
        var expected = $"one or more of {string.Join(", ", ServiceDomains.Known)}, with commas between, such as eks,rds, or nothing";
        var services = read.Optional(name, expected)?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        foreach (var unknown in services.Where(service => !ServiceDomains.Known.Contains(service)))
        {
            read.Note(name, $"has '{Printable.Of(unknown)}' in it", expected);
        }

        return [.. services.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static bool ReadReverse(VariableReader read)
    {
        const string name = "REVERSE_ZONES", expected = "true or false, such as false";
        var value = read.Optional(name, expected) ?? "false";
        return read.Check(name, value, value is "true" or "false", expected) == "true";
    }
}

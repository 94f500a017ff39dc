using Automation.Network;

namespace Automation;

/// <summary>Reads <c>OPT_IN_PREFIXES</c>: prefixes with commas between. Host bits are refused: whoever wrote them meant another prefix.</summary>
internal static class OptInPrefixesVariable
{
    private const string Name = "OPT_IN_PREFIXES";
    private const string Expected = "prefixes with commas between, such as 10.200.0.0/16,192.168.10.0/24, or nothing";

    public static PrefixSet Read(VariableReader read)
    {
        var prefixes = new List<Prefix>();
        foreach (var text in read.Optional(Name, Expected)?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (!Prefix.TryParse(text, out var prefix))
            {
                read.Note(Name, $"has '{Printable.Of(text)}' in it", Expected);
            }
            else if (Address.TryParse(text[..text.IndexOf('/', StringComparison.Ordinal)], out var address) && address != prefix.First)
            {
                read.Note(Name, $"has {Printable.Of(text)} in it, an address inside {prefix}", Expected);
            }
            else if (RefusedRanges.WhyRefused(prefix) is { } why)
            {
                read.Note(Name, $"has {Printable.Of(text)} in it, which is never advertised ({why})", Expected);
            }
            else
            {
                prefixes.Add(prefix);
            }
        }

        return PrefixSet.Of(prefixes.AsEnumerable());
    }
}

using Automation.Routes;

namespace Automation.Cli;

/// <summary>An explanation, line by line: what serves an address, hop by hop, and what else was considered.</summary>
internal sealed class ExplanationText(TextWriter output)
{
    public void Write(Explanation explanation)
    {
        foreach (var piece in explanation.Pieces)
        {
            output.WriteLine(piece.Prefix is null
                ? $"{piece.Range}: nothing serves it."
                : $"{piece.Range} is in {piece.Prefix} of {piece.VpcId ?? "no VPC that is looked at"}:");
            foreach (var router in piece.Routers)
            {
                output.WriteLine($"  {router.HostName} {router.State}{(router.Used ? ", and clients use it" : "")}");
                output.WriteLine($"    {string.Join(" -> ", router.Hops)}; back: {router.Back}");
            }

            if (piece.Via6 is { } via6)
            {
                output.WriteLine($"  4via6: {via6}{(piece.MagicDnsName is { } name ? $", or the name {name}" : "")}");
            }

            foreach (var other in piece.Others)
            {
                output.WriteLine($"  not {other.What}: {other.Why}");
            }
        }

        foreach (var finding in explanation.Findings)
        {
            output.WriteLine($"{finding.Severity}: {finding.Rule} {finding.Resource}: {finding.Text}");
        }
    }
}

using Automation.Names;
using Automation.Plans;
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

        Write(explanation.Findings);
    }

    public void Write(NameExplanation explanation)
    {
        output.WriteLine(explanation.Domain is null
            ? $"{explanation.Name}: no domain of split DNS fits, so clients ask as if there were no tailnet."
            : $"{explanation.Name} is in {explanation.Domain}, {explanation.Owner switch { "nobody" => "which is not forwarded yet", "automation" => "which the automation forwards", _ => "which somebody else forwards" }}:");
        foreach (var resolver in explanation.Resolvers)
        {
            output.WriteLine($"  {(resolver.Forwarded ? "asks" : "is to ask")} {resolver.Address}, {resolver.What}: {resolver.Why}");
        }

        foreach (var line in new[] { explanation.Zone is { } zone ? $"from {zone}" : null }.OfType<string>()
            .Concat(explanation.Answers.Select(answer => $"clients get {answer}"))
            .Concat(explanation.Missing.Select(step => $"to do: {step}"))
            .Concat(explanation.Others.Select(other => $"not {other.VpcId} ({other.View}): {other.Why}")))
        {
            output.WriteLine($"  {line}");
        }

        Write(explanation.Findings);
    }

    private void Write(IEnumerable<ReportFinding> findings)
    {
        foreach (var finding in findings)
        {
            output.WriteLine($"{finding.Severity}: {finding.Rule} {finding.Resource}: {finding.Text}");
        }
    }
}

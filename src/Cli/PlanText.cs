using System.Text;
using Automation.Plans;

namespace Automation.Cli;

/// <summary>A plan and what became of it, line by line.</summary>
internal sealed class PlanText(TextWriter output)
{
    /// <param name="report">The same plan's.</param>
    public void Write(Plan plan, Report report)
    {
        foreach (var step in plan.Steps)
        {
            var sign = step.Action.Effect switch
            {
                Effect.Add => '+',
                Effect.Change => '~',
                _ => '-',
            };
            output.WriteLine(step.Held is { } why ? $"! held: {step.Action} ({why})" : $"{sign} {step.Action}");
        }

        foreach (var finding in plan.Findings)
        {
            output.WriteLine(Line(finding));
        }

        new ReportTable(output).WriteCleanup(report.Cleanup);
        output.WriteLine(plan.Summary);
    }

    /// <summary>What was not done, and why; how many steps ended how. Progress has told of each already.</summary>
    public void WriteOutcomes(Report report)
    {
        output.WriteLine();
        foreach (var action in report.Actions.Where(action => action.Detail is not null))
        {
            output.WriteLine($"{action.Outcome}: {action.Text}: {action.Detail}");
        }

        var counts = report.Actions.CountBy(action => action.Outcome).Select(pair => $"{pair.Value} {pair.Key}");
        output.WriteLine($"Result: {string.Join(", ", counts)}.");
    }

    public void WriteJson(Report report) => output.WriteLine(Encoding.UTF8.GetString(report.ToUtf8Json()));

    public static string Line(Finding finding) => $"{finding.Severity}: {finding.Rule} {finding.Resource}: {finding.Text}";
}

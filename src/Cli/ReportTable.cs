using System.Globalization;
using Automation.Plans;
using Automation.Simulation;
using Spectre.Console;

namespace Automation.Cli;

/// <summary>The report as tables that a person can read: prefixes, routers, names and findings.</summary>
internal sealed class ReportTable(TextWriter output)
{
    private const int Width = 160;

    private readonly IAnsiConsole _console = Create(output);

    public void Write(SimulationResult result)
    {
        var invariants = NewTable("Invariant", "What must hold", "Checks");
        foreach (var invariant in Invariant.All)
        {
            invariants.AddRow(Cell(invariant.Name), Cell(invariant.Text), Cell(result.Checks.GetValueOrDefault(invariant.Name).ToString(CultureInfo.InvariantCulture)));
        }

        var looks = NewTable("Looks to come to rest", "Stories");
        foreach (var (count, stories) in result.LooksToRest)
        {
            looks.AddRow(Cell(count.ToString(CultureInfo.InvariantCulture)), Cell(stories.ToString(CultureInfo.InvariantCulture)));
        }

        _console.Write(invariants);
        _console.Write(looks);
    }

    public void Write(Report report)
    {
        var scopes = NewTable("Scope", "Read", "VPCs");
        foreach (var scope in report.Observed.Scopes)
        {
            scopes.AddRow(Cell(scope.Scope), scope.Complete ? "completely" : "not completely", scope.Vpcs.ToString(CultureInfo.InvariantCulture));
        }

        var calls = NewTable("Service", "Requests");
        foreach (var (service, count) in report.Observed.Calls ?? [])
        {
            calls.AddRow(Cell(service), count.ToString(CultureInfo.InvariantCulture));
        }

        var prefixes = NewTable("Prefix", "VPC", "Routers", "Stand-ins", "Zones");
        foreach (var prefix in report.Prefixes)
        {
            prefixes.AddRow(
                Cell(prefix.Prefix.ToString()),
                Cell(prefix.VpcId ?? "behind a gateway"),
                Cell(string.Join(", ", prefix.Routers)),
                Cell(string.Join(", ", prefix.StandIns)),
                Cell(string.Join(", ", prefix.Zones)));
        }

        var routers = NewTable("Router", "Device", "VPC", "Subnet");
        foreach (var router in report.Routers)
        {
            routers.AddRow(Cell(router.InstanceId), Cell(router.Device ?? "not joined"), Cell(router.VpcId), Cell(router.SubnetId ?? "-"));
        }

        var names = NewTable("Domain", "Resolvers");
        foreach (var (domain, resolvers) in report.SplitDns)
        {
            names.AddRow(Cell(domain), Cell(string.Join(", ", resolvers)));
        }

        var pools = NewTable("Key pool", "Role", "Key", "Expires", "Parameter");
        foreach (var pool in report.Pools)
        {
            pools.AddRow(
                Cell(pool.Name), Cell(pool.Role), Cell(pool.KeyId ?? "none yet"), Cell(pool.Expires?.ToString("u", CultureInfo.InvariantCulture) ?? "-"), Cell(pool.Parameter ?? "not there"));
        }

        var findings = NewTable("Severity", "Rule", "Resource", "Finding");
        foreach (var finding in report.Findings)
        {
            findings.AddRow(Cell(finding.Severity), Cell(finding.Rule), Cell(finding.Resource), Cell(finding.Text));
        }

        Show(scopes, "No scope was looked at.");
        if (report.Observed.Calls is not null)   // not every look is counted
        {
            Show(calls, "No service was asked.");
        }

        Show(prefixes, "No prefix is advertised.");
        Show(routers, "There is no router.");
        Show(names, "No domain is forwarded.");
        if (pools.Rows.Count > 0)   // most have none
        {
            _console.Write(pools);
        }

        WriteCleanup(report.Cleanup);
        Show(findings, "There are no findings.");
    }

    /// <summary>Devices that are to be deleted, and what leaving them costs; nothing where there are none.</summary>
    public void WriteCleanup(ReportCleanup cleanup)
    {
        if (cleanup.Devices == 0)
        {
            return;
        }

        var table = NewTable("Device to delete", "Host name", "Joined", "Silent", "Why", "Outcome");
        foreach (var item in cleanup.Items)
        {
            table.AddRow(
                Cell(item.Device),
                Cell(item.HostName),
                item.AgeDays is { } days ? string.Create(CultureInfo.InvariantCulture, $"{days} d ago") : "-",
                item.SilentMinutes is { } minutes ? string.Create(CultureInfo.InvariantCulture, $"{minutes} min") : "-",
                Cell(item.Reason),
                Cell(item.Outcome));
        }

        _console.Write(table);
        if (cleanup.MonthlyCost is { } cost)
        {
            _console.WriteLine(string.Create(CultureInfo.InvariantCulture, $" They cost {cost} a month while they stay."));
        }
    }

    public void Write(Diagnosis diagnosis)
    {
        var checks = NewTable("Verdict", "Check", "Of", "Found", "Remedy");
        foreach (var check in diagnosis.Checks)
        {
            checks.AddRow(Cell(check.Verdict), Cell(check.Check), Cell(check.Resource), Cell(check.Found), Cell(check.Remedy ?? "-"));
        }

        _console.Write(checks);
        var counts = diagnosis.Checks.CountBy(check => check.Verdict).ToDictionary();
        _console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $" {counts.GetValueOrDefault(CheckResult.IsOk)} ok, {counts.GetValueOrDefault(CheckResult.IsWarning)} warning(s), {counts.GetValueOrDefault(CheckResult.IsFailure)} failure(s)."));
    }

    private static IAnsiConsole Create(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = Width;
        return console;
    }

    private static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(column);
        }

        return table;
    }

    private static string Cell(string text) => Markup.Escape(text);

    private void Show(Table table, string whenEmpty)
    {
        if (table.Rows.Count == 0)
        {
            _console.WriteLine($" {whenEmpty}");
        }
        else
        {
            _console.Write(table);
        }
    }
}

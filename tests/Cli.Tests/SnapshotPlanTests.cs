using System.Text;
using System.Text.Json.Nodes;
using Automation.Plans;
using Automation.Reports;
using Automation.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Cli;

/// <summary>tailnet plan --snapshot, on snapshots of a simulated world.</summary>
public sealed class SnapshotPlanTests : IDisposable
{
    // The simulated subnet of a first router has the addresses of many a home.
    private const string CommonRange =
        "warning: common-range vpc-0a11b22c33d44e55f: 10.0.0.0/16 has addresses of 10.0.0.0/24, which many homes and offices use: "
        + "clients there reach their own network instead. Renumber, or set tailscale:overlap = via6 on the VPC.";

    private readonly string _file = Path.GetTempFileName();
    private readonly SandboxWorld _world = new(NullLogger.Instance);

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Prints_steps_and_then_the_summary()
    {
        await ChangedAsync();

        var plan = await PlanAsync();

        Assert.Equal((ExitCode.Done, ""), (plan.Exit, plan.Progress));
        Assert.Equal(
            [
                "~ record subnet-router-i-0a1b2c3d4e5f60718 as device n000001CNTRL with 10.0.0.0/16, 10.64.0.0/16",
                "+ approve 10.64.0.0/16 on subnet-router-i-0a1b2c3d4e5f60718",
                "~ advertise 10.0.0.0/16, 10.64.0.0/16 on subnet-router-i-0a1b2c3d4e5f60718",
                CommonRange,
                "Plan: 1 to add, 2 to change, 0 to remove.",
            ],
            plan.Lines);
    }

    [Fact]
    public async Task As_JSON_is_the_report_of_the_same_plan_and_the_same_each_time()
    {
        var seen = await ChangedAsync();

        var plan = await PlanAsync("--output", "json");

        Assert.Equal(Encoding.UTF8.GetString(Report.Of(seen, ReconcilePlanner.Plan(seen)).ToUtf8Json()), plan.Output.TrimEnd());
        Assert.Equal(plan, await PlanAsync("--output", "json"));
        Assert.All(JsonNode.Parse(plan.Output)!["actions"]!.AsArray(), action => Assert.Equal("planned", (string?)action!["outcome"]));
    }

    [Fact]
    public async Task Exits_with_2_where_there_is_something_to_do_and_a_script_asks()
    {
        await ChangedAsync();

        Assert.Equal(ExitCode.Done, (await PlanAsync()).Exit);
        Assert.Equal(ExitCode.Changes, (await PlanAsync("--detailed-exitcode")).Exit);
        Assert.Equal(ExitCode.Changes, (await PlanAsync("--detailed-exitcode", "--output", "json")).Exit);
    }

    [Fact]
    public async Task Exits_with_0_where_there_is_nothing_to_do()
    {
        await OneRouterAsync();
        await WriteAsync();

        var plan = await PlanAsync("--detailed-exitcode");

        Assert.Equal(ExitCode.Done, plan.Exit);
        Assert.Equal([CommonRange, "Plan: 0 to add, 0 to change, 0 to remove."], plan.Lines);
    }

    [Fact]
    public async Task What_is_held_waits_for_a_person_and_is_nothing_to_do()
    {
        await OneRouterAsync();
        _world.Reconfigure(settings => settings with { DevicePrice = 9.5m });
        _world.HomeRegion.Kill(InstanceId.Parse("i-0a1b2c3d4e5f60718"), told: false);
        await _world.RunAsync(TimeSpan.FromMinutes(20));
        await WriteAsync();

        var held = await PlanAsync("--detailed-exitcode");
        Assert.Equal(ExitCode.Done, held.Exit);
        Assert.StartsWith(
            "! held: delete device n000001CNTRL of subnet-router-i-0a1b2c3d4e5f60718: its instance is terminated (it is the last router of",
            held.Lines[0],
            StringComparison.Ordinal);
        Assert.Contains(held.Lines, line => line.Contains("Device to delete", StringComparison.Ordinal) && line.Contains("Silent", StringComparison.Ordinal));
        Assert.Contains(" They cost 9.5 a month while they stay.", held.Lines);
        Assert.Equal("Plan: 0 to add, 0 to change, 0 to remove.", held.Lines[^1]);

        var allowed = await PlanAsync("--detailed-exitcode", "--allow-mass-delete");
        Assert.Equal(ExitCode.Changes, allowed.Exit);
        Assert.Equal("- delete device n000001CNTRL of subnet-router-i-0a1b2c3d4e5f60718: its instance is terminated", allowed.Lines[0]);
    }

    [Theory]
    [InlineData("/keys")]
    [InlineData("/devices")]
    [InlineData("/dns/split-dns")]
    public async Task What_could_not_be_read_is_an_error_whatever_else_there_is_to_do(string unread)
    {
        await OneRouterAsync();
        _world.Tailnet.Faults = operation => operation.EndsWith(unread, StringComparison.Ordinal) ? FaultKind.BeforeEffect : null;
        await ChangedAsync(started: true);

        foreach (var options in (string[][])[[], ["--detailed-exitcode"], ["--output", "json"]])
        {
            var plan = await PlanAsync(options);
            Assert.Equal(ExitCode.Failed, plan.Exit);
            Assert.Contains("tailnet-incomplete", plan.Output, StringComparison.Ordinal);
            Assert.Contains("Not everything could be read", plan.Progress, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_scope_that_was_not_looked_at_is_no_error()
    {
        var two = new SandboxWorld(NullLogger.Instance, null, new("111122223333", "eu-west-1"), new("111122223333", "us-east-1"));
        var seen = await two.Parts.Observer.ObserveAsync([two.Home], Breadth.Everything, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_file, SnapshotJson.Write(seen), TestContext.Current.CancellationToken);

        Assert.Equal((ExitCode.Done, ""), ((await PlanAsync()).Exit, (await PlanAsync()).Progress));
    }

    [Theory]
    [InlineData("", "The snapshot cannot be read")]
    [InlineData("{}", "observedAt")]
    [InlineData("""{"observedAt": 7}""", "$.observedAt, line 1")]
    public async Task A_file_that_is_no_snapshot_is_refused_with_the_place(string text, string words)
    {
        await File.WriteAllTextAsync(_file, text, TestContext.Current.CancellationToken);

        var refused = await PlanAsync();

        Assert.Equal((ExitCode.Failed, ""), (refused.Exit, refused.Output));
        Assert.StartsWith($"{_file}: ", refused.Progress, StringComparison.Ordinal);
        Assert.Contains(words, refused.Progress, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var missing = _file + ".missing";

        var refused = await Terminal.RunAsync("plan", "--snapshot", missing);

        Assert.Equal((ExitCode.Failed, ""), (refused.Exit, refused.Output));
        Assert.StartsWith("The snapshot cannot be read.", refused.Progress, StringComparison.Ordinal);
        Assert.Contains(missing, refused.Progress, StringComparison.Ordinal);
    }

    private Task<Ran> PlanAsync(params string[] options) => Terminal.RunAsync(["plan", "--snapshot", _file, .. options]);

    private async Task OneRouterAsync()
    {
        var vpc = _world.HomeRegion.AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        _world.HomeRegion.Launch("i-0a1b2c3d4e5f60718", vpc, "subnet-0a1b2c3d4e5f60001");
        await _world.RunAsync(TimeSpan.FromMinutes(6));
    }

    /// <summary>A CIDR was added, and nobody has reacted to it yet.</summary>
    private async Task<Snapshot> ChangedAsync(bool started = false)
    {
        if (!started)
        {
            await OneRouterAsync();
        }

        _world.HomeRegion.AssociateCidr(_world.HomeRegion.Vpcs.Single().Id, "10.64.0.0/16");
        return await WriteAsync();
    }

    private async Task<Snapshot> WriteAsync()
    {
        var seen = await _world.Parts.Observer.ObserveAsync(_world.Settings.Scopes, Breadth.Everything, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_file, SnapshotJson.Write(seen), TestContext.Current.CancellationToken);
        return seen;
    }
}

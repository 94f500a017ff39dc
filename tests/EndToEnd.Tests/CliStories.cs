using System.Text;
using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>The reconcile from a terminal.</summary>
public sealed class CliStories(Moto moto) : IAsyncLifetime
{
    private const string Nothing = "Plan: 0 to add, 0 to change, 0 to remove.";

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly List<string> _written = [];
    private readonly List<string> _secrets = [];
    private Installation _here = null!;
    private Dictionary<string, string> _environment = null!;
    private InstanceId _router;
    private DeviceId _device;

    private MotoRegion World => _here.World;

    private string SnapshotPath => Path.Combine(_folder, "world.json");

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _here = await Installation.CreateAsync(moto);
        _environment = new(await _here.Account.EnvironmentAsync(Installation.Region))
        {
            ["TAILSCALE_API_URL"] = _here.Api.Uri.ToString(),
            ["TAILSCALE_CREDENTIAL"] = Installation.Credential,
            ["LEDGER_TABLE"] = Installation.Ledger,
        };
        _secrets.AddRange([_environment["AWS_SECRET_ACCESS_KEY"], _environment["AWS_SESSION_TOKEN"]]);
        var vpc = await World.CreateVpcAsync("10.20.0.0/16", ["10.21.0.0/16"]);
        await World.CreatePrivateZoneAsync("corp.internal", vpc);
        _router = await World.RunInstanceAsync(await World.CreateSubnetAsync(vpc, "10.20.1.0/24"), Installation.RouterTags);
        _device = _here.Tailnet.AddDevice($"subnet-router-{_router}", ["tag:aws-router"], PrefixSet.Of([Prefix.Parse("10.20.0.0/16")]));
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        _secrets.AddRange([_here.Client.ClientSecret.Reveal(), .. _here.Tailnet.Keys.Select(key => key.Value.Reveal())]);
        var written = string.Join('\n', _written);

        // Not Assert.DoesNotContain: its message would show the secret, and where it is.
        Assert.All(_secrets, secret => Assert.False(written.Contains(secret, StringComparison.Ordinal), "A secret was written."));
        Assert.DoesNotMatch("tskey-[a-z]", written);
        await _here.DisposeAsync();
    }

    [Fact]
    public async Task Plan_and_apply_and_then_nothing_is_left_to_do()
    {
        var plan = await RunAsync("plan", "--detailed-exitcode");
        Assert.True(plan.Exit == 2, plan.ToString());
        Assert.Contains($"+ approve 10.20.0.0/16, 10.21.0.0/16 on subnet-router-{_router}", plan.Lines);
        Assert.Contains("+ forward corp.internal to 10.20.0.2", plan.Lines);
        Assert.Equal("Plan: 3 to add, 2 to change, 0 to remove.", plan.Lines[^1]);
        Assert.Equal($"Looking at {World.Scope} and the tailnet ...", plan.Progress.TrimEnd());
        Assert.Empty(Device.Enabled);

        var apply = await RunAsync("apply", "--yes");
        Assert.True(apply.Exit == 0, apply.ToString());
        Assert.Equal([.. plan.Lines, "Result: 5 applied."], apply.Lines);
        Assert.Contains("forward corp.internal to 10.20.0.2: applied.", apply.Progress, StringComparison.Ordinal);
        Assert.Equal("10.20.0.0/16, 10.21.0.0/16", Device.Enabled.ToString());
        Assert.Equal(["10.20.0.2"], _here.Tailnet.SplitDns["corp.internal"]);

        TakeRoutes();
        Assert.Equal((0, Nothing), Ended(await RunAsync("plan", "--detailed-exitcode")));
        Assert.Equal((0, Nothing), Ended(await RunAsync("apply")));   // nothing to ask about

        var status = await RunAsync("status");
        Assert.Equal(0, status.Exit);
        Assert.Matches(@"Route 53 +2\b", status.Output);   // the VPC's zones, and the public ones
        Assert.Matches($@"10\.21\.0\.0/16 +vpc-[0-9a-f]+ +{_router}", status.Output);
        Assert.Matches(@"corp\.internal +10\.20\.0\.2", status.Output);
        Assert.Equal("Everything is as wanted.", status.Lines[^1]);
    }

    [Fact]
    public async Task JSON_is_the_report_and_nothing_else()
    {
        var plan = await RunAsync("plan", "--output", "json");
        var status = await RunAsync("status", "--output", "json");
        var apply = await RunAsync("apply", "--yes", "--output", "json");
        TakeRoutes();
        var again = await RunAsync("apply", "--output", "json");

        // What was asked of each service is the same but for what is applied.
        var (looked, applying) = (Calls(plan), Calls(apply));
        Assert.Equal(["DynamoDB", "EC2", "Route 53", "Route 53 Resolver", "SSM"], looked.Keys.Order(StringComparer.Ordinal));
        Assert.All(looked, service => Assert.InRange(service.Value, 1, applying[service.Key]));
        Assert.Equal((2, 2), (looked["Route 53"], applying["Route 53"]));
        Assert.True(looked["SSM"] < applying["SSM"] && looked["DynamoDB"] < applying["DynamoDB"], apply.Output);

        Assert.Equal(plan.Output, status.Output);
        Assert.Equal((true, false), ((bool)JsonNode.Parse(plan.Output)!["dryRun"]!, (bool)JsonNode.Parse(apply.Output)!["dryRun"]!));
        var applied = plan.Output
            .Replace("\"planned\"", "\"applied\"", StringComparison.Ordinal)
            .Replace("\"dryRun\":true", "\"dryRun\":false", StringComparison.Ordinal);
        Assert.Equal(WithoutCalls(applied), WithoutCalls(apply.Output));
        Assert.Empty(JsonNode.Parse(again.Output)!["actions"]!.AsArray());
        Assert.All([plan, status, apply, again], run => Assert.Equal(0, run.Exit));
    }

    [Fact]
    public async Task A_snapshot_gives_the_same_plan_again_without_an_account_or_a_network()
    {
        var before = await RunAsync("plan", "--output", "json");
        var taken = await RunAsync("snapshot", SnapshotPath);
        var after = await RunAsync("plan", "--output", "json");
        Assert.Equal((0, ""), (taken.Exit, taken.Output));
        Assert.Contains($" to {SnapshotPath}. It holds ids, addresses and names, and no secrets.", taken.Progress, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(SnapshotPath, Stopping);
        _written.Add(text);
        await _here.Account.FailAsync(MotoFault.Denied with { Times = null });
        _here.Tailnet.IsDown = true;

        CliRun[] offline =
        [
            await RunIn([], "plan", "--snapshot", SnapshotPath, "--output", "json"),
            await RunIn([], "plan", "--snapshot", SnapshotPath, "--output", "json"),
        ];

        // The world stood still: looks before and after the snapshot give the plan that it gives, and that the planner gives here.
        var seen = SnapshotJson.Read(text);
        var planned = Encoding.UTF8.GetString(Report.Of(seen, ReconcilePlanner.Plan(seen)).ToUtf8Json()) + "\n";
        Assert.NotEmpty(JsonNode.Parse(planned)!["actions"]!.AsArray());
        Assert.All(offline, run => Assert.Equal((0, planned), (run.Exit, run.Output)));   // byte for byte
        Assert.All([before, after, .. offline], run => Assert.Equal((0, WithoutCalls(planned)), (run.Exit, WithoutCalls(run.Output))));
        Assert.Equal(["", ""], offline.Select(run => run.Progress));
    }

    [Fact]
    public async Task A_name_is_explained_before_it_is_forwarded_and_after()
    {
        const string Name = "db.corp.internal";
        var before = await RunAsync("explain", Name);
        Assert.True(before.Exit == 1, before.ToString());
        Assert.Equal($"{Name} is in corp.internal, which is not forwarded yet:", before.Lines[0]);
        Assert.Contains("  to do: forward corp.internal to 10.20.0.2", before.Lines);
        Assert.Equal(0, (await RunAsync("apply", "--yes")).Exit);

        var after = await RunAsync("explain", Name);
        Assert.True(after.Exit == 0, after.ToString());
        Assert.Equal($"{Name} is in corp.internal, which the automation forwards:", after.Lines[0]);
        Assert.StartsWith("  asks 10.20.0.2, resolver of vpc-", after.Lines[1], StringComparison.Ordinal);

        var json = await RunAsync("explain", Name, "--output", "json");
        Assert.True(json.Exit == 0, json.ToString());
        var explained = JsonNode.Parse(json.Output)!;
        Assert.Equal(
            (Name, true, "corp.internal", "automation"),
            ((string?)explained["name"], (bool)explained["answered"]!, (string?)explained["domain"], (string?)explained["owner"]));
        Assert.Equal(("10.20.0.2", true), ((string?)explained["resolvers"]![0]!["address"], (bool)explained["resolvers"]![0]!["forwarded"]!));
        Assert.Empty(explained["missing"]!.AsArray());

        var elsewhere = await RunAsync("explain", "db.example.org");
        Assert.Equal(1, elsewhere.Exit);
        Assert.Equal("db.example.org: no domain of split DNS fits, so clients ask as if there were no tailnet.", elsewhere.Lines[0]);
    }

    [Fact]
    public async Task A_domain_of_somebody_else_is_adopted_at_a_person_s_word_and_then_set()
    {
        const string Ours = "corp.internal";
        string[] theirs = ["10.99.0.53"];
        _here.Tailnet.SetSplitDns(Ours, [.. theirs]);
        Assert.Equal(0, (await RunAsync("apply", "--yes")).Exit);
        Assert.Equal(theirs, _here.Tailnet.SplitDns[Ours]);
        Assert.Contains($"split-dns-not-owned {Ours}:", (await RunAsync("plan")).Output, StringComparison.Ordinal);

        var unanswered = await RunAsync("adopt", Ours);
        Assert.Equal(1, unanswered.Exit);
        Assert.Contains("Nobody answers, so nothing was changed.", unanswered.Progress, StringComparison.Ordinal);
        await using var refusing = Start(_environment, "adopt", Ours);
        await refusing.AnswerAsync("no");
        var refused = await EndAsync(refusing);
        Assert.Equal(1, refused.Exit);
        Assert.Contains("Nothing was changed.", refused.Progress, StringComparison.Ordinal);
        Assert.DoesNotContain($"dns#{Ours}", await World.LedgerKeysAsync(Installation.Ledger));

        var adopted = await RunAsync("adopt", Ours, "--yes");
        Assert.True(adopted.Exit == 0, adopted.ToString());
        Assert.Equal(
            [
                $"{Ours} is forwarded to 10.99.0.53 now, set by somebody else.",
                "The next reconcile forwards it to 10.20.0.2, and the automation keeps it so.",
                $"{Ours} is the automation's. tailnet plan shows what it would do, and tailnet apply does it.",
            ],
            adopted.Lines);
        Assert.Equal(theirs, _here.Tailnet.SplitDns[Ours]);   // only the ledger was written
        var again = await RunAsync("adopt", Ours, "--yes");
        Assert.Equal((1, ""), (again.Exit, again.Output));
        Assert.Contains($"{Ours} is not taken over. It is the automation's already.", again.Progress, StringComparison.Ordinal);

        TakeRoutes();
        var apply = await RunAsync("apply", "--yes");
        Assert.True(apply.Exit == 0, apply.ToString());
        Assert.Contains("~ forward corp.internal to 10.20.0.2", apply.Output, StringComparison.Ordinal);
        Assert.Equal(["10.20.0.2"], _here.Tailnet.SplitDns[Ours]);
        Assert.Equal((0, Nothing), Ended(await RunAsync("plan", "--detailed-exitcode")));
    }

    [Fact]
    public async Task The_account_is_asked_of_AWS_and_the_Region_taken_from_where_the_SDK_has_it()
    {
        _environment.Remove("AWS_REGION");
        _environment["AWS_DEFAULT_REGION"] = Installation.Region;
        var named = await RunAsync("plan");
        Assert.True(named.Exit == 0, named.ToString());
        Assert.StartsWith($"Looking at {World.Scope} ", named.Progress, StringComparison.Ordinal);

        _environment.Remove("AWS_DEFAULT_REGION");
        _environment["AWS_CONFIG_FILE"] = Path.Combine(_folder, "config");
        await File.WriteAllTextAsync(_environment["AWS_CONFIG_FILE"], $"[profile here]\nregion = {Installation.Region}\n", Stopping);
        _environment["AWS_PROFILE"] = "here";
        var profiled = await RunAsync("plan");
        Assert.True(profiled.Exit == 0, profiled.ToString());
        Assert.Equal(named.Output, profiled.Output);

        _environment["ACCOUNT_ID"] = _here.Account.Id;
        var asked = (await _here.Account.RequestsAsync()).Count(request => request.Service == "sts");
        Assert.Equal(named.Output, (await RunAsync("plan")).Output);
        Assert.Equal((2, 2), (asked, (await _here.Account.RequestsAsync()).Count(request => request.Service == "sts")));
    }

    [Fact]
    public async Task Settings_that_are_missing_are_all_named()
    {
        var refused = await RunIn([], "plan");

        Assert.Equal((1, ""), (refused.Exit, refused.Output));
        Assert.All(
            ["AWS_REGION", "TAILSCALE_CREDENTIAL", "LEDGER_TABLE"],
            name => Assert.Contains($"- {name} is not set", refused.Progress, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Credentials_that_are_missing_or_refused_are_said_so()
    {
        await _here.Account.FailAsync(MotoFault.Denied with { Times = null }, "sts");
        var refused = await RunAsync("plan");
        foreach (var name in (string[])["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
        {
            _environment.Remove(name);
        }

        var missing = await RunAsync("apply", "--yes");

        foreach (var run in (CliRun[])[refused, missing])
        {
            Assert.Equal((1, ""), (run.Exit, run.Output));
            Assert.StartsWith("AWS does not say whose credentials these are (", run.Progress, StringComparison.Ordinal);
            Assert.EndsWith("Sign in, or choose a profile with AWS_PROFILE.", run.Progress.TrimEnd(), StringComparison.Ordinal);
            Assert.Single(run.Progress.TrimEnd().Split('\n'));
        }

        Assert.Contains("AccessDenied", refused.Progress, StringComparison.Ordinal);
        Assert.Contains("credentials", missing.Progress, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_an_error_in_every_command()
    {
        await _here.Account.FailAsync(MotoFault.Denied with { Times = null }, "route53");

        foreach (var typed in (string[])["plan --detailed-exitcode", "plan --output json", "status", $"snapshot {SnapshotPath}"])
        {
            var run = await RunAsync(typed.Split(' '));
            Assert.True(run.Exit == 1, $"{typed}: {run}");
            Assert.Contains("scope-incomplete", run.Output + run.Progress, StringComparison.Ordinal);
            Assert.Contains("Not everything could be read", run.Progress, StringComparison.Ordinal);
            Assert.DoesNotContain("Everything is as wanted", run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("no", "Nothing was changed.")]
    [InlineData("", "Nothing was changed.")]
    [InlineData("YES", "Nothing was changed.")]
    [InlineData("yes please", "Nothing was changed.")]
    [InlineData(null, "Nobody answers, so nothing was changed.")]
    public async Task Nothing_is_applied_unless_the_answer_is_yes(string? answer, string words)
    {
        await using var apply = Start(_environment, "apply");
        await apply.AnswerAsync(answer);
        var run = await EndAsync(apply);

        Assert.True(run.Exit == 1, run.ToString());
        Assert.Contains("Apply these 5 steps? Only 'yes' does: ", run.Progress, StringComparison.Ordinal);
        Assert.Contains(words, run.Progress, StringComparison.Ordinal);
        await AssertUnchangedAsync();
    }

    [Fact]
    public async Task A_yes_applies()
    {
        await using var apply = Start(_environment, "apply");
        await apply.WaitForAsync("Only 'yes' does: ");
        await AssertUnchangedAsync();
        await apply.AnswerAsync("yes");
        var run = await EndAsync(apply);

        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal("Result: 5 applied.", run.Lines[^1]);
    }

    [Fact]
    public async Task DRY_RUN_holds_for_the_terminal_too()
    {
        _environment["DRY_RUN"] = "true";
        var run = await RunAsync("apply", "--yes");

        Assert.Equal(0, run.Exit);
        Assert.Contains("DRY_RUN is true: nothing was changed.", run.Progress, StringComparison.Ordinal);
        await AssertUnchangedAsync();
    }

    [Fact]
    public async Task Interrupted_at_the_question_it_ends_at_once_and_changes_nothing()
    {
        await using var apply = Start(_environment, "apply");
        await apply.WaitForAsync("Only 'yes' does: ");
        apply.Interrupt();
        var run = await EndAsync(apply);

        Assert.Equal(1, run.Exit);
        Assert.EndsWith("Interrupted. Nothing was changed.", run.Progress.TrimEnd(), StringComparison.Ordinal);
        await AssertUnchangedAsync();
    }

    [Fact]
    public async Task Interrupted_while_it_applies_it_says_what_was_done_and_what_not()
    {
        var pause = await _here.Account.PauseAsync(after: 0, service: "ssm", operation: "SendCommand");
        await using var apply = Start(_environment, "apply", "--yes");
        await pause.WaitUntilStoppedAsync(TimeSpan.FromSeconds(60));
        apply.Interrupt();
        var run = await EndAsync(apply);
        await pause.DropAsync();

        Assert.True(run.Exit == 1, run.ToString());
        var failed = Assert.Single(run.Lines, line => line.StartsWith("failed: ", StringComparison.Ordinal));
        Assert.Matches("^failed: advertise .*: the run ended while it was under way", failed);
        Assert.Contains("not-reached: forward corp.internal to 10.20.0.2: the run ended before it", run.Lines);
        Assert.Equal("Result: 2 applied, 1 failed, 2 not-reached.", run.Lines[^1]);
        Assert.EndsWith(
            "Interrupted. What was applied stays; tailnet plan shows what is left, and tailnet apply goes on from there.",
            run.Progress.TrimEnd(),
            StringComparison.Ordinal);
        Assert.Equal("10.20.0.0/16, 10.21.0.0/16", Device.Enabled.ToString());

        Assert.Equal("Result: 3 applied.", (await RunAsync("apply", "--yes")).Lines[^1]);
    }

    private static Dictionary<string, int> Calls(CliRun run) =>
        JsonNode.Parse(run.Output)!["observed"]!["calls"]!.AsObject().ToDictionary(service => service.Key, service => (int)service.Value!);

    private static string WithoutCalls(string report)
    {
        var read = JsonNode.Parse(report)!;
        read["observed"]!.AsObject().Remove("calls");
        return read.ToJsonString();
    }

    private SandboxDevice Device => _here.Tailnet.Devices.Single(device => device.Id == _device);

    private Task<CliRun> RunAsync(params string[] arguments) => RunIn(_environment, arguments);

    private async Task<CliRun> RunIn(Dictionary<string, string> environment, params string[] arguments)
    {
        await using var process = Start(environment, arguments);
        await process.AnswerAsync(null);
        return await EndAsync(process);
    }

    private static CliProcess Start(Dictionary<string, string> environment, params string[] arguments) => CliProcess.Start(environment, arguments);

    private async Task<CliRun> EndAsync(CliProcess process)
    {
        var run = await process.EndAsync();
        _written.Add(run.ToString());
        return run;
    }

    // What the command on the node does, which moto does not reach.
    private void TakeRoutes() => _here.Tailnet.Advertise(_device, PrefixSet.Of([Prefix.Parse("10.20.0.0/16"), Prefix.Parse("10.21.0.0/16")]));

    private static (int Exit, string Line) Ended(CliRun run) => (run.Exit, Assert.Single(run.Lines));

    private async Task AssertUnchangedAsync()
    {
        Assert.Empty(Device.Enabled);
        Assert.Empty(_here.Tailnet.SplitDns);
        Assert.Empty(await World.LedgerKeysAsync(Installation.Ledger));
        Assert.Empty(await World.CommandsAsync());
    }
}

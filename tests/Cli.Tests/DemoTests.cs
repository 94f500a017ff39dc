using System.Diagnostics;
using System.Text.Json.Nodes;
using Automation.Sandbox;

namespace Automation.Cli;

public sealed class DemoTests
{
    [Fact]
    public async Task Tells_its_story_and_ends_with_tables_and_nothing_left_to_do()
    {
        var clock = Stopwatch.StartNew();
        var demo = await Terminal.RunAsync("demo");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"Nobody waits for a story that takes {clock.Elapsed}.");

        Assert.Equal((ExitCode.Done, ""), (demo.Exit, demo.Progress));
        Assert.Contains("nothing real is touched", demo.Lines[1], StringComparison.Ordinal);
        Assert.All(
            [
                "event    EC2 Instance Launch Successful: i-0a1b2c3d4e5f60718 of routers", "event    AssociateVpcCidrBlock", "plan     Plan: 2 to add",
                "step     approve 10.64.0.0/16 on subnet-router-i-0a1b2c3d4e5f60718: applied.",
                "the API answers 503 from now on", "withdraw 10.64.0.0/16 from subnet-router-i-0d1b2c3d4e5f60718: applied.",
            ],
            words => Assert.Contains(words, demo.Output, StringComparison.Ordinal));

        var end = demo.Output[demo.Output.IndexOf("== At rest", StringComparison.Ordinal)..];
        Assert.All(["Prefix ", "Router ", "Domain ", "Severity "], title => Assert.Matches($@"(?m)^ +{title}", end));
        Assert.Matches(@"10\.20\.0\.0/16 +vpc-0f99e88d77c66b55a +i-0f2b2c3d4e5f60718", end);
        Assert.Matches(@"fd7a:115c:a1e0:b1a:0:2:a00:0/112 +vpc-0c77d66e55f44a33b +i-0c7b2c3d4e5f60718", end);
        Assert.Matches(@"corp\.example\.internal +10\.0\.0\.2", end);
        Assert.Matches(@"twin\.example\.internal +100\.80\.0\.[0-9]+", end);
        Assert.Contains("One more, as a test: Plan: 0 to add, 0 to change, 0 to remove.", end, StringComparison.Ordinal);
        Assert.StartsWith("Converged after ", demo.Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotMatch("tskey-[a-z]", demo.Output);
    }

    [Fact]
    public async Task Tells_the_same_story_each_time()
    {
        var first = await Terminal.RunAsync("demo");
        var second = await Terminal.RunAsync("demo");

        Assert.Equal(first.Output, second.Output);
    }

    [Fact]
    public async Task As_JSON_is_the_report_and_nothing_else_with_the_story_beside_it()
    {
        var demo = await Terminal.RunAsync("demo", "--output", "json");
        var text = await Terminal.RunAsync("demo");

        Assert.Equal(ExitCode.Done, demo.Exit);
        var report = JsonNode.Parse(demo.Output)!;
        Assert.Equal("Plan: 0 to add, 0 to change, 0 to remove.", (string?)report["summary"]);
        Assert.Equal(4, report["routers"]!.AsArray().Count);
        Assert.Equal("""{"vpc-0a11b22c33d44e55f":1,"vpc-0c77d66e55f44a33b":2}""", report["sites"]!.ToJsonString());
        Assert.Empty(report["actions"]!.AsArray());
        Assert.Contains("== At rest", demo.Progress, StringComparison.Ordinal);
        Assert.Equal(text.Lines[^1], demo.Progress.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
    }

    [Fact]
    public async Task Says_why_and_fails_where_the_world_does_not_converge()
    {
        using var output = new StringWriter();

        var exit = await new Demo(output, TextWriter.Null, world => world.Tailnet.IsDown = true).RunAsync(json: false);

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Matches(@"Not converged after .*: findings that are errors: 3\.\s*$", output.ToString());
    }

    [Fact]
    public async Task Fails_where_another_reconcile_would_have_something_to_do()
    {
        using var output = new StringWriter();

        // A zone appears, and nothing that changes split DNS is carried out.
        var exit = await new Demo(output, TextWriter.Null, world =>
        {
            world.HomeRegion.AddPrivateZone("Z0ABCDEFGHIJKLMNOPQR1", "late.example.internal", world.HomeRegion.Vpcs.First().Id);
            world.Tailnet.Faults = operation => operation.StartsWith("PATCH ", StringComparison.Ordinal) ? FaultKind.BeforeEffect : null;
        }).RunAsync(json: false);

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Matches(@"Not converged after .*: steps that another reconcile would take or hold: [1-9]", output.ToString());
    }
}

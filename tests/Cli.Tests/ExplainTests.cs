using System.Text.Json.Nodes;
using Automation.Plans;
using Automation.Reports;
using Automation.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Cli;

/// <summary>tailnet explain, on a hub with a router and a spoke that is peered with it.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Tells_the_way_there_and_back()
    {
        await PeeredAsync();

        var explained = await ExplainAsync("10.20.1.7");

        Assert.Equal((ExitCode.Done, ""), (explained.Exit, explained.Progress));
        Assert.Equal(
            [
                "10.20.1.7 is in 10.20.0.0/16 of vpc-0f99e88d77c66b55a:",
                "  subnet-router-i-0a1b2c3d4e5f60718 carries traffic, and clients use it",
                "    subnet-router-i-0a1b2c3d4e5f60718 -> rtb-0a11b22c33d44e55f 10.20.0.0/16 -> pcx-0a1b2c3d4e5f60718 -> vpc-0f99e88d77c66b55a; back: ok",
            ],
            explained.Lines.Take(3));
    }

    [Fact]
    public async Task Exits_with_1_where_nothing_serves_it_and_says_why()
    {
        await PeeredAsync();

        var explained = await ExplainAsync("10.99.0.1");

        Assert.Equal(ExitCode.Failed, explained.Exit);
        Assert.Equal("10.99.0.1: nothing serves it.", explained.Lines[0]);
        Assert.Contains("  not i-0a1b2c3d4e5f60718: rtb-0a11b22c33d44e55f has no route for it", explained.Lines);
    }

    [Fact]
    public async Task As_JSON_is_nothing_but_JSON()
    {
        await PeeredAsync();

        var explained = await ExplainAsync("10.20.0.0/15", "--output", "json");
        var pieces = JsonNode.Parse(explained.Output)!["pieces"]!.AsArray();

        Assert.Equal(["10.20.0.0/16", "10.21.0.0/16"], pieces.Select(piece => (string?)piece!["range"]));
        Assert.Equal("ok", (string?)pieces[0]!["routers"]![0]!["back"]);
    }

    [Fact]
    public async Task Of_a_name_tells_its_domain_and_what_is_asked_and_why()
    {
        await PeeredAsync();

        var explained = await ExplainAsync("ip-10-0-1-5.eu-west-1.compute.internal");

        Assert.Equal((ExitCode.Done, ""), (explained.Exit, explained.Progress));
        Assert.Equal(
            [
                "ip-10-0-1-5.eu-west-1.compute.internal is in eu-west-1.compute.internal, which the automation forwards:",
                "  asks 10.0.0.2, resolver of vpc-0a11b22c33d44e55f: the base of 10.0.0.0/16 plus two; vpc-0a11b22c33d44e55f has a router of its own, and no inbound endpoint that a route leads to",
                "  from the names that vpc-0a11b22c33d44e55f itself has",
                "  clients get A 10.0.1.5, which is reached as it is: `tailnet explain 10.0.1.5`",
            ],
            explained.Lines.Take(4));
    }

    [Fact]
    public async Task Exits_with_1_for_a_name_that_is_forwarded_nowhere()
    {
        await PeeredAsync();

        var explained = await ExplainAsync("www.example.com");

        Assert.Equal(ExitCode.Failed, explained.Exit);
        Assert.Equal("www.example.com: no domain of split DNS fits, so clients ask as if there were no tailnet.", explained.Lines[0]);
    }

    [Fact]
    public async Task A_name_as_JSON_is_nothing_but_JSON()
    {
        await PeeredAsync();

        var explained = JsonNode.Parse((await ExplainAsync("db.eu-west-1.compute.internal", "--output", "json")).Output)!;

        Assert.Equal(("eu-west-1.compute.internal", "automation"), ((string?)explained["domain"], (string?)explained["owner"]));
        Assert.Equal("10.0.0.2", (string?)explained["resolvers"]![0]!["address"]);
    }

    [Theory]
    [InlineData("corp..internal")]
    [InlineData("-")]
    [InlineData("10.1")]
    [InlineData("10.0.0.0/33")]
    public async Task What_is_no_address_and_no_name_is_refused(string target)
    {
        var refused = await ExplainAsync(target);

        Assert.Equal((ExitCode.Failed, ""), (refused.Exit, refused.Output));
        Assert.Contains($"'{target}' is no address", refused.Progress, StringComparison.Ordinal);
    }

    private Task<Ran> ExplainAsync(string target, params string[] options) => Terminal.RunAsync(["explain", target, "--snapshot", _file, .. options]);

    private async Task PeeredAsync()
    {
        var world = new SandboxWorld(NullLogger.Instance);
        var region = world.HomeRegion;
        var hub = region.AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        var spoke = region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        region.Network.AddSubnet("subnet-0f1b2c3d4e5f60001", spoke, "10.20.1.0/24");
        var peering = world.Aws.Peerings.Peer("pcx-0a1b2c3d4e5f60718", hub, spoke);
        world.Aws.Peerings.Accept(peering);
        region.Network.AddRoute(region.Network.MainTable(hub), "10.20.0.0/16", peering.ToString());
        region.Network.AddRoute(region.Network.MainTable(spoke), "10.0.0.0/16", peering.ToString());
        region.Launch("i-0a1b2c3d4e5f60718", hub, "subnet-0a1b2c3d4e5f60001");
        await world.RunAsync(TimeSpan.FromMinutes(6));
        var seen = await world.Parts.Observer.ObserveAsync(world.Settings.Scopes, Breadth.Everything, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_file, SnapshotJson.Write(seen), TestContext.Current.CancellationToken);
    }
}

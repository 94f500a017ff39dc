using Automation.Network;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

/// <summary>Routers that are connected and do not reach their VPC, through the real functions.</summary>
public sealed class RouterHealthStories
{
    private static readonly Prefix s_cidr = Prefix.Parse("10.0.0.0/16");
    private static readonly InstanceId s_own = InstanceId.Parse("i-0f1b2c3d4e5f60718");

    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    [Fact]
    public async Task A_sick_router_hands_over_to_its_healthy_sibling()
    {
        await ProbedAsync(Blue, Green);
        Instance(Blue).IsCutOff = true;
        var report = (await World.ReconcileAsync()).Report;

        Assert.Equal([Green], Serving(s_cidr));
        Assert.DoesNotContain(s_cidr, _network.Device(Blue)!.Advertised);
        var finding = Assert.Single(report.Findings, finding => finding.Rule == "router-unhealthy");
        Assert.Equal(("error", Blue.ToString()), (finding.Severity, finding.Resource));
        Assert.Contains("the VPC's resolver does not answer. 10.0.0.0/16 is handed over", finding.Text, StringComparison.Ordinal);
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task The_last_one_keeps_its_prefixes_however_sick_it_is()
    {
        await ProbedAsync(Blue, Green);
        Instance(Blue).IsCutOff = true;
        await World.ReconcileAsync();
        Instance(Green).IsCutOff = true;
        World.Clock.Advance(Minutes(2));
        await World.ReconcileAsync();

        Assert.Contains(Green, Serving(s_cidr));
        World.Tailnet.Disconnect(Instance(Green).Device!);
        await World.RunAsync(Minutes(11));

        Assert.Equal([Blue, Green], Serving(s_cidr));
    }

    [Fact]
    public async Task Once_it_is_healthy_again_it_serves_again()
    {
        await ProbedAsync(Blue, Green);
        Instance(Blue).IsCutOff = true;
        await World.ReconcileAsync();
        Instance(Blue).IsCutOff = false;
        World.Clock.Advance(Minutes(2));
        await World.ReconcileAsync();

        Assert.Equal([Blue, Green], Serving(s_cidr));
        Assert.Contains(s_cidr, _network.Device(Blue)!.Advertised);
        Assert.Null(World.Ledger.Nodes[Blue].UnhealthyAt);
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task Nothing_happens_while_a_router_cannot_be_asked()
    {
        await ProbedAsync(Blue, Green);
        Instance(Blue).AgentIsSilent = true;
        var before = World.Clock.GetUtcNow();
        var silent = await World.ReconcileAsync();

        Assert.Empty(silent.Plan.Steps);
        Assert.True(World.Clock.GetUtcNow() - before <= Seconds(25));
        Assert.Equal([Blue, Green], Serving(s_cidr));
        Assert.Contains("Tailnet-Probe is still", Assert.Single(silent.Report.Findings, finding => finding.Rule == "router-not-probed").Text, StringComparison.Ordinal);

        // Nor is anything given back to one that was found sick before, whichever process looks.
        Instance(Blue).AgentIsSilent = false;
        Instance(Blue).IsCutOff = true;
        World.Clock.Advance(Minutes(2));
        await World.ReconcileAsync();
        Instance(Blue).AgentIsSilent = true;
        World.Restart();
        var again = await World.ReconcileAsync();

        Assert.Empty(again.Plan.Steps);
        Assert.Equal([Green], Serving(s_cidr));
    }

    [Fact]
    public async Task A_call_that_is_refused_says_nothing_of_a_router()
    {
        await ProbedAsync(Blue, Green);
        Instance(Blue).IsCutOff = true;
        _network.Fails = call => call == "SSM SendCommand" ? Failed(call, Failure.Denied) : null;
        var result = await World.ReconcileAsync();

        Assert.Empty(result.Plan.Steps);
        Assert.Equal([Blue, Green], Serving(s_cidr));
        Assert.Equal(2, result.Report.Findings.Count(finding => finding.Rule == "router-not-probed"));
    }

    [Fact]
    public async Task What_was_heard_is_good_for_a_minute_and_costs_two_calls_a_router()
    {
        await ProbedAsync(Blue, Green);
        World.Clock.Advance(Minutes(2));
        _network.Calls.Clear();
        await World.ReconcileAsync();
        await World.ReconcileAsync();

        Assert.Equal(
            ["SSM GetCommandInvocation", "SSM GetCommandInvocation", "SSM SendCommand", "SSM SendCommand"],
            _network.Calls.Where(call => call.StartsWith("SSM ", StringComparison.Ordinal) && call != "SSM DescribeParameters").Order(StringComparer.Ordinal));

        World.Clock.Advance(Minutes(1));
        await World.ReconcileAsync();

        Assert.Equal(4, _network.Calls.Count(call => call == "SSM SendCommand"));
    }

    [Fact]
    public async Task Routers_of_another_vpc_take_over_what_they_reach_and_give_it_back()
    {
        await ProbedAsync(Blue, Green);
        var spoke = _network.Region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        _network.Peer(spoke);
        _network.Region.Launch(s_own.ToString(), spoke, "subnet-0f1b2c3d4e5f60001", group: "spoke-routers");
        await World.RunAsync(Minutes(6));
        var cidr = Prefix.Parse("10.20.0.0/16");
        Assert.Equal([s_own], Serving(cidr));

        Instance(s_own).IsCutOff = true;
        World.Clock.Advance(Minutes(2));
        await World.ReconcileAsync();
        Assert.Equal([Blue, Green], Serving(cidr));
        await AssertAtRestAsync();

        Instance(s_own).IsCutOff = false;
        World.Clock.Advance(Minutes(2));
        await World.ReconcileAsync();
        Assert.Equal([s_own], Serving(cidr));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task One_that_was_marked_as_leaving_and_stayed_counts_again_after_ten_minutes()
    {
        await ProbedAsync(Blue, Green);
        await ((Ledger.ILedger)World.Ledger).PutNodeAsync(World.Ledger.Nodes[Blue] with { GoneAt = World.Clock.GetUtcNow() }, CancellationToken.None);
        await World.ReconcileAsync();
        Assert.Equal([Green], Serving(s_cidr));

        World.Clock.Advance(Minutes(10));
        await World.ReconcileAsync();
        Assert.Equal([Blue, Green], Serving(s_cidr));
        Assert.Null(World.Ledger.Nodes[Blue].GoneAt);
    }

    private SimulatedInstance Instance(InstanceId id) => _network.Region.Instance(id);

    private async Task ProbedAsync(params InstanceId[] routers)
    {
        await _network.WithAsync(routers);
        World.Reconfigure(settings => settings with { ProbeDocument = "Tailnet-Probe" });
    }

    private InstanceId[] Serving(Prefix prefix) => [.. new[] { Blue, Green, s_own }.Where(id => _network.Device(id)?.Enabled.Contains(prefix) == true)];

    private async Task AssertAtRestAsync() => Assert.Empty((await World.ReconcileAsync(dryRun: true)).Plan.Steps);
}

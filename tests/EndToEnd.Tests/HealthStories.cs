using System.Text.Json.Nodes;
using Automation.Network;

namespace Automation.EndToEnd;

/// <summary>Routers that say of themselves that they do not reach their VPC.</summary>
public sealed class HealthStories(Moto moto) : IAsyncLifetime
{
    private Installation _here = null!;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task A_sick_router_hands_over_and_the_last_one_does_not()
    {
        var node = await _here.StartAsync("NodeLifecycle");
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16", instances: 2);
        var (sick, healthy) = (await _here.BringInAsync(node, routers[0]), await _here.BringInAsync(node, routers[1]));
        var look = await _here.StartAsync("Reconcile", ("PROBE_DOCUMENT", Installation.ProbeDocument));
        await _here.World.TagAsync(routers[0].ToString(), "test:probe", "unhealthy: the gateway 10.10.0.1 on ens5 is FAILED");

        var findings = await LookAsync(look);
        Assert.Equal("", string.Join(',', Enabled(sick)));
        Assert.Equal("10.10.0.0/16", Enabled(healthy).ToString());
        var finding = Assert.Single(findings, finding => (string?)finding!["rule"] == "router-unhealthy")!;
        Assert.Contains("does not reach its VPC: the gateway 10.10.0.1 on ens5 is FAILED. 10.10.0.0/16 is handed over", (string?)finding["text"], StringComparison.Ordinal);

        // The process that comes next remembers nothing but what the ledger does.
        await _here.World.TagAsync(routers[0].ToString(), "test:probe", "not the probe's own word");
        findings = await LookAsync(await _here.StartAsync("Reconcile", ("PROBE_DOCUMENT", Installation.ProbeDocument)));
        Assert.Equal("", string.Join(',', Enabled(sick)));
        Assert.Contains("cannot be asked now: Tailnet-Probe ended as Failed", (string?)Assert.Single(findings, finding => (string?)finding!["rule"] == "router-unhealthy")!["text"], StringComparison.Ordinal);

        await _here.World.TagAsync(routers[1].ToString(), "test:probe", "unhealthy: silence");
        await LookAsync(await _here.StartAsync("Reconcile", ("PROBE_DOCUMENT", Installation.ProbeDocument)));
        Assert.Equal("10.10.0.0/16", Enabled(healthy).ToString());
    }

    private PrefixSet Enabled(DeviceId id) => _here.Tailnet.Devices.Single(device => device.Id == id).Enabled;

    private static async Task<JsonArray> LookAsync(Function function)
    {
        var answer = await function.InvokeAsync("{}");
        Assert.True(answer.Kind == Sandbox.RuntimeAnswerKind.Response, answer.Body);
        var report = JsonNode.Parse(answer.Body)!;
        Assert.All(report["actions"]!.AsArray(), action => Assert.Matches("^(applied|already-so)$", (string?)action!["outcome"]));
        return report["findings"]!.AsArray();
    }
}

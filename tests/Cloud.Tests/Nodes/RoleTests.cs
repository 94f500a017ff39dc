using System.Text.Json.Nodes;
using Automation.Aws;
using Automation.Plans;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

public sealed class RoleTests
{
    private readonly ANetwork _network = new();

    public RoleTests() => World.Reconfigure(settings => settings with { NodeTags = SandboxWorld.EveryRole });

    private SandboxWorld World => _network.World;

    [Theory]
    [InlineData("subnet-router", "subnet-router", "tag:aws-router", "", "10.0.0.0/16")]
    [InlineData("exit-node", "exit-node", "tag:aws-exit", "advertise-exit-node=true", "0.0.0.0/0, ::/0")]
    [InlineData("app-connector", "app-connector", "tag:aws-connector", "advertise-connector=true", "nothing")]
    [InlineData("peer-relay", "peer-relay", "tag:aws-relay", "relay-server-port=40000", "nothing")]
    [InlineData("session-recorder", "session-recorder", "tag:aws-recorder", "", "nothing")]
    [InlineData("agent", "agent", "tag:aws-agent", "", "nothing")]
    [InlineData("exit-node+subnet-router", "exit-node", "tag:aws-exit tag:aws-router", "advertise-exit-node=true", "0.0.0.0/0, 10.0.0.0/16, ::/0")]
    [InlineData("peer-relay+app-connector+agent", "peer-relay", "tag:aws-relay tag:aws-connector tag:aws-agent", "advertise-connector=true relay-server-port=40000", "nothing")]
    [InlineData("agent+typo", "agent", "tag:aws-agent", "", "nothing")]
    public async Task A_node_of_each_role_joins_with_its_tags_and_options_and_is_approved_for_what_it_serves(string role, string first, string tags, string flags, string enabled)
    {
        _network.Launch(Blue, role);
        Assert.True(await World.SettleAsync(Minutes(2)));

        var device = _network.Device(Blue)!;
        Assert.Equal($"{first}-{Blue}", device.HostName);
        Assert.Equal(tags.Split(' '), device.Tags);
        Assert.Equal(enabled, device.Enabled.ToString());
        Assert.Equal(
            [.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries).Append("accept-dns=false").Order(StringComparer.Ordinal)],
            _network.Region.Instance(Blue).Flags.Select(flag => $"{flag.Key}={flag.Value}").Order(StringComparer.Ordinal));
        _network.AssertAnswered(Blue, "tailnet-launch", LifecycleResult.Continue);
        Assert.Equal(device.Id, World.Ledger.Nodes[Blue].Device);
        Assert.Empty(_network.Usable(Blue));

        await World.ReconcileAsync();
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);

        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_relay_has_the_port_and_the_endpoints_of_its_tags()
    {
        var instance = _network.Launch(Blue, "peer-relay");
        (instance.RelayPort, instance.RelayEndpoints) = ("41000", "203.0.113.7:41000+[2001:db8::7]:41000");
        Assert.True(await World.SettleAsync(Minutes(2)));

        Assert.Equal("41000", instance.Flags["relay-server-port"]);
        Assert.Equal("203.0.113.7:41000,[2001:db8::7]:41000", instance.Flags["relay-server-static-endpoints"]);
    }

    [Theory]
    [InlineData("typo", "unknown-role")]
    [InlineData("subnet-router+session-recorder", "recorder-not-alone")]
    public async Task What_cannot_be_looked_after_is_a_finding_on_the_instance(string role, string rule)
    {
        _network.Launch(Blue, role);
        await World.RunAsync(Seconds(40));

        var finding = Assert.Single((await World.ReconcileAsync()).Plan.Findings, finding => finding.Rule == rule);
        Assert.Equal(Blue.ToString(), finding.Resource);
        Assert.DoesNotContain(World.Ledger.Nodes.Values, record => record.Role.Contains("recorder", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_role_that_has_no_tag_gets_no_key_and_the_finding_names_the_setting()
    {
        World.Reconfigure(settings => settings with { NodeTags = new(SandboxWorld.EveryRole.ByRole.Remove(NodeRoles.ExitNode)) });
        _network.Launch(Blue, NodeRoles.ExitNode);
        await World.RunAsync(Seconds(40));

        Assert.Empty(_network.KeysOf(Blue));
        Assert.Contains("NODE_TAGS", Assert.Single((await World.ReconcileAsync()).Plan.Findings, finding => finding.Rule == "role-without-tag").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exit_node_that_lost_its_approval_or_its_offer_is_repaired()
    {
        _network.Launch(Blue, "exit-node+subnet-router");
        Assert.True(await World.SettleAsync(Minutes(2)));
        var device = _network.Device(Blue)!;
        _network.Tailnet.Advertise(device.Id, Prefixes("10.0.0.0/16"));
        _network.Tailnet.DisableRoutes(device.Id, Prefixes("::/0"));
        await World.ReconcileAsync();

        Assert.Equal(Prefixes("10.0.0.0/16", "0.0.0.0/0", "::/0"), _network.Device(Blue)!.Advertised);
        Assert.Equal(Prefixes("10.0.0.0/16", "0.0.0.0/0", "::/0"), _network.Device(Blue)!.Enabled);
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);
    }

    [Fact]
    public async Task An_exit_node_hands_over_to_another_before_it_goes_and_the_last_one_is_an_alert()
    {
        _network.Launch(Blue, NodeRoles.ExitNode);
        _network.Launch(Green, NodeRoles.ExitNode);
        Assert.True(await World.SettleAsync(Minutes(2)));
        _network.Tailnet.DisableRoutes(_network.Device(Green)!.Id, NodeProfile.DefaultRoutes);
        _network.Region.ScaleIn(Blue);
        Assert.True(await World.SettleAsync(Minutes(3)));

        Assert.Equal(NodeProfile.DefaultRoutes, _network.Device(Green)!.Enabled);
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_role_that_was_added_to_a_joined_node_changes_no_name_and_takes_no_route()
    {
        await _network.WithAsync(Blue);
        _network.Region.Instance(Blue).Role = "agent+subnet-router";
        await World.ReconcileAsync();

        Assert.Equal($"subnet-router-{Blue}", _network.Device(Blue)!.HostName);
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
        Assert.Equal("agent+subnet-router", World.Ledger.Nodes[Blue].Role);
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);
    }

    [Fact]
    public async Task A_node_that_is_no_router_any_more_keeps_its_routes_and_is_reported()
    {
        await _network.WithAsync(Blue);
        _network.Region.Instance(Blue).Role = "agent";
        var result = await World.ReconcileAsync();

        Assert.Contains(result.Plan.Findings, finding => finding.Rule == "no-longer-router");
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task The_report_has_what_each_role_needs_in_the_policy_file()
    {
        var every = SandboxWorld.EveryRole.ByRole.Keys.Where(role => role != NodeRoles.SessionRecorder).ToArray();
        _network.Launch(Blue, string.Join('+', every));
        _network.Launch(Green, NodeRoles.SessionRecorder);
        Assert.True(await World.SettleAsync(Minutes(2)));
        var policies = JsonNode.Parse((await World.ReconcileAsync()).Report.ToUtf8Json())!["rolePolicies"]!.AsObject();

        Assert.Equal(SandboxWorld.EveryRole.ByRole.Keys, policies.Select(role => role.Key));
        Assert.Equal("tag:aws-exit", (string?)policies["exit-node"]!["autoApprovers"]!["exitNode"]![0]);
        Assert.Equal("tag:aws-relay", (string?)policies["peer-relay"]!["grants"]![0]!["dst"]![0]);
        Assert.Equal("tag:aws-recorder", (string?)policies["session-recorder"]!["ssh"]![0]!["recorder"]![0]);
        Assert.Equal("tag:aws-connector", (string?)policies["app-connector"]!["nodeAttrs"]![0]!["app"]!["tailscale.com/app-connectors"]![0]!["connectors"]![0]);
        Assert.Equal("10.0.0.0/16", (string?)policies["subnet-router"]!["grants"]![0]!["dst"]![0]);
    }

    [Theory]
    [InlineData("subnet-router", "tag:db")]
    [InlineData("exit-node+subnet-router", "tag:aws-exit")]
    public async Task A_node_that_lost_a_tag_gets_it_back_beside_those_that_it_has(string role, string left)
    {
        _network.Tailnet.SetTagOwners("tag:db", ["tag:aws-owner"]);
        _network.Launch(Blue, role);
        Assert.True(await World.SettleAsync(Minutes(2)));
        var tags = _network.Device(Blue)!.Tags;
        _network.Tailnet.SetTags(_network.Device(Blue)!.Id, [left]);
        await World.ReconcileAsync();

        Assert.Equal(tags.Append(left).Distinct().Order(StringComparer.Ordinal), _network.Device(Blue)!.Tags.Order(StringComparer.Ordinal));
        Assert.True((await World.ReconcileAsync()).Plan.IsEmpty);
    }

    [Fact]
    public async Task A_device_without_any_tag_is_a_persons_and_stays_so()
    {
        await _network.WithAsync(Blue);
        _network.Tailnet.SetTags(_network.Device(Blue)!.Id, []);
        var result = await World.ReconcileAsync();

        Assert.DoesNotContain(result.Plan.Steps, step => step.Action is PlanAction.TagDevice);
        Assert.Empty(_network.Device(Blue)!.Tags);
    }

    [Fact]
    public async Task A_tag_that_the_credential_may_not_give_is_a_failed_step_that_takes_none()
    {
        await _network.WithAsync(Blue);
        _network.Tailnet.SetTags(_network.Device(Blue)!.Id, ["tag:somebody"]);
        var result = await World.ReconcileAsync();

        Assert.Contains(result.Report.Actions, action => action is { Kind: "TagDevice", Outcome: "failed" });
        Assert.Equal(["tag:somebody"], _network.Device(Blue)!.Tags);
    }
}

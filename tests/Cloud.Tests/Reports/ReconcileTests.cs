using System.Text;
using System.Text.Json.Nodes;
using Automation.Events;
using Automation.Network;
using Automation.Nodes;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Reports;

public sealed class ReconcileTests
{
    private const string Corp = "corp.example.internal";
    private const string Look = "EC2 DescribeVpcs";

    private readonly ANetwork _network = new();

    private SandboxWorld World => _network.World;

    private int Looks => _network.Calls.Count(call => call == Look);

    // Events and their looks.

    [Fact]
    public async Task An_added_CIDR_is_approved_advertised_and_recorded_on_every_router()
    {
        await _network.WithAsync(Blue, Green);
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        Assert.True(await World.SettleAsync(Minutes(1)));

        foreach (var router in new[] { Blue, Green })
        {
            Assert.Equal(Prefixes("10.0.0.0/16", "10.64.0.0/16"), _network.Device(router)!.Enabled);
            Assert.Equal(Prefixes("10.0.0.0/16", "10.64.0.0/16"), _network.Device(router)!.Advertised);
            Assert.Equal(Prefixes("10.0.0.0/16", "10.64.0.0/16"), World.Ledger.Nodes[router].Routes);
        }
    }

    [Fact]
    public async Task An_event_that_is_older_than_the_last_look_costs_no_call()
    {
        await _network.WithAsync(Blue);
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        var old = _network.Events.Single();
        await World.RunAsync(Seconds(30));
        await World.InvokeAsync("{}"u8.ToArray());
        _network.Calls.Clear();
        World.ChangeEvents.Send(old);
        await World.TickAsync();

        Assert.Empty(_network.Calls);
        Assert.Equal(0, World.ChangeEvents.Count);
    }

    [Fact]
    public async Task A_router_that_lost_its_tag_is_not_gone_even_while_it_reboots()
    {
        await _network.WithAsync(Blue, Green);
        var device = _network.Device(Blue)!.Id;
        _network.Region.Instance(Blue).Role = "";
        World.Tailnet.Disconnect(device);
        await World.RunAsync(Minutes(25));

        Assert.Equal(device, _network.Device(Blue)!.Id);
        Assert.Equal(["settings"], _network.Parameters(Blue));
        Assert.Contains(World.Ledger.Nodes.Keys, id => id == Blue);

        _network.Region.Kill(Blue, told: false);
        await World.RunAsync(Minutes(15));
        _network.AssertNothingIsLeftOf(Blue);
    }

    [Fact]
    public async Task A_dry_run_answers_no_event()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        await World.RunAsync(Seconds(10));
        await World.InvokeAsync("""{"dryRun":true}"""u8.ToArray());
        World.ChangeEvents.Send(_network.Events.Single());
        await World.TickAsync();

        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task A_fresh_event_is_looked_at_once_more()
    {
        await _network.WithAsync(Blue);
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        _network.Region.Change(_network.Hub, vpc => vpc with { Cidrs = vpc.Cidrs[..1] });   // EC2 does not show it yet
        await World.TickAsync();
        Assert.Equal((1, 1), (Looks, World.ChangeEvents.Count));

        _network.Region.Change(_network.Hub, vpc => vpc with { Cidrs = [.. vpc.Cidrs, new(Prefix.Parse("10.64.0.0/16"), "associated")] });
        await World.RunAsync(Seconds(20));
        Assert.Equal((2, 0), (Looks, World.ChangeEvents.Count));
        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task A_CIDR_on_its_way_is_looked_at_until_it_has_arrived()
    {
        await _network.WithAsync(Blue);
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        _network.Region.Change(_network.Hub, vpc => vpc with { Cidrs = [vpc.Cidrs[0], new(Prefix.Parse("10.64.0.0/16"), "associating")] });
        await World.RunAsync(Seconds(50));
        Assert.Equal(1, World.ChangeEvents.Count);
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);

        _network.Region.Change(_network.Hub, vpc => vpc with { Cidrs = [vpc.Cidrs[0], new(Prefix.Parse("10.64.0.0/16"), "associated")] });
        Assert.True(await World.SettleAsync(Seconds(20)));
        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task An_incomplete_look_comes_back_and_is_left_to_the_schedule_after_ten_minutes()
    {
        await _network.WithAsync(Blue);
        _network.Fails = call => call == "Route 53 ListHostedZonesByVPC" ? Failed(call, Failure.Throttled) : null;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        await World.RunAsync(Minutes(9.5));
        Assert.Equal(1, World.ChangeEvents.Count);
        Assert.InRange(Looks, 35, 45);   // every quarter of a minute, and the schedule's

        await World.RunAsync(Minutes(1));
        Assert.Equal(0, World.ChangeEvents.Count);
        Assert.Empty(World.ChangeEvents.DeadLetters);
    }

    [Fact]
    public async Task One_look_answers_a_batch_of_ten()
    {
        await _network.WithAsync(Blue);
        for (var third = 1; third <= 10; third++)
        {
            _network.Region.AssociateCidr(_network.Hub, $"10.{third}.0.0/16");
        }

        World.Clock.Advance(Seconds(6));
        await World.TickAsync();

        Assert.Equal((1, 0), (Looks, World.ChangeEvents.Count));
        Assert.Equal(11, _network.Device(Blue)!.Enabled.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("oversized")]
    public async Task A_message_that_is_no_event_goes_to_the_dead_letter_queue_and_the_others_are_answered(string text)
    {
        await _network.WithAsync(Blue);
        var body = text == "oversized" ? $"{{\"padding\":\"{new string('x', 1024 * 1024)}\"}}" : text;
        World.ChangeEvents.Send(body);
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        World.Clock.Advance(Seconds(6));
        await World.TickAsync();

        Assert.Equal([body], World.ChangeEvents.DeadLetters);
        Assert.Equal((1, 0), (Looks, World.ChangeEvents.Count));
        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task News_of_another_account_is_dropped_without_a_call()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        World.ChangeEvents.Send(_network.Events.Single().Replace(World.Home.Account, "444455556666", StringComparison.Ordinal));
        await World.TickAsync();

        Assert.Empty(_network.Calls);
        Assert.Equal(0, World.ChangeEvents.Count);
    }

    [Fact]
    public async Task The_launch_of_somebody_elses_instance_costs_one_call()
    {
        await _network.WithAsync(Blue);
        World.Copies = OnlyLaunches;
        _network.Launch(Green, role: "", hook: null);
        await World.TickAsync();

        Assert.Equal(["EC2 DescribeInstances"], _network.Calls);
        Assert.Equal(0, World.ChangeEvents.Count);
    }

    [Theory]
    [InlineData(NodeRoles.SubnetRouter, false)]
    [InlineData("", true)]   // whose it is cannot be said
    public async Task The_launch_of_an_instance_that_may_be_ours_is_looked_at(string role, bool denied)
    {
        await _network.WithAsync(Blue);
        World.Copies = OnlyLaunches;
        _network.Fails = call => denied && call == "EC2 DescribeInstances" && _network.Calls.Count == 1 ? Failed(call, Failure.Denied) : null;
        _network.Launch(Green, role, hook: null);
        World.Clock.Advance(Seconds(6));
        await World.TickAsync();

        Assert.Equal((1, 0), (Looks, World.ChangeEvents.Count));
    }

    [Fact]
    public async Task Launches_that_are_older_than_the_last_look_cost_no_call()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Launch(Green, hook: null);
        World.Clock.Advance(Seconds(6));
        await World.InvokeAsync("{}"u8.ToArray());
        _network.Calls.Clear();
        World.ChangeEvents.Send(_network.Events.Single(text => OnlyLaunches(text) == 1));
        await World.TickAsync();

        Assert.Empty(_network.Calls);
    }

    // What NodeLifecycle does about the same instance is another story.
    private static int OnlyLaunches(string text) => EventParser.Parse(text).Change is ChangeEvent.InstanceLaunched ? 1 : 0;

    [Fact]
    public async Task A_batch_is_answered_in_part_when_its_look_was_not_complete()
    {
        await _network.WithAsync(Blue);
        _network.Fails = call => call == Look ? Failed(call, Failure.Unavailable) : null;
        World.ChangeEvents.Send("no JSON");
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        await World.TickAsync();

        Assert.Equal(["no JSON"], World.ChangeEvents.DeadLetters);
        Assert.Equal(1, World.ChangeEvents.Count);
        Assert.Equal(World.Clock.GetUtcNow() + Seconds(15), World.ChangeEvents.NextDue);
    }

    // Direct requests.

    [Fact]
    public async Task The_report_has_the_members_of_its_contract()
    {
        await _network.WithAsync(Blue);
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        _network.Region.AssociateCidr(_network.Hub, "100.64.0.0/16");   // refused, so there is a finding
        var report = await InvokeAsync("""{"dryRun":true}""");

        AssertMembers(report, "actions", "cleanup", "dryRun", "findings", "nodes", "observed", "pools", "prefixes", "rolePolicies", "routers", "sites", "splitDns", "summary", "zoneAssociations");
        Assert.True((bool)report["dryRun"]!);
        Assert.Equal("Plan: 1 to add, 0 to change, 0 to remove.", (string?)report["summary"]);
        AssertMembers(report["observed"]!, "calls", "devices", "scopes");
        Assert.Equal("""{"Auto Scaling":1,"EC2":9,"Route 53":2,"Route 53 Resolver":3,"SSM":1}""", report["observed"]!["calls"]!.ToJsonString());
        Assert.Equal(1, (int)report["observed"]!["devices"]!);
        var scope = Assert.Single(report["observed"]!["scopes"]!.AsArray())!;
        AssertMembers(scope, "complete", "scope", "vpcs");
        Assert.Equal(("111122223333/eu-west-1", true, 1), ((string?)scope["scope"], (bool)scope["complete"]!, (int)scope["vpcs"]!));
        var router = Assert.Single(report["routers"]!.AsArray())!;
        AssertMembers(router, "advertise", "device", "instanceId", "subnetId", "via6", "vpcId");
        Assert.Equal(Blue.ToString(), (string?)router["instanceId"]);
        Assert.Equal(_network.Device(Blue)!.Id.ToString(), (string?)router["device"]);
        Assert.Equal("""["10.0.0.0/16"]""", router["advertise"]!.ToJsonString());
        Assert.Equal("[]", router["via6"]!.ToJsonString());
        Assert.Equal("""{"corp.example.internal":["10.0.0.2"],"eu-west-1.compute.internal":["10.0.0.2"]}""", report["splitDns"]!.ToJsonString());
        var action = Assert.Single(report["actions"]!.AsArray())!;
        AssertMembers(action, "kind", "outcome", "target", "text");
        Assert.Equal(("SetSplitDns", Corp, "planned"), ((string?)action["kind"], (string?)action["target"], (string?)action["outcome"]));
        var prefix = Assert.Single(report["prefixes"]!.AsArray())!;
        AssertMembers(prefix, "prefix", "routers", "standIns", "vpcId", "zones");
        Assert.Equal(("10.0.0.0/16", $"[\"{Blue}\"]", "[]"), ((string?)prefix["prefix"], prefix["routers"]!.ToJsonString(), prefix["standIns"]!.ToJsonString()));
        Assert.All(report["findings"]!.AsArray(), finding => AssertMembers(finding!, "resource", "rule", "severity", "text"));
        Assert.Equal(
            [("common-range", "warning"), ("refused-range", "warning")],
            report["findings"]!.AsArray().Select(finding => ((string?)finding!["rule"], (string?)finding["severity"])));
    }

    [Theory]
    [InlineData("""{"dryRun":true}""", false)]
    [InlineData("{}", true)]
    public async Task A_dry_run_changes_nothing(string request, bool bySettings)
    {
        await _network.WithAsync(Blue, Green);
        World.Copies = _ => 0;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        _network.Region.Kill(Green, told: false);
        World.Clock.Advance(Minutes(11));
        if (bySettings)
        {
            World.Reconfigure(settings => settings with { DryRun = true });
        }

        var before = _network.State();
        var versions = World.Ledger.Nodes.Values.ToArray();
        var report = await InvokeAsync(request);

        Assert.Equal(before, _network.State());
        Assert.Equal(versions, World.Ledger.Nodes.Values);
        Assert.True(report["actions"]!.AsArray().Count > 5);
        Assert.All(report["actions"]!.AsArray(), action => Assert.Equal("planned", (string?)action!["outcome"]));
        Assert.True((bool)report["dryRun"]!);
    }

    [Fact]
    public async Task What_is_applied_is_reported_as_applied_and_again_there_is_nothing_to_do()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");

        Assert.Equal(
            ["RecordNode applied", "ApproveRoutes applied", "AdvertiseRoutes applied"],
            Outcomes(await InvokeAsync("""{"scopes":["111122223333/eu-west-1"]}""")));
        Assert.Empty(Outcomes(await InvokeAsync("{}")));
    }

    [Fact]
    public async Task News_of_the_end_of_time_keeps_no_other_message_from_its_answer()
    {
        await _network.WithAsync(Blue);
        await InvokeAsync("{}");
        World.Copies = _ => 0;
        World.ChangeEvents.Send("""
            {"version":"0","id":"1","detail-type":"Tag Change on Resource","source":"aws.tag","account":"111122223333","time":"9999-12-31T23:59:59Z","region":"eu-west-1","resources":[],"detail":{"service":"ec2","resource-type":"vpc"}}
            """);
        World.ChangeEvents.Send("""
            {"version":"0","id":"2","detail-type":"Scheduled Event","source":"aws.events","account":"111122223333","time":"2026-03-04T09:00:00Z","region":"eu-west-1","resources":[],"detail":{}}
            """);
        await World.TickAsync();

        Assert.Equal(1, World.ChangeEvents.Count);
    }

    [Theory]
    [InlineData("""{"dryrun":true}""", "dryRun")]
    [InlineData("""{"scopes":["111122223333/eu-north-1"]}""", "111122223333/eu-north-1")]
    [InlineData("""{"dryRun":true,"dryRun":false}""", "$.dryRun")]
    [InlineData("""{"scopes":[]}""", "scopes is empty")]
    [InlineData("""{"scopes":[null]}""", "scopes holds null")]
    [InlineData("""{"scopes":["111122223333/eu-west-1",null,"111122223333/eu-north-1"]}""", "scopes holds null")]
    [InlineData("""{"scopes":"all"}""", "$.scopes")]
    [InlineData("[]", "dryRun, scopes and allowMassDelete")]
    [InlineData("", "dryRun, scopes and allowMassDelete")]
    [InlineData("null", "dryRun, scopes and allowMassDelete")]
    [InlineData("{", "dryRun, scopes and allowMassDelete")]
    [InlineData("""{"\ud800Records":[]}""", "dryRun")]
    public async Task A_request_that_cannot_be_meant_is_refused_with_a_message(string request, string says)
    {
        await _network.WithAsync(Blue);
        var refused = await Assert.ThrowsAsync<FormatException>(() => InvokeAsync(request));

        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Empty(_network.Calls);
    }

    [Fact]
    public async Task The_scheduled_event_is_a_request_for_everything()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        await World.InvokeAsync("""
            {"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","account":"111122223333","time":"2026-03-04T09:15:27Z","region":"eu-west-1","resources":[],"detail":{}}
            """u8.ToArray());

        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task The_last_router_of_a_VPC_is_deleted_only_when_a_person_says_so_and_only_that_once()
    {
        await _network.WithAsync(Blue);
        _network.Region.Kill(Blue, told: false);
        World.Clock.Advance(Minutes(11));
        Assert.Contains("DeleteDevice held", Outcomes(await InvokeAsync("{}")));
        Assert.NotNull(_network.Device(Blue));

        Assert.Contains("DeleteDevice applied", Outcomes(await InvokeAsync("""{"allowMassDelete":true}""")));
        _network.AssertNothingIsLeftOf(Blue);

        await _network.WithAsync(Green);
        _network.Region.Kill(Green, told: false);
        World.Clock.Advance(Minutes(11));
        Assert.Contains("DeleteDevice held", Outcomes(await InvokeAsync("{}")));
    }

    [Fact]
    public async Task The_dead_device_of_a_router_that_has_joined_anew_goes_once_it_has_been_silent_and_the_ledger_has_the_living_one()
    {
        await _network.WithAsync(Blue);
        World.Reconfigure(settings => settings with { DevicePrice = 0.50m });
        var dead = _network.Device(Blue)!.Id;
        _network.Tailnet.Disconnect(dead);
        var living = _network.Tailnet.AddDevice($"subnet-router-{Blue}", ["tag:aws-router"], Prefixes("10.0.0.0/16"));
        _network.Region.Instance(Blue).Device = living;
        Assert.DoesNotContain("DeleteDevice applied", Outcomes(await InvokeAsync("{}")));
        Assert.Equal(living, World.Ledger.Nodes[Blue].Device);

        World.Clock.Advance(Minutes(10));
        var report = await InvokeAsync("{}");
        var item = Assert.Single(report["cleanup"]!["items"]!.AsArray())!;
        Assert.Equal((dead.ToString(), $"duplicate of {living}", "applied"), ((string)item["device"]!, (string)item["reason"]!, (string)item["outcome"]!));
        Assert.Equal("0.50", report["cleanup"]!["monthlyCost"]!.ToJsonString());
        Assert.Equal(living, _network.Device(Blue)!.Id);
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    // Trouble.

    [Fact]
    public async Task A_failing_step_is_reported_and_what_depends_on_it_is_not_reached()
    {
        await _network.WithAsync(Blue);
        World.Copies = _ => 0;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        _network.Fails = call => call == "Tailscale POST /device/{id}/routes" ? Failed(call, Failure.Denied) : null;
        var report = await InvokeAsync("{}");

        Assert.Equal(["RecordNode applied", "ApproveRoutes failed", "AdvertiseRoutes applied", "SetSplitDns not-reached"], Outcomes(report));
        Assert.Contains("as the test wants it", (string?)report["actions"]![1]!["detail"], StringComparison.Ordinal);
        Assert.DoesNotContain(Corp, _network.Tailnet.SplitDns.Keys);

        _network.Fails = null;
        await InvokeAsync("{}");
        Assert.Contains(Corp, _network.Tailnet.SplitDns.Keys);
        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task Nothing_is_withdrawn_while_what_it_stands_on_cannot_be_read()
    {
        await _network.WithAsync(Blue, Green);
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        Assert.True(await World.SettleAsync(Minutes(1)));
        World.Copies = _ => 0;
        _network.Region.DisassociateCidr(_network.Hub, "10.0.0.0/16");
        _network.Region.DeleteZone(ZoneId.Parse("Z0123456789ABCDEFGHIJ"));
        var before = _network.State();
        foreach (var unread in new[] { "EC2 DescribeVpcs", "EC2 DescribeInstances", "DynamoDB Scan" })
        {
            _network.Fails = call => call == unread ? Failed(call, Failure.Throttled) : null;
            var report = await InvokeAsync("{}");

            Assert.Equal(before, _network.State());
            Assert.Contains(report["findings"]!.AsArray(), finding => ((string?)finding!["rule"])!.EndsWith("-incomplete", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("EC2 DescribeVpcs")]
    [InlineData("EC2 DescribeInstances")]
    [InlineData("DynamoDB Scan")]
    [InlineData("Tailscale GET /devices")]
    public async Task The_device_of_a_last_router_stays_while_its_surroundings_cannot_be_read(string unread)
    {
        await _network.WithAsync(Blue);
        _network.Region.Kill(Blue, told: false);
        World.Clock.Advance(Minutes(11));
        _network.Fails = call => call == unread ? Failed(call, Failure.Throttled) : null;
        Assert.DoesNotContain("DeleteDevice applied", Outcomes(await InvokeAsync("{}")));

        Assert.NotNull(_network.Device(Blue));
        Assert.Contains(Blue, World.Ledger.Nodes.Keys);
    }

    [Fact]
    public async Task While_Tailscale_is_down_nothing_changes_and_afterwards_all_is_made_up_for()
    {
        await _network.WithAsync(Blue);
        _network.Tailnet.IsDown = true;
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        var before = _network.State();
        await World.RunAsync(Minutes(7));
        Assert.Equal(before, _network.State());

        _network.Tailnet.IsDown = false;
        Assert.True(await World.SettleAsync(Minutes(1)));
        Assert.Contains(Prefix.Parse("10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    [Fact]
    public async Task A_look_that_sees_nothing_at_all_fails_its_invocation()
    {
        await _network.WithAsync(Blue);
        _network.Fails = call => Failed(call, Failure.Unavailable);

        Assert.Null(await World.InvokeAsync("{}"u8.ToArray()));
    }

    // What is ours, and what is not.

    [Fact]
    public async Task A_domain_that_somebody_else_forwards_is_left_to_them()
    {
        await _network.WithAsync(Blue);
        _network.Tailnet.SetSplitDns(Corp, ["192.0.2.53"]);
        _network.Tailnet.SetSplitDns("elsewhere.example", ["192.0.2.54"]);
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        Assert.True(await World.SettleAsync(Minutes(1)));
        _network.Region.DeleteZone(ZoneId.Parse("Z0123456789ABCDEFGHIJ"));
        Assert.True(await World.SettleAsync(Minutes(1)));

        Assert.Equal(["192.0.2.53"], _network.Tailnet.SplitDns[Corp]);
        Assert.Equal(["192.0.2.54"], _network.Tailnet.SplitDns["elsewhere.example"]);
        Assert.DoesNotContain(Corp, World.Ledger.Domains.Keys);
    }

    [Fact]
    public async Task What_was_changed_by_hand_is_put_right_by_the_schedule()
    {
        await _network.WithAsync(Blue);
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        Assert.True(await World.SettleAsync(Minutes(1)));
        var before = _network.State();
        var device = _network.Device(Blue)!.Id;
        _network.Tailnet.SetRoutes(new Access(["all"], Tags: null), device, PrefixSet.Empty);
        _network.Tailnet.Advertise(device, PrefixSet.Empty);
        _network.Tailnet.SetSplitDns(Corp, ["192.0.2.53"]);
        _network.Tailnet.SetSplitDns("eu-west-1.compute.internal", []);
        Assert.NotEqual(before, _network.State());
        await World.RunAsync(Minutes(6));

        Assert.Equal(before, _network.State());
    }

    [Fact]
    public async Task A_domain_that_another_run_has_set_meanwhile_keeps_its_owner()
    {
        await _network.WithAsync(Blue);
        _network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", Corp, _network.Hub);
        await World.RunAsync(Seconds(30));
        Assert.Contains(Corp, World.Ledger.Domains.Keys);

        // As a run plans that looked before the domain was there.
        var forget = new Plans.PlannedStep(new Plans.PlanAction.ForgetSplitDns(Corp), Corp, []);
        var result = Assert.Single(await World.Parts.Applier.ApplyAsync([forget], TestContext.Current.CancellationToken));

        Assert.Equal("stale", result.Outcome.Word);
        Assert.Contains(Corp, World.Ledger.Domains.Keys);
    }

    [Fact]
    public async Task A_prefix_that_left_the_VPC_and_that_somebody_enables_by_hand_later_is_theirs()
    {
        await _network.WithAsync(Blue);
        _network.Region.AssociateCidr(_network.Hub, "10.64.0.0/16");
        Assert.True(await World.SettleAsync(Minutes(1)));
        _network.Region.DisassociateCidr(_network.Hub, "10.64.0.0/16");
        Assert.True(await World.SettleAsync(Minutes(1)));
        Assert.Equal(Prefixes("10.0.0.0/16"), _network.Device(Blue)!.Enabled);

        _network.Tailnet.ApproveRoutes(_network.Device(Blue)!.Id, Prefixes("10.64.0.0/16"));
        await World.RunAsync(Minutes(11));
        Assert.Equal(Prefixes("10.0.0.0/16", "10.64.0.0/16"), _network.Device(Blue)!.Enabled);
    }

    private static void AssertMembers(JsonNode node, params string[] names) =>
        Assert.Equal(names, node.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Outcomes(JsonNode report) => report["actions"]!.AsArray().Select(action => $"{action!["kind"]} {action["outcome"]}");

    private async Task<JsonNode> InvokeAsync(string request) => JsonNode.Parse((await World.InvokeAsync(Encoding.UTF8.GetBytes(request)))!)!;
}

using System.Text.Json.Nodes;
using Automation.Network;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>A look at everything: observed from moto and the tailnet's API, planned, applied, and read back.</summary>
public sealed class ReconcileStories(Moto moto) : IAsyncLifetime
{
    private static readonly string[] s_writes =
        ["PutItem", "DeleteItem", "UpdateItem", "TransactWriteItems", "PutParameter", "DeleteParameters", "SendCommand", "CompleteLifecycleAction"];

    private Installation _here = null!;
    private Function _function = null!;

    private MotoRegion World => _here.World;

    public async ValueTask InitializeAsync()
    {
        _here = await Installation.CreateAsync(moto);
        _function = await _here.StartAsync("Reconcile");
    }

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task Two_VPCs_are_planned_applied_and_then_as_they_should_be()
    {
        var first = await World.CreateVpcAsync("10.20.0.0/16", ["10.21.0.0/16"], ipv6: true);
        var second = await World.CreateVpcAsync("10.30.0.0/16");
        await World.CreatePrivateZoneAsync("corp.internal", first);
        await World.CreatePrivateZoneAsync("lab.internal", second);
        await World.AssociateZoneAsync(await World.CreatePrivateZoneAsync("shared.internal", first), second);
        var one = await RouterAsync(first, "10.20.1.0/24", "10.20.0.0/16");
        var other = await RouterAsync(second, "10.30.1.0/24", "10.30.0.0/16");
        var ipv6 = (await World.DescribeVpcAsync(first)).Ipv6CidrBlockAssociationSet.Single().Ipv6CidrBlock;
        var firstRoutes = PrefixSet.Of([Prefix.Parse("10.20.0.0/16"), Prefix.Parse("10.21.0.0/16"), Prefix.Parse(ipv6)]);

        var dry = await RunAsync("""{"dryRun": true}""");
        Assert.All(Outcomes(dry), outcome => Assert.Equal("planned", outcome));
        Assert.Equal((2, 3), (Actions(dry, "ApproveRoutes").Length, Actions(dry, "SetSplitDns").Count(IsZone)));
        Assert.Equal($"AdvertiseRoutes {one.Instance}", Assert.Single(Actions(dry, "AdvertiseRoutes")));
        Assert.DoesNotContain(await _here.Account.RequestsAsync(), request => s_writes.Contains(request.Operation));
        Assert.All(_here.Tailnet.Devices, device => Assert.Empty(device.Enabled));
        Assert.Empty(_here.Tailnet.SplitDns);

        var real = await RunAsync("{}");
        Assert.All(Outcomes(real), outcome => Assert.Equal("applied", outcome));
        Assert.Equal(Outcomes(dry).Length, Outcomes(real).Length);
        Assert.Equal(firstRoutes, Device(one.Device).Enabled);
        Assert.Equal("10.30.0.0/16", Device(other.Device).Enabled.ToString());
        var command = Assert.Single(await World.CommandsAsync());
        Assert.Equal("Tailnet-SetRoutes", command.DocumentName);
        var routes = PrefixSet.Of(Assert.Single(command.Parameters["routes"]).Split(',').Select(Prefix.Parse));
        Assert.Equal(firstRoutes, routes);
        Assert.Equal(["10.20.0.2"], _here.Tailnet.SplitDns["corp.internal"]);
        Assert.Equal(["10.30.0.2"], _here.Tailnet.SplitDns["lab.internal"]);
        Assert.Equal(["10.20.0.2", "10.30.0.2"], _here.Tailnet.SplitDns["shared.internal"]);
        var keys = await World.LedgerKeysAsync(Installation.Ledger);
        Assert.Superset(
            new HashSet<string>(["dns#corp.internal", "dns#lab.internal", "dns#shared.internal", $"node#{one.Instance}", $"node#{other.Instance}"]),
            keys.ToHashSet());
        Assert.Equal($"{Installation.Region}.compute.internal", Assert.Single(_here.Tailnet.SplitDns.Keys, domain => !IsZoneName(domain)));

        _here.Tailnet.Advertise(one.Device, routes);   // the command on the node, which moto does not reach
        var again = await RunAsync("{}");
        Assert.Empty(again["actions"]!.AsArray());
        Assert.Equal("true", again["observed"]!["scopes"]![0]!["complete"]!.ToJsonString());
    }

    [Fact]
    public async Task What_goes_from_AWS_goes_from_the_tailnet()
    {
        var vpc = await World.CreateVpcAsync("10.20.0.0/16", ["10.21.0.0/16"]);
        var zone = await World.CreatePrivateZoneAsync("corp.internal", vpc);
        var (router, device) = await RouterAsync(vpc, "10.20.1.0/24", "10.20.0.0/16", "10.21.0.0/16");
        await RunAsync("{}");
        Assert.Contains("corp.internal", _here.Tailnet.SplitDns.Keys);

        await World.DisassociateCidrAsync(vpc, "10.21.0.0/16");
        await World.DeleteZoneAsync(zone);
        var report = await RunAsync("{}");
        Assert.All(Outcomes(report), outcome => Assert.Equal("applied", outcome));
        Assert.Equal("10.20.0.0/16", Device(device).Enabled.ToString());
        Assert.Equal("10.20.0.0/16", Assert.Single(Assert.Single(await World.CommandsAsync()).Parameters["routes"]));
        Assert.DoesNotContain("corp.internal", _here.Tailnet.SplitDns.Keys);
        Assert.DoesNotContain("dns#corp.internal", await World.LedgerKeysAsync(Installation.Ledger));
        Assert.NotNull(await World.DescribeInstanceAsync(router));
    }

    [Fact]
    public async Task What_other_people_set_is_left_alone()
    {
        var vpc = await World.CreateVpcAsync("10.20.0.0/16");
        await World.CreatePrivateZoneAsync("corp.internal", vpc);
        var (_, device) = await RouterAsync(vpc, "10.20.1.0/24", "10.20.0.0/16", "192.0.2.0/24");
        _here.Tailnet.ApproveRoutes(device, PrefixSet.Of([Prefix.Parse("192.0.2.0/24")]));
        _here.Tailnet.SetSplitDns("corp.internal", ["10.99.0.53"]);
        var laptop = _here.Tailnet.AddDevice("subnet-router-i-0123456789abcdef0", ["tag:somebody-elses"], PrefixSet.Empty);

        var report = await RunAsync("{}");

        Assert.Equal(["10.99.0.53"], _here.Tailnet.SplitDns["corp.internal"]);
        Assert.Equal("10.20.0.0/16, 192.0.2.0/24", Device(device).Enabled.ToString());
        Assert.NotNull(Device(laptop));
        var rules = report["findings"]!.AsArray().Select(finding => (string)finding!["rule"]!).ToArray();
        Assert.Contains("split-dns-not-owned", rules);
        Assert.Contains("route-not-ours", rules);
    }

    [Fact]
    public async Task What_cannot_be_read_takes_nothing_away()
    {
        var vpc = await World.CreateVpcAsync("10.20.0.0/16", ["10.21.0.0/16"]);
        var zone = await World.CreatePrivateZoneAsync("corp.internal", vpc);
        var (_, device) = await RouterAsync(vpc, "10.20.1.0/24", "10.20.0.0/16", "10.21.0.0/16");
        await RunAsync("{}");
        await World.DisassociateCidrAsync(vpc, "10.21.0.0/16");
        await World.DeleteZoneAsync(zone);

        foreach (var (fault, service, operation, words) in new (MotoFault, string, string, string[])[]
        {
            (MotoFault.Throttled, "ec2", "DescribeVpcs", ["EC2 DescribeVpcs failed (RequestLimitExceeded)"]),
            (MotoFault.Denied, "ec2", "DescribeInstances",
                ["EC2 DescribeInstances failed (UnauthorizedOperation)", "allow ec2:DescribeInstances in the role of the function"]),
            (MotoFault.Throttled, "dynamodb", "Scan", ["DynamoDB Scan failed (ThrottlingException)"]),
        })
        {
            await _here.Account.FailAsync(fault with { Times = null }, service, operation);
            var logged = _function.Lines.Count;
            var report = await RunAsync("{}");
            Assert.True((await _here.Account.FaultsAsync())[0].Hits > 0);
            await _here.Account.ResetAsync();

            Assert.True(Device(device).Enabled.Count == 2, $"{operation}: {report}");
            Assert.Contains("corp.internal", _here.Tailnet.SplitDns.Keys);
            _function.AssertLogged(logged, "ERROR", words);
            Assert.DoesNotContain(report["findings"]!.AsArray(), finding => (string)finding!["rule"]! is "no-router" or "resolver-without-router");
        }

        // Zones of a VPC unknown: what they stand for stays, while routes are mended all the same.
        await _here.Account.FailAsync(MotoFault.Throttled with { Times = null }, "route53");
        var before = _function.Lines.Count;
        await RunAsync("{}");
        Assert.Equal("10.20.0.0/16", Device(device).Enabled.ToString());
        Assert.Contains("corp.internal", _here.Tailnet.SplitDns.Keys);
        _function.AssertLogged(before, "ERROR", "Route 53 ListHostedZonesByVPC failed (Throttling)");

        await _here.Account.ResetAsync();
        await RunAsync("{}");
        Assert.DoesNotContain("corp.internal", _here.Tailnet.SplitDns.Keys);
    }

    [Fact]
    public async Task A_look_that_sees_nothing_at_all_is_an_error()
    {
        await _here.Account.FailAsync(MotoFault.Denied with { Times = null });
        _here.Tailnet.IsDown = true;
        var answer = await _function.InvokeAsync("{}");

        Assert.Equal((RuntimeAnswerKind.Error, "Handler.NothingObservedException"), (answer.Kind, answer.ErrorType));
        Assert.Contains("Nothing could be observed", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"dryrun": true}""", "The request cannot be read at $.dryrun", """such as {\"dryRun\": true}""")]
    [InlineData("""{"scopes": ["999999999999/us-east-1"]}""", "999999999999/us-east-1 is not one of SCOPES", Installation.Region)]
    [InlineData("[]", "The request cannot be read", "It is an object")]
    public async Task A_request_that_cannot_be_meant_so_changes_nothing(string request, params string[] words)
    {
        var answer = await _function.InvokeAsync(request);

        Assert.Equal(RuntimeAnswerKind.Error, answer.Kind);
        Assert.All(words, word => Assert.Contains(word, answer.Body, StringComparison.Ordinal));
        Assert.DoesNotContain(await _here.Account.RequestsAsync(), request => request.Service != "ssm" || request.Operation != "GetParameter");
    }

    [Fact]
    public async Task News_of_a_change_leads_to_a_look_and_leaves_the_queue()
    {
        var vpc = await World.CreateVpcAsync("10.20.0.0/16");
        var (_, device) = await RouterAsync(vpc, "10.20.1.0/24", "10.20.0.0/16");
        var settled = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(30);
        await _here.SendAsync(Samples.Tell("cloudtrail-ec2-create-vpc", World.Scope, settled));
        await _here.SendAsync(Samples.Tell("scheduled-rule", World.Scope, settled));

        Assert.Empty((await _here.DeliverAsync(_function)).Unfinished);
        Assert.Equal("10.20.0.0/16", Device(device).Enabled.ToString());

        // Already answered by that look: no call.
        var calls = (await _here.Account.RequestsAsync()).Count;
        await _here.SendAsync(Samples.Tell("cloudtrail-ec2-create-vpc", World.Scope, settled));
        Assert.Empty((await _here.DeliverAsync(_function)).Unfinished);
        Assert.Equal(calls, (await _here.Account.RequestsAsync()).Count);
    }

    [Fact]
    public async Task A_look_with_a_part_missing_is_taken_again()
    {
        await World.CreateVpcAsync("10.20.0.0/16");
        await _here.SendAsync(Samples.Tell("cloudtrail-ec2-create-vpc", World.Scope, DateTimeOffset.UtcNow - TimeSpan.FromSeconds(30)));
        await _here.Account.FailAsync(MotoFault.Denied with { Times = null }, "ssm", "DescribeParameters");
        var looked = await _here.DeliverAsync(_function);

        Assert.Single(looked.Unfinished);
        _function.AssertLogged(looked.Logged, "ERROR", "allow ssm:DescribeParameters in the role of the function");
        await _here.Account.ResetAsync();
        Assert.Empty((await _here.RedeliverAsync(_function, looked)).Unfinished);
    }

    private async Task<(InstanceId Instance, DeviceId Device)> RouterAsync(VpcId vpc, string subnet, params string[] advertised)
    {
        var instance = await World.RunInstanceAsync(await World.CreateSubnetAsync(vpc, subnet), Installation.RouterTags);
        return (instance, _here.Tailnet.AddDevice($"subnet-router-{instance}", ["tag:aws-router"], PrefixSet.Of(advertised.Select(Prefix.Parse))));
    }

    private SandboxDevice Device(DeviceId id) => _here.Tailnet.Devices.Single(device => device.Id == id);

    private async Task<JsonNode> RunAsync(string request)
    {
        var answer = await _function.InvokeAsync(request);
        Assert.True(answer.Kind == RuntimeAnswerKind.Response, answer.Body);
        return JsonNode.Parse(answer.Body)!;
    }

    private static string[] Outcomes(JsonNode report) => [.. report["actions"]!.AsArray().Select(action => (string)action!["outcome"]!)];

    private static string[] Actions(JsonNode report, string kind) =>
        [.. report["actions"]!.AsArray().Where(action => (string)action!["kind"]! == kind).Select(action => $"{kind} {action!["target"]}")];

    private static bool IsZone(string action) => IsZoneName(action.Split(' ')[1]);

    private static bool IsZoneName(string domain) => domain is "corp.internal" or "lab.internal" or "shared.internal";
}

using System.Net;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class AutoScalingClientTests : IDisposable
{
    private const string AutoScaling = "POST https://autoscaling.eu-west-1.amazonaws.com/";
    private const string Namespace = "xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\"";

    private static readonly LifecycleWait s_wait = new("routers + spares", "tailnet-launch", Router);

    private readonly FakeAws _aws = new();

    private IAutoScaling Client => Scope(_aws).AutoScaling;

    public void Dispose() => _aws.Done();

    [Theory]
    [InlineData(LifecycleResult.Continue, "CONTINUE")]
    [InlineData(LifecycleResult.Abandon, "ABANDON")]
    public async Task Completes_a_wait_by_instance_id(LifecycleResult result, string word)
    {
        _aws.On(
                AutoScaling,
                $"Action=CompleteLifecycleAction&AutoScalingGroupName=routers%20%2B%20spares&InstanceId={Router}"
                + $"&LifecycleActionResult={word}&LifecycleHookName=tailnet-launch&Version=2011-01-01",
                "Content-Type: application/x-www-form-urlencoded; charset=utf-8")
            .Xml(Empty("CompleteLifecycleAction"));

        Assert.True(await Client.CompleteLifecycleActionAsync(s_wait, result, Stopping));
        Assert.Contains("/eu-west-1/autoscaling/aws4_request", _aws.Requests[0].Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Starts_the_timeout_anew()
    {
        _aws.On(
                AutoScaling,
                $"Action=RecordLifecycleActionHeartbeat&AutoScalingGroupName=routers%20%2B%20spares&InstanceId={Router}"
                + "&LifecycleHookName=tailnet-launch&Version=2011-01-01")
            .Xml(Empty("RecordLifecycleActionHeartbeat"));

        Assert.True(await Client.RecordLifecycleActionHeartbeatAsync(s_wait, Stopping));
    }

    [Fact]
    public async Task Says_when_the_wait_was_over()
    {
        _aws.On(AutoScaling).XmlError("ValidationError", $"No active Lifecycle Action found with instance ID {Router}");

        Assert.False(await Client.CompleteLifecycleActionAsync(s_wait, LifecycleResult.Continue, Stopping));
    }

    [Theory]
    [InlineData("InService")]
    [InlineData("Terminating:Proceed")]
    [InlineData(null)]
    public async Task Looks_whether_the_wait_is_over_when_the_refusal_does_not_say(string? state)
    {
        _aws.On(AutoScaling, "Action=CompleteLifecycleAction").XmlError("ValidationError", "Group name not found")
            .On(AutoScaling, "Action=DescribeAutoScalingInstances").Xml(Described(state));

        Assert.False(await Client.CompleteLifecycleActionAsync(s_wait, LifecycleResult.Continue, Stopping));
    }

    [Fact]
    public async Task Fails_when_the_instance_still_waits()
    {
        _aws.On(AutoScaling).XmlError("ValidationError", "1 validation error").On(AutoScaling).Xml(Described("Pending:Wait"));

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.RecordLifecycleActionHeartbeatAsync(s_wait, Stopping));

        Assert.Equal((Failure.Invalid, "ValidationError", "Auto Scaling"), (failed.Failure, failed.Code, failed.Service));
    }

    [Theory]
    [InlineData("Terminating:Wait")]
    [InlineData(null)]
    public async Task Reads_the_lifecycle_state(string? state)
    {
        _aws.On(AutoScaling, $"Action=DescribeAutoScalingInstances&InstanceIds.member.1={Router}&Version=2011-01-01").Xml(Described(state));

        Assert.Equal(state, await Client.DescribeLifecycleStateAsync(Router, Stopping));
    }

    [Fact]
    public async Task Reads_the_hooks_of_a_group()
    {
        _aws.On(AutoScaling, "Action=DescribeLifecycleHooks&AutoScalingGroupName=routers%20%2B%20spares&Version=2011-01-01").Xml(
            $"""
            <DescribeLifecycleHooksResponse {Namespace}><DescribeLifecycleHooksResult><LifecycleHooks>
              <member><LifecycleHookName>tailnet-launch</LifecycleHookName><LifecycleTransition>autoscaling:EC2_INSTANCE_LAUNCHING</LifecycleTransition><HeartbeatTimeout>600</HeartbeatTimeout></member>
              <member><LifecycleHookName>other-team</LifecycleHookName><LifecycleTransition>autoscaling:EC2_INSTANCE_TERMINATING</LifecycleTransition></member>
            </LifecycleHooks></DescribeLifecycleHooksResult></DescribeLifecycleHooksResponse>
            """);

        Assert.Equal(
            [new("routers + spares", "tailnet-launch", Leaving: false), new("routers + spares", "other-team", Leaving: true)],
            await Client.DescribeLifecycleHooksAsync("routers + spares", Stopping));
    }

    [Theory]
    [InlineData("<Something/>")]
    [InlineData("<R><DescribeLifecycleHooksResult><LifecycleHooks><member/></LifecycleHooks></DescribeLifecycleHooksResult></R>")]
    public async Task Does_not_take_a_strange_answer_for_a_group_without_hooks(string answer)
    {
        _aws.On(AutoScaling).Xml(answer);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeLifecycleHooksAsync("routers", Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    [Fact]
    public async Task Does_not_take_a_strange_answer_for_an_instance_without_group()
    {
        _aws.On(AutoScaling).Xml("<Something/>");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeLifecycleStateAsync(Router, Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    [Fact]
    public async Task Retries_throttling_though_it_is_a_400()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(AutoScaling).XmlError("Throttling", "Rate exceeded");
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.CompleteLifecycleActionAsync(s_wait, LifecycleResult.Continue, Stopping));

        Assert.Equal(Failure.Throttled, failed.Failure);
    }

    [Fact]
    public async Task Retries_a_contended_group()
    {
        _aws.On(AutoScaling).XmlError("ResourceContention", "a scaling activity is going on", HttpStatusCode.InternalServerError)
            .On(AutoScaling).Xml(Empty("CompleteLifecycleAction"));

        Assert.True(await Client.CompleteLifecycleActionAsync(s_wait, LifecycleResult.Continue, Stopping));
    }

    [Fact]
    public async Task Takes_a_page_of_HTML_for_no_answer()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(AutoScaling).Html(HttpStatusCode.InternalServerError);
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.CompleteLifecycleActionAsync(s_wait, LifecycleResult.Continue, Stopping));

        Assert.Equal((Failure.Unavailable, "HTTP 500"), (failed.Failure, failed.Code));
        Assert.Contains("<!doctype html>", failed.Message, StringComparison.Ordinal);
        Assert.Contains("check the endpoint", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_HTML_with_status_200_for_no_answer()
    {
        _aws.On(AutoScaling).Html(HttpStatusCode.OK);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeLifecycleStateAsync(Router, Stopping));

        Assert.Equal(Failure.Unavailable, failed.Failure);
    }

    private static string Empty(string action) =>
        $"<{action}Response {Namespace}><{action}Result/><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>";

    private static string Described(string? state) =>
        $"<DescribeAutoScalingInstancesResponse {Namespace}><DescribeAutoScalingInstancesResult><AutoScalingInstances>"
        + (state is null ? "" : $"<member><InstanceId>{Router}</InstanceId><LifecycleState>{state}</LifecycleState></member>")
        + "</AutoScalingInstances></DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>";
}

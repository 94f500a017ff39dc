namespace Automation.EndToEnd;

/// <summary>However an AWS service says no, the log says which call it was and what to do, and nothing is lost.</summary>
public sealed class AwsTrouble(Troubled troubled) : IClassFixture<Troubled>
{
    private static readonly MotoFault s_noDecrypt = MotoFault.Error(
        400, "AccessDeniedException", "User: arn:aws:sts::1:assumed-role/tests/tests is not authorized to perform: kms:GenerateDataKey on this resource");

    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["EC2 throttles"] = new(MotoFault.Throttled, "ec2", "DescribeInstances", 5, "EC2 DescribeInstances failed (RequestLimitExceeded)"),
        ["SSM throttles"] = new(MotoFault.Throttled, "ssm", "PutParameter", null, "SSM PutParameter failed (ThrottlingException)"),
        ["DynamoDB throttles"] = new(MotoFault.Throttled, "dynamodb", "PutItem", 5, "DynamoDB PutItem failed (ThrottlingException)"),
        ["EC2 denies"] = new(
            MotoFault.Denied, "ec2", "DescribeVpcs", 30,
            "EC2 DescribeVpcs failed (UnauthorizedOperation)", "allow ec2:DescribeVpcs in the role of the function"),
        ["SSM denies"] = new(
            MotoFault.Denied, "ssm", "GetParameters", 30,
            "SSM GetParameters failed (AccessDeniedException)", "allow ssm:GetParameters in the role of the function"),
        ["DynamoDB denies"] = new(
            MotoFault.Denied, "dynamodb", "GetItem", 30,
            "DynamoDB GetItem failed (AccessDeniedException)", "allow dynamodb:GetItem in the role of the function"),
        ["KMS denies behind SSM"] = new(
            s_noDecrypt, "ssm", "PutParameter", 30, "SSM PutParameter failed (AccessDeniedException)", "allow kms:GenerateDataKey in the role of the function"),
        ["the session has expired"] = new(
            MotoFault.ExpiredToken, "dynamodb", "GetItem", 30, "DynamoDB GetItem failed (ExpiredTokenException)", "the next try takes new ones"),
        ["SSM has an error of its own"] = new(MotoFault.InternalError, "ssm", "GetParameters", 5, "SSM GetParameters failed (InternalServerError)"),
        ["a load balancer answers for SSM"] = new(
            MotoFault.HtmlPage, "ssm", "GetParameters", 5, "SSM GetParameters failed (HTTP 500)", "this is no answer of AWS: check the endpoint"),
        ["a proxy answers for EC2"] = new(
            MotoFault.Answer(200, "text/html", "<html><body>Sign in<br></body></html>"), "ec2", "DescribeInstances", 5, "EC2 DescribeInstances failed"),
        ["the key's parameter is refused"] = new(
            MotoFault.Throttled with { Passes = 1 }, "ssm", "PutParameter", null, "SSM PutParameter failed (ThrottlingException)"),
        ["the answer about the key's parameter is lost"] = new(
            MotoFault.HangUp with { Passes = 1, Done = true }, "ssm", "PutParameter", 5, "SSM PutParameter failed (connection)"),
        ["the answer about the ledger's entry is lost"] = new(
            MotoFault.HtmlPage with { Done = true }, "dynamodb", "PutItem", 5, "DynamoDB PutItem failed"),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private Installation Here => troubled.Here;

    private Function Function => troubled.Function;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_call_is_named_with_its_remedy_and_nothing_is_lost(string name)
    {
        var trouble = s_cases[name];
        var router = await troubled.NextRouterAsync();
        await Here.HoldAsync(router, Installation.LaunchHook);
        await Here.Account.FailAsync(trouble.Fault with { Times = null }, trouble.Service, trouble.Operation);

        var met = await troubled.MeetAsync(router, trouble.DelaySeconds);
        Assert.True(Assert.Single(await Here.Account.FaultsAsync()).Hits > 0);
        Function.AssertLogged(met.Logged, "ERROR", [$"{router}: ", .. trouble.Words]);
        Assert.True(Assert.Single(await Here.Account.LifecycleAsync()).Accepted);
        await troubled.RecoverAsync(router, met);
    }

    [Fact]
    public async Task A_heartbeat_that_is_throttled_delays_nothing()
    {
        var router = await troubled.NextRouterAsync();
        await Here.HoldAsync(router, Installation.LaunchHook);
        await Here.Account.FailAsync(MotoFault.Throttled with { Times = null }, "autoscaling", "RecordLifecycleActionHeartbeat");

        var met = await troubled.MeetAsync(router, 5);
        Function.AssertLogged(met.Logged, "WARN", $"No heartbeat for {router}: Auto Scaling RecordLifecycleActionHeartbeat failed (Throttling)");
        await troubled.RecoverAsync(router, met);
    }

    [Fact]
    public async Task A_hook_whose_completion_is_throttled_is_completed_at_the_next_look()
    {
        var router = await troubled.NextRouterAsync();
        await Here.HoldAsync(router, Installation.LaunchHook);
        var launched = await Here.DeliverAsync(Function);
        await Here.JoinAsync(router);
        await Here.Account.FailAsync(MotoFault.Throttled with { Times = null }, "autoscaling", "CompleteLifecycleAction");
        var met = await Here.RedeliverAsync(Function, launched);

        Assert.Single(met.Unfinished);
        Function.AssertLogged(met.Logged, "ERROR", $"{router}: Auto Scaling CompleteLifecycleAction failed (Throttling)");
        Assert.Equal("Pending:Wait", (await Here.World.LifecycleStatesAsync(Installation.Group))[router]);
        await Here.Account.ResetAsync();
        Assert.Empty((await Here.RedeliverAsync(Function, met)).Unfinished);
        Assert.Equal("InService", (await Here.World.LifecycleStatesAsync(Installation.Group))[router]);
    }

    [Fact]
    public async Task A_message_whose_delay_SQS_will_not_set_comes_back_after_the_queues_own()
    {
        var router = await troubled.NextRouterAsync();
        await Here.HoldAsync(router, Installation.LaunchHook);
        await Here.Account.FailAsync(MotoFault.Throttled with { Times = null }, "sqs", "ChangeMessageVisibility");

        var met = await troubled.MeetAsync(router, 5);
        Function.AssertLogged(
            met.Logged,
            "WARN",
            $"Message {met.Unfinished[0].MessageId} comes back only after its queue's own delay",
            "SQS ChangeMessageVisibility failed (RequestThrottled)");
        Assert.Equal((0, 1), await Here.World.CountMessagesAsync(Here.Queue.Url));
        await troubled.RecoverAsync(router, met);
    }

    [Fact]
    public async Task Lists_that_services_leave_out_when_they_are_empty_are_empty()
    {
        var router = await troubled.NextRouterAsync();
        await Here.Account.FailAsync(MotoFault.Without() with { Times = null });
        await Here.HoldAsync(router, Installation.LaunchHook);
        var launched = await Here.DeliverAsync(Function);
        await Here.JoinAsync(router);

        Assert.Empty((await Here.RedeliverAsync(Function, launched)).Unfinished);
        Assert.Equal("InService", (await Here.World.LifecycleStatesAsync(Installation.Group))[router]);
        Assert.True(Assert.Single(await Here.Account.FaultsAsync()).Hits > 10);
    }

    private sealed record Case(MotoFault Fault, string Service, string Operation, int? DelaySeconds, params string[] Words);
}

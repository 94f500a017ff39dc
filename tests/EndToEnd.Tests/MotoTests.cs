using System.Net;
using System.Text.Json.Nodes;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace Automation.EndToEnd;

/// <summary>The stand-in keeps its promises: what other tests build on is shown here.</summary>
public sealed class MotoTests(Moto moto)
{
    private const string Region = "eu-west-1";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static readonly Dictionary<string, string> s_router = new() { ["tailscale:role"] = "subnet-router" };

    private readonly MotoAccount _account = moto.NewAccount();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_world_is_built_and_read_back_through_the_SDK()
    {
        var world = _account.In(Region);
        var vpc = await world.CreateVpcAsync(
            "10.1.0.0/16",
            ["10.2.0.0/16"],
            ipv6: true,
            dnsHostNames: false,
            tags: new Dictionary<string, string> { ["tailscale:advertise"] = "true" });
        var subnet = await world.CreateSubnetAsync(vpc, "10.1.1.0/24");
        var instance = await world.RunInstanceAsync(subnet, s_router);
        var zone = await world.CreatePrivateZoneAsync("corp.internal", vpc);
        await world.DisassociateCidrAsync(vpc, "10.2.0.0/16");

        using var ec2 = Ec2(await _account.CredentialsAsync());
        var seen = (await ec2.DescribeVpcsAsync(new DescribeVpcsRequest { VpcIds = [vpc.ToString()] }, Stopping)).Vpcs.Single();
        Assert.Equal(
            ["10.1.0.0/16 associated", "10.2.0.0/16 disassociated"],
            seen.CidrBlockAssociationSet.Select(entry => $"{entry.CidrBlock} {entry.CidrBlockState.State}"));
        Assert.EndsWith("/56", seen.Ipv6CidrBlockAssociationSet.Single().Ipv6CidrBlock);
        Assert.Equal("true", seen.Tags.Single(tag => tag.Key == "tailscale:advertise").Value);
        var names = await ec2.DescribeVpcAttributeAsync(
            new DescribeVpcAttributeRequest { VpcId = vpc.ToString(), Attribute = VpcAttributeName.EnableDnsHostnames }, Stopping);
        Assert.False(names.EnableDnsHostnames);

        var nodes = await ec2.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [new("tag-key", ["tailscale:role"])] }, Stopping);
        var found = nodes.Reservations.Single().Instances.Single();
        Assert.Equal((instance.ToString(), subnet.ToString(), "running"), (found.InstanceId, found.SubnetId, found.State.Name.Value));
        Assert.Equal([KeyValuePair.Create(zone, "corp.internal.")], await world.ZonesOfAsync(vpc));
    }

    [Fact]
    public async Task Accounts_do_not_see_each_other()
    {
        var other = moto.NewAccount();
        var vpc = await _account.In(Region).CreateVpcAsync("10.3.0.0/16");
        await other.FailAsync(MotoFault.Denied with { Times = null });

        using var own = Ec2(await _account.CredentialsAsync());
        Assert.Contains(vpc.ToString(), (await own.DescribeVpcsAsync(Stopping)).Vpcs.Select(seen => seen.VpcId));
        await other.ResetAsync();
        using var others = Ec2(await other.CredentialsAsync());
        Assert.DoesNotContain(vpc.ToString(), (await others.DescribeVpcsAsync(Stopping)).Vpcs.Select(seen => seen.VpcId));
        Assert.Equal(["ec2:DescribeVpcs"], (await other.RequestsAsync()).Select(request => request.ToString()));
    }

    [Fact]
    public async Task A_role_session_may_assume_a_role_in_another_account()
    {
        var other = moto.NewAccount();
        using var sts = new AmazonSecurityTokenServiceClient(await _account.CredentialsAsync(), Config(new AmazonSecurityTokenServiceConfig()));
        var session = await sts.AssumeRoleAsync(
            new AssumeRoleRequest { RoleArn = $"arn:aws:iam::{other.Id}:role/member", RoleSessionName = "tests" }, Stopping);
        using var inOther = new AmazonSecurityTokenServiceClient(session.Credentials, Config(new AmazonSecurityTokenServiceConfig()));

        Assert.Equal(other.Id, (await inOther.GetCallerIdentityAsync(new GetCallerIdentityRequest(), Stopping)).Account);
        Assert.Equal("sts:AssumeRole", Assert.Single(await _account.RequestsAsync()).ToString());
    }

    [Fact]
    public async Task A_launching_instance_is_held_until_its_hook_is_completed_and_only_once()
    {
        var (world, instance) = await GroupAsync();
        var hold = await world.HoldAsync("routers", "tailnet-launch", instance);
        Assert.Equal("Pending:Wait", hold.State);
        Assert.Equal("Pending:Wait", await LifecycleStateAsync(instance));

        Assert.Equal(HttpStatusCode.OK, (await HeartbeatAsync("tailnet-launch", instance)).Status);
        Assert.Equal(HttpStatusCode.OK, (await CompleteAsync("tailnet-launch", "CONTINUE", ("InstanceId", instance.ToString()))).Status);
        Assert.Equal("InService", await LifecycleStateAsync(instance));

        var again = await CompleteAsync("tailnet-launch", "CONTINUE", ("LifecycleActionToken", hold.Token));
        Assert.Equal(HttpStatusCode.BadRequest, again.Status);
        Assert.Contains("<Code>ValidationError</Code>", again.Body, StringComparison.Ordinal);
        Assert.Contains($"No active Lifecycle Action found with token {hold.Token}", again.Body, StringComparison.Ordinal);
        Assert.Equal(
            ["RecordLifecycleActionHeartbeat  True", "CompleteLifecycleAction CONTINUE True", "CompleteLifecycleAction CONTINUE False"],
            (await _account.LifecycleAsync()).Select(record => $"{record.Operation} {record.Result} {record.Accepted}"));
    }

    [Theory]
    [InlineData("tailnet-launch", "ABANDON")]
    [InlineData("tailnet-terminate", "CONTINUE")]
    [InlineData("tailnet-terminate", "ABANDON")]
    public async Task An_instance_that_is_abandoned_or_leaves_is_terminated_and_out_of_its_group(string hook, string result)
    {
        var (world, instance) = await GroupAsync();
        var hold = await world.HoldAsync("routers", hook, instance);
        var answer = await CompleteAsync(hook, result, ("LifecycleActionToken", hold.Token));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("terminated", (await world.DescribeInstanceAsync(instance))?.State.Name.Value);
        Assert.Empty(await world.LifecycleStatesAsync("routers"));
    }

    [Fact]
    public async Task A_hook_that_is_not_answered_ends_with_its_default_result()
    {
        var (world, instance) = await GroupAsync();
        await world.HoldAsync("routers", "tailnet-launch", instance);
        await world.ExpireHoldAsync("routers", "tailnet-launch", instance);

        Assert.Equal("terminated", (await world.DescribeInstanceAsync(instance))?.State.Name.Value);
        Assert.Equal(HttpStatusCode.BadRequest, (await HeartbeatAsync("tailnet-launch", instance)).Status);
    }

    [Theory]
    [InlineData("elsewhere", "tailnet-launch")]
    [InlineData("routers", "elsewhere")]
    public async Task A_hook_or_group_that_is_not_there_has_no_active_action(string group, string hook)
    {
        var (world, instance) = await GroupAsync();
        await world.HoldAsync("routers", "tailnet-launch", instance);
        var answer = await CompleteAsync(hook, "CONTINUE", ("InstanceId", instance.ToString()), group);

        Assert.Contains("No active Lifecycle Action found", answer.Body, StringComparison.Ordinal);
        Assert.Equal("Pending:Wait", await LifecycleStateAsync(instance));
    }

    [Fact]
    public async Task Two_hooks_hold_an_instance_until_both_are_answered()
    {
        var (world, instance) = await GroupAsync();
        await world.PutTerminateHookAsync("routers", "drain");
        await world.HoldAsync("routers", "drain", instance);
        await world.HoldAsync("routers", "tailnet-terminate", instance);
        await CompleteAsync("tailnet-terminate", "CONTINUE", ("InstanceId", instance.ToString()));
        Assert.Equal("Terminating:Wait", await LifecycleStateAsync(instance));

        await CompleteAsync("drain", "CONTINUE", ("InstanceId", instance.ToString()));
        Assert.Null(await LifecycleStateAsync(instance));
    }

    [Fact]
    public async Task A_forgotten_instance_is_unknown_to_EC2_and_to_its_group()
    {
        var (world, instance) = await GroupAsync();
        await world.TerminateInstanceAsync(instance);
        Assert.Equal("terminated", (await world.DescribeInstanceAsync(instance))?.State.Name.Value);
        await world.ForgetInstanceAsync(instance);

        using var ec2 = Ec2(await _account.CredentialsAsync());
        var refused = await Assert.ThrowsAsync<AmazonEC2Exception>(() =>
            ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [instance.ToString()] }, Stopping));
        Assert.Equal("InvalidInstanceID.NotFound", refused.ErrorCode);
        Assert.Null(await LifecycleStateAsync(instance));
    }

    [Fact]
    public async Task Faults_speak_as_each_service_does()
    {
        var credentials = await _account.CredentialsAsync();
        using var ec2 = Ec2(credentials);
        using var ssm = new AmazonSimpleSystemsManagementClient(credentials, Config(new AmazonSimpleSystemsManagementConfig()));
        using var dynamo = new Amazon.DynamoDBv2.AmazonDynamoDBClient(credentials, Config(new Amazon.DynamoDBv2.AmazonDynamoDBConfig()));
        using var sqs = new Amazon.SQS.AmazonSQSClient(credentials, Config(new Amazon.SQS.AmazonSQSConfig()));

        foreach (var (fault, status, code) in new[]
        {
            (MotoFault.Throttled, 503, "RequestLimitExceeded"),
            (MotoFault.Denied, 403, "UnauthorizedOperation"),
            (MotoFault.ExpiredToken, 400, "RequestExpired"),
            (MotoFault.InternalError, 500, "InternalError"),
        })
        {
            Assert.Equal((status, code), await FailureAsync("ec2", fault, () => ec2.DescribeVpcsAsync(Stopping)));
        }

        Assert.Equal((400, "ThrottlingException"), await FailureAsync("ssm", MotoFault.Throttled, () => ssm.ListCommandsAsync(Stopping)));
        Assert.Equal((400, "AccessDeniedException"), await FailureAsync("ssm", MotoFault.Denied, () => ssm.ListCommandsAsync(Stopping)));
        Assert.Equal((400, "ThrottlingException"), await FailureAsync("dynamodb", MotoFault.Throttled, () => dynamo.ListTablesAsync(Stopping)));
        Assert.Equal((400, "RequestThrottled"), await FailureAsync("sqs", MotoFault.Throttled, () => sqs.ListQueuesAsync("", Stopping)));
        Assert.Equal((500, ""), await FailureAsync("ssm", MotoFault.HtmlPage, () => ssm.ListCommandsAsync(Stopping)));

        await _account.FailAsync(MotoFault.Throttled, "autoscaling");
        var throttled = await AutoScalingAsync("DescribeAutoScalingGroups");
        Assert.Equal(HttpStatusCode.BadRequest, throttled.Status);
        Assert.Contains("<Code>Throttling</Code><Message>Rate exceeded</Message>", throttled.Body, StringComparison.Ordinal);
        Assert.All(await _account.FaultsAsync(), fault => Assert.Equal(1, fault.Hits));
        Assert.Equal(HttpStatusCode.OK, (await AutoScalingAsync("DescribeAutoScalingGroups")).Status);
    }

    [Fact]
    public async Task A_lost_answer_leaves_its_effect_and_an_internal_error_does_not()
    {
        var world = _account.In(Region);
        await _account.FailAsync(MotoFault.InternalError with { Passes = 1 }, "ssm", "PutParameter");
        await _account.FailAsync(MotoFault.HangUp with { Done = true }, "ssm", "PutParameter");

        await Assert.ThrowsAsync<HttpRequestException>(() => PutParameterAsync("/lost"));
        Assert.Equal(HttpStatusCode.InternalServerError, (await PutParameterAsync("/undone")).Status);
        Assert.Equal("x", (await world.GetParameterAsync("/lost"))?.Value);
        Assert.Null(await world.GetParameterAsync("/undone"));
    }

    [Fact]
    public async Task An_answer_may_lack_elements_and_may_be_one_page_of_several()
    {
        var vpc = await _account.In(Region).CreateVpcAsync("10.4.0.0/16");
        using var ec2 = Ec2(await _account.CredentialsAsync());
        var ask = new DescribeVpcsRequest { VpcIds = [vpc.ToString()] };

        await _account.FailAsync(MotoFault.Without("cidrBlockAssociationSet"), "ec2", "DescribeVpcs");
        Assert.Null((await ec2.DescribeVpcsAsync(ask, Stopping)).Vpcs.Single().CidrBlockAssociationSet);
        await _account.FailAsync(MotoFault.MorePages, "ec2", "DescribeVpcs");
        var page = await ec2.DescribeVpcsAsync(ask, Stopping);
        Assert.NotNull(page.NextToken);
        Assert.Single(page.Vpcs.Single().CidrBlockAssociationSet);
        Assert.Null((await ec2.DescribeVpcsAsync(ask, Stopping)).NextToken);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task The_world_stops_at_a_call_and_a_dropped_call_has_its_effect_only_where_it_was_stopped_afterwards(bool afterEffect, bool written)
    {
        var pause = await _account.PauseAsync(after: 1, afterEffect, "ssm", "PutParameter");
        await PutParameterAsync("/first");
        var second = PutParameterAsync("/second");

        Assert.Equal("ssm:PutParameter", (await pause.WaitUntilStoppedAsync(s_limit)).ToString());
        Assert.False(second.IsCompleted);
        await pause.DropAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => second);
        Assert.Equal(written ? ["/first", "/second"] : ["/first"], await _account.In(Region).ParameterNamesAsync("/"));
    }

    [Fact]
    public async Task A_stopped_call_goes_on_when_released()
    {
        using var ec2 = Ec2(await _account.CredentialsAsync());
        var pause = await _account.PauseAsync(after: 0);
        var call = ec2.DescribeVpcsAsync(Stopping);
        await pause.WaitUntilStoppedAsync(s_limit);
        await pause.ReleaseAsync();
        Assert.NotEmpty((await call).Vpcs);
    }

    [Fact]
    public async Task Queues_pass_what_was_received_too_often_to_their_dead_letter_queue()
    {
        var world = _account.In(Region);
        var fifo = await world.CreateFifoQueueAsync("reconcile");
        await world.SendAsync(fifo.Url, "first", "group");
        await world.SendAsync(fifo.Url, "second", "group");
        Assert.Equal(["first", "second"], (await world.ReceiveAsync(fifo.Url)).Select(message => message.Body));

        var standard = await world.CreateQueueAsync("nodes", maxReceiveCount: 1, visibilitySeconds: 0);
        await world.SendAsync(standard.Url, "again and again");
        Assert.Single(await world.ReceiveAsync(standard.Url));
        Assert.Empty(await world.ReceiveAsync(standard.Url));
        Assert.Equal((1, 0), await world.CountMessagesAsync(standard.DeadLetterUrl));
    }

    [Fact]
    public async Task Ledger_document_and_parameters_are_read_back()
    {
        var world = _account.In(Region);
        await world.CreateLedgerAsync("ledger");
        await world.PutLedgerItemAsync("ledger", new() { ["pk"] = new AttributeValue("dns#corp.internal"), ["zone"] = new AttributeValue("Z1") });
        Assert.Equal(["dns#corp.internal"], await world.LedgerKeysAsync("ledger"));
        Assert.Equal("Z1", (await world.LedgerItemAsync("ledger", "dns#corp.internal"))?["zone"].S);
        Assert.Null(await world.LedgerItemAsync("ledger", "dns#other.internal"));

        var subnet = await world.CreateSubnetAsync(await world.CreateVpcAsync("10.5.0.0/16"), "10.5.1.0/24");
        var instance = await world.RunInstanceAsync(subnet);
        await world.RunInstanceAsync(subnet);
        await world.CreateRoutesDocumentAsync();
        var send = new SendCommandRequest("Tailnet-SetRoutes", [instance.ToString()]) { Parameters = new() { ["routes"] = ["10.5.0.0/16"] } };
        await world.Ssm.SendCommandAsync(send, Stopping);
        var command = Assert.Single(await world.CommandsAsync());
        Assert.Equal([instance.ToString()], command.InstanceIds);
        Assert.Equal(("Tailnet-SetRoutes", "10.5.0.0/16"), (command.DocumentName, command.Parameters["routes"].Single()));

        await world.PutSecretAsync("/tailnet/credential", "s3cret");
        Assert.Equal("s3cret", (await world.GetParameterAsync("/tailnet/credential"))?.Value);
    }

    [Fact]
    public async Task Enforced_roles_may_do_what_their_policies_say_and_no_more()
    {
        await _account.CreateRoleAsync(
            "reader",
            """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeVpcs"],"Resource":"*"}]}""");
        using var ec2 = Ec2(await _account.CredentialsAsync("reader"));
        await ec2.DescribeSubnetsAsync(Stopping);
        await _account.EnforceIamAsync();

        await _account.In(Region).CreateVpcAsync("10.7.0.0/16");   // set-up stays free
        Assert.NotEmpty((await ec2.DescribeVpcsAsync(Stopping)).Vpcs);
        var refused = await Assert.ThrowsAsync<AmazonEC2Exception>(() => ec2.DescribeSubnetsAsync(Stopping));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Statements_of_enforced_roles_are_read_with_resources_conditions_and_keys()
    {
        const string Key = "arn:aws:kms:eu-west-1:111122223333:key/1";
        var own = $"arn:aws:ssm:{Region}:{_account.Id}:parameter/own/*";
        await EnforceAsync($$"""
            [
              { "Sid": "Look", "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*",
                "Condition": { "StringEquals": { "aws:RequestedRegion": "{{Region}}" } } },
              { "Sid": "Read", "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "{{own}}" },
              { "Sid": "Open", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "{{Key}}", "Condition": {
                "StringEquals": { "kms:ViaService": "ssm.{{Region}}.amazonaws.com" }, "StringLike": { "kms:EncryptionContext:PARAMETER_ARN": "{{own}}" } } }
            ]
            """);
        var world = _account.In(Region);
        await world.PutStringAsync("/other/text", "x");
        await world.PutSecretAsync("/own/secret", "x", Key);
        await world.PutSecretAsync("/own/closed", "x", Key.Replace("1111", "2222", StringComparison.Ordinal));
        var credentials = await _account.CredentialsAsync("restricted");
        using var ec2 = Ec2(credentials);
        using var elsewhere = new AmazonEC2Client(credentials, Config(new AmazonEC2Config(), "us-east-1"));
        using var ssm = new AmazonSimpleSystemsManagementClient(credentials, Config(new AmazonSimpleSystemsManagementConfig()));
        Task<GetParameterResponse> ReadAsync(string name, bool open) => ssm.GetParameterAsync(new() { Name = name, WithDecryption = open }, Stopping);

        Assert.NotEmpty((await ec2.DescribeVpcsAsync(Stopping)).Vpcs);
        Assert.Equal("UnauthorizedOperation", (await Assert.ThrowsAsync<AmazonEC2Exception>(() => elsewhere.DescribeVpcsAsync(Stopping))).ErrorCode);
        Assert.Equal("x", (await ReadAsync("/own/secret", open: true)).Parameter.Value);
        Assert.NotNull(await ReadAsync("/own/closed", open: false));
        await AssertRefusedAsync(() => ReadAsync("/own/closed", open: true), "kms:Decrypt on resource: arn:aws:kms:eu-west-1:222222223333:key/1");
        await AssertRefusedAsync(() => ReadAsync("/other/text", open: false), $"ssm:GetParameter on resource: arn:aws:ssm:{Region}:{_account.Id}:parameter/other/text");
        await _account.ResetAsync();
        await AssertRefusedAsync(() => ReadAsync("/other/text", open: false), "ssm:GetParameter");
        Assert.Equal(["Look"], (await _account.DecisionsAsync())[0].AllowedBy);
    }

    [Fact]
    public async Task An_identity_token_is_given_for_the_audience_the_time_and_the_algorithm_of_the_statement_and_no_more()
    {
        await EnforceAsync("""
            [ { "Sid": "Prove", "Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*", "Condition": {
                "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": "here" }, "Null": { "sts:IdentityTokenAudience": "false" },
                "StringEquals": { "sts:SigningAlgorithm": "ES384" }, "NumericLessThanEquals": { "sts:DurationSeconds": 300 } } } ]
            """);
        using var sts = new AmazonSecurityTokenServiceClient(
            await _account.CredentialsAsync("restricted"), Config(new AmazonSecurityTokenServiceConfig()));
        Task<GetWebIdentityTokenResponse> ProveAsync(string algorithm, int seconds, params string[] audience) =>
            sts.GetWebIdentityTokenAsync(new() { Audience = [.. audience], SigningAlgorithm = algorithm, DurationSeconds = seconds }, Stopping);

        var claims = Tailscale.IdentityClaims.Of(new((await ProveAsync("ES384", 300, "here")).WebIdentityToken));
        Assert.Equal((_account.Issuer, $"arn:aws:iam::{_account.Id}:role/restricted", "here", "ES384"), (claims!.Issuer, claims.Subject, claims.Audience, claims.Algorithm));
        Assert.NotNull(await ProveAsync("ES384", 60, "here"));
        await NotAsync(() => ProveAsync("ES384", 301, "here"));
        await NotAsync(() => ProveAsync("RS256", 300, "here"));
        await NotAsync(() => ProveAsync("ES384", 300, "there"));
        await NotAsync(() => ProveAsync("ES384", 300, "here", "there"));

        static async Task NotAsync(Func<Task> call) =>
            Assert.Equal("AccessDenied", (await Assert.ThrowsAnyAsync<AmazonServiceException>(call)).ErrorCode);
    }

    [Fact]
    public async Task A_transaction_is_allowed_what_its_parts_are_and_tags_by_what_they_are_put_on()
    {
        await EnforceAsync($$"""
            [
              { "Sid": "Write", "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:{{Region}}:{{_account.Id}}:table/ledger" },
              { "Sid": "Tag", "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:{{Region}}:{{_account.Id}}:vpc/*",
                "Condition": { "ForAllValues:StringEquals": { "aws:TagKeys": ["tailscale:site-id"] } } }
            ]
            """);
        var world = _account.In(Region);
        await world.CreateLedgerAsync("ledger");
        var vpc = await world.CreateVpcAsync("10.5.0.0/16");
        var subnet = await world.CreateSubnetAsync(vpc, "10.5.1.0/24");
        var credentials = await _account.CredentialsAsync("restricted");
        using var dynamoDb = new AmazonDynamoDBClient(credentials, Config(new AmazonDynamoDBConfig()));
        using var ec2 = Ec2(credentials);
        var key = new Dictionary<string, AttributeValue> { ["pk"] = new("site-id#1") };
        var put = new TransactWriteItem { Put = new() { TableName = "ledger", Item = key } };
        var delete = new TransactWriteItem { Delete = new() { TableName = "ledger", Key = new() { ["pk"] = new("site#1") } } };
        Task TagAsync(string resource, string name) => ec2.CreateTagsAsync(new() { Resources = [resource], Tags = [new(name, "1")] }, Stopping);

        await dynamoDb.TransactWriteItemsAsync(new() { TransactItems = [put] }, Stopping);
        var refused = await Assert.ThrowsAsync<AmazonDynamoDBException>(() => dynamoDb.TransactWriteItemsAsync(new() { TransactItems = [put, delete] }, Stopping));
        Assert.Contains("dynamodb:DeleteItem on resource", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["site-id#1"], await world.LedgerKeysAsync("ledger"));

        await TagAsync(vpc.ToString(), "tailscale:site-id");
        foreach (var (resource, name) in new[] { (vpc.ToString(), "Name"), (subnet.ToString(), "tailscale:site-id") })
        {
            Assert.Equal("UnauthorizedOperation", (await Assert.ThrowsAsync<AmazonEC2Exception>(() => TagAsync(resource, name))).ErrorCode);
        }
    }

    [Theory]
    [InlineData("""{ "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }""")]
    [InlineData("""{ "Effect": "Allow", "NotAction": "ec2:DescribeVpcs", "Resource": "*" }""")]
    public async Task A_statement_that_is_not_evaluated_is_not_enforced_but_refused(string statement)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => EnforceAsync($"[{statement}]"));
        Assert.Contains("not evaluated", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "StringLike": { "aws:PrincipalTag/team": "*" } } }""", "aws:PrincipalTag/team")]
    [InlineData("""{ "Effect": "Allow", "Action": "*", "Resource": "*" }""", "ec2:DescribeInternetGateways")]
    public async Task What_is_not_known_of_a_call_refuses_it_and_is_told(string statement, string named)
    {
        await EnforceAsync($"[{statement}]");
        using var ec2 = Ec2(await _account.CredentialsAsync("restricted"));
        var refused = await Assert.ThrowsAsync<AmazonEC2Exception>(() => named.StartsWith("ec2:", StringComparison.Ordinal)
            ? ec2.DescribeInternetGatewaysAsync(Stopping)
            : ec2.DescribeVpcsAsync(Stopping));

        Assert.Equal("Unread", refused.ErrorCode);
        Assert.Contains(named, Assert.Single(await _account.DecisionsAsync()).Problem, StringComparison.Ordinal);
    }

    private async Task EnforceAsync(string statements)
    {
        await _account.CreateRoleAsync("restricted", """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""");
        await _account.EnforceIamAsync(new Dictionary<string, JsonArray> { ["restricted"] = JsonNode.Parse(statements)!.AsArray() });
    }

    private static async Task AssertRefusedAsync(Func<Task> call, string words)
    {
        var refused = await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(call);
        Assert.Equal("AccessDeniedException", refused.ErrorCode);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private async Task<(MotoRegion World, InstanceId Instance)> GroupAsync()
    {
        var world = _account.In(Region);
        var subnet = await world.CreateSubnetAsync(await world.CreateVpcAsync("10.6.0.0/16"), "10.6.1.0/24");
        var instance = Assert.Single(await world.CreateGroupAsync("routers", subnet, s_router));
        await world.PutLaunchHookAsync("routers", "tailnet-launch");
        await world.PutTerminateHookAsync("routers", "tailnet-terminate");
        Assert.Equal("subnet-router", (await world.DescribeInstanceAsync(instance))?.Tags.Single(tag => tag.Key == "tailscale:role").Value);
        return (world, instance);
    }

    private async Task<(int Status, string Code)> FailureAsync(string service, MotoFault fault, Func<Task> call)
    {
        await _account.FailAsync(fault, service);
        var failure = await Assert.ThrowsAnyAsync<AmazonServiceException>(call);
        return ((int)failure.StatusCode, failure.ErrorCode ?? "");
    }

    private Task<(HttpStatusCode Status, string Body)> CompleteAsync(string hook, string result, (string, string) who, string group = "routers") =>
        AutoScalingAsync(
            "CompleteLifecycleAction", ("AutoScalingGroupName", group), ("LifecycleHookName", hook), ("LifecycleActionResult", result), who);

    private Task<(HttpStatusCode Status, string Body)> HeartbeatAsync(string hook, InstanceId instance) =>
        AutoScalingAsync(
            "RecordLifecycleActionHeartbeat",
            ("AutoScalingGroupName", "routers"), ("LifecycleHookName", hook), ("InstanceId", instance.ToString()));

    private async Task<string?> LifecycleStateAsync(InstanceId instance)
    {
        var body = (await AutoScalingAsync("DescribeAutoScalingInstances", ("InstanceIds.member.1", instance.ToString()))).Body;
        var state = System.Xml.Linq.XElement.Parse(body).Descendants().SingleOrDefault(element => element.Name.LocalName == "LifecycleState");
        return state?.Value;
    }

    private Task<(HttpStatusCode Status, string Body)> AutoScalingAsync(string action, params (string Name, string Value)[] parameters) =>
        CallAsync("autoscaling", new FormUrlEncodedContent(
            parameters.Append(("Action", action)).Append(("Version", "2011-01-01")).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2))));

    private Task<(HttpStatusCode Status, string Body)> PutParameterAsync(string name)
    {
        var content = new StringContent($$"""{"Name":"{{name}}","Value":"x","Type":"String"}""", null, "application/x-amz-json-1.1");
        content.Headers.Add("X-Amz-Target", "AmazonSSM.PutParameter");
        return CallAsync("ssm", content);
    }

    /// <summary>As the code under test would call it, in the account's role session, but never twice: the SDK repeats a call whose
    /// connection broke.</summary>
    private async Task<(HttpStatusCode Status, string Body)> CallAsync(string service, HttpContent content)
    {
        var key = (await (await _account.CredentialsAsync()).GetCredentialsAsync()).AccessKey;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, moto.Uri) { Content = content };
        var scope = $"{key}/20260101/{Region}/{service}/aws4_request";
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        using var response = await http.SendAsync(request, Stopping);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Stopping));
    }

    private AmazonEC2Client Ec2(AWSCredentials credentials) => new(credentials, Config(new AmazonEC2Config()));

    // One attempt: a retry would hide the fault.
    private T Config<T>(T config, string region = Region)
        where T : ClientConfig
    {
        config.ServiceURL = moto.Uri.ToString();
        config.AuthenticationRegion = region;
        config.MaxErrorRetry = 0;
        config.HttpClientFactory = DirectHttp.Instance;
        return config;
    }
}

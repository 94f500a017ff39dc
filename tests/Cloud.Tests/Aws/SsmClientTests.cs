using System.Net;
using System.Text.Json;
using Automation.Plans;
using Microsoft.Extensions.Time.Testing;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class SsmClientTests : IDisposable
{
    private const string Ssm = "POST https://ssm.eu-west-1.amazonaws.com/";
    private const string Put = "X-Amz-Target: AmazonSSM.PutParameter";
    private const string Describe = "X-Amz-Target: AmazonSSM.DescribeParameters";
    private const string AuthKey = "/tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key";
    private const string Settings = "/tailnet/nodes/i-0a1b2c3d4e5f60718/settings";

    private const string Tags =
        """
        "Tags":[{"Key":"InstanceArn","Value":"arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d4e5f60718"},{"Key":"InstanceId","Value":"i-0a1b2c3d4e5f60718"}]
        """;

    private readonly FakeAws _aws = new();

    private ISsm Client => Scope(_aws).Ssm;

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Reads_a_secret_that_does_not_print()
    {
        _aws.On(Ssm, "X-Amz-Target: AmazonSSM.GetParameter", "\"WithDecryption\":true", "\"Name\":\"/tailnet/credential\"")
            .Json("""{"Parameter":{"Name":"/tailnet/credential","Value":"open sesame"}}""");

        var secret = await Client.GetSecretAsync("/tailnet/credential", Stopping);

        Assert.Equal("open sesame", secret!.Reveal());
        Assert.Equal("(secret)", $"{secret}");
    }

    [Fact]
    public async Task Finds_no_secret_where_there_is_no_parameter()
    {
        _aws.On(Ssm).JsonError("ParameterNotFound", "");

        Assert.Null(await Client.GetSecretAsync("/tailnet/credential", Stopping));
    }

    [Fact]
    public async Task Does_not_take_an_empty_answer_for_a_secret()
    {
        _aws.On(Ssm).Json("{}");

        await Assert.ThrowsAsync<CallFailedException>(() => Client.GetSecretAsync("/tailnet/credential", Stopping));
    }

    [Fact]
    public async Task Names_the_key_s_action_when_decrypting_is_denied()
    {
        _aws.On(Ssm).JsonError(
            "AccessDeniedException", "User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: kms:Decrypt on resource: arn");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.GetSecretAsync("/tailnet/credential", Stopping));

        Assert.Equal(Failure.Denied, failed.Failure);
        Assert.EndsWith("allow kms:Decrypt in the role of the function", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"InvalidParameters":["/tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key"]}""", false)]
    [InlineData("""{"Parameters":[{"Name":"/tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key","Value":"ciphertext"}]}""", true)]
    public async Task Asks_whether_a_parameter_exists_without_decrypting_it(string answer, bool exists)
    {
        _aws.On(Ssm, "X-Amz-Target: AmazonSSM.GetParameters", "\"WithDecryption\":false").Json(answer);

        Assert.Equal(exists, await Client.ParameterExistsAsync(AuthKey, Stopping));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Parameters":[null],"InvalidParameters":[]}""")]
    public async Task Does_not_take_an_empty_answer_for_an_absent_parameter(string answer)
    {
        _aws.On(Ssm).Json(answer);

        await Assert.ThrowsAsync<CallFailedException>(() => Client.ParameterExistsAsync(AuthKey, Stopping));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Parameters":[null]}""")]
    public async Task Does_not_take_an_answer_without_a_list_for_no_parameters(string answer)
    {
        _aws.On(Ssm, Describe).Json(answer).On(Ssm, Describe).Json(answer);

        await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribeNodeParametersAsync("/tailnet", Stopping));
        await Assert.ThrowsAsync<CallFailedException>(() => Client.DescribePoolParametersAsync("/tailnet", Stopping));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("alias/tailnet")]
    public async Task Creates_a_secret_for_one_instance(string? kmsKey)
    {
        _aws.On(Ssm, Put, "\"Overwrite\":false", "\"Type\":\"SecureString\"", "\"Value\":\"open sesame\"", Tags).Json("""{"Version":1}""");

        Assert.True(await Clients(_aws, change: settings => settings with { ParameterKmsKey = kmsKey }).In(Home).Ssm
            .CreateSecretAsync(AuthKey, new("open sesame"), Router, Stopping));

        using var body = JsonDocument.Parse(_aws.Requests[0].Body);
        Assert.Equal(kmsKey, body.RootElement.TryGetProperty("KeyId", out var key) ? key.GetString() : null);
    }

    [Fact]
    public async Task Tags_with_an_ARN_of_the_right_partition()
    {
        _aws.On("POST https://ssm.cn-north-1.amazonaws.com.cn/", Put, "\"arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0a1b2c3d4e5f60718\"").Json("{}");

        Assert.True(await Scope(_aws, "cn-north-1").Ssm.CreateSecretAsync(AuthKey, new("open sesame"), Router, Stopping));
    }

    [Fact]
    public async Task Leaves_a_secret_that_is_there()
    {
        _aws.On(Ssm, Put).JsonError("ParameterAlreadyExists", "The parameter already exists.");

        Assert.False(await Client.CreateSecretAsync(AuthKey, new("open sesame"), Router, Stopping));
    }

    [Fact]
    public async Task Does_not_repeat_a_creation_whose_answer_was_lost()
    {
        _aws.On(Ssm, Put).NoConnection();
        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.CreateSecretAsync(AuthKey, new("open sesame"), Router, Stopping));
        Assert.Equal(Failure.Unavailable, failed.Failure);

        _aws.On(Ssm, Put).JsonError("InternalServerError", "try again", HttpStatusCode.InternalServerError);
        await Assert.ThrowsAsync<CallFailedException>(() => Client.CreateSecretAsync(AuthKey, new("open sesame"), Router, Stopping));
    }

    [Fact]
    public async Task Repeats_a_creation_that_was_throttled()
    {
        _aws.On(Ssm, Put).JsonError("ThrottlingException", "Rate exceeded").On(Ssm, Put).Json("{}");

        Assert.True(await Client.CreateSecretAsync(AuthKey, new("open sesame"), Router, Stopping));
    }

    [Fact]
    public async Task Shows_no_value_when_SSM_repeats_it_in_an_error()
    {
        _aws.On(Ssm, Put).JsonError("ValidationException", "Value 'tskey-auth-k1-abc' at 'value' failed to satisfy constraint");

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.CreateSecretAsync(AuthKey, new("tskey-auth-k1-abc"), Router, Stopping));

        Assert.Equal(Failure.Invalid, failed.Failure);
        Assert.DoesNotContain("tskey-", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_a_new_text_with_tags()
    {
        _aws.On(Ssm, Put, "\"Overwrite\":false", "\"Type\":\"String\"", "\"Value\":\"{}\"", Tags).Json("{}");

        await Client.PutStringAsync(Settings, "{}", Router, Stopping);
    }

    [Fact]
    public async Task Overwrites_a_text_without_tags_because_SSM_refuses_both()
    {
        _aws.On(Ssm, Put, "\"Overwrite\":false", Tags).JsonError("ParameterAlreadyExists", "The parameter already exists.")
            .On(Ssm, Put, "\"Overwrite\":true", "\"Value\":\"{}\"").Json("""{"Version":2}""");

        await Client.PutStringAsync(Settings, "{}", Router, Stopping);

        Assert.DoesNotContain("Tags", _aws.Requests[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deletes_ten_at_a_time_and_minds_no_missing_one()
    {
        var names = Enumerable.Range(0, 12).Select(number => $"/p/{number}").ToArray();
        _aws.On(Ssm, "X-Amz-Target: AmazonSSM.DeleteParameters", "\"/p/0\"", "\"/p/9\"").Json("""{"InvalidParameters":["/p/0"]}""")
            .On(Ssm, "{\"Names\":[\"/p/10\",\"/p/11\"]}").Json("{}");

        await Client.DeleteParametersAsync([.. names], Stopping);
    }

    [Fact]
    public async Task Lists_the_nodes_parameters_and_passes_over_others()
    {
        _aws.On(Ssm, Describe, """[{"Key":"Path","Option":"Recursive","Values":["/tailnet/nodes"]}]""", "\"MaxResults\":50").Json(
            $$"""
            {"Parameters":[{"Name":"{{AuthKey}}","LastModifiedDate":1795428000},{"Name":"/tailnet/nodes/readme","LastModifiedDate":1795428000},
            {"Name":"/tailnet/nodes/i-0a1b2c3d4e5f60718/a/b","LastModifiedDate":1795428000},{"Name":"/tailnet/nodes/i-1/settings","LastModifiedDate":1795428000}],
            "NextToken":"page2"}
            """)
            .On(Ssm, Describe, "\"NextToken\":\"page2\"").Json($$"""{"Parameters":[{"Name":"{{Settings}}","LastModifiedDate":1795428060.5}]}""");

        var listing = await Client.DescribeNodeParametersAsync("/tailnet", Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal(["auth-key", "settings"], listing.Items.Select(parameter => parameter.Leaf));
        Assert.All(listing.Items, parameter => Assert.Equal(Router, parameter.Instance));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795428000), listing.Items[0].ModifiedAt);
    }

    [Fact]
    public async Task Creates_a_pool_s_parameter_with_its_tag_and_the_name_of_its_key()
    {
        _aws.On(
            Ssm, Put, "\"Overwrite\":false", "\"Type\":\"SecureString\"", "\"KeyId\":\"alias/tailnet\"", "\"Value\":\"open sesame\"", "\"Description\":\"auth key k9CNTRL\"",
            "\"Tags\":[{\"Key\":\"TailnetPool\",\"Value\":\"ci\"}]").Json("{}");

        await Clients(_aws, change: settings => settings with { ParameterKmsKey = "alias/tailnet" }).In(Home).Ssm
            .PutPoolKeyAsync("/tailnet/pools/ci/auth-key", "ci", KeyId.Parse("k9CNTRL"), new("open sesame"), Stopping);
    }

    [Fact]
    public async Task Overwrites_a_pool_s_parameter_without_tags_which_AWS_would_refuse_then()
    {
        _aws.On(Ssm, Put, "\"Overwrite\":false").JsonError("ParameterAlreadyExists", "The parameter already exists.")
            .On(Ssm, Put, "\"Overwrite\":true", "\"Type\":\"SecureString\"", "\"Value\":\"open sesame\"", "\"Description\":\"auth key k9CNTRL\"").Json("{}");

        await Client.PutPoolKeyAsync("/tailnet/pools/ci/auth-key", "ci", KeyId.Parse("k9CNTRL"), new("open sesame"), Stopping);

        Assert.DoesNotContain("Tags", _aws.Requests[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_the_pools_parameters_by_the_keys_that_they_hold_and_passes_over_others()
    {
        _aws.On(Ssm, Describe, "[{\"Key\":\"Path\",\"Option\":\"Recursive\",\"Values\":[\"/tailnet/pools\"]}]").Json(
            """
            {"Parameters":[{"Name":"/tailnet/pools/ci/auth-key","Description":"auth key k9CNTRL"},{"Name":"/tailnet/pools/web/auth-key"},{"Name":"/tailnet/pools/w_b/auth-key"},
            {"Name":"/tailnet/pools/old/auth-key","Description":"auth key of somebody"},{"Name":"/tailnet/pools/ci/other"},{"Name":"/tailnet/pools/ci/a/auth-key"},{"Name":"/tailnet/pools/auth-key"}]}
            """);

        var listing = await Client.DescribePoolParametersAsync("/tailnet", Stopping);

        Assert.Null(listing.Problem);
        Assert.Equal([new("ci", KeyId.Parse("k9CNTRL")), new("web", null), new PoolParameter("old", null)], listing.Items);
    }

    [Fact]
    public async Task Keeps_the_parameters_that_were_read_when_a_later_page_fails()
    {
        _aws.On(Ssm).Json($$"""{"Parameters":[{"Name":"{{AuthKey}}","LastModifiedDate":1795428000}],"NextToken":"page2"}""")
            .On(Ssm).JsonError("AccessDeniedException", "no");

        var listing = await Client.DescribeNodeParametersAsync("/tailnet", Stopping);

        Assert.Single(listing.Items);
        Assert.Contains("allow ssm:DescribeParameters", listing.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_when_a_parameter_has_no_date()
    {
        _aws.On(Ssm).Json($$"""{"Parameters":[{"Name":"{{AuthKey}}"}]}""");

        Assert.Equal($"{AuthKey} has no date", (await Client.DescribeNodeParametersAsync("/tailnet", Stopping)).Problem);
    }

    [Fact]
    public async Task Runs_a_document_on_one_instance()
    {
        _aws.On(
                Ssm,
                "X-Amz-Target: AmazonSSM.SendCommand",
                "\"DocumentName\":\"Tailnet-SetRoutes\"",
                "\"InstanceIds\":[\"i-0a1b2c3d4e5f60718\"]",
                "\"Parameters\":{\"routes\":[\"10.0.0.0/16\"]}",
                "\"TimeoutSeconds\":60")
            .Json("""{"Command":{"CommandId":"c-1"}}""");

        Assert.Equal("c-1", await Client.SendCommandAsync("Tailnet-SetRoutes", Router, "routes", "10.0.0.0/16", Stopping));
    }

    [Fact]
    public async Task Sends_nothing_to_a_document_that_takes_nothing()
    {
        _aws.On(Ssm, "X-Amz-Target: AmazonSSM.SendCommand", "{\"DocumentName\":\"Tailnet-Probe\",\"InstanceIds\":[\"i-0a1b2c3d4e5f60718\"],\"TimeoutSeconds\":60}").Json("""{"Command":{"CommandId":"c-1"}}""");

        Assert.Equal("c-1", await Client.SendCommandAsync("Tailnet-Probe", Router, null, "", Stopping));
    }

    [Theory]
    [InlineData("Pending", "Pending", "", false, false, "")]
    [InlineData("InProgress", "InProgress", "", false, false, "")]
    [InlineData("Success", "Success", "", true, true, "")]
    [InlineData("Failed", "Failed", "tailscale: not\\nfound", true, false, "tailscale: not found")]
    [InlineData("TimedOut", "DeliveryTimedOut", "", true, false, "DeliveryTimedOut")]
    [InlineData("Cancelled", "Cancelled", "", true, false, "")]
    [InlineData("Failed", "Undeliverable", "", true, false, "Undeliverable")]
    public async Task Reads_how_a_command_fares(string status, string details, string error, bool isOver, bool succeeded, string detail)
    {
        _aws.On(Ssm, "X-Amz-Target: AmazonSSM.GetCommandInvocation", "\"CommandId\":\"c-1\"", "\"InstanceId\":\"i-0a1b2c3d4e5f60718\"")
            .Json($$"""{"Status":"{{status}}","StatusDetails":"{{details}}","StandardErrorContent":"{{error}}"}""");

        Assert.Equal(new CommandStatus(isOver, succeeded, status, detail), await Client.GetCommandInvocationAsync("c-1", Router, Stopping));
    }

    [Fact]
    public async Task Takes_a_command_that_SSM_does_not_know_yet_for_pending()
    {
        _aws.On(Ssm).JsonError("InvocationDoesNotExist", "");

        Assert.Equal(new CommandStatus(false, false, "Pending", ""), await Client.GetCommandInvocationAsync("c-1", Router, Stopping));
    }

    [Fact]
    public async Task Retries_SSM_s_throttling_and_then_says_so()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(Ssm).JsonError("ThrottlingException", "Rate exceeded");
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.GetSecretAsync("/x", Stopping));

        Assert.Equal(Failure.Throttled, failed.Failure);
    }

    [Fact]
    public async Task Gives_up_on_a_call_that_hangs()
    {
        var time = new FakeTimeProvider();
        _aws.On(Ssm).NeverAnswers();

        var call = Clients(_aws, time).In(Home).Ssm.GetSecretAsync("/x", Stopping);
        time.Advance(AwsCaller.Longest);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => call);
        Assert.Equal((Failure.Unavailable, "timeout"), (failed.Failure, failed.Code));
    }

    [Fact]
    public async Task Stays_cancelled_when_the_caller_gives_up()
    {
        using var stopping = new CancellationTokenSource();
        _aws.On(Ssm).NeverAnswers();

        var call = Client.GetSecretAsync("/x", stopping.Token);
        await stopping.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(stopping.Token, cancelled.CancellationToken);
    }
}

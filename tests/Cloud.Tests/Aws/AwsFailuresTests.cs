using System.Net;
using Amazon.Runtime;

namespace Automation.Aws;

public sealed class AwsFailuresTests
{
    private static readonly AwsIdentity s_own = new(new("111122223333", "ap-east-1"), null);
    private static readonly AwsIdentity s_member = new(new("444455556666", "ap-east-1"), "TailnetMember");

    [Theory]
    [InlineData("Throttling", 400, Failure.Throttled)]
    [InlineData("ThrottlingException", 400, Failure.Throttled)]
    [InlineData("PriorRequestNotComplete", 400, Failure.Throttled)]
    [InlineData("RequestLimitExceeded", 503, Failure.Throttled)]
    [InlineData("ProvisionedThroughputExceededException", 400, Failure.Throttled)]
    [InlineData("SomethingNew", 429, Failure.Throttled)]
    [InlineData("", 429, Failure.Throttled)]
    [InlineData("InternalFailure", 500, Failure.Unavailable)]
    [InlineData("RequestTimeout", 400, Failure.Unavailable)]
    [InlineData("SomethingNew", 503, Failure.Unavailable)]
    [InlineData("", 404, Failure.Unavailable)]
    [InlineData("", 502, Failure.Unavailable)]
    [InlineData("AccessDenied", 403, Failure.Denied)]
    [InlineData("AccessDeniedException", 400, Failure.Denied)]
    [InlineData("UnauthorizedOperation", 403, Failure.Denied)]
    [InlineData("NotAuthorizedException", 401, Failure.Denied)]
    [InlineData("SomethingNew", 403, Failure.Denied)]
    [InlineData("ExpiredToken", 403, Failure.BadCredential)]
    [InlineData("ExpiredTokenException", 400, Failure.BadCredential)]
    [InlineData("RequestExpired", 400, Failure.BadCredential)]
    [InlineData("AuthFailure", 401, Failure.BadCredential)]
    [InlineData("UnrecognizedClientException", 400, Failure.BadCredential)]
    [InlineData("SignatureDoesNotMatch", 403, Failure.BadCredential)]
    [InlineData("InvalidVpcID.NotFound", 400, Failure.NotFound)]
    [InlineData("NoSuchHostedZone", 404, Failure.NotFound)]
    [InlineData("ParameterNotFound", 400, Failure.NotFound)]
    [InlineData("ResourceNotFoundException", 400, Failure.NotFound)]
    [InlineData("ParameterAlreadyExists", 400, Failure.Conflict)]
    [InlineData("ConditionalCheckFailedException", 400, Failure.Conflict)]
    [InlineData("ValidationError", 400, Failure.Invalid)]
    [InlineData("SomethingNew", 400, Failure.Invalid)]
    public void Gives_a_code_its_meaning(string code, int status, Failure meaning)
    {
        var failed = AwsFailures.Of(Error(code, status), AwsService.Ec2, "DescribeVpcs", s_own);

        Assert.Equal(meaning, failed.Failure);
        Assert.Equal(("EC2", "DescribeVpcs"), (failed.Service, failed.Operation));
        Assert.Contains("(request r-1)", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_role_of_the_account_that_refused()
    {
        Assert.EndsWith("allow ec2:DescribeVpcs in the role of the function", Said("UnauthorizedOperation", s_own), StringComparison.Ordinal);
        Assert.EndsWith(
            "allow ec2:DescribeVpcs in the role TailnetMember of account 444455556666", Said("UnauthorizedOperation", s_member), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not authorized to perform: kms:Decrypt on resource: x", "allow kms:Decrypt in")]
    [InlineData("not authorized to perform: kms:Decrypt", "allow kms:Decrypt in")]
    [InlineData("not authorized to perform: something odd", "allow ec2:DescribeVpcs in")]
    [InlineData("not authorized to perform: a:<b>", "allow ec2:DescribeVpcs in")]
    public void Names_the_action_that_AWS_names(string message, string remedy) => Assert.Contains(
        remedy, AwsFailures.Of(Error("AccessDenied", 403, message), AwsService.Ec2, "DescribeVpcs", s_own).Message, StringComparison.Ordinal);

    [Fact]
    public void Says_that_a_Region_may_not_be_enabled() => Assert.Contains(
        "enable Region ap-east-1 in account 444455556666 or take it out of SCOPES", Said("AuthFailure", s_member), StringComparison.Ordinal);

    [Fact]
    public void Says_that_credentials_have_expired() =>
        Assert.Contains("the credentials have expired", Said("ExpiredToken", s_own), StringComparison.Ordinal);

    [Fact]
    public void Keeps_the_service_s_exception_out_because_its_text_may_repeat_a_value()
    {
        var failed = AwsFailures.Of(Error("ValidationException", 400, "Value 'tskey-auth-1'"), AwsService.Ssm, "PutParameter", s_own);

        Assert.Null(failed.InnerException);
        Assert.DoesNotContain("tskey-", failed.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Failed to resolve AWS credentials. The credential providers ...", Failure.BadCredential)]
    [InlineData("Request quota: capacity could not be obtained", Failure.Throttled)]
    [InlineData("Invalid Configuration: FIPS and custom endpoint are not supported", Failure.Invalid)]
    [InlineData("something else", Failure.Unavailable)]
    public void Reads_the_SDK_s_own_troubles(string message, Failure meaning) => Assert.Equal(
        meaning, AwsFailures.Of(new AmazonClientException(message), AwsService.Ec2, "DescribeVpcs", s_own).Failure);

    [Fact]
    public void Takes_a_lost_connection_and_a_timeout_for_no_answer()
    {
        Assert.True(Of(new HttpRequestException("Connection refused")).CanRetry);
        Assert.True(Of(new TaskCanceledException("", new TimeoutException())).CanRetry);
        Assert.True(Of(new IOException("reset")).CanRetry);
        Assert.True(Of(new System.Xml.XmlException("not XML")).CanRetry);

        static CallFailedException Of(Exception exception) => AwsFailures.Of(exception, AwsService.Ec2, "DescribeVpcs", s_own);
    }

    [Fact]
    public void Lets_a_fault_of_this_program_through()
    {
        Assert.False(AwsFailures.Explains(new InvalidOperationException()));
        Assert.False(AwsFailures.Explains(new NotSupportedException()));
    }

    private static string Said(string code, AwsIdentity identity) =>
        AwsFailures.Of(Error(code, 403), AwsService.Ec2, "DescribeVpcs", identity).Message;

    private static AmazonServiceException Error(string code, int status, string message = "AWS said no") =>
        new(message, null, ErrorType.Unknown, code, "r-1", (HttpStatusCode)status);
}

using Amazon;
using Amazon.Runtime;
using Automation.Aws.Thin;

namespace Automation.Aws;

public sealed class ThinEndpointTests
{
    private static readonly AwsHttp s_http = new();   // sends nothing here

    [Theory]
    [InlineData("us-east-1", "autoscaling.us-east-1.amazonaws.com", "route53.amazonaws.com", "us-east-1")]
    [InlineData("mx-central-1", "autoscaling.mx-central-1.amazonaws.com", "route53.amazonaws.com", "us-east-1")]
    [InlineData("xx-new-1", "autoscaling.xx-new-1.amazonaws.com", "route53.amazonaws.com", "us-east-1")]
    [InlineData("cn-north-1", "autoscaling.cn-north-1.amazonaws.com.cn", "route53.amazonaws.com.cn", "cn-northwest-1")]
    [InlineData("us-gov-east-1", "autoscaling.us-gov-east-1.amazonaws.com", "route53.us-gov.amazonaws.com", "us-gov-west-1")]
    [InlineData("us-iso-west-1", "autoscaling.us-iso-west-1.c2s.ic.gov", "route53.c2s.ic.gov", "us-iso-east-1")]
    [InlineData("us-isob-east-1", "autoscaling.us-isob-east-1.sc2s.sgov.gov", "route53.sc2s.sgov.gov", "us-isob-east-1")]
    [InlineData("us-isof-south-1", "autoscaling.us-isof-south-1.csp.hci.ic.gov", "route53.csp.hci.ic.gov", "us-isof-south-1")]
    [InlineData("eu-isoe-west-1", "autoscaling.eu-isoe-west-1.cloud.adc-e.uk", "route53.cloud.adc-e.uk", "eu-isoe-west-1")]
    [InlineData("eusc-de-east-1", "autoscaling.eusc-de-east-1.amazonaws.eu", "route53.amazonaws.eu", "eusc-de-east-1")]
    public void Knows_the_endpoints_of_each_partition(string region, string autoScaling, string route53, string route53Signing)
    {
        var endpoint = RegionEndpoint.GetBySystemName(region);

        Assert.Equal(new ThinEndpoint(new($"https://{autoScaling}/"), region), AutoScalingClient.Endpoint(endpoint));
        Assert.Equal(new ThinEndpoint(new($"https://{route53}/"), route53Signing), Route53Client.Endpoint(endpoint));
        var resolver = autoScaling.Replace("autoscaling.", "route53resolver.", StringComparison.Ordinal);
        Assert.Equal(new ThinEndpoint(new($"https://{resolver}/"), region), ResolverClient.Endpoint(endpoint));
    }

    [Fact]
    public void Takes_the_endpoint_that_the_SDK_s_variable_names_and_keeps_the_signing_Region()
    {
        // A service of its own, so that no other test sees the variable.
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_TEST_SERVICE", "http://127.0.0.1:5000");
        var config = ClientDefaults.With(
            new ThinConfig("Test Service", "test", "2026-01-01", _ => new(new("https://test.example/"), "us-east-1")), "eu-west-1", s_http);

        Assert.Equal(new ThinEndpoint(new("http://127.0.0.1:5000/"), "us-east-1"), config.Endpoint());
        Assert.Equal(("Auto Scaling", "Route 53"), (AutoScalingClient.Config().ServiceId, Route53Client.Config().ServiceId));
        Assert.Equal("Route53Resolver", ResolverClient.Config().ServiceId);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Refuses_a_FIPS_or_dual_stack_endpoint_that_it_does_not_know(bool fips, bool dualStack)
    {
        var config = ClientDefaults.With(Route53Client.Config(), "us-east-1", s_http);
        config.UseFIPSEndpoint = fips;
        config.UseDualstackEndpoint = dualStack;

        var failed = Assert.Throws<CallFailedException>(() => config.Endpoint());

        Assert.Equal(Failure.Invalid, failed.Failure);
        Assert.Contains("AWS_ENDPOINT_URL_ROUTE_53", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/2013-04-01/hostedzone/Z 1")]
    [InlineData("/2013-04-01/hostedzone/Z1?x=y")]
    [InlineData("/2013-04-01/hostedzone/../x")]
    [InlineData("/2013-04-01/hostedzone/Zé")]
    public void Refuses_a_path_that_would_need_escaping(string path) =>
        Assert.Throws<ArgumentException>(() => ThinCall.Get("Route 53", path));

    [Fact]
    public void Retries_in_standard_mode_whatever_the_environment_says()
    {
        var config = ClientDefaults.With(Route53Client.Config(), "us-east-1", s_http);

        Assert.Equal((RequestRetryMode.Standard, 2), (config.RetryMode, config.MaxErrorRetry));
        Assert.True(config.ResignRetries);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3.1)), (config.Timeout, config.ConnectTimeout));
    }
}

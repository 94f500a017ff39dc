using System.Net;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class AwsClientsTests : IDisposable
{
    private const string Sts = "POST https://sts.eu-west-1.amazonaws.com/";
    private const string Ec2InParis = "POST https://ec2.eu-west-3.amazonaws.com/";
    private const string Empty = "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId></DescribeVpcsResponse>";

    private static readonly Scope s_member = new("444455556666", "eu-west-3");

    private static readonly DateTimeOffset s_now = DateTimeOffset.Parse("2026-11-23T10:00:00Z", null);

    private readonly FakeAws _aws = new();

    public void Dispose() => _aws.Done();

    [Fact]
    public void Keeps_one_set_of_clients_for_a_scope()
    {
        var clients = Clients(_aws, new FakeTimeProvider(s_now));

        Assert.Same(clients.In(Home), clients.In(Home));
        Assert.Same(clients.In(Home).Ec2, clients.In(Home).Ec2);
        Assert.NotSame(clients.In(Home), clients.In(new(Home.Account, "eu-west-3")));
        Assert.Equal(s_member, clients.In(s_member).Scope);
    }

    [Fact]
    public async Task Calls_the_own_account_in_every_Region_with_the_own_credentials()
    {
        _aws.On(Ec2InParis).Xml(Empty);

        await Clients(_aws).In(new(Home.Account, "eu-west-3")).Ec2.DescribeVpcsAsync(null, Stopping);

        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/", _aws.Requests[0].Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assumes_the_member_role_once_for_all_Regions_of_another_account()
    {
        _aws.On(
                Sts,
                "Action=AssumeRole",
                "RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2FTailnetMember",
                "RoleSessionName=tailnet-reconcile")
            .Xml(Assumed("ASIAFIRST"))
            .On(Ec2InParis, "X-Amz-Security-Token: token-of-ASIAFIRST").Xml(Empty)
            .On("POST https://ec2.eu-north-1.amazonaws.com/", "X-Amz-Security-Token: token-of-ASIAFIRST").Xml(Empty);
        var clients = Clients(_aws, new FakeTimeProvider(s_now));

        await clients.In(s_member).Ec2.DescribeVpcsAsync(null, Stopping);
        await clients.In(s_member with { Region = "eu-north-1" }).Ec2.DescribeVpcsAsync(null, Stopping);

        Assert.Contains("Credential=ASIAFIRST/", _aws.Requests[1].Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assumes_the_role_anew_when_less_than_five_minutes_are_left()
    {
        var time = new FakeTimeProvider(s_now);
        _aws.On(Sts).Xml(Assumed("ASIAFIRST"))
            .On(Ec2InParis, "X-Amz-Security-Token: token-of-ASIAFIRST").Xml(Empty)
            .On(Ec2InParis, "X-Amz-Security-Token: token-of-ASIAFIRST").Xml(Empty)
            .On(Sts).Xml(Assumed("ASIASECOND", hours: 2))
            .On(Ec2InParis, "X-Amz-Security-Token: token-of-ASIASECOND").Xml(Empty);
        var clients = Clients(_aws, time);

        await clients.In(s_member).Ec2.DescribeVpcsAsync(null, Stopping);
        time.Advance(TimeSpan.FromMinutes(54));
        await clients.In(s_member).Ec2.DescribeVpcsAsync(null, Stopping);
        time.Advance(TimeSpan.FromMinutes(2));
        await clients.In(s_member).Ec2.DescribeVpcsAsync(null, Stopping);
    }

    [Fact]
    public async Task Signs_the_thin_clients_with_the_role_too()
    {
        _aws.On(Sts).Xml(Assumed("ASIAFIRST"))
            .On("POST https://autoscaling.eu-west-3.amazonaws.com/", "X-Amz-Security-Token: token-of-ASIAFIRST")
            .Xml("<R><DescribeAutoScalingInstancesResult><AutoScalingInstances/></DescribeAutoScalingInstancesResult></R>");

        Assert.Null(await Clients(_aws, new FakeTimeProvider(s_now)).In(s_member).AutoScaling.DescribeLifecycleStateAsync(Router, Stopping));

        Assert.Contains("/eu-west-3/autoscaling/aws4_request, SignedHeaders=", _aws.Requests[1].Header("Authorization"), StringComparison.Ordinal);
        Assert.Contains("x-amz-security-token", _aws.Requests[1].Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_what_it_sends_by_service_each_page_and_no_retry()
    {
        const string Zones = "GET https://route53.amazonaws.com/2013-04-01/hostedzone?";
        _aws.On(Zones + "maxitems=100").Xml("<R><HostedZones/><IsTruncated>true</IsTruncated><NextMarker>Z2</NextMarker></R>")
            .On(Zones + "marker=Z2&maxitems=100").XmlError("Throttling", "Rate exceeded")
            .On(Zones + "marker=Z2&maxitems=100").Xml("<R><HostedZones/><IsTruncated>false</IsTruncated></R>")
            .On(Sts).Xml(Assumed("ASIAFIRST"))
            .On(Ec2InParis).Xml(Empty)
            .On("POST https://dynamodb.eu-west-1.amazonaws.com/").Json("{}")
            .On("POST https://route53resolver.eu-west-1.amazonaws.com/").JsonError("AccessDeniedException", "no");
        var clients = Clients(_aws, new FakeTimeProvider(s_now));
        Assert.Empty(clients.Calls);

        await clients.In(Home).Route53.ListPublicZonesAsync(Stopping);
        var before = clients.Calls;
        await clients.In(s_member).Ec2.DescribeVpcsAsync(null, Stopping);
        await clients.Ledger.GetNodeAsync(Router, Stopping);
        await Assert.ThrowsAsync<CallFailedException>(() => clients.In(Home).Resolver.ListInboundEndpointsAsync(Stopping));

        Assert.Equal(new Dictionary<string, int> { ["Route 53"] = 2 }, before);
        Assert.Equal(
            new Dictionary<string, int> { ["Route 53"] = 2, ["STS"] = 1, ["EC2"] = 1, ["DynamoDB"] = 1, ["Route 53 Resolver"] = 1 }, clients.Calls);
    }

    [Fact]
    public async Task Sends_Route_53_five_requests_a_second_for_all_Regions_of_an_account()
    {
        var time = new FakeTimeProvider(s_now);
        var aws = new FakeAws { AnyOrder = true };
        var other = new Scope("444455556666", "eu-west-1");
        aws.On(Sts).Xml(Assumed("ASIAFIRST"));
        for (var call = 0; call < 7; call++)
        {
            aws.On("GET https://route53.amazonaws.com/2013-04-01/change/C1").Xml("<R><ChangeInfo><Status>INSYNC</Status></ChangeInfo></R>");
        }

        var clients = Clients(aws, time);
        var regions = new[] { "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1" };
        foreach (var region in regions)
        {
            await clients.In(Home with { Region = region }).Route53.IsInSyncAsync("C1", Stopping);
        }

        var sixth = clients.In(Home).Route53.IsInSyncAsync("C1", Stopping);
        Assert.True(await clients.In(other).Route53.IsInSyncAsync("C1", Stopping));
        Assert.False(sixth.IsCompleted);
        Assert.Equal(7, aws.Requests.Count);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await sixth);
    }

    [Fact]
    public async Task Sends_Resolver_five_requests_a_second_in_each_Region()
    {
        var time = new FakeTimeProvider(s_now);
        var aws = new FakeAws { AnyOrder = true };
        for (var call = 0; call < 6; call++)
        {
            aws.On("POST https://route53resolver.eu-west-1.amazonaws.com/").Json("""{"ResolverEndpoints":[]}""");
        }

        aws.On("POST https://route53resolver.eu-west-3.amazonaws.com/").Json("""{"ResolverEndpoints":[]}""");
        var clients = Clients(aws, time);
        for (var call = 0; call < 5; call++)
        {
            await clients.In(Home).Resolver.ListInboundEndpointsAsync(Stopping);
        }

        var sixth = clients.In(Home).Resolver.ListInboundEndpointsAsync(Stopping);
        await clients.In(Home with { Region = "eu-west-3" }).Resolver.ListInboundEndpointsAsync(Stopping);
        Assert.False(sixth.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty((await sixth).Items);
    }

    [Fact]
    public async Task Says_what_to_allow_when_the_role_cannot_be_assumed()
    {
        _aws.On(Sts).XmlError(
            "AccessDenied",
            "User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: sts:AssumeRole on resource: arn",
            HttpStatusCode.Forbidden);

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Clients(_aws).In(s_member).Ec2.DescribeVpcsAsync(null, Stopping));

        Assert.Equal((Failure.Denied, "STS", "AssumeRole"), (failed.Failure, failed.Service, failed.Operation));
        Assert.Contains("allow sts:AssumeRole", failed.Message, StringComparison.Ordinal);
        Assert.Contains("trust policy of arn:aws:iam::444455556666:role/TailnetMember", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_take_an_empty_key_for_credentials()
    {
        _aws.On(Sts).Xml(Assumed(""));

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Clients(_aws, new FakeTimeProvider(s_now)).In(s_member).Ec2.DescribeVpcsAsync(null, Stopping));

        Assert.Equal((Failure.Unavailable, "STS", "AssumeRole"), (failed.Failure, failed.Service, failed.Operation));
    }

    [Fact]
    public async Task Does_not_take_credentials_that_have_expired_already()
    {
        _aws.On(Sts).Xml(Assumed("ASIAEXAMPLE", hours: -1));

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Clients(_aws, new FakeTimeProvider(s_now)).In(s_member).Ec2.DescribeVpcsAsync(null, Stopping));

        Assert.Equal((Failure.Unavailable, "STS", "AssumeRole"), (failed.Failure, failed.Service, failed.Operation));
        Assert.Contains("check the clock", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_so_when_no_member_role_is_set()
    {
        var clients = Clients(_aws, change: settings => settings with { MemberRole = null });

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => clients.In(s_member).Ec2.DescribeVpcsAsync(null, Stopping));

        Assert.Contains("set MEMBER_ROLE, or take account 444455556666 out of SCOPES", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looks_for_credentials_at_a_call_and_not_before()
    {
        var scope = Clients(_aws, credentials: new NoCredentials()).In(Home);
        var (ec2, autoScaling, ssm) = (scope.Ec2, scope.AutoScaling, scope.Ssm);

        foreach (var call in (Func<Task>[])
            [
                () => ec2.DescribeVpcsAsync(null, Stopping),
                () => autoScaling.DescribeLifecycleStateAsync(Router, Stopping),
                () => ssm.CreateSecretAsync("/x", new("open sesame"), Router, Stopping),
            ])
        {
            var failed = await Assert.ThrowsAsync<CallFailedException>(call);
            Assert.Equal((Failure.BadCredential, "no credentials"), (failed.Failure, failed.Code));
        }
    }

    [Fact]
    public async Task Says_so_when_the_own_credentials_have_expired()
    {
        _aws.On("POST https://ec2.eu-west-1.amazonaws.com/").Ec2Error("RequestExpired", "Request has expired.");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Clients(_aws).In(Home).Ec2.DescribeVpcsAsync(null, Stopping));

        Assert.Equal(Failure.BadCredential, failed.Failure);
        Assert.Contains("the credentials have expired", failed.Message, StringComparison.Ordinal);
    }

    private static string Assumed(string key, int hours = 1) =>
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
        + $"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey><SessionToken>token-of-{key}</SessionToken>"
        + $"<Expiration>{s_now.AddHours(hours):yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

    private sealed class NoCredentials : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => throw new AmazonClientException("Failed to resolve AWS credentials.");
    }
}

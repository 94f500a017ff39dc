using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SQS;
using Automation.Aws.Thin;

namespace Automation.Aws;

/// <summary>The clients of one account and Region, each made when it is first asked for.</summary>
internal sealed class AwsScope : IAwsScope
{
    private const int ResolverRequestsPerSecond = 5;

    // docs.aws.amazon.com/general/latest/gr/ssm.html; a burst of launches is held up here, before its keys are minted in vain.
    private const int PutsPerSecond = 3;

    private readonly Lazy<IEc2> _ec2;
    private readonly Lazy<IAutoScaling> _autoScaling;
    private readonly Lazy<IRoute53> _route53;
    private readonly Lazy<IResolver> _resolver;
    private readonly Lazy<ISsm> _ssm;
    private readonly Lazy<ISqs> _sqs;

    /// <param name="http">Makes HTTP clients; null for the SDK's own.</param>
    /// <param name="route53Pace">The account's, for Route 53 counts the requests of all Regions together.</param>
    public AwsScope(
        AwsIdentity identity, string? kmsKey, AWSCredentials credentials, HttpClientFactory http, TimeProvider time, CallCounts counts, RateLimit route53Pace)
    {
        Scope = identity.Scope;
        var region = RegionEndpoint.GetBySystemName(Scope.Region);
        AwsCaller Caller(AwsService service, RateLimit? pace = null) => new(service, identity, time, counts, pace);
        T Config<T>(T config)
            where T : ClientConfig => ClientDefaults.With(config, Scope.Region, http);

        _ec2 = new(() => new Ec2Client(new LeanEc2(credentials, Config(new AmazonEC2Config())), Caller(AwsService.Ec2), Scope.Account));
        _autoScaling = new(() => new AutoScalingClient(
            new ThinClient(credentials, Config(AutoScalingClient.Config())), Caller(AwsService.AutoScaling)));
        _route53 = new(() => new Route53Client(
            new ThinClient(credentials, Config(Route53Client.Config())), Caller(AwsService.Route53, route53Pace), Scope));
        _resolver = new(() => new ResolverClient(
            new ThinClient(credentials, Config(ResolverClient.Config())), Caller(AwsService.Resolver, new(ResolverRequestsPerSecond, time))));
        _ssm = new(() => new SsmClient(
            new LeanSsm(credentials, Config(new AmazonSimpleSystemsManagementConfig())),
            new OnceSsmClient(credentials, Config(new AmazonSimpleSystemsManagementConfig())),
            Caller(AwsService.Ssm),
            Caller(AwsService.Ssm, new(PutsPerSecond, time)),
            Scope,
            region.PartitionName,
            kmsKey));
        _sqs = new(() => new SqsClient(
            new LeanSqs(credentials, Config(new AmazonSQSConfig())), Caller(AwsService.Sqs), region.PartitionDnsSuffix));
    }

    public Scope Scope { get; }

    public IEc2 Ec2 => _ec2.Value;

    public IAutoScaling AutoScaling => _autoScaling.Value;

    public IRoute53 Route53 => _route53.Value;

    public IResolver Resolver => _resolver.Value;

    public ISsm Ssm => _ssm.Value;

    public ISqs Sqs => _sqs.Value;
}

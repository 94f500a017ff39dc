using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.SimpleSystemsManagement;

namespace Automation.Aws;

/// <summary>
/// Repeats what SSM refused for now, but not what may have been done. Were the creation of a parameter repeated after a lost
/// answer, it would find its own work and say that somebody else's parameter is there.
/// </summary>
internal sealed class OnceSsmClient : LeanSsm
{
    public OnceSsmClient(AWSCredentials credentials, AmazonSimpleSystemsManagementConfig config)
        : base(credentials, OnlyOnce(config))
    {
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new ThrottleRetryPolicy(Config)));
    }

    private static AmazonSimpleSystemsManagementConfig OnlyOnce(AmazonSimpleSystemsManagementConfig config)
    {
        config.MaxStaleConnectionRetries = 0;
        return config;
    }

    private sealed class ThrottleRetryPolicy(IClientConfig config) : StandardRetryPolicy(config)
    {
        public override bool IsTransientError(IExecutionContext executionContext, Exception exception) => false;

        public override bool IsServiceTimeoutError(Exception exception) => false;
    }
}

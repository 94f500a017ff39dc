using System.Runtime.CompilerServices;
using Amazon.Runtime.Internal;

namespace Automation.Aws;

/// <summary>Takes the waits out of the SDK's retries; their number stays.</summary>
internal sealed class QuickRetries : IRuntimePipelineCustomizer
{
    public string UniqueName => nameof(QuickRetries);

    public void Customize(Type type, RuntimePipeline pipeline)
    {
        foreach (var handler in pipeline.Handlers.OfType<RetryHandler>())
        {
            ((StandardRetryPolicy)handler.RetryPolicy).MaxBackoffInMilliseconds = 0;
        }
    }

    [ModuleInitializer]
    internal static void Register() => RuntimePipelineCustomizerRegistry.Instance.Register(new QuickRetries());
}

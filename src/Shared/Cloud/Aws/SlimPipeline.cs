using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace Automation.Aws;

/// <summary>
/// Takes out of every client of the SDK the handlers that do nothing here: events that nobody subscribes to, and compression,
/// checksums and endpoint discovery that none of these services asks for. A native binary looks up each handler anew for each
/// kind of answer, so each of them costs a cold start.
/// </summary>
internal sealed class SlimPipeline : IRuntimePipelineCustomizer
{
    public string UniqueName => nameof(SlimPipeline);

    /// <summary>For all clients that are made from now on.</summary>
    public static void Use() => RuntimePipelineCustomizerRegistry.Instance.Register(new SlimPipeline());

    public void Customize(Type type, RuntimePipeline pipeline)
    {
        Remove<MetricsHandler>(pipeline);
        Remove<ErrorCallbackHandler>(pipeline);
        Remove<CallbackHandler>(pipeline);
        Remove<CompressionHandler>(pipeline);
        Remove<ChecksumHandler>(pipeline);
        Remove<EndpointDiscoveryHandler>(pipeline);
    }

    // The pipeline removes one at a time, and has some of them several times.
    private static void Remove<THandler>(RuntimePipeline pipeline)
        where THandler : IPipelineHandler
    {
        for (var left = pipeline.Handlers.OfType<THandler>().Count(); left > 0; left--)
        {
            pipeline.RemoveHandler<THandler>();
        }
    }
}

using System.Text.Json.Serialization.Metadata;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Transform;

namespace Automation.Aws.Thin;

/// <summary>The SDK's own pipeline (credentials, signature, retries, clock correction) for hand-written calls.</summary>
internal sealed class ThinClient : AmazonServiceClient
{
    public ThinClient(AWSCredentials credentials, ThinConfig config)
        : base(credentials, config)
    {
    }

    /// <summary>Of a service that answers with XML.</summary>
    public Task<T> SendAsync<T>(ThinCall call, Func<XElement, T> read, CancellationToken stopping) =>
        SendAsync<T>(call, new ThinReader<T>(read, mayBeEmpty: false), stopping);

    /// <summary>Of a call whose answer says no more than that it was done.</summary>
    public Task<bool> SendAsync(ThinCall call, CancellationToken stopping) =>
        SendAsync<bool>(call, new ThinReader<bool>(_ => true, mayBeEmpty: true), stopping);

    /// <summary>Of a service that answers with JSON.</summary>
    public Task<T> SendAsync<T>(ThinCall call, JsonTypeInfo<T> read, CancellationToken stopping)
        where T : class =>
        SendAsync<T>(call, new ThinJsonReader<T>(read), stopping);

    private async Task<T> SendAsync<T>(ThinCall call, ResponseUnmarshaller reader, CancellationToken stopping)
    {
        var options = new InvokeOptions { RequestMarshaller = call, ResponseUnmarshaller = reader };
        var result = (ThinResult<T>)await InvokeAsync<AmazonWebServiceResponse>(call, options, stopping).ConfigureAwait(false);
        return result.Value!;
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.RemoveHandler<EndpointResolver>();

        // Each goes directly behind the marshaller, so the last one added runs first.
        pipeline.AddHandlerAfter<Marshaller>(new EndpointHandler());
        pipeline.AddHandlerAfter<Marshaller>(new AuthHandler());
    }

    private sealed class EndpointHandler : BaseEndpointResolver
    {
        public override void ProcessRequestHandlers(IExecutionContext executionContext)
        {
            var endpoint = ((ThinConfig)executionContext.RequestContext.ClientConfig).Endpoint();
            var request = executionContext.RequestContext.Request;
            request.Endpoint = endpoint.Url;
            request.AuthenticationRegion = endpoint.SigningRegion;
        }
    }

    private sealed class AuthHandler : BaseAuthResolverHandler
    {
        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) => AuthSchemeOption.DEFAULT_SIGV4;
    }
}

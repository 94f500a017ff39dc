using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;

namespace Automation.Aws.Thin;

/// <summary>The SDK's own pipeline (credentials, signature, retries, clock correction) for hand-written calls.</summary>
internal sealed class ThinClient : AmazonServiceClient
{
    public ThinClient(AWSCredentials credentials, ThinConfig config)
        : base(credentials, config)
    {
    }

    public async Task<T> SendAsync<T>(ThinCall call, Func<XElement, T> read, CancellationToken stopping)
    {
        var options = new InvokeOptions { RequestMarshaller = call, ResponseUnmarshaller = new ThinReader<T>(read) };
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

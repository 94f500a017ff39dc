using System.Runtime.CompilerServices;
using Amazon.EC2.Internal;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.SQS.Internal;

namespace Automation.Aws;

/// <summary>
/// Lets the compiler build each handler's method for the one type of answer that the lean clients have. The SDK calls these methods
/// so that only a running program sees the type, and a native binary would build each of them at its first call. A call that names the type
/// is enough: it need never be made.
/// </summary>
internal static class BuiltForms
{
    /// <param name="never">null: nothing is called.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Keep(IExecutionContext? never)
    {
        if (never is not null)
        {
            _ = new Marshalling().Call(never);
            _ = new Resolving().Call(never);
            _ = new Authorising().Call(never);
            _ = new Signing().Call(never);
            _ = new Retrying().Call(never);
            _ = new Erring().Call(never);
            _ = new Unmarshalling().Call(never);
            _ = new Sending().Call(never);
            _ = new BeforeEc2().Call(never);
            _ = new BehindEc2().Call(never);
            _ = new AnsweredByEc2().Call(never);
            _ = new ToSqs().Call(never);
            _ = new AnsweredBySqs().Call(never);
        }
    }

    private sealed class Marshalling : Marshaller
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class Resolving : BaseEndpointResolver
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class Authorising : BaseAuthResolverHandler
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);

        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) => AuthSchemeOption.DEFAULT_SIGV4;
    }

    private sealed class Signing : Signer
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class Retrying() : RetryHandler(new StandardRetryPolicy(0))
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class Erring() : ErrorHandler(null)
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class Unmarshalling() : Unmarshaller(false)
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class Sending() : HttpHandler<HttpContent>(null, null)
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class BeforeEc2 : AmazonEC2PreMarshallHandler
    {
        public BeforeEc2()
            : base(null)
        {
        }

        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class BehindEc2 : AmazonEC2PostMarshallHandler
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class AnsweredByEc2 : AmazonEC2ResponseHandler
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class ToSqs : ProcessRequestHandler
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }

    private sealed class AnsweredBySqs : ValidationResponseHandler
    {
        public Task<AmazonWebServiceResponse> Call(IExecutionContext context) => base.InvokeAsync<AmazonWebServiceResponse>(context);
    }
}

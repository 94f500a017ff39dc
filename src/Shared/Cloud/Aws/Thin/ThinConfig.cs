using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Util.Internal;

namespace Automation.Aws.Thin;

/// <summary>Configuration of a client for a service whose SDK package is not used. Built on extension points of AWSSDK.Core.</summary>
internal sealed class ThinConfig : ClientConfig
{
    private readonly Func<RegionEndpoint, ThinEndpoint> _endpoint;

    /// <param name="serviceId">AWS's name of the service; it also gives the variable <c>AWS_ENDPOINT_URL_&lt;SERVICE&gt;</c>.</param>
    /// <param name="signingName">The service's name in a signature.</param>
    public ThinConfig(string serviceId, string signingName, string version, Func<RegionEndpoint, ThinEndpoint> endpoint)
        : base(new DefaultConfigurationProvider(Defaults()))
    {
        _endpoint = endpoint;
        ServiceId = serviceId;
        AuthenticationServiceName = signingName;
        ServiceVersion = version;
        RegionEndpointServiceName = signingName;
        UserAgent = InternalSDKUtils.BuildUserAgentString(serviceId.Replace(' ', '_'), "1.0");
    }

    public override string ServiceVersion { get; }

    public override string UserAgent { get; }

    public override string RegionEndpointServiceName { get; }

    /// <exception cref="CallFailedException">A FIPS or dual-stack endpoint is asked for, and not named.</exception>
    public ThinEndpoint Endpoint()
    {
        var endpoint = _endpoint(RegionEndpoint);
        if (!string.IsNullOrEmpty(ServiceURL))
        {
            return endpoint with { Url = new(ServiceURL) };
        }

        // Asked for by AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT. Calling the ordinary endpoint all the same would
        // break a promise in silence.
        if (UseFIPSEndpoint || UseDualstackEndpoint)
        {
            var variable = $"AWS_ENDPOINT_URL_{ServiceId.ToUpperInvariant().Replace(' ', '_')}";
            throw new CallFailedException(
                Failure.Invalid, ServiceId, "endpoint", "no such endpoint", $"FIPS or dual-stack is asked for: name that endpoint in {variable}");
        }

        return endpoint;
    }

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) => new(Endpoint().Url.AbsoluteUri);

    // Whatever AWS_DEFAULTS_MODE says must be found here; what the modes would differ in is set by ClientDefaults.
    private static IEnumerable<IDefaultConfiguration> Defaults() =>
        Enum.GetValues<DefaultConfigurationMode>().Select(mode => new DefaultConfiguration { Name = mode, RetryMode = RequestRetryMode.Standard });
}

/// <summary>Where a service is called, and the Region that the signature names.</summary>
internal sealed record ThinEndpoint(Uri Url, string SigningRegion);

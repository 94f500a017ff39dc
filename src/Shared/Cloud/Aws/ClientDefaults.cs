using Amazon;
using Amazon.Runtime;

namespace Automation.Aws;

/// <summary>What every client has in common.</summary>
internal static class ClientDefaults
{
    /// <summary>TCP repeats a lost first packet after 1 s and again after 2 s more: this gives the second repeat a chance.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3.1);

    /// <summary>Of one try.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <param name="http">Makes HTTP clients.</param>
    public static TConfig With<TConfig>(TConfig config, string region, HttpClientFactory http)
        where TConfig : ClientConfig
    {
        config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);

        // With AWS_ENDPOINT_URL the SDK would sign for the Region that AWS_REGION names, or us-east-1 without it.
        config.AuthenticationRegion = region;

        // Set here so that AWS_RETRY_MODE=adaptive cannot: in this version of the SDK it waits after one throttle and sends no more.
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = 2;

        config.ConnectTimeout = ConnectTimeout;
        config.Timeout = Timeout;

        // Otherwise a retry carries the first try's signature, which may have expired or been made with old credentials.
        config.ResignRetries = true;
        config.AllowAutoRedirect = false;
        config.HttpClientFactory = http;
        return config;
    }
}

using Amazon;
using Amazon.Runtime;

namespace Automation.Aws;

/// <summary>What every client has in common.</summary>
internal static class ClientDefaults
{
    /// <param name="http">Makes HTTP clients; null for the SDK's own.</param>
    public static TConfig With<TConfig>(TConfig config, string region, HttpClientFactory? http)
        where TConfig : ClientConfig
    {
        config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);

        // With AWS_ENDPOINT_URL the SDK would sign for the Region that AWS_REGION names, or us-east-1 without it.
        config.AuthenticationRegion = region;

        // Set here so that AWS_RETRY_MODE=adaptive cannot: in this version of the SDK it waits after one throttle and sends no more.
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = 2;

        // TCP repeats a lost first packet after 1 s and again after 2 s more: give the second repeat a chance.
        config.ConnectTimeout = TimeSpan.FromSeconds(3.1);
        config.Timeout = TimeSpan.FromSeconds(10);

        // Otherwise a retry carries the first try's signature, which may have expired or been made with old credentials.
        config.ResignRetries = true;
        config.AllowAutoRedirect = false;
        if (http is not null)
        {
            config.HttpClientFactory = http;
        }

        return config;
    }
}

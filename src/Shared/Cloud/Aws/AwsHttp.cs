using System.Text.Json;
using System.Text.Unicode;
using Amazon.Runtime;

namespace Automation.Aws;

/// <summary>
/// One HTTP client for all clients of the SDK, which would make one for each service. It lets an answer through only up to a length that none
/// of AWS's has, and JSON only where it is JSON: the SDK has no limit, and reads some of what is no JSON without end.
/// </summary>
internal sealed class AwsHttp : HttpClientFactory, IDisposable
{
    /// <summary>Bytes. Pages have a thousand items at the most, some two kilobytes each.</summary>
    internal const int LongestAnswer = 64 * 1024 * 1024;

    private readonly HttpClient _http;

    public AwsHttp()
        : this(Transport(), LongestAnswer)
    {
    }

    /// <param name="longestAnswer">In bytes.</param>
    internal AwsHttp(HttpMessageHandler transport, int longestAnswer) => _http = new(new LimitedAnswers(transport, longestAnswer)) { Timeout = ClientDefaults.Timeout };

    public void Dispose() => _http.Dispose();

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _http;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    private static SocketsHttpHandler Transport() => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = ClientDefaults.ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),   // so that a changed address is noticed by a process that lives for hours
        UseCookies = false,
    };

    private sealed class LimitedAnswers(HttpMessageHandler transport, int longestAnswer) : DelegatingHandler(transport)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            try
            {
                await response.Content.LoadIntoBufferAsync(longestAnswer, cancellationToken).ConfigureAwait(false);
                if (response.Content.Headers.ContentType?.MediaType is { } type && type.Contains("json", StringComparison.OrdinalIgnoreCase))
                {
                    Check(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
                }

                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }

        /// <exception cref="JsonException">It is no JSON; the message holds nothing of it.</exception>
        private static void Check(ReadOnlySpan<byte> answer)
        {
            if (answer.IsEmpty)
            {
                return;   // of a call that has nothing to say
            }

            if (!Utf8.IsValid(answer))   // which the reader checks in texts alone that it is asked for
            {
                throw new JsonException("it is no UTF-8");
            }

            try
            {
                var json = new Utf8JsonReader(answer);
                while (json.Read())
                {
                }
            }
            catch (JsonException)
            {
                throw new JsonException("it is no JSON");
            }
        }
    }
}

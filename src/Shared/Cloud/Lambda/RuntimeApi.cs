using System.Net;
using System.Net.Http.Headers;

namespace Automation.Lambda;

/// <summary>Lambda's Runtime API, version 2018-06-01: HTTP to an address on the same machine, one call at a time.</summary>
public sealed class RuntimeApi : IDisposable
{
    // It is there or it is not; a further try only outlives a connection that died while Lambda held the process frozen.
    private const int Tries = 3;

    private readonly HttpClient _http;

    /// <param name="address">Host and port, as <c>AWS_LAMBDA_RUNTIME_API</c> gives them.</param>
    public RuntimeApi(string address)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = 1,
            // A process thawed after hours must not find its one connection "too old".
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null,
        };
        // The wait for the next event has no end: Lambda freezes the process during it.
        _http = new(handler) { BaseAddress = new($"http://{address}/2018-06-01/runtime/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Waits for the next event, however long that takes.</summary>
    internal async Task<Taken> NextAsync(CancellationToken terminate) => await TryAsync("next", async () =>
    {
        using var reply = await _http.GetAsync("invocation/next", HttpCompletionOption.ResponseHeadersRead, terminate);
        if (reply.StatusCode != HttpStatusCode.OK)
        {
            throw new RuntimeApiException($"The Runtime API answered next with {(int)reply.StatusCode}.");
        }

        // From here on the event is ours: it is read and answered even when the process is asked to end.
        var payload = await reply.Content.ReadAsByteArrayAsync(CancellationToken.None);
        return Taken.Read(reply.Headers, payload);
    });

    internal Task<HttpStatusCode> PostResponseAsync(Taken taken, ReadOnlyMemory<byte> answer) =>
        PostAsync($"invocation/{Uri.EscapeDataString(taken.RequestId)}/response", () => new ReadOnlyMemoryContent(answer), taken.InvocationId);

    internal Task<HttpStatusCode> PostErrorAsync(Taken taken, RuntimeError error) =>
        PostAsync($"invocation/{Uri.EscapeDataString(taken.RequestId)}/error", () => new ByteArrayContent(error.ToJson()), taken.InvocationId, error.Kind);

    internal Task<HttpStatusCode> PostInitErrorAsync(RuntimeError error) =>
        PostAsync("init/error", () => new ByteArrayContent(error.ToJson()), null, error.Kind);

    // Posting twice is harmless: an invocation takes one answer, and a second is refused.
    private Task<HttpStatusCode> PostAsync(string path, Func<HttpContent> content, string? invocationId, string? errorKind = null) =>
        TryAsync(path, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content() };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (invocationId is not null)
            {
                request.Headers.TryAddWithoutValidation(Taken.InvocationIdHeader, invocationId);
            }

            if (errorKind is not null)
            {
                request.Headers.TryAddWithoutValidation("Lambda-Runtime-Function-Error-Type", errorKind);
            }

            using var reply = await _http.SendAsync(request, CancellationToken.None);
            return (int)reply.StatusCode < 500
                ? reply.StatusCode
                : throw new RuntimeApiException($"The Runtime API answered {path} with {(int)reply.StatusCode}.");
        });

    private static async Task<T> TryAsync<T>(string call, Func<Task<T>> send)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException)
            {
                if (attempt == Tries)
                {
                    throw new RuntimeApiException($"The Runtime API could not be reached for {call}.", lost);
                }
            }
        }
    }
}

/// <summary>The Runtime API is gone or out of step: the process cannot go on.</summary>
internal sealed class RuntimeApiException(string message, Exception? inner = null) : Exception(message, inner);

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Automation.Tailscale;

/// <summary>Sends a call and brings its answer, whatever the status. No answer is <see cref="Failure.Unavailable"/>.</summary>
internal sealed class TailscaleHttp : IDisposable
{
    private readonly HttpClient _client;
    private readonly string _base;
    private readonly TimeProvider _time;

    public TailscaleHttp(Uri api, HttpMessageHandler transport, TimeProvider time, Func<double> jitter)
    {
        _base = api.AbsoluteUri.TrimEnd('/') + "/api/v2";
        _time = time;
        _client = new(new RetryHandler(time, jitter) { InnerHandler = transport })
        {
            Timeout = Timeout.InfiniteTimeSpan,   // the handler limits each try
        };
        _client.DefaultRequestHeaders.Accept.Add(new("application/json"));
        _client.DefaultRequestHeaders.UserAgent.Add(new("tailnet-automation", productVersion: null));
    }

    public async Task<TailscaleAnswer> SendAsync(
        TailscaleCall call, string path, AccessToken? token, Func<HttpContent>? content, CancellationToken stopping)
    {
        using var request = new HttpRequestMessage(call.Method, _base + path) { Content = content?.Invoke() };
        request.Options.Set(RetryHandler.IsRepeatable, call.IsRepeatable);
        request.Headers.Authorization = token is null ? null : new("Bearer", token.Value.Reveal());
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping);
            var body = await response.Content.ReadAsByteArrayAsync(stopping);
            return new(response.StatusCode, body, RequestIdOf(response.Headers), RetryAfter.Read(response, _time.GetUtcNow()));
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            throw new CallFailedException(
                Failure.Unavailable, TailscaleCall.Service, call.ToString(), lost is TimeoutException ? "timeout" : "no answer", Printable.Of(lost.Message), lost);
        }
    }

    public void Dispose() => _client.Dispose();

    private static string? RequestIdOf(HttpResponseHeaders headers) =>
        headers.TryGetValues("x-tailscale-request-id", out var values) ? values.FirstOrDefault() : null;
}

/// <param name="retryAfter">How long the service asks to wait; null where it does not say.</param>
internal sealed class TailscaleAnswer(HttpStatusCode status, byte[] body, string? requestId, TimeSpan? retryAfter)
{
    public HttpStatusCode Status => status;

    public string? RequestId => requestId;

    public TimeSpan? RetryAfter => retryAfter;

    public ReadOnlyMemory<byte> Body => body;

    /// <exception cref="CallFailedException">Unavailable: what cannot be read is unknown, not empty.</exception>
    public T Read<T>(TailscaleCall call, JsonTypeInfo<T> type) =>
        Read(call, () => JsonSerializer.Deserialize(body, type) ?? throw Refusals.Unreadable(call, this, "the answer is null"));

    /// <param name="read">Throws a <see cref="JsonException"/> where the answer is not as it should be.</param>
    /// <exception cref="CallFailedException">Unavailable: what cannot be read is unknown, not empty.</exception>
    public T Read<T>(TailscaleCall call, Func<JsonElement, T> read) => Read(call, () =>
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.ValueKind == JsonValueKind.Null ? throw Refusals.Unreadable(call, this, "the answer is null") : read(json.RootElement);
    });

    private T Read<T>(TailscaleCall call, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException)   // not passed on: the body may hold a secret
        {
            throw Refusals.Unreadable(call, this, body.Length == 0 ? "the answer is empty" : "the answer is not the JSON that the API documents");
        }
    }

    /// <summary>The text in <c>{"message":"..."}</c>; null where the body is anything else, such as a gateway's page.</summary>
    public string? Message()
    {
        try
        {
            return JsonSerializer.Deserialize(body, TailscaleJson.Default.WireError)?.Message;
        }
        catch (JsonException)   // the body of an error is optional and not always JSON
        {
            return null;
        }
    }
}

using System.Net;

namespace Automation.Tailscale;

/// <summary>
/// Tries again what may be tried again: at most three times, 10 s each, with exponential back-off and full jitter, or after the wait that
/// the service asks for. What would have to wait longer than 10 s in all is handed back at once, so that a function does not sleep.
/// </summary>
/// <param name="jitter">A number from 0 to 1.</param>
internal sealed class RetryHandler(TimeProvider time, Func<double> jitter) : DelegatingHandler
{
    /// <summary>Set on a POST or PATCH that may be done twice. GET, PUT and DELETE always may.</summary>
    public static readonly HttpRequestOptionsKey<bool> IsRepeatable = new("Automation.IsRepeatable");

    public static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(10);

    private const int Tries = 3;

    /// <summary>More than any tailnet's device list; a body beyond it is no answer of this API.</summary>
    private const int LongestBody = 64 * 1024 * 1024;

    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(500);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var repeatable = MayRepeat(request);
        var waited = TimeSpan.Zero;
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                var response = await TryAsync(request, cancellationToken);
                wait = WaitBefore(attempt + 1, RetryAfter.Read(response, time.GetUtcNow()));
                if (attempt == Tries || waited + wait > WaitLimit || !IsWorthRepeating(response.StatusCode, repeatable))
                {
                    return response;
                }

                response.Dispose();
            }
            catch (Exception lost) when (attempt < Tries && MayRepeat(lost, repeatable) && !cancellationToken.IsCancellationRequested)
            {
                wait = WaitBefore(attempt + 1, asked: null);
            }

            await Task.Delay(wait, time, cancellationToken);
            waited += wait;
        }
    }

    private async Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(TryLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await base.SendAsync(request, either.Token);
            await response.Content.LoadIntoBufferAsync(LongestBody, either.Token);   // a body that stalls or breaks off is a lost answer too
            return response;
        }
        catch (Exception failed)
        {
            response?.Dispose();
            if (failed is OperationCanceledException && limit.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                throw new TimeoutException($"no answer within {TryLimit.TotalSeconds:0} s");
            }

            throw;
        }
    }

    private TimeSpan WaitBefore(int attempt, TimeSpan? asked)
    {
        var backOff = s_firstWait * Math.Pow(2, attempt - 2) * jitter();
        return asked > backOff ? asked.Value : backOff;
    }

    private static bool MayRepeat(HttpRequestMessage request) =>
        request.Method == HttpMethod.Get || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
        || (request.Options.TryGetValue(IsRepeatable, out var marked) && marked);

    // 429 says that nothing was done, so that even a POST may go again.
    private static bool IsWorthRepeating(HttpStatusCode status, bool repeatable) =>
        status == HttpStatusCode.TooManyRequests
        || (repeatable && (int)status is 408 or 500 or 502 or 503 or 504 or (> 505 and < 600));

    private static bool MayRepeat(Exception lost, bool repeatable) => lost switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError } => true,   // nothing was sent
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError or HttpRequestError.ConfigurationLimitExceeded } => false,
        HttpRequestException or IOException or TimeoutException or OperationCanceledException => repeatable,
        _ => false,
    };
}

/// <summary>The header of that name, in seconds or as a date.</summary>
internal static class RetryAfter
{
    public static TimeSpan? Read(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };
}

using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Automation.Tailscale;

/// <summary>Answers requests in the order told and fails on any that it was not told of.</summary>
internal sealed class ScriptedApi : HttpMessageHandler
{
    private readonly Queue<Step> _steps = new();

    public List<Sent> Requests { get; } = [];

    /// <summary>Where set, an answer to this path waits for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public ScriptedApi Token(string token = "tskey-token-1", string scope = "all", long expiresIn = 3600) => Then(
        "POST /api/v2/oauth/token",
        200,
        $$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":{{expiresIn}},"scope":"{{scope}}"}""");

    public ScriptedApi Then(string request, int status, string body = "", string mediaType = "application/json", params (string Name, string Value)[] headers)
    {
        _steps.Enqueue(new(request, () =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
            foreach (var (name, value) in headers)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }

            return response;
        }));
        return this;
    }

    public ScriptedApi ThenLost(string request, Exception how)
    {
        _steps.Enqueue(new(request, () => throw how));
        return this;
    }

    /// <summary>The headers come, then the connection breaks.</summary>
    public ScriptedApi ThenBreaksOff(string request)
    {
        _steps.Enqueue(new(request, () => new(HttpStatusCode.OK) { Content = new StreamContent(new BrokenStream()) }));
        return this;
    }

    /// <summary>Nothing ever comes.</summary>
    public ScriptedApi ThenSilent(string request)
    {
        _steps.Enqueue(new(request, Answer: null));
        return this;
    }

    public void AssertAllSent() => Assert.Empty(_steps);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var line = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        Step step;
        lock (_steps)
        {
            Requests.Add(new(line, body, request.Headers.Authorization?.ToString(), request.Content?.Headers.ContentType?.MediaType));
            Assert.True(_steps.TryDequeue(out step!), $"not told of {line}");
        }

        Assert.Equal(step.Request, line);
        if (Gate is { } gate)
        {
            await gate.Task;
        }

        if (step.Answer is null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return step.Answer!();
    }

    internal sealed record Sent(string Line, string Body, string? Authorization, string? MediaType);

    private sealed record Step(string Request, Func<HttpResponseMessage>? Answer);

    private sealed class BrokenStream : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("connection reset");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("connection reset");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            throw new IOException("connection reset");
    }
}

/// <summary>A clock on which waits for another try pass at once, and limits of 10 s and more only where told.</summary>
internal sealed class PatientTime : FakeTimeProvider
{
    public PatientTime()
        : base(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>The waits between tries, in order.</summary>
    public List<TimeSpan> Waits { get; } = [];

    /// <summary>Every try runs into its limit.</summary>
    public bool TriesTimeOut { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var isWait = dueTime > TimeSpan.Zero && dueTime < RetryHandler.TryLimit;
        if (isWait)
        {
            Waits.Add(dueTime);
            Advance(dueTime);
        }

        if (isWait || (TriesTimeOut && dueTime == RetryHandler.TryLimit))
        {
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        return base.CreateTimer(callback, state, dueTime, period);
    }
}

using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Automation.Sandbox;

/// <summary>The Tailscale API v2 over HTTP on a simulated tailnet, on a free port of the loopback address.</summary>
public sealed class TailscaleApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ApiRouter _router;
    private readonly Lock _gate = new();
    private readonly List<RecordedRequest> _requests = [];
    private readonly List<CannedAnswer> _canned = [];

    private TailscaleApi(Tailnet tailnet)
    {
        _router = new(tailnet);

        // The empty builder reads no configuration and no environment.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port: 0));
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Base address, without <c>/api/v2</c>.</summary>
    public Uri Uri => new(_app.Urls.Single());

    /// <summary>Every request so far, in order of arrival.</summary>
    public ImmutableArray<RecordedRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public static async Task<TailscaleApi> StartAsync(Tailnet tailnet, CancellationToken stopping)
    {
        TailscaleApi api = new(tailnet);
        await api._app.StartAsync(stopping);
        return api;
    }

    /// <summary>The next request that matches gets this answer, once. Several answers for one request are used in the order given.</summary>
    public void Respond(CannedAnswer answer)
    {
        lock (_gate)
        {
            _canned.Add(answer);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var canned = Record(context.Request);
        ApiAnswer? answer = canned is null || canned.AfterEffect ? await _router.AnswerAsync(context.Request) : null;
        if (canned?.Stalls is true)
        {
            var hungUp = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(hungUp.SetResult);
            await hungUp.Task;
            return;
        }

        if (canned?.CutOff is true)
        {
            context.Abort();
            return;
        }

        var response = context.Response;
        response.StatusCode = canned?.Status ?? answer!.Status;
        response.ContentType = canned?.ContentType ?? "application/json";
        foreach (var (name, value) in canned?.Headers ?? [])
        {
            response.Headers[name] = value;
        }

        await response.WriteAsync(canned?.Body ?? answer!.Body, context.RequestAborted);
    }

    private CannedAnswer? Record(HttpRequest request)
    {
        lock (_gate)
        {
            _requests.Add(new(request.Method, request.GetEncodedPathAndQuery()));
            var at = _canned.FindIndex(canned =>
                canned.Method == request.Method && request.Path.Value!.Contains(canned.PathPart, StringComparison.Ordinal));
            if (at < 0)
            {
                return null;
            }

            var canned = _canned[at];
            _canned.RemoveAt(at);
            return canned;
        }
    }

    /// <summary>Leaves Ctrl+C and SIGTERM to the process: the host's own lifetime would take them.</summary>
    private sealed class QuietLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>A request as it came, without headers and body: those may hold secrets.</summary>
/// <param name="Path">With the query.</param>
public sealed record RecordedRequest(string Method, string Path)
{
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>An answer that a test lays out for the next request with this method and this text in its path.</summary>
public sealed record CannedAnswer(string Method, string PathPart, int Status, string Body = "")
{
    public string ContentType { get; init; } = "application/json";

    /// <summary>Such as <c>Retry-After</c>.</summary>
    public ImmutableArray<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The request is carried out before the answer is given in place of the real one.</summary>
    public bool AfterEffect { get; init; }

    /// <summary>No answer comes: the connection stays open until the caller hangs up.</summary>
    public bool Stalls { get; init; }

    /// <summary>The connection is cut instead of an answer.</summary>
    public bool CutOff { get; init; }
}

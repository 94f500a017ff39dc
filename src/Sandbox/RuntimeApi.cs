using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Automation.Sandbox;

/// <summary>Lambda's Runtime API on a free port of this machine: hands out events, takes answers, and misbehaves when told to.</summary>
public sealed class SimulatedRuntimeApi : IAsyncDisposable
{
    // Lambda's limit of an answer: 6 MB and some room for the envelope.
    private const int LargestAnswer = (6 * 1024 * 1024) + 100;

    private readonly WebApplication _web;
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<SimulatedInvocation> _events = Channel.CreateUnbounded<SimulatedInvocation>();
    private readonly Channel<RuntimeAnswer> _accepted = Channel.CreateUnbounded<RuntimeAnswer>();
    private readonly ConcurrentQueue<RuntimeAnswer> _answers = new();
    private readonly ConcurrentDictionary<RuntimeAnswerKind, int> _refusals = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _connections = [];
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SimulatedInvocation? _current;
    private int _closed;
    private int _drops;
    private int _nextStatus;

    private SimulatedRuntimeApi(WebApplication web) => _web = web;

    /// <summary>Host and port, as <c>AWS_LAMBDA_RUNTIME_API</c> gives them.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Every post in order, those that were refused as well.</summary>
    public IReadOnlyCollection<RuntimeAnswer> Answers => _answers;

    /// <summary>How many connections have asked for an event.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    public static async Task<SimulatedRuntimeApi> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Limits.MaxRequestBodySize = null;
        });
        var web = builder.Build();
        var api = new SimulatedRuntimeApi(web);
        web.Run(api.ServeAsync);
        await web.StartAsync();
        api.Address = new Uri(web.Urls.Single()).Authority;
        return api;
    }

    /// <summary>Queues an event; it is handed out when the runtime asks.</summary>
    /// <returns>Its request id.</returns>
    public string Enqueue(SimulatedInvocation invocation)
    {
        lock (_gate)
        {
            _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _events.Writer.TryWrite(invocation);
        return invocation.RequestId;
    }

    /// <summary>Queues an event with its deadline.</summary>
    public string Enqueue(string payload, DateTimeOffset deadline) => Enqueue(new SimulatedInvocation(payload, deadline));

    /// <summary>The next accepted post, in order; waits for it.</summary>
    public async Task<RuntimeAnswer> AnswerAsync(CancellationToken stopping) => await _accepted.Reader.ReadAsync(stopping);

    /// <summary>Queues an event and waits for the next accepted post.</summary>
    public Task<RuntimeAnswer> InvokeAsync(string payload, DateTimeOffset deadline, CancellationToken stopping)
    {
        Enqueue(payload, deadline);
        return AnswerAsync(stopping);
    }

    /// <summary>Completes when a runtime waits in <c>next</c> and no event is left.</summary>
    public Task IdleAsync(CancellationToken stopping)
    {
        lock (_gate)
        {
            return _idle.Task.WaitAsync(stopping);
        }
    }

    /// <summary>Refuses the next post of this kind, once, such as with 413 or 500.</summary>
    public void Refuse(RuntimeAnswerKind kind, int status) => _refusals[kind] = status;

    /// <summary>Answers the next <c>next</c> with this status, once.</summary>
    public void RefuseNext(int status) => Volatile.Write(ref _nextStatus, status);

    /// <summary>Cuts the connection of the next so many calls of <c>next</c> without an answer, as after a thaw. No event is lost by it.</summary>
    public void DropNext(int times) => Volatile.Write(ref _drops, times);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            await _closing.CancelAsync();
            await _web.DisposeAsync();
            _closing.Dispose();
        }
    }

    private Task ServeAsync(HttpContext context)
    {
        const string version = "/2018-06-01/runtime/";
        var path = context.Request.Path.Value ?? "";
        var parts = path.StartsWith(version, StringComparison.Ordinal) ? path[version.Length..].Split('/') : [];
        return (context.Request.Method, parts) switch
        {
            ("GET", ["invocation", "next"]) => NextAsync(context),
            ("POST", ["invocation", var id, "response"]) => TakeAsync(context, RuntimeAnswerKind.Response, id),
            ("POST", ["invocation", var id, "error"]) => TakeAsync(context, RuntimeAnswerKind.Error, id),
            ("POST", ["init", "error"]) => TakeAsync(context, RuntimeAnswerKind.InitError, ""),
            _ => ReplyAsync(context, 404, "UnknownPath"),
        };
    }

    private async Task NextAsync(HttpContext context)
    {
        lock (_gate)
        {
            _connections.Add(context.Connection.Id);
        }

        if (Interlocked.Decrement(ref _drops) >= 0)
        {
            context.Abort();
            return;
        }

        Volatile.Write(ref _drops, 0);
        if (Interlocked.Exchange(ref _nextStatus, 0) is > 0 and var status)
        {
            await ReplyAsync(context, status, "Injected");
            return;
        }

        if (_current is not null)
        {
            await ReplyAsync(context, 403, "InvalidStateTransition");   // the last event was not answered
            return;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _closing.Token);
        try
        {
            if (!_events.Reader.TryRead(out var invocation))
            {
                ReportIdle();
                invocation = await _events.Reader.ReadAsync(waiting.Token);
            }

            _current = invocation;
            await HandOutAsync(context, invocation);
        }
        catch (OperationCanceledException)   // the runtime or this server is going; the event, if any, is still queued
        {
            context.Abort();
        }
    }

    private void ReportIdle()
    {
        lock (_gate)
        {
            _idle.TrySetResult();
        }
    }

    private static async Task HandOutAsync(HttpContext context, SimulatedInvocation invocation)
    {
        var headers = new Dictionary<string, string?>
        {
            ["Lambda-Runtime-Aws-Request-Id"] = invocation.RequestId,
            ["Lambda-Runtime-Deadline-Ms"] = invocation.Deadline?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            ["Lambda-Runtime-Invoked-Function-Arn"] = invocation.FunctionArn,
            ["Lambda-Runtime-Trace-Id"] = invocation.TraceId,
            ["Lambda-Runtime-Invocation-Id"] = invocation.InvocationId,
        };
        foreach (var (name, value) in invocation.Headers)
        {
            headers[name] = value;
        }

        foreach (var (name, value) in headers.Where(header => !string.IsNullOrEmpty(header.Value)))
        {
            context.Response.Headers[name] = value;
        }

        var body = Encoding.UTF8.GetBytes(invocation.Payload);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    private async Task TakeAsync(HttpContext context, RuntimeAnswerKind kind, string requestId)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var (status, error) = Judge(kind, requestId, body, headers);
        var answer = new RuntimeAnswer(kind, requestId, body, headers, status);
        _answers.Enqueue(answer);
        if (status == 202 && kind != RuntimeAnswerKind.InitError)
        {
            _current = null;
        }

        await ReplyAsync(context, status, error);
        if (status == 202)
        {
            _accepted.Writer.TryWrite(answer);
        }
    }

    private (int Status, string Error) Judge(RuntimeAnswerKind kind, string requestId, string body, Dictionary<string, string> headers)
    {
        if (_refusals.TryRemove(kind, out var refusal))
        {
            return (refusal, "Injected");
        }

        if (kind == RuntimeAnswerKind.InitError)
        {
            return (202, "");
        }

        if (_current is not { } current || current.RequestId != requestId)
        {
            return (400, "InvalidRequestID");
        }

        if (headers.TryGetValue("Lambda-Runtime-Invocation-Id", out var echoed) && echoed != current.InvocationId)
        {
            return (400, "InvalidInvocationId");
        }

        return Encoding.UTF8.GetByteCount(body) > LargestAnswer ? (413, "RequestEntityTooLarge") : (202, "");
    }

    private static async Task ReplyAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var body = status == 202 ? """{"status":"OK"}""" : $$"""{"errorMessage":"{{error}}","errorType":"{{error}}"}""";
        await context.Response.WriteAsync(body);
    }
}

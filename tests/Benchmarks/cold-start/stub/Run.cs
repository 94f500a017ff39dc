using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Automation.ColdStart;

/// <summary>One start of one variant: what it is answered, and what it asked. The first event is cold; those after it are warm.</summary>
internal sealed class Run(string batch, DateTimeOffset now)
{
    private const string Runtime = "/2018-06-01/runtime/";
    private const string TailscaleApi = "/api/v2/";
    private const int WarmEvents = 3;
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(1);   // bootstrap keeps to the rate that AWS allows for PutParameter, which is no part of the work

    private readonly AwsAnswers _aws = new(now);
    private readonly TailscaleAnswers _tailscale = new(now);
    private readonly byte[] _event = Wire.Event(batch, now);
    private readonly Lock _lock = new();
    private readonly List<(string Service, string Operation, long Arrived)> _calls = [];
    private readonly List<long> _warm = [];   // ns from the event to its answer
    private readonly TaskCompletionSource _goOn = new();
    private readonly byte[] _taken = Wire.Json(now, """{"status":"OK"}""", status: "202 Accepted");
    private int _connections;
    private bool _isWarm;
    private long _given;

    public void Connected() => Interlocked.Increment(ref _connections);

    /// <summary>The process has been looked at as it was after its first event, and gets the warm ones.</summary>
    public void GoOn() => _goOn.SetResult();

    /// <returns>null for the last request of a run.</returns>
    public byte[]? Answer(Request request, long arrived)
    {
        if (request.SignedFor is { } service)
        {
            var operation = request.Header("X-Amz-Target")?.Split('.')[^1] ?? request.Field("Action") ?? request.Path;
            Note(service, operation, arrived);
            return _aws.Answer(service, operation, request);
        }

        if (request.Path.StartsWith(TailscaleApi, StringComparison.Ordinal))
        {
            var operation = request.Method + " /" + request.Path[TailscaleApi.Length..];
            Note("tailscale", operation, arrived);
            return _tailscale.Answer(operation);
        }

        if (request.Path == Runtime + "invocation/next")
        {
            Note("runtime", "next", arrived);
            if (_isWarm)
            {
                Thread.Sleep(s_between);
            }

            _given = Stopwatch.GetTimestamp();
            return _event;
        }

        // The answer, or the error of the handler or of the start.
        var last = request.Path.StartsWith(Runtime, StringComparison.Ordinal) ? request.Path.Split('/')[^1] : request.Path;
        Note("runtime", last, arrived);
        if (!_isWarm)
        {
            Report(last, request.Body, arrived);
            _goOn.Task.Wait();
            _isWarm = true;
            return _taken;
        }

        _warm.Add(arrived - _given);
        if (last == "response" && _warm.Count < WarmEvents)
        {
            return _taken;
        }

        Report(last, request.Body, arrived);
        return null;
    }

    private void Note(string service, string operation, long arrived)
    {
        lock (_lock)
        {
            _calls.Add((service, operation, arrived));
        }
    }

    private void Report(string last, string answer, long arrived)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("last", last);
            json.WriteString("answer", answer);
            json.WriteNumber("arrived", arrived);
            json.WriteNumber("connections", _connections);
            json.WriteStartArray("warm");
            foreach (var time in _warm)
            {
                json.WriteNumberValue(time);
            }

            json.WriteEndArray();
            json.WriteStartArray("calls");
            lock (_lock)
            {
                foreach (var call in _calls)
                {
                    json.WriteStartArray();
                    json.WriteStringValue(call.Service + " " + call.Operation);
                    json.WriteNumberValue(call.Arrived);
                    json.WriteEndArray();
                }

                _calls.Clear();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        Console.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }
}

using System.Text;
using System.Text.Json;

namespace Automation.ColdStart;

/// <summary>One start of one variant: what it is answered, and what it asked.</summary>
internal sealed class Run(string batch, DateTimeOffset now)
{
    private const string Runtime = "/2018-06-01/runtime/";
    private const string TailscaleApi = "/api/v2/";

    private readonly AwsAnswers _aws = new(now);
    private readonly TailscaleAnswers _tailscale = new(now);
    private readonly byte[] _event = Wire.Event(batch, now);
    private readonly Lock _lock = new();
    private readonly List<(string Service, string Operation, long Arrived)> _calls = [];
    private int _connections;

    public void Connected() => Interlocked.Increment(ref _connections);

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
            return _event;
        }

        // The answer, or the error of the handler or of the start.
        var last = request.Path.StartsWith(Runtime, StringComparison.Ordinal) ? request.Path.Split('/')[^1] : request.Path;
        Note("runtime", last, arrived);
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
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        Console.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }
}

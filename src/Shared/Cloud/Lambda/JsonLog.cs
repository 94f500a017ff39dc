using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Automation.Lambda;

/// <summary>One JSON object a line, with the member names of Powertools for AWS Lambda and the <c>level</c> by which Lambda filters.</summary>
/// <remarks>A scope whose state is an <see cref="Invocation"/> marks the lines of that invocation; other scopes are not shown.</remarks>
public sealed class JsonLog(LogLines lines, LambdaEnvironment environment, TimeProvider time) : ILogger
{
    private const string Service = "tailnet";

    // Flows with the work: lines of a handler that outlives its deadline keep the id of its own invocation.
    private readonly AsyncLocal<Current?> _current = new();

    private int _invocations;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= environment.Threshold;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        if (state is not Invocation invocation)
        {
            return null;
        }

        return _current.Value = new Current(this, invocation, IsCold: Interlocked.Increment(ref _invocations) == 1);
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string line;
        try
        {
            var message = formatter(state, exception);
            line = environment.TextLog ? TextLine(logLevel, message, exception) : JsonLine(logLevel, eventId, message, state, exception);
        }
        catch (Exception error)   // a value whose ToString throws must not stop the work that the line is about
        {
            line = Fallback(eventId, error);
        }

        lines.Write(line);
    }

    private string JsonLine<TState>(LogLevel level, EventId id, string message, TState state, Exception? exception) => JsonText.Write(json =>
    {
        WriteHead(json, level, message);
        json.WriteBoolean("cold_start", _current.Value?.IsCold ?? _invocations == 0);
        json.WriteString("function_name", environment.FunctionName);
        if (_current.Value is { Invocation: var invocation })
        {
            json.WriteString("function_request_id", invocation.RequestId);
            if (invocation.TraceId is not null)
            {
                json.WriteString("xray_trace_id", TraceRoot(invocation.TraceId));
            }
        }

        json.WriteNumber("event_id", id.Id);
        LogFields.Write(json, state);
        if (exception is not null)
        {
            json.WritePropertyName("exception");
            LogFields.WriteException(json, exception);
        }
    });

    private void WriteHead(Utf8JsonWriter json, LogLevel level, string message)
    {
        json.WriteString("level", LogLevels.Word(level));
        json.WriteString("message", LogFields.Cut(message));
        json.WriteString("timestamp", Timestamp());
        json.WriteString("service", Service);
    }

    private string TextLine(LogLevel level, string message, Exception? exception)
    {
        var line = new StringBuilder()
            .Append(Timestamp()).Append(' ')
            .Append(LogLevels.Word(level)).Append(' ')
            .Append(_current.Value?.Invocation.RequestId ?? "-").Append(' ')
            .Append(LogFields.Cut(message));
        if (exception is not null)
        {
            line.Append(" | ").Append(LogFields.Cut(exception.ToString()));
        }

        // Each line is a log event of its own: one message stays one line.
        return line.Replace("\r\n", " | ").Replace("\n", " | ").Replace("\r", " | ").ToString();
    }

    private string Fallback(EventId id, Exception error)
    {
        var message = $"The message of event {id.Id} could not be written: {error.GetType().Name}.";
        return environment.TextLog
            ? $"{Timestamp()} ERROR - {message}"
            : JsonText.Write(json => WriteHead(json, LogLevel.Error, message));
    }

    private string Timestamp() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    // "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=...": people search by the root alone.
    private static string TraceRoot(string header) =>
        header.Split(';').FirstOrDefault(part => part.StartsWith("Root=", StringComparison.Ordinal)) is { } root ? root["Root=".Length..] : header;

    private sealed record Current(JsonLog Log, Invocation Invocation, bool IsCold) : IDisposable
    {
        public void Dispose()
        {
            if (ReferenceEquals(Log._current.Value, this))
            {
                Log._current.Value = null;
            }
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Automation.Cli;

/// <summary>The parts' own log lines, as progress on standard error.</summary>
internal sealed class ProgressLog(TextWriter progress) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            progress.WriteLine(formatter(state, exception).TrimEnd(' '));
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Automation.Simulation;

/// <summary>Reads every line that the functions write, for secrets and for errors that they did not expect.</summary>
internal sealed class LogWatch(Stage stage) : ILogger
{
    /// <summary>All secrets of the simulated tailnet begin with it: keys, tokens and the client's secret.</summary>
    public const string Mark = "tskey-";

    /// <summary>The first line with a secret in it; null while there is none.</summary>
    public string? Leak { get; private set; }

    /// <summary>The first line of an error that the functions did not expect; null while there is none.</summary>
    public string? Unexpected { get; private set; }

    /// <summary>Puts the lines among what is told.</summary>
    public bool Tells { get; set; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            var line = formatter(state, exception);
            Look(exception is null ? line : $"{line} {exception}");
            if (exception is not null and not CallFailedException)
            {
                Unexpected ??= $"{line} {exception}";
            }

            if (Tells)
            {
                stage.Tell($"    log: {line}{(exception is null ? "" : $" {exception}")}");
            }
        }
    }

    public void Look(string text)
    {
        if (Leak is null && text.Contains(Mark, StringComparison.Ordinal))
        {
            Leak = text;
        }
    }
}

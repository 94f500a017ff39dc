using Microsoft.Extensions.Logging;

namespace Automation.Lambda;

/// <summary>What Lambda itself sets in the environment, as far as the runtime loop and the log need it.</summary>
/// <param name="RuntimeApi">Host and port of the Runtime API; null where Lambda did not start this process.</param>
/// <param name="Handler">The function's <c>Handler</c>, which chooses what this process does; empty where it is not set.</param>
/// <param name="Threshold">Lines below it are not written. Information where Lambda does not say.</param>
/// <param name="TextLog">Plain lines in place of JSON: <c>AWS_LAMBDA_LOG_FORMAT=Text</c>.</param>
public sealed record LambdaEnvironment(string? RuntimeApi, string Handler, string FunctionName, LogLevel Threshold, bool TextLog)
{
    public static LambdaEnvironment Read(Func<string, string?> variable) => new(
        variable("AWS_LAMBDA_RUNTIME_API") is { Length: > 0 } address ? address : null,
        variable("_HANDLER") ?? "",
        variable("AWS_LAMBDA_FUNCTION_NAME") is { Length: > 0 } name ? name : "unknown",
        LogLevels.Parse(variable("AWS_LAMBDA_LOG_LEVEL")),
        string.Equals(variable("AWS_LAMBDA_LOG_FORMAT"), "Text", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Lambda's six words for levels. A line with any other word counts as INFO there.</summary>
public static class LogLevels
{
    public static LogLevel Parse(string? word) => word?.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "WARN" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "FATAL" => LogLevel.Critical,
        _ => LogLevel.Information,   // INFO, and what Lambda takes an unknown word for
    };

    public static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Warning => "WARN",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "FATAL",
        _ => "INFO",
    };
}

using Automation.Lambda;
using Microsoft.Extensions.Logging;

namespace Automation;

/// <summary>From the process's start to its end: chooses the handler that the function's <c>Handler</c> names, and runs the loop with it.</summary>
internal static class Bootstrap
{
    /// <summary>This process was not started by Lambda.</summary>
    public const int NotInLambda = 2;

    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(
        Func<string, string?> variable, LogLines lines, TextWriter complaints, TimeProvider time, CancellationToken terminate)
    {
        var environment = LambdaEnvironment.Read(variable);
        var composition = new Composition(
            variable, environment.FunctionName, new JsonLog(lines, environment, time), new Metrics(lines, environment, time), time);
        return RunAsync(environment, composition.Handlers, composition.Log, complaints, time, terminate);
    }

    internal static async Task<int> RunAsync(
        LambdaEnvironment environment,
        IReadOnlyDictionary<string, Func<LambdaHandler>> handlers,
        ILogger log,
        TextWriter complaints,
        TimeProvider time,
        CancellationToken terminate)
    {
        if (environment.RuntimeApi is null)
        {
            await complaints.WriteLineAsync(
                "This program is the Lambda function's own: AWS Lambda starts it and sets AWS_LAMBDA_RUNTIME_API. On a terminal use tailnet.");
            return NotInLambda;
        }

        using var api = new RuntimeApi(environment.RuntimeApi);
        return await RuntimeLoop.RunAsync(api, () => Start(environment.Handler, handlers), log, time, terminate);
    }

    private static LambdaHandler Start(string name, IReadOnlyDictionary<string, Func<LambdaHandler>> handlers) =>
        handlers.TryGetValue(name, out var start)
            ? start()
            : throw new UnknownHandlerException(name, handlers.Keys);
}

/// <summary>The template names a handler that this program does not have.</summary>
internal sealed class UnknownHandlerException(string name, IEnumerable<string> known)
    : Exception($"The function's Handler is '{Printable.Of(name)}'; this program has {string.Join(", ", known.Order(StringComparer.Ordinal))}.");

using Automation.Lambda;
using Microsoft.Extensions.Logging;

namespace Automation;

/// <summary>Puts the parts of each handler together. Only the handler that the function names is ever built.</summary>
internal sealed class Composition(Func<string, string?> variable, ILogger log, Metrics metrics, TimeProvider time)
{
    public ILogger Log => log;

    public Metrics Metrics => metrics;

    public TimeProvider Time => time;

    /// <summary>By the name that the template gives as <c>Handler</c>.</summary>
    public IReadOnlyDictionary<string, Func<LambdaHandler>> Handlers => new Dictionary<string, Func<LambdaHandler>>
    {
        [nameof(NodeLifecycle)] = NodeLifecycle,
        [nameof(Reconcile)] = Reconcile,
    };

    private LambdaHandler NodeLifecycle()
    {
        _ = Settings.Read(variable);
        throw new NotSupportedException("The handler NodeLifecycle is not part of this build.");
    }

    private LambdaHandler Reconcile()
    {
        _ = Settings.Read(variable);
        throw new NotSupportedException("The handler Reconcile is not part of this build.");
    }
}

using Automation.Lambda;
using Automation.Nodes;
using Automation.Reports;
using Microsoft.Extensions.Logging;

namespace Automation;

/// <summary>Puts the parts of each handler together. Only the handler that the function names is ever built.</summary>
internal sealed class Composition(Func<string, string?> variable, string function, ILogger log, Metrics metrics, TimeProvider time)
{
    public ILogger Log => log;

    /// <summary>By the name that the template gives as <c>Handler</c>.</summary>
    public IReadOnlyDictionary<string, Func<LambdaHandler>> Handlers => new Dictionary<string, Func<LambdaHandler>>
    {
        ["NodeLifecycle"] = () => Start((parts, outside, settings) => new NodeLifecycleHandler(parts, outside, settings, metrics, time, log).HandleAsync),
        ["Reconcile"] = () => Start((parts, outside, settings) => new ReconcileHandler(parts.Reconciler, outside, settings, metrics, time, log).HandleAsync),
    };

    private LambdaHandler Start(Func<Parts, Outside, Settings, LambdaHandler> handler)
    {
        var settings = Settings.Read(variable);
        var real = new RealOutside(settings, function, time);
        // Not awaited: the token is on its way while Lambda hands over the first event, and init runs at full speed.
        _ = real.WarmAsync(CancellationToken.None);
        return handler(new Parts(settings, real.Outside, time, log), real.Outside, settings);
    }
}

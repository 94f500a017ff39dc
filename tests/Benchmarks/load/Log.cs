using Automation.Lambda;
using Microsoft.Extensions.Logging;

namespace Automation.Load;

internal static class Log
{
    /// <summary>The functions' own log, whose lines are written and then lost.</summary>
    public static ILogger ToNowhere() => new JsonLog(new(Stream.Null), new(null, "", "reconcile", LogLevel.Information, TextLog: false), TimeProvider.System);
}

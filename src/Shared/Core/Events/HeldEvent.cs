using System.Text.Json;

namespace Automation.Events;

/// <summary>Tells NodeLifecycle what Auto Scaling's own event would have, in the same form.</summary>
public static class HeldEvent
{
    /// <param name="at">From now on the instance is waited for as if it were held only since.</param>
    public static string Write(ChangeEvent.InstanceHeld held, DateTimeOffset at)
    {
        var detail = new LifecycleActionDetail(
            held.Group,
            held.Hook,
            held.Instance.ToString(),
            held.Leaving ? EventParser.Terminating : EventParser.Launching,
            Destination: held.WarmPool ? EventParser.WarmPool : null);
        var envelope = new EventEnvelope(
            $"lost-news-of-{held.Instance}",
            held.Leaving ? EventParser.TerminateAction : EventParser.LaunchAction,
            EventParser.AutoScaling,
            held.Scope.Account,
            at,
            held.Scope.Region,
            JsonSerializer.SerializeToElement(detail, EventJson.Default.LifecycleActionDetail));
        return JsonSerializer.Serialize(envelope, EventJson.Default.EventEnvelope);
    }
}

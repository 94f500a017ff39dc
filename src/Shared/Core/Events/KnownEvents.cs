using System.Text.Json;

namespace Automation.Events;

/// <summary>
/// Reads the events of a launch without the serializer, which takes longer over its first types than a launch's other work takes. Whatever
/// is not exactly as it should be is left to the serializer, which says where.
/// </summary>
internal static class KnownEvents
{
    public static EventEnvelope? Envelope(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && Text(root, "id") is { } id
                && Text(root, "detail-type") is { } detailType
                && Text(root, "source") is { } source
                && Text(root, "account") is { } account
                && Text(root, "region") is { } region
                && root.TryGetProperty("time", out var time) && time.ValueKind == JsonValueKind.String && time.TryGetDateTimeOffset(out var instant)
                && root.TryGetProperty("detail", out var detail)
                && TryTexts(root, "resources", out var resources)
                    ? new(id, detailType, source, account, instant, region, detail.Clone(), resources)
                    : null;
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            return null;
        }
    }

    public static LifecycleActionDetail? LifecycleAction(JsonElement detail)
    {
        try
        {
            return detail.ValueKind == JsonValueKind.Object
                && Text(detail, nameof(LifecycleActionDetail.AutoScalingGroupName)) is { } group
                && Text(detail, nameof(LifecycleActionDetail.LifecycleHookName)) is { } hook
                && Text(detail, nameof(LifecycleActionDetail.EC2InstanceId)) is { } instance
                && Text(detail, nameof(LifecycleActionDetail.LifecycleTransition)) is { } transition
                && TryText(detail, nameof(LifecycleActionDetail.Origin), out var origin)
                && TryText(detail, nameof(LifecycleActionDetail.Destination), out var destination)
                    ? new(group, hook, instance, transition, origin, destination)
                    : null;
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            return null;
        }
    }

    // Half a surrogate pair, written as an escape, is an InvalidOperationException.
    private static bool IsUnreadable(Exception exception) => exception is JsonException or InvalidOperationException;

    private static string? Text(JsonElement from, string name) => TryText(from, name, out var text) ? text : null;

    /// <returns>false where the member is there and is no text.</returns>
    private static bool TryText(JsonElement from, string name, out string? text)
    {
        text = null;
        if (!from.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }

    private static bool TryTexts(JsonElement from, string name, out string[]? texts)
    {
        texts = null;
        if (!from.TryGetProperty(name, out var list))
        {
            return true;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        texts = new string[list.GetArrayLength()];
        var at = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            texts[at++] = item.GetString()!;
        }

        return true;
    }
}

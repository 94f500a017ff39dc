using System.Text.Json.Nodes;

namespace Automation.Templates;

/// <summary>EventBridge's matching, as far as template.yaml uses it. An operator that it does not know is an error, not a mismatch.</summary>
internal static class EventPattern
{
    /// <param name="resolve">The value of a <c>Ref</c>.</param>
    public static bool Matches(JsonObject pattern, JsonNode? content, Func<string, string> resolve) =>
        pattern.All(entry =>
        {
            var member = content is JsonObject json && json.TryGetPropertyValue(entry.Key, out var found) ? (Exists: true, Value: found) : default;
            return entry.Value switch
            {
                JsonObject below => Matches(below, member.Value, resolve),
                JsonArray alternatives => alternatives.Any(alternative => Matches(alternative!, member.Exists, member.Value, resolve)),
                _ => throw new NotSupportedException($"{entry.Key} is neither an object nor a list"),
            };
        });

    private static bool Matches(JsonNode alternative, bool exists, JsonNode? value, Func<string, string> resolve)
    {
        // Of a list in the event, any element may match.
        string?[] values = !exists ? [] : value is JsonArray list ? [.. list.Select(element => (string?)element)] : [(string?)value];
        if (alternative is not JsonObject rule)
        {
            return values.Contains((string?)alternative);
        }

        var (name, operand) = rule.Single();
        return name switch
        {
            "exists" => exists == (bool)operand!,
            "prefix" => values.Any(text => text?.StartsWith((string)operand!, StringComparison.Ordinal) == true),
            "anything-but" => values.Any(text => !operand!.AsArray().Select(other => Resolved(other!, resolve)).Contains(text)),
            _ => throw new NotSupportedException($"the operator {name}"),
        };
    }

    private static string Resolved(JsonNode node, Func<string, string> resolve) => node is JsonObject reference ? resolve((string)reference["Ref"]!) : (string)node!;
}

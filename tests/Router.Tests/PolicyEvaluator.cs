using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Automation.Routers;

/// <summary>What IAM decides from statements: a matching Deny first, then a matching Allow, else no.</summary>
/// <remarks>Only what the router's policies use; anything else throws, so that no condition is taken as met unread.</remarks>
internal sealed partial class PolicyEvaluator(IEnumerable<JsonObject> statements)
{
    /// <param name="context">The request's condition keys; a key that is not there is not in the request.</param>
    public bool Allows(string action, string resource, IReadOnlyDictionary<string, string> context)
    {
        var matching = statements.Where(statement => Matches(statement, action, resource, context)).Select(statement => (string?)statement["Effect"]).ToList();
        return matching.Contains("Allow") && !matching.Contains("Deny");
    }

    private static bool Matches(JsonObject statement, string action, string resource, IReadOnlyDictionary<string, string> context)
    {
        var unknown = statement.Select(member => member.Key).Except(["Sid", "Effect", "Action", "Resource", "Condition"]).ToList();
        if (unknown.Count > 0)
        {
            throw new NotSupportedException($"Statements with {string.Join(", ", unknown)} are not evaluated.");
        }

        return Texts(statement["Action"]).Any(pattern => Like(pattern, action, RegexOptions.IgnoreCase))
            && Texts(statement["Resource"]).Any(pattern => Like(pattern, resource))
            && (statement["Condition"]?.AsObject() ?? []).All(test => test.Value!.AsObject().All(key => IsMet(test.Key, key.Key, Texts(key.Value), context)));
    }

    private static bool IsMet(string test, string key, IEnumerable<string> values, IReadOnlyDictionary<string, string> context)
    {
        var found = context.GetValueOrDefault(key);
        // A value with a variable that the request does not have matches nothing.
        var wanted = values.Select(value => Substituted(value, context)).OfType<string>().ToList();
        return test switch
        {
            "StringEquals" => found is not null && wanted.Contains(found),
            "StringLike" or "ArnEquals" or "ArnLike" => found is not null && wanted.Any(pattern => Like(pattern, found)),
            "ArnNotEquals" => found is null || !wanted.Any(pattern => Like(pattern, found)),
            _ => throw new NotSupportedException($"The condition {test} is not evaluated."),
        };
    }

    private static string? Substituted(string value, IReadOnlyDictionary<string, string> context)
    {
        var isWhole = true;
        var text = Variable().Replace(value, match =>
        {
            isWhole &= context.ContainsKey(match.Groups[1].Value);
            return context.GetValueOrDefault(match.Groups[1].Value, "");
        });
        return isWhole ? text : null;
    }

    private static bool Like(string pattern, string text, RegexOptions options = RegexOptions.None) =>
        Regex.IsMatch(text, $"^{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal)}$", options);

    private static IEnumerable<string> Texts(JsonNode? node) =>
        node is JsonArray several ? several.Select(one => (string)one!) : [(string)node!];

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Variable();
}

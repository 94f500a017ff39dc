using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Automation.EndToEnd;

/// <summary>What template.yaml allows each function.</summary>
internal static partial class StackRoles
{
    private static readonly Lazy<Task<JsonObject>> s_resources = new(async () => (await TemplateScript.ReadAsync("transform"))["Resources"]!.AsObject());

    /// <summary>The statements of a function's role as CloudFormation would make them.</summary>
    /// <param name="names">What each <c>Ref</c> and, after a dot, each attribute stands for, and <c>true</c> or <c>false</c> for each condition. One that
    /// is missing here is an error.</param>
    public static async Task<JsonArray> StatementsAsync(string function, IReadOnlyDictionary<string, string> names)
    {
        var policies = (await s_resources.Value)[$"{function}Role"]!["Properties"]!["Policies"]!.AsArray();
        return [.. policies.SelectMany(policy => policy!["PolicyDocument"]!["Statement"]!.AsArray()).Select(statement => Resolved(statement, names)).Where(statement => statement is not null)];
    }

    /// <summary>The same actions, for moto's own comparison.</summary>
    /// <remarks>It asks for the resource "*" whatever a call is about, and reads no conditions.</remarks>
    public static string ActionsAlone(JsonArray statements) => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray([.. statements.Select(statement => (JsonNode)new JsonObject
        {
            ["Effect"] = statement!["Effect"]!.DeepClone(),
            ["Action"] = statement["Action"]!.DeepClone(),
            ["Resource"] = "*",
        })]),
    }.ToJsonString();

    private static JsonNode? Resolved(JsonNode? node, IReadOnlyDictionary<string, string> names) => node switch
    {
        JsonObject { Count: 1 } call when call["Fn::If"] is { } choice => Resolved(choice[names[(string)choice[0]!] == "true" ? 1 : 2], names),
        JsonObject { Count: 1 } call when (string?)call["Ref"] == "AWS::NoValue" => null,
        JsonObject { Count: 1 } call when call["Ref"] is { } reference => names[(string)reference!],
        JsonObject { Count: 1 } call when call["Fn::GetAtt"] is { } attribute => names[string.Join('.', attribute.AsArray())],
        JsonObject { Count: 1 } call when call["Fn::Sub"] is { } text => Variable().Replace((string)text!, match => names[match.Groups[1].Value]),
        JsonObject several => new JsonObject(several.Select(member => KeyValuePair.Create(member.Key, Resolved(member.Value, names)))),
        JsonArray list => new JsonArray([.. list.Select(item => Resolved(item, names))]),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Variable();
}

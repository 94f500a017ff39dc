using System.Text.Json.Nodes;

namespace Automation.EndToEnd;

/// <summary>The actions that template.yaml allows each function.</summary>
/// <remarks>
/// moto compares actions alone: it asks for the resource "*" whatever a call is about, and reads no conditions. So each statement is
/// given that resource here; what the template's own resources are worth, the tests of the template say.
/// </remarks>
internal static class StackRoles
{
    private static readonly Lazy<Task<JsonObject>> s_resources = new(async () => (await TemplateScript.ReadAsync("transform"))["Resources"]!.AsObject());

    /// <summary>The policy of the role of a function, as JSON.</summary>
    public static async Task<string> PolicyAsync(string function)
    {
        var role = (await s_resources.Value)[$"{function}Role"]!["Properties"]!;
        var statements = new JsonArray();
        foreach (var policy in role["Policies"]!.AsArray())
        {
            foreach (var statement in policy!["PolicyDocument"]!["Statement"]!.AsArray())
            {
                statements.Add((JsonNode)new JsonObject
                {
                    ["Effect"] = statement!["Effect"]!.DeepClone(),
                    ["Action"] = statement["Action"]!.DeepClone(),
                    ["Resource"] = "*",
                });
            }
        }

        return new JsonObject { ["Version"] = "2012-10-17", ["Statement"] = statements }.ToJsonString();
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Automation.EndToEnd;

/// <summary>The actions that template.yaml allows each function.</summary>
/// <remarks>
/// moto compares actions alone: it asks for the resource "*" whatever a call is about, and reads no conditions. So each statement is
/// given that resource here; what the template's own resources are worth, the tests of the template say.
/// </remarks>
internal static class StackRoles
{
    private static readonly Lazy<Task<JsonObject>> s_resources = new(TransformAsync);

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

    private static async Task<JsonObject> TransformAsync()
    {
        var python = await MotoPython.FindAsync();
        var script = Path.Combine(Repository.Root, "tests", "aws", "template.py");
        using var process = Process.Start(new ProcessStartInfo(python, [script, "transform"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonNode.Parse(output[0])!["Resources"]!.AsObject()
            : throw new InvalidOperationException($"template.py transform ended with {process.ExitCode}:\n{output[1]}");
    }
}

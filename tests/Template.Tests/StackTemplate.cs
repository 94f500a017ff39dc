using System.Text.Json.Nodes;
using Automation.EndToEnd;

[assembly: AssemblyFixture(typeof(Automation.Templates.StackTemplate))]

namespace Automation.Templates;

/// <summary>template.yaml after SAM's transformation, and the stack that moto made of it.</summary>
public sealed class StackTemplate : IAsyncLifetime
{
    private JsonNode? _transformed;
    private JsonNode? _deployed;

    public JsonObject Resources => (JsonObject)_transformed![nameof(Resources)]!;

    public JsonObject Conditions => (JsonObject)_transformed![nameof(Conditions)]!;

    public JsonObject Parameters => (JsonObject)_transformed![nameof(Parameters)]!;

    public JsonNode Deployed => _deployed!;

    public JsonNode Properties(string resource) => Resources[resource]!["Properties"]!;

    /// <summary>Resources of a type, by logical id.</summary>
    public IReadOnlyDictionary<string, JsonNode> OfType(string type) =>
        Resources.Where(entry => (string?)entry.Value!["Type"] == type).ToDictionary(entry => entry.Key, entry => entry.Value!["Properties"]!);

    /// <summary>All that a role may allow, whatever the parameters are.</summary>
    public IEnumerable<JsonNode> StatementsOf(string role) => Properties(role)["Policies"]!.AsArray()
        .SelectMany(policy => policy!["PolicyDocument"]!["Statement"]!.AsArray())
        .SelectMany(statement => statement!["Fn::If"] is JsonArray choice ? choice.Skip(1) : [statement])
        .Where(statement => (string?)statement!["Ref"] != "AWS::NoValue")!;

    public async ValueTask InitializeAsync()
    {
        _transformed = await TemplateScript.ReadAsync("transform");
        _deployed = await TemplateScript.ReadAsync("deploy");
    }

    public ValueTask DisposeAsync() => default;
}

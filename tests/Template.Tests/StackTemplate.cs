using System.Diagnostics;
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

    public JsonNode Deployed => _deployed!;

    public JsonNode Properties(string resource) => Resources[resource]!["Properties"]!;

    /// <summary>Resources of a type, by logical id.</summary>
    public IReadOnlyDictionary<string, JsonNode> OfType(string type) =>
        Resources.Where(entry => (string?)entry.Value!["Type"] == type).ToDictionary(entry => entry.Key, entry => entry.Value!["Properties"]!);

    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string command)
    {
        var python = await MotoPython.FindAsync();
        var script = Path.Combine(Repository.Root, "tests", "aws", "template.py");
        using var process = Process.Start(new ProcessStartInfo(python, [script, command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, output[0], output[1]);
    }

    public async ValueTask InitializeAsync()
    {
        _transformed = await ReadAsync("transform");
        _deployed = await ReadAsync("deploy");
    }

    public ValueTask DisposeAsync() => default;

    private static async Task<JsonNode> ReadAsync(string command)
    {
        var (exitCode, output, errors) = await RunAsync(command);
        return exitCode == 0 ? JsonNode.Parse(output)! : throw new InvalidOperationException($"template.py {command} ended with {exitCode}:\n{errors}");
    }
}

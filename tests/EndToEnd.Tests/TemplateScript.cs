using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Automation.EndToEnd;

/// <summary>tests/aws/template.py: what only AWS's own Python libraries know of template.yaml.</summary>
internal static class TemplateScript
{
    /// <param name="command">Of the script, such as <c>lint</c>, and what goes with it.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command)
    {
        var python = await MotoPython.FindAsync();
        var script = Path.Combine(Repository.Root, "tests", "aws", "template.py");
        using var process = Process.Start(new ProcessStartInfo(python, [script, .. command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, output[0], output[1]);
    }

    public static async Task<JsonNode> ReadAsync(params string[] command)
    {
        var (exitCode, output, errors) = await RunAsync(command);
        return exitCode == 0 ? JsonNode.Parse(output)! : throw new InvalidOperationException($"template.py {command[0]} ended with {exitCode}:\n{errors}");
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>The files of <c>events/</c>, as they are or retold of a thing in an account of the tests.</summary>
internal static class Samples
{
    private const string Start = "events/";

    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(SandboxWorld).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Start, StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name[Start.Length..]))
            .Order(StringComparer.Ordinal),
    ];

    /// <param name="detail">Fields of the detail to set.</param>
    public static string Tell(string name, Scope scope, DateTimeOffset at, params ReadOnlySpan<(string Field, string Value)> detail)
    {
        using var stream = typeof(SandboxWorld).Assembly.GetManifestResourceStream($"{Start}{name}.json")
            ?? throw new FileNotFoundException($"There is no sample event {name}.");
        var sample = JsonNode.Parse(stream)!.AsObject();
        sample["account"] = scope.Account;
        sample["region"] = scope.Region;
        sample["time"] = at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        foreach (var (field, value) in detail)
        {
            Assert.True(sample["detail"]!.AsObject().ContainsKey(field), $"The sample event {name} has no field {field}.");
            sample["detail"]![field] = value;
        }

        return sample.ToJsonString();
    }
}

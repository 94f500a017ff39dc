using System.Globalization;
using System.Text.Json.Nodes;

namespace Automation.Sandbox;

/// <summary>An event of the folder <c>events/</c>, retold of a thing in the simulated cloud.</summary>
internal static class SampleEvent
{
    /// <param name="name">The file's name without <c>.json</c>.</param>
    /// <param name="detail">Fields of the detail to set, by their path with dots; of the envelope, after a slash.</param>
    public static string Tell(string name, Scope scope, DateTimeOffset at, string id, params ReadOnlySpan<(string Path, JsonNode? Value)> detail)
    {
        using var stream = typeof(SampleEvent).Assembly.GetManifestResourceStream($"events/{name}.json")
            ?? throw new FileNotFoundException($"There is no sample event {name}.");
        var sample = JsonNode.Parse(stream)!.AsObject();
        sample["id"] = id;
        sample["account"] = scope.Account;
        sample["region"] = scope.Region;
        sample["time"] = at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        foreach (var (path, value) in detail)
        {
            if (path[0] == '/')
            {
                sample[path[1..]] = value;
                continue;
            }

            var fields = path.Split('.');
            JsonNode node = sample["detail"]!;
            foreach (var field in fields[..^1])
            {
                node = node[field] ?? throw new InvalidOperationException($"The sample event {name} has no field {path}.");
            }

            node[fields[^1]] = value;
        }

        return sample.ToJsonString();
    }
}

using System.Collections.Concurrent;

namespace Automation.Aws;

/// <summary>How many requests each service has been sent, by its name.</summary>
internal sealed class CallCounts
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Add(AwsService service) => _counts.AddOrUpdate(service.Name, 1, (_, count) => count + 1);

    public IReadOnlyDictionary<string, int> SoFar() => _counts.ToDictionary(StringComparer.Ordinal);
}

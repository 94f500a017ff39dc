using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Automation.Plans;

/// <summary>
/// What was found in one place, and whether that is all there is. Unknown is not empty: where <see cref="Problem"/> is set,
/// something may be missing, and nothing that depends on its absence is withdrawn or deleted.
/// </summary>
/// <param name="Problem">Why the answer is not complete, for people; null where it is.</param>
public sealed record Seen<T>(ImmutableArray<T> Items, string? Problem = null)
{
    [JsonIgnore]
    public bool IsComplete => Problem is null;

    public static Seen<T> All(IEnumerable<T> items) => new([.. items]);

    public static Seen<T> Unknown(string problem) => new([], problem);
}

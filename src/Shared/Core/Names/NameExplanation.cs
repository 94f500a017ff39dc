using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Automation.Plans;

namespace Automation.Names;

/// <summary>What becomes of a name that a client of the tailnet asks for, and why.</summary>
/// <param name="Answered">It is forwarded now, to something that answers as far as can be seen.</param>
/// <param name="Domain">The domain of split DNS that clients match: the longest that fits; null where none does.</param>
/// <param name="Owner"><c>automation</c>, <c>somebody else</c>, or <c>nobody</c> where it is not forwarded yet.</param>
/// <param name="Zone">What the answers come from, in words.</param>
/// <param name="Answers">What clients get, in words.</param>
/// <param name="Missing">What a reconcile would do for it now.</param>
/// <param name="Others">What else was considered, and why it is not asked.</param>
/// <param name="Findings">The plan's findings about the domain and the VPCs behind it.</param>
public sealed record NameExplanation(
    string Name,
    bool Answered,
    string? Domain,
    string Owner,
    ImmutableArray<ExplainedResolver> Resolvers,
    string? Zone,
    ImmutableArray<string> Answers,
    ImmutableArray<string> Missing,
    ImmutableArray<ExplainedView> Others,
    ImmutableArray<ReportFinding> Findings)
{
    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, NameExplanationJson.Readable.NameExplanation);
}

/// <param name="What">What stands at the address.</param>
/// <param name="Why">Why it is asked, or what is wrong with it.</param>
/// <param name="Forwarded">It is asked now; otherwise it is wanted.</param>
public sealed record ExplainedResolver(string Address, string What, string Why, bool Forwarded);

public sealed record ExplainedView(string VpcId, string View, string Why);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(NameExplanation))]
public sealed partial class NameExplanationJson : JsonSerializerContext
{
    internal static NameExplanationJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

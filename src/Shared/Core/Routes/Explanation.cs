using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Why packets to an address, or to a range, take the way that they take.</summary>
/// <param name="Served">Something of it is served.</param>
/// <param name="Pieces">The range, divided where its ways part; one piece for an address.</param>
/// <param name="Findings">The plan's findings about the VPCs and routers that occur in it.</param>
public sealed record Explanation(string Target, bool Served, ImmutableArray<ExplainedPiece> Pieces, ImmutableArray<ReportFinding> Findings)
{
    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, ExplanationJson.Readable.Explanation);
}

/// <param name="Prefix">The advertised prefix that clients match; null where there is none.</param>
/// <param name="VpcId">The VPC that has the addresses; null where there is none, or they are behind a gateway.</param>
/// <param name="Via6">The 4via6 form, where the VPC has a site.</param>
/// <param name="MagicDnsName">The name that clients resolve to the 4via6 form by themselves; of a single address.</param>
/// <param name="Routers">Who serves it, first the one that clients use.</param>
/// <param name="Others">What else was considered, and why it does not serve.</param>
public sealed record ExplainedPiece(
    string Range,
    string? Prefix,
    string? VpcId,
    string? Via6,
    string? MagicDnsName,
    ImmutableArray<ExplainedRouter> Routers,
    ImmutableArray<ExplainedOther> Others);

/// <param name="Hops">From the router to what has the address, each with the line of its table that is taken.</param>
/// <param name="Back"><c>ok</c>, or why answers do not come back.</param>
/// <param name="State">What it does now, in words.</param>
/// <param name="Used">Clients use it now: of those that carry traffic, Tailscale takes the one that was added first.</param>
public sealed record ExplainedRouter(string InstanceId, string HostName, string? Device, string State, bool Used, ImmutableArray<string> Hops, string Back);

public sealed record ExplainedOther(string What, string Why);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Explanation))]
public sealed partial class ExplanationJson : JsonSerializerContext
{
    internal static ExplanationJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

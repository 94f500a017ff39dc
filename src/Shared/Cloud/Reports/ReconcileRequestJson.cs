using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Reports;

/// <summary>The text of a direct invocation: <c>{}</c>, <c>{"dryRun": true}</c>, <c>{"scopes": ["111122223333/us-east-1"]}</c>, <c>{"allowMassDelete": true}</c>.</summary>
/// <remarks>A member that is not known is refused, and one that comes twice: a misspelt "dryrun" must not become a run that changes things.</remarks>
[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ReconcileWire))]
internal sealed partial class ReconcileRequestJson : JsonSerializerContext
{
    /// <exception cref="FormatException">The text is no request; the message says what one looks like.</exception>
    public static ReconcileRequest Read(ReadOnlySpan<byte> text, ImmutableArray<Scope> known)
    {
        ReconcileWire? wire;
        string? where = null;
        try
        {
            wire = JsonSerializer.Deserialize(text, Default.ReconcileWire);
        }
        catch (JsonException e)
        {
            // The message of a JsonException may quote the text, so it is not handed on.
            (wire, where) = (null, e.Path);
        }

        if (wire is null)   // null is no request either: nothing must not become a run that changes things
        {
            throw new FormatException($"The request cannot be read at {Printable.Of(where ?? "its start")}. It is an object with any of dryRun, scopes and allowMassDelete, such as {{\"dryRun\": true}}; {{}} asks for all.");
        }

        if (wire.Scopes is { } scopes)
        {
            if (scopes.IsEmpty)
            {
                throw new FormatException("scopes is empty: leave it out for all scopes.");
            }

            if (scopes.Any(scope => scope is null))   // respecting nullability does not reach into a list
            {
                throw new FormatException("scopes holds null: it is a list of SCOPES, such as [\"111122223333/us-east-1\"].");
            }

            if (scopes.FirstOrDefault(scope => !known.Contains(scope)) is { } unknown)
            {
                throw new FormatException($"{unknown} is not one of SCOPES: {string.Join(", ", known)}.");
            }
        }

        return new(wire.DryRun, wire.Scopes is { } some ? [.. some.Distinct()] : null, wire.AllowMassDelete);
    }
}

internal sealed record ReconcileWire(bool DryRun = false, ImmutableArray<Scope>? Scopes = null, bool AllowMassDelete = false);

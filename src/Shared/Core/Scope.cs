using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation;

/// <summary>One account in one Region, the unit in which the world is looked at; written <c>111122223333/us-east-1</c>.</summary>
[JsonConverter(typeof(ScopeJson))]
public sealed record Scope(string Account, string Region) : IComparable<Scope>
{
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Scope? scope)
    {
        scope = null;
        var slash = text?.IndexOf('/') ?? -1;
        if (slash < 0)
        {
            return false;
        }

        var (account, region) = (text![..slash], text[(slash + 1)..]);
        if (!IsAccount(account) || !IsRegion(region))
        {
            return false;
        }

        scope = new(account, region);
        return true;
    }

    public static bool IsAccount([NotNullWhen(true)] string? text) => text is { Length: 12 } && text.All(char.IsAsciiDigit);

    public static bool IsRegion([NotNullWhen(true)] string? text) =>
        text is { Length: >= 6 and <= 32 } && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && text.Contains('-');

    public int CompareTo(Scope? other) => string.CompareOrdinal(ToString(), other?.ToString());

    public override string ToString() => $"{Account}/{Region}";
}

public sealed class ScopeJson : JsonConverter<Scope>
{
    public override Scope Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Scope.TryParse(reader.GetString(), out var scope)
            ? scope
            : throw new JsonException("expected account/region, such as 111122223333/us-east-1");

    public override void Write(Utf8JsonWriter writer, Scope value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

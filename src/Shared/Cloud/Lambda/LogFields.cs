using System.Collections;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Automation.Lambda;

/// <summary>The values of a log line as JSON members: placeholders of the message in camelCase, exceptions with their causes.</summary>
internal static class LogFields
{
    // CloudWatch takes 256 KB a line. A longer text says nothing more to a reader.
    private const int Longest = 16_384;

    private const int DeepestCause = 4;

    private const string OriginalFormat = "{OriginalFormat}";   // the message's template, given by Microsoft.Extensions.Logging as a field

    private static readonly FrozenSet<string> s_taken = FrozenSet.Create(
        StringComparer.Ordinal, "level", "message", "timestamp", "service", "exception", "_aws");

    public static string Cut(string text) => text.Length > Longest ? text[..Longest] + "..." : text;

    public static void Write<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> fields)
        {
            return;
        }

        foreach (var (name, value) in fields)
        {
            if (name.Length > 0 && name != OriginalFormat)
            {
                json.WritePropertyName(MemberName(name));
                WriteValue(json, value);
            }
        }
    }

    public static void WriteException(Utf8JsonWriter json, Exception exception, int depth = 0)
    {
        json.WriteStartObject();
        json.WriteString("type", exception.GetType().Name);
        json.WriteString("message", Cut(exception.Message));
        json.WriteString("stackTrace", Cut(exception.StackTrace ?? ""));
        if (exception.InnerException is { } cause && depth < DeepestCause)
        {
            json.WritePropertyName("cause");
            WriteException(json, cause, depth + 1);
        }

        json.WriteEndObject();
    }

    // A field must not stand in for a member that Lambda reads.
    private static string MemberName(string name)
    {
        var member = char.ToLowerInvariant(name[0]) + name[1..];
        return s_taken.Contains(member) ? "field_" + member : member;
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(Cut(text)); break;
            case bool yes: json.WriteBooleanValue(yes); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case IEnumerable values: WriteValues(json, values); break;
            case IFormattable formattable: json.WriteStringValue(formattable.ToString(Format(value), CultureInfo.InvariantCulture)); break;
            default: json.WriteStringValue(Cut(value.ToString() ?? "")); break;
        }
    }

    private static void WriteValues(Utf8JsonWriter json, IEnumerable values)
    {
        json.WriteStartArray();
        foreach (var value in values)
        {
            json.WriteStringValue(Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        }

        json.WriteEndArray();
    }

    private static string? Format(object value) => value is DateTimeOffset or DateTime ? "O" : null;
}

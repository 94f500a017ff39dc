using System.Text;

namespace Automation.Lambda;

/// <summary>An error as the Runtime API takes it. Lambda shows it to whoever invoked, so it holds no secret.</summary>
/// <param name="Kind">The header's <c>Category.Reason</c>, such as <c>Handler.Timeout</c>.</param>
internal sealed record RuntimeError(string Kind, string Type, string Message, IReadOnlyList<string> StackTrace)
{
    // Far below Lambda's limits; the whole text is in the log.
    private const int LongestMessage = 16_384;
    private const int MostFrames = 50;

    public static RuntimeError Of(string category, Exception error) => new(
        $"{category}.{error.GetType().Name}",
        error.GetType().Name,
        error.Message.Length > LongestMessage ? error.Message[..LongestMessage] + "..." : error.Message,
        [.. (error.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(MostFrames)]);

    public byte[] ToJson() => Encoding.UTF8.GetBytes(JsonText.Write(json =>
    {
        json.WriteString("errorMessage", Redaction.Of(Message));
        json.WriteString("errorType", Type);
        json.WriteStartArray("stackTrace");
        foreach (var frame in StackTrace)
        {
            json.WriteStringValue(Redaction.Of(frame));
        }

        json.WriteEndArray();
    }));
}

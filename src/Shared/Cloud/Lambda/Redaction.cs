using System.Buffers;
using System.Text;

namespace Automation.Lambda;

/// <summary>The last guard before text leaves the process: what follows <c>tskey-</c>, with which every Tailscale secret begins, is struck out.</summary>
/// <remarks>It is not the first: secrets travel as <see cref="Secret"/>, and text from outside goes through <see cref="Printable"/>.</remarks>
public static class Redaction
{
    private const string Mark = "tskey-";

    private static readonly SearchValues<char> s_secret =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static string Of(string text)
    {
        if (!text.Contains(Mark, StringComparison.OrdinalIgnoreCase))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (rest.IndexOf(Mark, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
        {
            var afterMark = at + Mark.Length;
            clean.Append(rest[..afterMark]);
            rest = rest[afterMark..];
            var length = rest.IndexOfAnyExcept(s_secret) is >= 0 and var end ? end : rest.Length;
            clean.Append(length == 0 ? "" : "(redacted)");
            rest = rest[length..];
        }

        return clean.Append(rest).ToString();
    }
}

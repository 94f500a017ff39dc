using System.Globalization;
using System.Text;

namespace Automation.ColdStart;

/// <summary>An HTTP/1.1 request as it came off the wire.</summary>
/// <param name="Head">Request line and headers, one a line.</param>
internal sealed record Request(string Method, string Path, string Head, string Body)
{
    /// <summary>The service name of the credential scope; null where the request is not signed by SigV4.</summary>
    public string? SignedFor
    {
        get
        {
            const string Start = "Credential=";
            var authorization = Header("Authorization");
            var at = authorization?.IndexOf(Start, StringComparison.Ordinal) ?? -1;
            return at < 0 ? null : authorization![(at + Start.Length)..].Split(',')[0].Split('/')[3];   // key/date/Region/service/aws4_request
        }
    }

    public string? Header(string name) => Header(Head, name);

    /// <returns>The decoded value of a form field; null where there is none.</returns>
    public string? Field(string name)
    {
        foreach (var pair in Body.Split('&'))
        {
            if (pair.StartsWith(name + "=", StringComparison.Ordinal))
            {
                return Uri.UnescapeDataString(pair[(name.Length + 1)..].Replace('+', ' '));
            }
        }

        return null;
    }

    /// <summary>Reads the next request of a connection.</summary>
    /// <returns>null at the end of the connection.</returns>
    public static Request? Read(Stream stream, byte[] buffer)
    {
        var have = 0;
        int headEnd;
        while ((headEnd = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = stream.Read(buffer, have, buffer.Length - have);
            if (read == 0)
            {
                return null;
            }

            have += read;
        }

        var head = Encoding.ASCII.GetString(buffer, 0, headEnd);
        if (Header(head, "Expect") is not null)
        {
            stream.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
        }

        // No variant pipelines, so what follows the head is the body and nothing else.
        var bodyStart = headEnd + 4;
        var chunked = Header(head, "Transfer-Encoding") is not null;
        var length = int.Parse(Header(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture);
        while (chunked ? !buffer.AsSpan(0, have).EndsWith("0\r\n\r\n"u8) : have < bodyStart + length)
        {
            var read = stream.Read(buffer, have, buffer.Length - have);
            if (read == 0)
            {
                return null;
            }

            have += read;
        }

        var body = Encoding.UTF8.GetString(buffer, bodyStart, have - bodyStart);
        var line = head[..head.IndexOf('\r')].Split(' ');
        return new(line[0], line[1].Split('?')[0], head, chunked ? Unchunked(body) : body);
    }

    private static string? Header(string head, string name)
    {
        var at = head.IndexOf("\r\n" + name + ":", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var start = at + name.Length + 3;
        var end = head.IndexOf('\r', start);
        return head[start..(end < 0 ? head.Length : end)].Trim();
    }

    private static string Unchunked(string body)
    {
        var whole = new StringBuilder();
        for (var at = 0; ;)
        {
            var lineEnd = body.IndexOf('\r', at);
            var size = int.Parse(body.AsSpan(at, lineEnd - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return whole.ToString();
            }

            whole.Append(body, lineEnd + 2, size);   // the bodies here are ASCII: a byte is a character
            at = lineEnd + 2 + size + 2;
        }
    }
}

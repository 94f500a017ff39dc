using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Automation.ColdStart.Bare;

/// <summary>Signed calls (Signature Version 4) of AWS's JSON and Query protocols.</summary>
internal sealed class Aws(HttpClient http, Uri endpoint, string region, string keyId, string secret, string session)
{
    public string Region => region;

    public async Task<JsonDocument> JsonAsync(string service, string target, Action<Utf8JsonWriter> write)
    {
        var answer = await SendAsync(service, JsonText.Of(write), service == "ssm" ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0", target);
        return JsonDocument.Parse(answer);
    }

    public async Task<string> QueryAsync(string service, string version, string action, params (string Name, string Value)[] values)
    {
        var form = new StringBuilder($"Action={action}&Version={version}");
        foreach (var (name, value) in values)
        {
            form.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return Encoding.UTF8.GetString(await SendAsync(service, Encoding.UTF8.GetBytes(form.ToString()), "application/x-www-form-urlencoded; charset=utf-8", null));
    }

    private async Task<byte[]> SendAsync(string service, byte[] body, string type, string? target)
    {
        var time = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var names = target is null ? "content-type;host;x-amz-date;x-amz-security-token" : "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
        var canonical = $"POST\n/\n\ncontent-type:{type}\nhost:{endpoint.Authority}\nx-amz-date:{time}\nx-amz-security-token:{session}\n"
            + (target is null ? "" : $"x-amz-target:{target}\n") + $"\n{names}\n{Hex(SHA256.HashData(body))}";
        var toSign = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in scope.Split('/'))
        {
            key = Sign(key, part);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        request.Headers.TryAddWithoutValidation("X-Amz-Date", time);
        request.Headers.TryAddWithoutValidation("X-Amz-Security-Token", session);
        if (target is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Amz-Target", target);
        }

        request.Headers.TryAddWithoutValidation(
            "Authorization", $"AWS4-HMAC-SHA256 Credential={keyId}/{scope}, SignedHeaders={names}, Signature={Hex(Sign(key, toSign))}");
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static byte[] Sign(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}

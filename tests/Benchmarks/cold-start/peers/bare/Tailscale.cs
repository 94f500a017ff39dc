using System.Net.Http.Headers;
using System.Text.Json;

namespace Automation.ColdStart.Bare;

internal sealed class Tailscale(HttpClient http, string api, string tailnet)
{
    private AuthenticationHeaderValue? _token;

    /// <param name="credential">An OAuth client as JSON.</param>
    public async Task LogInAsync(string credential)
    {
        using var client = JsonDocument.Parse(credential);
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_id", client.RootElement.GetProperty("clientId").GetString()),
            new("client_secret", client.RootElement.GetProperty("clientSecret").GetString()),
        ]);
        using var answer = await SendAsync(HttpMethod.Post, "/oauth/token", form);
        _token = new("Bearer", answer.RootElement.GetProperty("access_token").GetString());
    }

    public async Task<int> CountDevicesAsync(string[] tags, string instance)
    {
        using var answer = await SendAsync(
            HttpMethod.Get, $"/tailnet/{tailnet}/devices?fields=all&tags={Uri.EscapeDataString(string.Join(',', tags))}&hostname={instance}", null);
        return answer.RootElement.GetProperty("devices").GetArrayLength();
    }

    public async Task<(string Id, string Value, string Expires)> CreateKeyAsync(string description, string[] tags)
    {
        using var content = new ByteArrayContent(JsonText.Of(json =>
        {
            json.WriteString("keyType", "auth");
            json.WriteString("description", description);
            json.WriteNumber("expirySeconds", 900);
            json.WriteStartObject("capabilities");
            json.WriteStartObject("devices");
            json.WriteStartObject("create");
            json.WriteBoolean("reusable", false);
            json.WriteBoolean("ephemeral", true);
            json.WriteBoolean("preauthorized", true);
            json.WriteTexts("tags", tags);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }));
        content.Headers.ContentType = new("application/json");
        using var answer = await SendAsync(HttpMethod.Post, $"/tailnet/{tailnet}/keys", content);
        var key = answer.RootElement;
        return (key.GetProperty("id").GetString()!, key.GetProperty("key").GetString()!, key.GetProperty("expires").GetString()!);
    }

    private async Task<JsonDocument> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, api + path) { Content = content };
        request.Headers.Authorization = _token;
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
    }
}

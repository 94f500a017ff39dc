using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.EndToEnd;

/// <summary>The control endpoints of tests/aws/interception.py.</summary>
internal sealed class MotoControl(Uri moto) : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    // UseProxy=false: a proxy of the environment must not stand between a test and its loopback.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(moto, "tailnet-tests/") };

    public Uri Moto => moto;

    public async Task<T> PostAsync<T>(string endpoint, object arguments)
    {
        using var response = await _http.PostAsJsonAsync(endpoint, arguments, s_json);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<T>(text, s_json)!
            : throw new InvalidOperationException($"moto refused {endpoint}: {text}");
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request);

    public void Dispose() => _http.Dispose();
}

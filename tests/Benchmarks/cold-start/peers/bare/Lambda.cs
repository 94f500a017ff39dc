using System.Text.Json;

namespace Automation.ColdStart.Bare;

/// <summary>The Runtime API, and batches of one message.</summary>
internal static class Lambda
{
    public static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(name);

    /// <param name="register">Takes the message, and the detail of its event.</param>
    public static async Task ServeAsync(HttpClient http, Func<JsonElement, JsonElement, Task> register)
    {
        var runtime = $"http://{Variable("AWS_LAMBDA_RUNTIME_API")}/2018-06-01/runtime/invocation/";
        while (true)
        {
            using var next = await http.GetAsync(runtime + "next");
            var id = next.Headers.GetValues("Lambda-Runtime-Aws-Request-Id").First();
            using var batch = JsonDocument.Parse(await next.Content.ReadAsByteArrayAsync());
            var message = batch.RootElement.GetProperty("Records")[0];
            using var body = JsonDocument.Parse(message.GetProperty("body").GetString()!);
            await register(message, body.RootElement.GetProperty("detail"));
            using var taken = await http.PostAsync($"{runtime}{id}/response", new ByteArrayContent(ComesBack(message)));
        }
    }

    /// <summary>The batch's answer: the node has yet to join.</summary>
    private static byte[] ComesBack(JsonElement message) => JsonText.Of(json =>
    {
        json.WriteStartArray("batchItemFailures");
        json.WriteStartObject();
        json.WriteString("itemIdentifier", message.GetProperty("messageId").GetString());
        json.WriteEndObject();
        json.WriteEndArray();
    });
}

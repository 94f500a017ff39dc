using System.Net;

namespace Automation.Fuzz;

/// <summary>What stands where the network would be: answers each request as it is told at the moment.</summary>
internal sealed class Answers : HttpMessageHandler
{
    private static readonly string[] s_types = ["text/xml", "application/json", "application/x-amz-json-1.1", "text/html; charset=utf-16", "application/octet-stream", ""];

    public Func<HttpRequestMessage, HttpResponseMessage> Next { get; set; } = _ => throw new InvalidOperationException("no answer was told");

    /// <param name="dice">null for an answer as the service gives it.</param>
    public static HttpResponseMessage Of(byte[] body, string type, HttpStatusCode status, Dice? dice)
    {
        var answer = new HttpResponseMessage(status) { Content = new ByteArrayContent(body) };
        answer.Content.Headers.TryAddWithoutValidation("Content-Type", dice?.OneIn(10) == true ? dice.Of(s_types) : type);
        if (dice?.OneIn(10) == true)
        {
            answer.Headers.TryAddWithoutValidation("Retry-After", dice.Of(["1", "0", "-1", "120", "2147483647", "99999999999999999999", "Wed, 04 Mar 2026 09:06:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "soon", ""]));
            answer.Headers.TryAddWithoutValidation("x-tailscale-request-id", Oddities.Text(dice));
            answer.Headers.TryAddWithoutValidation("x-amz-crc32", dice.Of(["0", "x", "99999999999"]));
        }

        return answer;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var answer = Next(request);
            answer.RequestMessage = request;
            return Task.FromResult(answer);
        }
        catch (Exception e)
        {
            return Task.FromException<HttpResponseMessage>(e);
        }
    }
}

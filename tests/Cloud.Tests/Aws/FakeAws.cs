using System.Net;
using System.Text;
using Amazon.Runtime;
using HttpClientFactory = Amazon.Runtime.HttpClientFactory;

namespace Automation.Aws;

/// <summary>Answers requests with recorded answers, in the order told or in any; a request it was not told of fails the test.</summary>
internal sealed class FakeAws : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly List<Expected> _expected = [];

    public List<Sent> Requests { get; } = [];

    /// <summary>Requests that run side by side come in any order: each gets the first answer left that was told for such a one.</summary>
    public bool AnyOrder { get; init; }

    public HttpClientFactory Http => new Factory(this);

    /// <param name="line">Method and address, such as <c>POST https://ec2.eu-west-1.amazonaws.com/</c>.</param>
    /// <param name="contains">What the body, or a header written as <c>Name: value</c>, must hold.</param>
    public FakeAws On(string line, params string[] contains)
    {
        _expected.Add(new(line, contains));
        return this;
    }

    public FakeAws Xml(string body, HttpStatusCode status = HttpStatusCode.OK) => Answer(body, "text/xml", status);

    public FakeAws Json(string body, HttpStatusCode status = HttpStatusCode.OK) => Answer(body, "application/x-amz-json-1.1", status);

    public FakeAws Json(string body, Encoding encoding) => Do(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
    {
        Content = new ByteArrayContent(encoding.GetBytes(body)) { Headers = { ContentType = new("application/x-amz-json-1.1") } },
    }));

    /// <summary>A refusal made from what was asked before.</summary>
    public FakeAws Json(Func<string> error) => Do(_ => Task.FromResult(Response(error(), "application/x-amz-json-1.0", HttpStatusCode.BadRequest)));

    public FakeAws Html(HttpStatusCode status) =>
        Answer("<!doctype html><html><title>Bad gateway</title><p>no & no</html>", "text/html", status);

    public FakeAws XmlError(string code, string message, HttpStatusCode status = HttpStatusCode.BadRequest) => Xml(
        $"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
        status);

    /// <summary>EC2 writes errors in a way of its own.</summary>
    public FakeAws Ec2Error(string code, string message, HttpStatusCode status = HttpStatusCode.BadRequest) => Xml(
        $"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
        status);

    public FakeAws JsonError(string code, string message, HttpStatusCode status = HttpStatusCode.BadRequest) =>
        Json($$"""{"__type":"com.amazonaws.service#{{code}}","message":"{{message}}"}""", status);

    public FakeAws NoConnection() => Do(_ => throw new HttpRequestException("Connection refused"));

    public FakeAws NeverAnswers() => Do(async stopping =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
        throw new InvalidOperationException("not reached");
    });

    /// <summary>The end of a test: fails where a request that was told of never came.</summary>
    public void Done()
    {
        Dispose();
        Assert.Equal(_expected.Select(expected => expected.Line), Requests.Select(request => request.Line));
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var headers = request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .Select(header => $"{header.Key}: {string.Join(",", header.Value)}").ToList();
        var sent = new Sent($"{request.Method} {request.RequestUri!.AbsoluteUri}", body, headers);
        return await Next(sent).Reply(cancellationToken);
    }

    private Expected Next(Sent sent)
    {
        lock (_lock)
        {
            Requests.Add(sent);
            var left = _expected.Where(expected => !expected.IsAnswered);
            var next = (AnyOrder ? left.FirstOrDefault(expected => expected.Misses(sent) is null) : left.FirstOrDefault())
                ?? throw new InvalidOperationException($"not told of {sent.Line} {sent.Body}");
            next.IsAnswered = true;
            return next.Misses(sent) is { } missing ? throw new InvalidOperationException(missing) : next;
        }
    }

    private static HttpResponseMessage Response(string body, string type, HttpStatusCode status) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, type) };

    private FakeAws Answer(string body, string type, HttpStatusCode status) => Do(_ => Task.FromResult(Response(body, type, status)));

    private FakeAws Do(Func<CancellationToken, Task<HttpResponseMessage>> reply)
    {
        _expected[^1].Reply = reply;
        return this;
    }

    public sealed record Sent(string Line, string Body, IReadOnlyList<string> Headers)
    {
        public string Header(string name) =>
            Headers.First(header => header.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))[(name.Length + 2)..];
    }

    private sealed record Expected(string Line, string[] Contains)
    {
        public bool IsAnswered { get; set; }

        public string? Misses(Sent sent) =>
            Line != sent.Line
                ? $"told of {Line}, not of {sent.Line} {sent.Body}"
                : Array.Find(Contains, text => !sent.Body.Contains(text, StringComparison.Ordinal) && !sent.Headers.Contains(text, StringComparer.OrdinalIgnoreCase)) is { } text
                    ? $"'{text}' is neither in {sent.Body} nor a header of {string.Join("; ", sent.Headers)}"
                    : null;

        public Func<CancellationToken, Task<HttpResponseMessage>> Reply { get; set; } =
            _ => throw new InvalidOperationException("no answer was told");
    }

    private sealed class Factory(FakeAws aws) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(aws, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
    }
}

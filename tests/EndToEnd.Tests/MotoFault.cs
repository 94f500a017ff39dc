namespace Automation.EndToEnd;

/// <summary>How calls fail, in the form in which the called service says it. It lasts until it struck <see cref="Times"/> times.</summary>
/// <param name="Kind">As tests/aws/faults.py knows it.</param>
public sealed record MotoFault(string Kind)
{
    /// <summary>EC2 RequestLimitExceeded 503, elsewhere a Throttling code with status 400.</summary>
    public static MotoFault Throttled { get; } = new("throttle");

    public static MotoFault Denied { get; } = new("denied");

    public static MotoFault ExpiredToken { get; } = new("expired");

    /// <summary>The service's own 500.</summary>
    public static MotoFault InternalError { get; } = new("internal");

    /// <summary>A load balancer's 500 in HTML.</summary>
    public static MotoFault HtmlPage { get; } = new("html");

    /// <summary>The connection ends without an answer.</summary>
    /// <remarks>AWSSDK.Core 4.0.102.19 then sends the call up to ten times more, whatever MaxErrorRetry says (seen): <c>Times = null</c> outlasts it,
    /// and what surfaces is an HttpIOException, no AmazonServiceException.</remarks>
    public static MotoFault HangUp { get; } = new("hang-up");

    /// <summary>The true answer, as the first of several pages; say with a second fault, <c>Passes = 1</c>, what the next page is.</summary>
    public static MotoFault MorePages { get; } = new("more");

    /// <summary>Any error of the service.</summary>
    public static MotoFault Error(int status, string code, string message) =>
        new("error") { Status = status, Code = code, Message = message };

    /// <summary>Any answer at all.</summary>
    public static MotoFault Answer(int status, string contentType, string body) =>
        new("answer") { Status = status, ContentType = contentType, Body = body };

    /// <summary>The true answer without the elements of these names, or without every empty one where none is named.</summary>
    public static MotoFault Without(params string[] elements) => new("without") { Elements = elements };

    /// <summary>Strikes this often; null: for ever.</summary>
    public int? Times { get; init; } = 1;

    /// <summary>Lets this many matching calls pass first.</summary>
    public int? Passes { get; init; }

    /// <summary>The call takes effect, and only its answer is lost.</summary>
    public bool Done { get; init; }

    public int? Status { get; init; }

    public string? Code { get; init; }

    public string? Message { get; init; }

    public string? ContentType { get; init; }

    public string? Body { get; init; }

    public IReadOnlyList<string>? Elements { get; init; }
}

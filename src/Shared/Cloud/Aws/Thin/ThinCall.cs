using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace Automation.Aws.Thin;

/// <summary>One request: a form for the Query protocol, a GET or a POST of XML for REST-XML, or a POST of JSON. Values of null are left out.</summary>
internal sealed class ThinCall : AmazonWebServiceRequest, IMarshaller<IRequest, AmazonWebServiceRequest>
{
    private readonly string _serviceId;
    private readonly string _method;
    private readonly string _path;
    private readonly (string Name, string? Value)[] _values;

    private ThinCall(string serviceId, string method, string path, (string Name, string? Value)[] values)
    {
        // A path is signed as it stands here; characters that need escaping would be signed otherwise than they are sent.
        if (!path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-'))
        {
            throw new ArgumentException($"'{Printable.Of(path)}' does not go into a path unescaped.", nameof(path));
        }

        _serviceId = serviceId;
        _method = method;
        _path = path;
        _values = values;
    }

    private string? ContentType { get; init; }

    /// <summary>null where a POST is a form of the values.</summary>
    private byte[]? Body { get; init; }

    /// <summary>The operation of a JSON call.</summary>
    private string? Target { get; init; }

    public static ThinCall Query(string serviceId, string version, string action, params (string Name, string? Value)[] values) =>
        new(serviceId, "POST", "/", [("Action", action), ("Version", version), .. values]) { ContentType = "application/x-www-form-urlencoded; charset=utf-8" };

    public static ThinCall Get(string serviceId, string path, params (string Name, string? Value)[] values) => new(serviceId, "GET", path, values);

    public static ThinCall Post(string serviceId, string path, XElement body) => new(serviceId, "POST", path, [])
    {
        ContentType = "application/xml",
        Body = Encoding.UTF8.GetBytes(body.ToString(SaveOptions.DisableFormatting)),
    };

    /// <param name="target">The service's name in its protocol and the operation, such as <c>Route53Resolver.ListResolverRules</c>.</param>
    public static ThinCall Json<T>(string serviceId, string target, T body, JsonTypeInfo<T> type) => new(serviceId, "POST", "/", [])
    {
        ContentType = "application/x-amz-json-1.1",
        Body = JsonSerializer.SerializeToUtf8Bytes(body, type),
        Target = target,
    };

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var request = new DefaultRequest(this, _serviceId)
        {
            HttpMethod = _method,
            ResourcePath = _path,
            UseQueryString = _method == "GET",
            Content = Body,
        };
        if (ContentType is not null)
        {
            request.Headers["Content-Type"] = ContentType;
        }

        if (Target is not null)
        {
            request.Headers["X-Amz-Target"] = Target;
        }

        foreach (var (name, value) in _values)
        {
            if (value is not null)
            {
                request.Parameters.Add(name, value);
            }
        }

        return request;
    }
}

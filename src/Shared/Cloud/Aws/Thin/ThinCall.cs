using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace Automation.Aws.Thin;

/// <summary>One request: a form for the Query protocol, or a GET for REST-XML. Values of null are left out.</summary>
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

    public static ThinCall Query(string serviceId, string version, string action, params (string Name, string? Value)[] values) =>
        new(serviceId, "POST", "/", [("Action", action), ("Version", version), .. values]);

    public static ThinCall Get(string serviceId, string path, params (string Name, string? Value)[] values) => new(serviceId, "GET", path, values);

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var request = new DefaultRequest(this, _serviceId)
        {
            HttpMethod = _method,
            ResourcePath = _path,
            UseQueryString = _method == "GET",
        };
        if (_method == "POST")
        {
            request.Headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8";
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

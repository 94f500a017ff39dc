using System.Net;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;

namespace Automation.Aws.Thin;

internal sealed class ThinResult<T> : AmazonWebServiceResponse
{
    public T? Value { get; set; }
}

/// <summary>Reads an XML answer; errors as AWS's Query and REST-XML services write them.</summary>
/// <param name="mayBeEmpty">An answer without a body is taken for an element without content.</param>
internal sealed class ThinReader<T>(Func<XElement, T> read, bool mayBeEmpty) : XmlResponseUnmarshaller
{
    public override AmazonWebServiceResponse Unmarshall(XmlUnmarshallerContext input) =>
        new ThinResult<T> { Value = read(mayBeEmpty ? LoadAny(input.Stream) : XElement.Load(input.Stream)) };

    private static XElement LoadAny(Stream stream)
    {
        using var body = new StreamReader(stream);
        return body.Peek() < 0 ? new("Nothing") : XElement.Load(body);
    }

    public override AmazonServiceException UnmarshallException(XmlUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
    {
        var error = XmlErrorResponseUnmarshaller.GetInstance().Unmarshall(input);
        return new(error.Message, innerException, error.Type, error.Code, error.RequestId, statusCode);
    }
}

/// <summary>Finds elements by name; AWS's answers have one namespace each, which says nothing more.</summary>
internal static class ThinXml
{
    public static XElement? Child(this XElement parent, string name) =>
        parent.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    public static IEnumerable<XElement> Children(this XElement? parent, string name) =>
        parent?.Elements().Where(element => element.Name.LocalName == name) ?? [];

    /// <returns>null where there is no such child, or an empty one.</returns>
    public static string? Text(this XElement parent, string name) =>
        parent.Child(name)?.Value.Trim() is { Length: > 0 } text ? text : null;
}

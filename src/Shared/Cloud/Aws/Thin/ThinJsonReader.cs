using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace Automation.Aws.Thin;

/// <summary>Reads a JSON answer, whatever its Content-Type says; errors as AWS's JSON services write them.</summary>
internal sealed class ThinJsonReader<T>(JsonTypeInfo<T> type) : JsonResponseUnmarshaller
    where T : class
{
    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input) =>
        new ThinResult<T> { Value = JsonSerializer.Deserialize(input.Stream, type) ?? throw new JsonException("the answer is null") };

    public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
    {
        var reader = new StreamingUtf8JsonReader(input.Stream);
        var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref reader);
        return new(error.Message, innerException, error.Type, error.Code, error.RequestId, statusCode);
    }
}

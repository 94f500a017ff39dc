using System.Globalization;
using System.Text;

namespace Automation.ColdStart;

/// <summary>Whole HTTP responses as bytes, made before the run that they answer.</summary>
internal static class Wire
{
    public static byte[] Json(DateTimeOffset now, string body, string status = "200 OK", string type = "application/json") =>
        Response(now, status, type, "", body);

    public static byte[] Xml(DateTimeOffset now, string body) => Response(now, "200 OK", "text/xml;charset=UTF-8", "", body);

    /// <summary>The Runtime API's answer to <c>next</c>.</summary>
    public static byte[] Event(string batch, DateTimeOffset now)
    {
        var deadline = now.AddSeconds(60).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return Response(now, "200 OK", "application/json",
            "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            + "Lambda-Runtime-Deadline-Ms: " + deadline + "\r\n"
            + "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:111122223333:function:tailnet-node-lifecycle\r\n"
            + "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n",
            batch);
    }

    private static byte[] Response(DateTimeOffset now, string status, string type, string headers, string body)
    {
        var length = Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(
            "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + length
            + "\r\nDate: " + now.ToString("R", CultureInfo.InvariantCulture)
            + "\r\nx-amzn-RequestId: 3b2a1f6e-5c0d-4f0a-9f1d-0c9f7f7b1a11\r\n" + headers + "\r\n" + body);
    }
}

using System.Globalization;
using System.Xml.Linq;
using Amazon.DynamoDBv2;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SQS;

namespace Automation.EndToEnd;

/// <summary>A Region of an account: builds its world and reads it back. Files beside this one: one per service.</summary>
public sealed partial class MotoRegion
{
    private readonly MotoControl _control;

    internal MotoRegion(MotoControl control, MotoAccount account, string region)
    {
        _control = control;
        Account = account;
        Name = region;
        Ec2 = Marked(new AmazonEC2Client(AnyCredentials, At(new AmazonEC2Config())));
        Ssm = Marked(new AmazonSimpleSystemsManagementClient(AnyCredentials, At(new AmazonSimpleSystemsManagementConfig())));
        Sqs = Marked(new AmazonSQSClient(AnyCredentials, At(new AmazonSQSConfig())));
        DynamoDb = Marked(new AmazonDynamoDBClient(AnyCredentials, At(new AmazonDynamoDBConfig())));
    }

    public MotoAccount Account { get; }

    public string Name { get; }

    public Scope Scope => new(Account.Id, Name);

    public AmazonEC2Client Ec2 { get; }

    public AmazonSimpleSystemsManagementClient Ssm { get; }

    public AmazonSQSClient Sqs { get; }

    public AmazonDynamoDBClient DynamoDb { get; }

    // The account comes from a header and no signature is checked.
    internal static AWSCredentials AnyCredentials { get; } = new BasicAWSCredentials("AKIAXXXXXXXXXXXXXXXX", "unused");

    /// <summary>Marks requests as the tests' own, in the account given.</summary>
    internal static RequestEventHandler MarkAsSetUp(string account) => (_, e) =>
    {
        var headers = ((WebServiceRequestEventArgs)e).Headers;
        headers["x-tailnet-tests"] = "set-up";
        headers["x-moto-account-id"] = account;
    };

    internal Task IamAsync(string action, params IEnumerable<(string Name, string Value)> parameters) =>
        QueryAsync("iam", "2010-05-08", action, parameters);

    /// <summary>Calls a Query service that has no client here.</summary>
    private async Task<XElement> QueryAsync(string service, string version, string action, params IEnumerable<(string Name, string Value)> parameters)
    {
        var form = parameters.Append(("Action", action)).Append(("Version", version))
            .Select(parameter => KeyValuePair.Create(parameter.Item1, parameter.Item2));
        using var request = new HttpRequestMessage(HttpMethod.Post, _control.Moto) { Content = new FormUrlEncodedContent(form) };
        return await SendAsync(request, service, Name);
    }

    private async Task<XElement> SendAsync(HttpRequestMessage request, string service, string signingRegion)
    {
        // moto finds the service and the Region in the credential scope, and does not look at the signature.
        var day = DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var scope = $"AKIAXXXXXXXXXXXXXXXX/{day}/{signingRegion}/{service}/aws4_request";
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        request.Headers.Add("x-tailnet-tests", "set-up");
        request.Headers.Add("x-moto-account-id", Account.Id);
        using var response = await _control.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? XElement.Parse(text)
            : throw new InvalidOperationException(
                $"moto refused {request.Method} {request.RequestUri} ({service}): {(int)response.StatusCode} {text}");
    }

    private T At<T>(T config)
        where T : ClientConfig
    {
        config.ServiceURL = _control.Moto.ToString();
        config.AuthenticationRegion = Name;
        config.HttpClientFactory = DirectHttp.Instance;
        return config;
    }

    private T Marked<T>(T client)
        where T : AmazonServiceClient
    {
        client.BeforeRequestEvent += MarkAsSetUp(Account.Id);
        return client;
    }
}

/// <summary>No proxy of the environment stands between a test and its loopback.</summary>
internal sealed class DirectHttp : HttpClientFactory
{
    public static DirectHttp Instance { get; } = new();

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new SocketsHttpHandler { UseProxy = false });
}

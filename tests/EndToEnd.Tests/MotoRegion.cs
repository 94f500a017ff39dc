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
        Ec2 = new AmazonEC2Client(AnyCredentials, At(new AmazonEC2Config()));
        Ssm = new AmazonSimpleSystemsManagementClient(AnyCredentials, At(new AmazonSimpleSystemsManagementConfig()));
        Sqs = new AmazonSQSClient(AnyCredentials, At(new AmazonSQSConfig()));
        DynamoDb = new AmazonDynamoDBClient(AnyCredentials, At(new AmazonDynamoDBConfig()));
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

    private async Task<XElement> SendAsync(HttpRequestMessage request, string service, string signingRegion) =>
        XElement.Parse(await SendTextAsync(request, service, signingRegion));

    private async Task<string> SendTextAsync(HttpRequestMessage request, string service, string signingRegion)
    {
        // moto finds the service and the Region in the credential scope, and does not look at the signature.
        var day = DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var scope = $"AKIAXXXXXXXXXXXXXXXX/{day}/{signingRegion}/{service}/aws4_request";
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        SetUpHttp.Mark(request, Account.Id);
        using var response = await _control.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? text
            : throw new InvalidOperationException(
                $"moto refused {request.Method} {request.RequestUri} ({service}): {(int)response.StatusCode} {text}");
    }

    private T At<T>(T config)
        where T : ClientConfig
    {
        config.ServiceURL = _control.Moto.ToString();
        config.AuthenticationRegion = Name;
        config.HttpClientFactory = new SetUpHttp(Account.Id);
        return config;
    }
}

/// <summary>No proxy of the environment stands between a test and its loopback.</summary>
internal sealed class DirectHttp : HttpClientFactory
{
    public static DirectHttp Instance { get; } = new();

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new SocketsHttpHandler { UseProxy = false });
}

/// <summary>Marks requests as the tests' own, in the account given. Not by the SDK's events: the clients under test do without, in the whole process.</summary>
internal sealed class SetUpHttp(string account) : HttpClientFactory
{
    public static void Mark(HttpRequestMessage request, string account)
    {
        request.Headers.Add("x-tailnet-tests", "set-up");
        request.Headers.Add("x-moto-account-id", account);
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Marking(account));

    private sealed class Marking(string account) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Mark(request, account);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

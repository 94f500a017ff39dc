using System.Runtime.CompilerServices;
using Amazon.EC2;
using Amazon.Runtime;
using Automation.ColdStart.Sdk;

// Registers a new node with the AWS SDK as it comes and the runtime's HTTP client: the calls, side by side where they do not need each other,
// and no more. What goes wrong ends the process.
static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(name);

// The SDK would read the thousand names of EC2's instance types by reflection, which takes longer than all else: this one table stays empty.
[UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "staticFields")]
static extern ref Dictionary<Type, Dictionary<string, ConstantClass>> Tables(ConstantClass? none);
Tables(null)[typeof(InstanceType)] = new(StringComparer.OrdinalIgnoreCase);

using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
var node = new Registration(
    new(),
    new(http, new(Variable("AWS_ENDPOINT_URL")), Variable("AWS_REGION"), Variable("AWS_ACCESS_KEY_ID"), Variable("AWS_SECRET_ACCESS_KEY"), Variable("AWS_SESSION_TOKEN")),
    new(http, Variable("TAILSCALE_API_URL") + "/api/v2", Variable("TAILNET")),
    Variable("ACCOUNT_ID"),
    Variable("PARAMETER_PREFIX"),
    Variable("LEDGER_TABLE"),
    Variable("NODE_TAGS").Split('=')[1].Split('+'));
var login = node.LogInAsync(Variable("TAILSCALE_CREDENTIAL"));
var runtime = $"http://{Variable("AWS_LAMBDA_RUNTIME_API")}/2018-06-01/runtime/invocation/";
while (true)
{
    using var next = await http.GetAsync(runtime + "next");
    var id = next.Headers.GetValues("Lambda-Runtime-Aws-Request-Id").First();
    var answer = await node.HandleAsync(await next.Content.ReadAsByteArrayAsync(), login);
    using var taken = await http.PostAsync($"{runtime}{id}/response", new ByteArrayContent(answer));
}

using Automation.ColdStart.Bare;

// Registers a new node with nothing but the runtime's HTTP client: the calls, side by side where they do not need each other, and no more.
// What goes wrong ends the process.
using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
var node = new Registration(
    new(http, new(Lambda.Variable("AWS_ENDPOINT_URL")), Lambda.Variable("AWS_REGION"), Lambda.Variable("AWS_ACCESS_KEY_ID"), Lambda.Variable("AWS_SECRET_ACCESS_KEY"), Lambda.Variable("AWS_SESSION_TOKEN")),
    new(http, Lambda.Variable("TAILSCALE_API_URL") + "/api/v2", Lambda.Variable("TAILNET")),
    Lambda.Variable("ACCOUNT_ID"),
    Lambda.Variable("PARAMETER_PREFIX"),
    Lambda.Variable("LEDGER_TABLE"),
    Lambda.Variable("NODE_TAGS").Split('=')[1].Split('+'));
var login = node.LogInAsync(Lambda.Variable("TAILSCALE_CREDENTIAL"));
await Lambda.ServeAsync(http, (message, detail) => node.RegisterAsync(message, detail, login));

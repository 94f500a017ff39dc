using Amazon.Runtime;
using Automation.Aws;

namespace Automation.EndToEnd;

/// <summary>Leads the real clients to moto. Their own endpoints are AWS's: nothing but the host changes on the way.</summary>
internal sealed class ToMoto(Moto moto) : HttpClientFactory
{
    /// <summary>The clients of an account and Region.</summary>
    /// <param name="role">Whose session makes the calls; it need not exist where nothing is enforced.</param>
    public static async Task<IAwsScope> ScopeAsync(Moto moto, MotoAccount account, string region, string role = "tests")
    {
        var variables = new Dictionary<string, string>
        {
            ["ACCOUNT_ID"] = account.Id, ["AWS_REGION"] = region, ["LEDGER_TABLE"] = "ledger", ["TAILSCALE_CREDENTIAL"] = "/tailnet/credential",
        };
        var clients = new AwsClients(
            Settings.Read(variables.GetValueOrDefault), "tests", TimeProvider.System, await account.CredentialsAsync(role), new ToMoto(moto));
        return clients.In(new(account.Id, region));
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Redirect(moto));

    private sealed class Redirect(Moto moto) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new(moto.Uri, request.RequestUri!.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

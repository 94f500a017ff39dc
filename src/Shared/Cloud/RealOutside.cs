using Automation.Aws;
using Automation.Tailscale;

namespace Automation;

/// <summary>The real AWS and the real Tailscale API, as the settings say.</summary>
public sealed class RealOutside : IDisposable
{
    private readonly TailscaleClient _tailscale;

    /// <param name="session">Names the caller in other accounts' CloudTrail.</param>
    public RealOutside(Settings settings, string session, TimeProvider time)
    {
        Aws = new AwsClients(settings, session, time);
        _tailscale = new(settings.TailscaleApi, settings.Tailnet, SourceOf(settings.Credential, settings.Home, Aws), time);
        Outside = new(Aws, _tailscale, Aws.Ledger, Aws.Sqs);
    }

    public Outside Outside { get; }

    internal AwsClients Aws { get; }

    internal TailscaleClient Tailscale => _tailscale;

    /// <summary>Fetches the access token while nothing else is to be done. A failure shows at the first call that needs it.</summary>
    public async Task WarmAsync(CancellationToken stopping)
    {
        try
        {
            await _tailscale.WarmAsync(stopping);
        }
        catch (Exception e) when (e is CallFailedException or OperationCanceledException)
        {
            // Whoever needs the token asks again, and reports what is wrong.
        }
    }

    private static CredentialSource SourceOf(CredentialOrigin origin, Scope home, AwsClients aws) => origin switch
    {
        CredentialOrigin.Federated federated => new(federated.ClientId, aws.GetIdentityTokenAsync),
        CredentialOrigin.Parameter { Name: var name } => new(name, stopping => aws.In(home).Ssm.GetSecretAsync(name, stopping)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public void Dispose() => _tailscale.Dispose();
}

namespace Automation.Tailscale;

/// <summary>The credential, read when it is first needed and kept until it is refused: a rotated one is picked up without a new process.</summary>
public sealed class CredentialSource
{
    private readonly Func<CancellationToken, Task<TailscaleCredential>> _read;
    private readonly Func<string, CancellationToken, Task<Secret>>? _identityToken;
    private volatile TailscaleCredential? _known;

    /// <param name="parameter">Name of the SSM SecureString, for messages.</param>
    /// <param name="read">Reads it; null where there is no such parameter.</param>
    public CredentialSource(string parameter, Func<CancellationToken, Task<Secret?>> read)
    {
        Parameter = parameter;
        _read = async stopping => TailscaleCredential.Parse(await read(stopping), parameter);
    }

    /// <param name="clientId">Of the federated identity.</param>
    /// <param name="identityToken">Asks AWS for a token that says who the caller is, for this audience.</param>
    public CredentialSource(string clientId, Func<string, CancellationToken, Task<Secret>> identityToken)
    {
        Parameter = "";
        _read = _ => Task.FromResult<TailscaleCredential>(new TailscaleCredential.Federated(clientId));
        _identityToken = identityToken;
    }

    /// <summary>Empty where no parameter holds it.</summary>
    public string Parameter { get; }

    internal async Task<TailscaleCredential> GetAsync(CancellationToken stopping) => _known ??= await _read(stopping);

    /// <summary>A new one each time: it lives for five minutes, and may count as used once it was shown.</summary>
    internal Task<Secret> GetIdentityTokenAsync(string clientId, CancellationToken stopping) => _identityToken!(IdentityClaims.AudienceOf(clientId), stopping);

    /// <summary>The next use reads again, unless somebody has already.</summary>
    internal void Forget(TailscaleCredential refused) => Interlocked.CompareExchange(ref _known, null, refused);
}

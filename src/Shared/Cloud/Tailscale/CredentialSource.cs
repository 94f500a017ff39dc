namespace Automation.Tailscale;

/// <summary>The credential, read when it is first needed and kept until it is refused: a rotated one is picked up without a new process.</summary>
/// <param name="parameter">Name of the SSM SecureString, for messages.</param>
/// <param name="read">Reads it; null where there is no such parameter.</param>
public sealed class CredentialSource(string parameter, Func<CancellationToken, Task<Secret?>> read)
{
    private volatile TailscaleCredential? _known;

    public string Parameter => parameter;

    internal async Task<TailscaleCredential> GetAsync(CancellationToken stopping) =>
        _known ??= TailscaleCredential.Parse(await read(stopping), parameter);

    /// <summary>The next use reads again, unless somebody has already.</summary>
    internal void Forget(TailscaleCredential refused) => Interlocked.CompareExchange(ref _known, null, refused);
}

using System.Collections.Immutable;

namespace Automation.Tailscale;

/// <param name="Scopes">What the token may do; null where that is not known.</param>
/// <param name="Tags">What it may give to keys, and what of it that owns; null where that is not known, or a person's.</param>
internal sealed record AccessToken(
    Secret Value, DateTimeOffset RenewAt, ImmutableArray<string>? Scopes, ImmutableArray<string>? Tags, TailscaleCredential From);

/// <summary>The token that each call shows. Callers that need one at the same time share one request.</summary>
internal sealed class AccessTokens(CredentialSource credentials, TailscaleHttp http, TimeProvider time)
{
    /// <summary>A token is renewed this long before it ends, so that no call sets out with one that ends under way.</summary>
    private static readonly TimeSpan s_renewBefore = TimeSpan.FromMinutes(5);

    /// <summary>What Tailscale documents; used where an answer does not say.</summary>
    private static readonly TimeSpan s_usualLife = TimeSpan.FromHours(1);

    /// <summary>Reading the credential and three tries of 10 s with their waits fit in; a fetch that hangs must not outlive it.</summary>
    private static readonly TimeSpan s_fetchLimit = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private Task<AccessToken>? _fetch;

    public Task<AccessToken> GetAsync(CancellationToken stopping)
    {
        Task<AccessToken> fetch;
        lock (_gate)
        {
            if (_fetch is null || IsOver(_fetch))
            {
                // Not tied to one caller: the others still want the token when that one gives up.
                _fetch = Task.Run(FetchAsync, CancellationToken.None);
            }

            fetch = _fetch;
        }

        return fetch.WaitAsync(stopping);
    }

    /// <summary>The API refused this token; the next call fetches another, unless somebody has already.</summary>
    public void Drop(AccessToken refused)
    {
        Discard(refused);
        if (refused.From is TailscaleCredential.ApiKey)
        {
            credentials.Forget(refused.From);   // an OAuth client is tried again first: mostly only its token has ended
        }
    }

    /// <summary>The credential may not do what was asked: the next call reads it again, since whoever mends that puts another in its place.</summary>
    public void Reconsider(AccessToken denied)
    {
        Discard(denied);
        credentials.Forget(denied.From);
    }

    private void Discard(AccessToken token)
    {
        lock (_gate)
        {
            if (_fetch is { IsCompletedSuccessfully: true } && ReferenceEquals(_fetch.Result, token))
            {
                _fetch = null;
            }
        }
    }

    private bool IsOver(Task<AccessToken> fetch) =>
        fetch.IsCompleted && (!fetch.IsCompletedSuccessfully || fetch.Result.RenewAt <= time.GetUtcNow());

    private async Task<AccessToken> FetchAsync()
    {
        using var limit = new CancellationTokenSource(s_fetchLimit, time);
        try
        {
            var credential = await credentials.GetAsync(limit.Token);
            try
            {
                return await TokenForAsync(credential, limit.Token);
            }
            catch (CallFailedException refused) when (refused.Failure is Failure.BadCredential)
            {
                credentials.Forget(credential);
                var rotated = await credentials.GetAsync(limit.Token);
                if (rotated.IsSameAs(credential))
                {
                    throw;
                }

                return await TokenForAsync(rotated, limit.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new CallFailedException(
                Failure.Unavailable, TailscaleCall.Service, TailscaleCall.Token.ToString(), "timeout", "no access token within 60 s");
        }
    }

    private async Task<AccessToken> TokenForAsync(TailscaleCredential credential, CancellationToken stopping) => credential switch
    {
        TailscaleCredential.ApiKey key => new(key.Key, DateTimeOffset.MaxValue, Scopes: null, Tags: null, key),
        TailscaleCredential.OAuthClient client => await ExchangeAsync(client, stopping),
        TailscaleCredential.Federated federated => await ExchangeAsync(federated, stopping),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private async Task<AccessToken> ExchangeAsync(TailscaleCredential.OAuthClient client, CancellationToken stopping)
    {
        var call = TailscaleCall.Token;
        var asked = time.GetUtcNow();
        var answer = await http.SendAsync(call, call.Template, token: null, () => new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_id", client.ClientId),
            new("client_secret", client.ClientSecret.Reveal()),
        ]), stopping);

        if ((int)answer.Status is 400 or 401 or 403)
        {
            // The body is left out: it could repeat what was sent.
            throw Refusals.BadCredential(call, answer,
                $"Tailscale does not accept the OAuth client in the SSM parameter {Printable.Of(credentials.Parameter)}; it may have been revoked. "
                + "Create one under Trust credentials in the admin console and write it to that parameter.");
        }

        return TokenIn(call, answer, asked, client);
    }

    private async Task<AccessToken> ExchangeAsync(TailscaleCredential.Federated federated, CancellationToken stopping)
    {
        try
        {
            return await ExchangeOnceAsync(federated, stopping);
        }
        catch (CallFailedException lost) when (lost is { Failure: Failure.Unavailable, Service: TailscaleCall.Service })
        {
            return await ExchangeOnceAsync(federated, stopping);   // with another identity token: the first may count as used, or have ended
        }
    }

    private async Task<AccessToken> ExchangeOnceAsync(TailscaleCredential.Federated federated, CancellationToken stopping)
    {
        var call = TailscaleCall.TokenExchange;
        var asked = time.GetUtcNow();
        var identity = await credentials.GetIdentityTokenAsync(federated.ClientId, stopping);
        var answer = await http.SendAsync(
            call, call.Template, token: null, () => new FormUrlEncodedContent([new("client_id", federated.ClientId), new("jwt", identity.Reveal())]), stopping);
        if ((int)answer.Status is 400 or 401 or 403 or 404)
        {
            // The body is left out: it could repeat what was sent, and says nothing of the cause.
            var claims = IdentityClaims.Of(identity);
            throw claims?.Expires <= time.GetUtcNow()   // the process was frozen under way
                ? Refusals.Unreadable(call, answer, "the identity token ended before it was shown")
                : Refusals.BadCredential(call, answer,
                    $"Tailscale does not accept AWS's identity token for the federated identity {federated.ClientId}, and says why only in the admin console: "
                    + $"Settings, Trust credentials, there. Compare it with what was shown: {claims?.ToString() ?? "a token that cannot be read"}. "
                    + "The issuer must be the same text, the subject's pattern must match, and the client ID be that of TAILSCALE_CREDENTIAL.");
        }

        return TokenIn(call, answer, asked, federated);
    }

    private static AccessToken TokenIn(TailscaleCall call, TailscaleAnswer answer, DateTimeOffset asked, TailscaleCredential from)
    {
        Refusals.ThrowUnlessOk(call, answer, scopes: null);
        var read = answer.Read(call, TailscaleWire.Token);
        if (read.AccessToken is not { } value || !HeaderText.IsSafe(value.Reveal()))
        {
            throw Refusals.Unreadable(call, answer, "the answer holds no access token");
        }

        var life = read.ExpiresIn is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400)) : s_usualLife;
        var early = life > 2 * s_renewBefore ? s_renewBefore : life / 2;
        return new(value, asked + life - early, Words(read.Scope), Words(read.Tags), from);

        static ImmutableArray<string>? Words(string? text) => text is null ? null : [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
    }
}

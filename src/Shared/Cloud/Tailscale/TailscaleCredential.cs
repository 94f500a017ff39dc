using System.Text.Json;

namespace Automation.Tailscale;

/// <summary>What the automation shows Tailscale to be let in.</summary>
public abstract record TailscaleCredential
{
    private const string ApiKeyStart = "tskey-api-";

    private TailscaleCredential()
    {
    }

    /// <summary>An OAuth client: it does not expire and is exchanged for access tokens.</summary>
    public sealed record OAuthClient(string ClientId, Secret ClientSecret) : TailscaleCredential;

    /// <summary>An API access token of a person, 1 to 90 days: it is shown as it is.</summary>
    public sealed record ApiKey(Secret Key) : TailscaleCredential
    {
        /// <summary>What stands between <c>tskey-api-</c> and the secret part: no secret. null where nothing does.</summary>
        public KeyId? Id => Key.Reveal()[ApiKeyStart.Length..].Split('-') is [var id, _, ..] && KeyId.TryParse(id, out var read) ? read : null;
    }

    /// <summary>A federated identity: it does not expire, and an identity token of AWS is exchanged for access tokens.</summary>
    public sealed record Federated(string ClientId) : TailscaleCredential;

    /// <param name="text">The value of the SSM parameter; null where there is no such parameter.</param>
    /// <param name="parameter">The parameter's name, for the message.</param>
    /// <exception cref="CallFailedException">BadCredential; the message names the parameter and the remedy, never the value.</exception>
    public static TailscaleCredential Parse(Secret? text, string parameter)
    {
        if (text is null)
        {
            throw Bad("NotFound", $"there is no SSM parameter {Printable.Of(parameter)}", parameter);
        }

        var value = text.Reveal().Trim();
        if (value.StartsWith(ApiKeyStart, StringComparison.Ordinal) && value.Length > ApiKeyStart.Length && HeaderText.IsSafe(value))
        {
            return new ApiKey(new(value));
        }

        return TryReadClient(value) ?? throw Bad("Unreadable", $"the SSM parameter {Printable.Of(parameter)} holds no credential", parameter);
    }

    internal bool IsSameAs(TailscaleCredential other) => (this, other) switch
    {
        (OAuthClient a, OAuthClient b) => a.ClientId == b.ClientId && a.ClientSecret.Reveal() == b.ClientSecret.Reveal(),
        (ApiKey a, ApiKey b) => a.Key.Reveal() == b.Key.Reveal(),
        (Federated a, Federated b) => a == b,
        _ => false,
    };

    private static OAuthClient? TryReadClient(string value)
    {
        try
        {
            using var json = JsonDocument.Parse(value);
            return json.RootElement.ValueKind != JsonValueKind.Null && TailscaleWire.Credential(json.RootElement) is { ClientId.Length: > 0, ClientSecret: { } secret } read
                ? new(read.ClientId, secret)
                : null;
        }
        catch (JsonException)   // not passed on: it may quote the value
        {
            return null;
        }
    }

    private static CallFailedException Bad(string code, string cause, string parameter) => new(
        Failure.BadCredential,
        TailscaleCall.Service,
        "credential",
        code,
        $"{cause}. Write a SecureString named {Printable.Of(parameter)} with "
            + """{"clientId":"...","clientSecret":"..."} of an OAuth client, or with an API access token.""");
}

/// <summary>Text that may stand in an HTTP header. Anything else would end up, value and all, in the exception of the header's parser.</summary>
internal static class HeaderText
{
    public static bool IsSafe(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}

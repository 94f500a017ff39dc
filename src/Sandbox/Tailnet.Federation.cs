using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Automation.Tailscale;

namespace Automation.Sandbox;

/// <summary>Federated identities: what a person trusts in the admin console, and the exchange of an identity token. Its signature is not verified.</summary>
public sealed partial class Tailnet
{
    private readonly SortedDictionary<string, FederatedIdentity> _federated = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _refusals = [];

    /// <param name="subject">May have <c>*</c> in it, for any text.</param>
    public FederatedIdentity AddFederatedIdentity(string issuer, string subject, ImmutableArray<string> tags, ImmutableArray<string> scopes) => Do(_ =>
    {
        var id = Numbered('k', ++_lastKey);
        FederatedIdentity identity = new(id, issuer, subject, tags, scopes);
        _federated.Add(id, identity);
        return identity;
    });

    /// <summary>Why the identity's last exchange was refused, which only the admin console shows; null where it was not.</summary>
    public string? LastRefusalOf(string id) => Do(_ => _refusals.GetValueOrDefault(id));

    internal IssuedToken ExchangeToken(string? clientId, string? jwt) => Api(TailscaleCall.TokenExchange.ToString(), now =>
    {
        if (clientId is null || !_federated.TryGetValue(clientId, out var identity))
        {
            throw Refusal.BadIdentity();
        }

        var claims = jwt is { Length: > 0 } ? IdentityClaims.Of(new(jwt)) : null;
        if (WhyNot(identity, claims, now) is { } why)
        {
            _refusals[clientId] = why;
            throw Refusal.BadIdentity();
        }

        _refusals.Remove(clientId);
        return Issue(new(identity.Scopes, identity.Tags), now, clientId);
    });

    private static string? WhyNot(FederatedIdentity identity, IdentityClaims? claims, DateTimeOffset now) =>
        claims is null ? "the token cannot be read"
        : claims.Issuer != identity.Issuer ? $"the issuer is {claims.Issuer}"
        : !Regex.IsMatch(claims.Subject, $"^{Regex.Escape(identity.Subject).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant) ? $"the subject is {claims.Subject}"
        : !claims.Audience.Split(' ').Contains(IdentityClaims.AudienceOf(identity.Id)) ? $"the audience is {claims.Audience}"
        : claims.Expires is not { } expires || expires <= now ? "the token has expired"
        : null;
}

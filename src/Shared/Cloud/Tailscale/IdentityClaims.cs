using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace Automation.Tailscale;

/// <summary>What an identity token says of itself. Without its signature it proves nothing, so this may be shown.</summary>
internal sealed record IdentityClaims(string Issuer, string Subject, string Audience, string Algorithm, DateTimeOffset? Expires)
{
    /// <summary>What Tailscale has a federated identity's tokens made out to, where nobody chose another.</summary>
    public static string AudienceOf(string clientId) => "api.tailscale.com/" + clientId;

    /// <returns>null where it is no such token.</returns>
    public static IdentityClaims? Of(Secret token)
    {
        try
        {
            if (token.Reveal().Split('.') is not [var head, var body, _])
            {
                return null;
            }

            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(head));
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(body));
            return new(Text(claims, "iss"), Text(claims, "sub"), Text(claims, "aud"), Text(header, "alg"), Instant(claims, "exp"));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)   // not passed on: it may quote the token
        {
            return null;
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"issuer {Issuer}, subject {Subject}, audience {Audience}, algorithm {Algorithm}, valid until {Expires:yyyy-MM-dd'T'HH:mm:ss'Z'}");

    // The audience may be a list. Shown as it came, so that it can be compared.
    private static string Text(JsonDocument part, string name) => part.RootElement.TryGetProperty(name, out var found)
        ? Printable.Of(found.ValueKind == JsonValueKind.Array ? string.Join(' ', found.EnumerateArray()) : found.ToString())
        : "none";

    private static DateTimeOffset? Instant(JsonDocument part, string name) =>
        part.RootElement.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Number && found.TryGetInt64(out var seconds)
        && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}

using System.Text;
using Automation.Tailscale;

namespace Automation.Fuzz;

/// <summary>The parameter with the Tailscale credential: taken only for one that it is, and no message tells any of it.</summary>
internal sealed class CredentialTarget : Target
{
    public override string Name => "credential";

    public override int Share => 100;

    public override AllocationLimit Limit => new(32_000, 40);

    public override Input Make(Dice dice)
    {
        // An id is no secret: what comes after it is.
        var (id, clientTail, keyTail) = (dice.Letters(14), dice.Letters(32), dice.Letters(32));
        var (secret, key) = ($"tskey-client-{dice.Letters(9)}-{clientTail}", $"tskey-api-{dice.Letters(12)}-{keyTail}");
        var json = new JsonMutator([$$"""{"clientId":"{{id}}","clientSecret":"{{secret}}"}""", $$"""{"clientId":"{{id}}","clientSecret":"{{secret}}","scopes":["all"],"tags":["tag:a"]}""", $$"""["{{key}}"]""", $$"""{"key":"{{key}}"}"""]);
        var bytes = dice.OneIn(3) ? BytesMutator.Of(dice.OneIn(4) ? key : Oddities.Changed(key, dice), dice) : json.Bytes(dice);
        var text = Encoding.UTF8.GetString(bytes);
        return new(Encoding.UTF8.GetBytes(text), () => Try(text, [clientTail, keyTail]));
    }

    private static Outcome Try(string text, string[] secrets)
    {
        TailscaleCredential credential;
        try
        {
            credential = TailscaleCredential.Parse(text.Length == 0 ? null : new Secret(text), "/tailnet/credential");
        }
        catch (CallFailedException refused)
        {
            Must.Be(refused is { Failure: Failure.BadCredential, InnerException: null }, "it is refused as something else");
            foreach (var secret in secrets)
            {
                Must.NotTell(secret, refused.ToString());
            }

            return Outcome.Refused(refused);
        }

        switch (credential)
        {
            case TailscaleCredential.ApiKey key:
                // As an id, what stands before the last hyphen is told: a key that was mangled may have some of its secret there.
                Must.NotTell(secrets[1], key.Key.ToString());
                Must.Be(key.Key.Reveal().StartsWith("tskey-api-", StringComparison.Ordinal) && key.Key.Reveal().All(letter => letter is > ' ' and <= '~'), "a key was taken that no header can carry");
                Must.Be(key.Id is null || key.Id.ToString().Length < key.Key.Reveal().Length - "tskey-api-".Length, "the key's id is the key");
                return Outcome.Of("an API token", key.Id is null ? "without id" : "with id");
            case TailscaleCredential.OAuthClient client:
                Must.Be(client.ClientId.Length > 0 && client.ClientSecret.Reveal().Length > 0, "half a client was taken");
                return Outcome.Of("an OAuth client");
            default:
                throw new WrongException($"it was taken for {credential.GetType().Name}");
        }
    }
}

namespace Automation.Tailscale;

/// <summary>Where the Tailscale credential comes from.</summary>
public abstract record CredentialOrigin
{
    private CredentialOrigin()
    {
    }

    /// <summary>The SSM SecureString of that name holds it.</summary>
    public sealed record Parameter(string Name) : CredentialOrigin;

    /// <summary>No secret is stored: AWS says who calls, and Tailscale trusts that for this federated identity.</summary>
    public sealed record Federated(string ClientId) : CredentialOrigin
    {
        /// <summary>What TAILSCALE_CREDENTIAL begins with.</summary>
        public const string Start = "federated:";
    }
}

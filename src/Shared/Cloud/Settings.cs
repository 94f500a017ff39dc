using System.Collections.Immutable;
using Automation.Nodes;

namespace Automation;

/// <summary>What the environment says, read once at cold start. docs/operations.md describes each variable.</summary>
/// <param name="Tailnet">The tailnet's name, or <c>-</c> for the credential's own.</param>
/// <param name="TailscaleApi">Base address, without <c>/api/v2</c>.</param>
/// <param name="CredentialParameter">Name of the SSM SecureString that holds the Tailscale credential.</param>
/// <param name="ParameterPrefix">SSM path of the nodes' parameters, with its first slash and without a last one.</param>
/// <param name="ParameterKmsKey">KMS key of the SecureStrings; null for the account's default.</param>
/// <param name="Scopes">Accounts and Regions to look after, the first being the function's own; in order given, each once.</param>
/// <param name="MemberRole">Name of the role assumed in other accounts; null where there are none.</param>
public sealed record Settings(
    Scope Home,
    string Tailnet,
    Uri TailscaleApi,
    string CredentialParameter,
    NodeTags NodeTags,
    string ParameterPrefix,
    string? ParameterKmsKey,
    string LedgerTable,
    ImmutableArray<Scope> Scopes,
    string? MemberRole,
    string RoutesDocument,
    bool DryRun);

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using Automation.Tailscale;

namespace Automation.Cli;

/// <summary>The Tailscale side: the credential, what it may do, and what the tailnet is set to.</summary>
internal sealed class TailnetChecks(Settings settings, TailscaleClient tailscale, TimeProvider time)
{
    // What each is for, so that whoever leaves one out knows what will not work.
    private static readonly (string Scope, string For)[] s_scopes =
    [
        ("auth_keys", "auth keys of nodes"), ("devices:core", "devices"), ("devices:routes", "routes"), ("dns", "split DNS"),
    ];

    public async Task<IReadOnlyList<CheckResult>> RunAsync(CancellationToken stopping)
    {
        AccessToken access;
        try
        {
            access = await tailscale.GetAccessAsync(stopping);
        }
        catch (CallFailedException refused)
        {
            return
            [
                CheckResult.Failure("credential", Named(), refused.Message, refused.CanRetry
                    ? "Try again; see that the API can be reached from here."
                    : "Do as the message says. Everything else of the tailnet is checked once the credential is accepted."),
            ];
        }

        var policy = PolicyAsync(stopping);
        var credential = CredentialAsync(access, stopping);
        var routers = RoutersAsync(stopping);
        var magicDns = MagicDnsAsync(stopping);
        List<CheckResult> found = [await credential, .. Scopes(access)];
        var (file, unread) = await policy;
        found.AddRange(file is null ? [unread!] : [.. Tags(access, file), Approvers(file)]);
        found.Add(await AccessAsync(routers, file));
        found.Add(await magicDns);
        return found;
    }

    private string Named() => settings.Credential switch
    {
        CredentialOrigin.Federated federated => CredentialOrigin.Federated.Start + federated.ClientId,
        CredentialOrigin.Parameter parameter => parameter.Name,
        _ => "",
    };

    private async Task<CheckResult> CredentialAsync(AccessToken access, CancellationToken stopping)
    {
        const string check = "credential";
        if (access.From is not TailscaleCredential.ApiKey)
        {
            return CheckResult.Ok(check, Named(), access.From is TailscaleCredential.Federated
                ? "Tailscale accepts the federated identity. It does not expire, and no secret is stored."
                : "Tailscale accepts the OAuth client. It does not expire.");
        }

        const string instead = "Write another API access token into the parameter in time, or better an OAuth client: that and a federated identity do not expire.";
        ApiKeySeen? key;
        try
        {
            key = await tailscale.GetApiKeyAsync(stopping);
        }
        catch (CallFailedException refused)   // an API access token is first shown to Tailscale here
        {
            return CheckResult.Failure(check, Named(), refused.Message, "Write another API access token into the parameter, or better an OAuth client, which does not expire.");
        }

        return key switch
        {
            { Expires: { } expires } when expires - time.GetUtcNow() is var left =>
                left <= ApiKeyExpiry.ErrorBefore ? CheckResult.Failure(check, Named(), $"The API access token expires on {Day(expires)}.", instead)
                : left <= ApiKeyExpiry.WarningBefore ? CheckResult.Warning(check, Named(), $"The API access token expires on {Day(expires)}.", instead)
                : CheckResult.Ok(check, Named(), $"Tailscale accepts the API access token. It expires on {Day(expires)}."),
            { Problem: { } problem } => CheckResult.Warning(check, Named(), $"When the API access token expires is not known: {problem}", instead),
            _ => CheckResult.Warning(check, Named(), "When the API access token expires is not known.", instead),
        };
    }

    private static IEnumerable<CheckResult> Scopes(AccessToken access) => s_scopes.Select(scope =>
        access.Scopes is not { } granted ? CheckResult.Ok("scopes", scope.Scope, "An API access token may do what its owner may.")
        : TailscaleScopes.Permit(granted, scope.Scope) ? CheckResult.Ok("scopes", scope.Scope, "granted")
        : CheckResult.Failure(
            "scopes", scope.Scope, $"not granted (the credential has: {Printable.Of(string.Join(' ', granted))})",
            $"Give the credential the scope {scope.Scope}, under Trust credentials in the admin console: it is needed for {scope.For}."));

    private async Task<(PolicyFile? File, CheckResult? Unread)> PolicyAsync(CancellationToken stopping)
    {
        const string check = "policy";
        try
        {
            return PolicyFile.Parse((await tailscale.GetAsync(TailscaleCall.GetPolicy, "/acl", stopping)).Body) is { } file
                ? (file, null)
                : (null, CheckResult.Warning(check, "policy file", "The answer is no policy file.", "Check tagOwners, autoApprovers and grants by hand."));
        }
        catch (CallFailedException failed)
        {
            return (null, CheckResult.Warning(
                check, "policy file", $"It cannot be read, so tags, approvers and grants are not checked: {failed.Message}",
                failed.Failure is Failure.Denied
                    ? "Give the credential the scope policy_file:read (nothing but tailnet doctor uses it), or check tagOwners, autoApprovers and grants by hand."
                    : "Try again."));
        }
    }

    // A new key must carry all of the credential's own tags, or tags that one of them owns.
    private IEnumerable<CheckResult> Tags(AccessToken access, PolicyFile policy)
    {
        const string check = "tags";
        foreach (var (role, tags) in settings.NodeTags.ByRole)
        {
            foreach (var tag in tags)
            {
                var owners = policy.TagOwners.GetValueOrDefault(tag, []);
                var named = string.Join(", ", owners);
                yield return
                    access.Tags is { } own && own.Contains(tag)
                        ? own.All(tags.Contains)
                            ? CheckResult.Ok(check, tag, $"The credential has the tag itself; keys of {role} carry it.")
                            : CheckResult.Failure(
                                check, tag, $"The credential has other tags beside it ({string.Join(", ", own)}), which a key would have to carry too.",
                                $"Give the credential one tag alone, such as {tag}-owner, and name that under {tag} in tagOwners.")
                    : !policy.TagOwners.ContainsKey(tag)
                        ? CheckResult.Failure(check, tag, "The policy file does not know the tag.", $"Add it to tagOwners, owned by the credential's tag: \"{tag}\": [\"{tag}-owner\"].")
                    : access.Tags is not { } tagsOfCredential
                        ? access.Scopes is null
                            ? CheckResult.Ok(check, tag, $"It is owned by {named}; whoever made the API access token must be among them.")
                            : CheckResult.Warning(check, tag, $"Tailscale does not say which tags the credential has. The tag is owned by {named}.", "See that the credential has one of these tags.")
                    : owners.Intersect(tagsOfCredential).FirstOrDefault() is { } owner
                        ? CheckResult.Ok(check, tag, $"It is owned by the credential's tag {owner}.")
                    : CheckResult.Failure(
                        check, tag, $"It is owned by {(named.Length == 0 ? "admins alone" : named)}, and the credential has {(tagsOfCredential.IsEmpty ? "no tag" : string.Join(", ", tagsOfCredential))}.",
                        $"Name a tag of the credential under {tag} in tagOwners of the policy file.");
            }
        }
    }

    private CheckResult Approvers(PolicyFile policy)
    {
        const string check = "auto-approvers";
        var ours = settings.NodeTags.All;
        var approving = policy.AutoApprovers.Where(entry => entry.By.Any(ours.Contains)).Select(entry => entry.Prefix).ToList();
        return approving.Count == 0
            ? CheckResult.Ok(check, "policy file", "No prefix is enabled for the automation's tags without its say.")
            : CheckResult.Warning(
                check, "policy file", $"Whatever a router advertises within {string.Join(", ", approving)} is enabled at the join, also what the automation holds back, such as addresses of two VPCs.",
                $"Take {string.Join(", ", ours)} out of autoApprovers.routes, unless that is meant.");
    }

    private async Task<(PrefixSet? Enabled, string? Problem)> RoutersAsync(CancellationToken stopping)
    {
        try
        {
            var tags = settings.NodeTags.Of(NodeRoles.SubnetRouter);
            var devices = await tailscale.ListDevicesAsync(tags, null, stopping);
            return (PrefixSet.Of(devices.SelectMany(device => device.Enabled)), null);
        }
        catch (CallFailedException failed)
        {
            return (null, failed.Message);
        }
    }

    private static async Task<CheckResult> AccessAsync(Task<(PrefixSet? Enabled, string? Problem)> routers, PolicyFile? policy)
    {
        const string check = "grants";
        var (enabled, problem) = await routers;
        if (enabled is null)
        {
            return CheckResult.Failure(check, "policy file", $"The routers' prefixes cannot be read: {problem}", "Do as the message says.");
        }

        if (policy is null)
        {
            return CheckResult.Warning(check, "policy file", "Without the policy file it is not known whether anybody may use the routes.", "See what is said of the policy file.");
        }

        ImmutableArray<Prefix> closed = [.. enabled.Where(prefix => !policy.Lets(prefix))];
        return closed.IsEmpty
            ? CheckResult.Ok(check, "policy file", enabled.IsEmpty ? "No router serves a prefix yet." : $"Somebody may use each of the {enabled.Count} prefixes that routers serve.")
            : CheckResult.Warning(
                check, "policy file",
                $"Routes are approved, and neither grants nor acls let anybody use {string.Join(", ", closed)}."
                    + (policy.Unread.IsEmpty ? "" : $" Not looked into: {string.Join(", ", policy.Unread)}."),
                "Add a grant whose dst covers them; for 4via6, the IPv6 form.");
    }

    private async Task<CheckResult> MagicDnsAsync(CancellationToken stopping)
    {
        const string check = "magic-dns";
        try
        {
            using var read = JsonDocument.Parse((await tailscale.GetAsync(TailscaleCall.GetDnsPreferences, "/dns/preferences", stopping)).Body);
            return read.RootElement.TryGetProperty("magicDNS", out var on) && on.ValueKind is JsonValueKind.True
                ? CheckResult.Ok(check, "tailnet", "MagicDNS is on.")
                : CheckResult.Failure(check, "tailnet", "MagicDNS is off, so clients do not use split DNS, or only partly.", "Turn MagicDNS on, under DNS in the admin console.");
        }
        catch (Exception unread) when (unread is CallFailedException or JsonException)
        {
            return CheckResult.Warning(
                check, "tailnet", unread is CallFailedException ? unread.Message : "The answer is not the JSON that the API documents.", "See under DNS in the admin console that MagicDNS is on.");
        }
    }

    private static string Day(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

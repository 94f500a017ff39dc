using System.Buffers;
using System.Collections.Immutable;
using Automation.Names;
using Automation.Network;
using Automation.Nodes;
using Automation.Tailscale;

namespace Automation;

/// <summary>What the environment says, read once at cold start. docs/operations.md describes each variable.</summary>
/// <param name="Home">The function's own account and Region.</param>
/// <param name="Tailnet">The tailnet's name, or <c>-</c> for the credential's own.</param>
/// <param name="TailscaleApi">Base address, without <c>/api/v2</c>.</param>
/// <param name="Credential">Where the Tailscale credential comes from: an SSM SecureString, or AWS's own word.</param>
/// <param name="ParameterPrefix">SSM path of the nodes' parameters, with its first slash and without a last one.</param>
/// <param name="ParameterKmsKey">KMS key of the SecureStrings; null for the account's default.</param>
/// <param name="Scopes">Accounts and Regions to look after, in the order given, each once; the function's own where none is given.</param>
/// <param name="MemberRole">Name of the role assumed in other accounts; null where there are none.</param>
/// <param name="Names">What is forwarded and associated beyond private hosted zones.</param>
/// <param name="Dns64Document">Name of the SSM document that configures a router's DNS64 resolver.</param>
/// <param name="ProbeDocument">Name of the SSM document that asks a router whether it reaches its VPC; null where nobody is asked.</param>
/// <param name="KeyPools">Pools of auth keys for what is no EC2 instance.</param>
/// <param name="DevicePrice">What a device costs a month; null where nothing is to be said of cost.</param>
/// <param name="NodeQueue">Address of NodeLifecycle's queue, for Reconcile to tell it of lost news; null where it is not told.</param>
/// <param name="OptIn">Prefixes behind gateways, of no VPC that is looked after, that are advertised all the same.</param>
public sealed record Settings(
    Scope Home,
    string Tailnet,
    Uri TailscaleApi,
    CredentialOrigin Credential,
    NodeTags NodeTags,
    string ParameterPrefix,
    string? ParameterKmsKey,
    string LedgerTable,
    ImmutableArray<Scope> Scopes,
    string? MemberRole,
    string RoutesDocument,
    PrefixSet OptIn,
    NameSettings Names,
    string Dns64Document,
    string? ProbeDocument,
    ImmutableArray<KeyPool> KeyPools,
    decimal? DevicePrice,
    Uri? NodeQueue,
    bool DryRun)
{
    /// <summary>Tells this installation's keys of pools from those of others.</summary>
    public string PoolMark => KeyPool.MarkOf(Home, LedgerTable);

    private static readonly SearchValues<char> s_tailnet = VariableReader.LettersDigitsAnd("-._@+");
    private static readonly SearchValues<char> s_clientId = VariableReader.LettersDigitsAnd("-_");
    private static readonly SearchValues<char> s_parameter = VariableReader.LettersDigitsAnd("-._/");
    private static readonly SearchValues<char> s_kmsKey = VariableReader.LettersDigitsAnd("-_/:");
    private static readonly SearchValues<char> s_table = VariableReader.LettersDigitsAnd("-._");
    private static readonly SearchValues<char> s_document = VariableReader.LettersDigitsAnd("-._");
    private static readonly SearchValues<char> s_role = VariableReader.LettersDigitsAnd("+=,.@-_");

    /// <summary>The documents that are run on nodes: the variable that names each, and the parameter that it takes.</summary>
    public ImmutableArray<(string Variable, string Name, string Parameter)> Documents =>
    [
        ("ROUTES_DOCUMENT", RoutesDocument, "routes"),
        ("DNS64_DOCUMENT", Dns64Document, "config"),
    ];

    /// <param name="variable">The environment, by name. <c>AWS_REGION</c> is set by Lambda; <c>ACCOUNT_ID</c>, which Lambda does not tell, by the template.</param>
    /// <exception cref="SettingsException">Names every variable that is missing or unreadable, not only the first.</exception>
    public static Settings Read(Func<string, string?> variable)
    {
        var read = new VariableReader(variable);
        RefuseAdaptiveRetries(read);
        var home = ReadHome(read);
        var tailnet = ReadTailnet(read);
        var api = ReadTailscaleApi(read);
        var credential = ReadCredential(read);
        var tags = NodeTagsVariable.Read(read);
        var prefix = ReadParameterPrefix(read);
        var key = ReadParameterKmsKey(read);
        var table = ReadLedgerTable(read);
        var scopes = ReadScopes(read, home);
        var role = ReadMemberRole(read, home, scopes);
        var document = ReadDocument(read, "ROUTES_DOCUMENT", "Tailnet-SetRoutes")!;
        var dns64 = ReadDocument(read, "DNS64_DOCUMENT", "Tailnet-SetDns64")!;
        var probe = ReadDocument(read, "PROBE_DOCUMENT", null);
        var optIn = OptInPrefixesVariable.Read(read);
        var names = NameVariables.Read(read);
        var pools = KeyPoolsVariable.Read(read, tags);
        var price = DevicePriceVariable.Read(read);
        var queue = NodeQueueVariable.Read(read);
        var dryRun = ReadDryRun(read);
        if (!read.Problems.IsEmpty)
        {
            throw new SettingsException(read.Problems);
        }

        return new(home!, tailnet, api, credential!, tags, prefix, key, table!, scopes, role, document, optIn, names, dns64, probe, pools, price, queue, dryRun);
    }

    // In AWSSDK.Core 4.0.102 adaptive mode never refills its bucket: after one throttle every call waits and fails, its error code lost.
    private static void RefuseAdaptiveRetries(VariableReader read)
    {
        const string name = "AWS_RETRY_MODE", expected = "standard, or no such variable";
        if (string.Equals(read.Optional(name, expected), "adaptive", StringComparison.OrdinalIgnoreCase))
        {
            read.Note(name, "is 'adaptive', with which this AWS SDK stops sending after a single throttle", expected);
        }
    }

    private static Scope? ReadHome(VariableReader read)
    {
        const string regionExpected = "the Region of the function, such as eu-west-1", accountExpected = "the function's account, 12 digits such as 111122223333";
        var region = read.Required("AWS_REGION", regionExpected);
        region = read.Check("AWS_REGION", region, Scope.IsRegion(region), regionExpected);
        var account = read.Required("ACCOUNT_ID", accountExpected);
        account = read.Check("ACCOUNT_ID", account, Scope.IsAccount(account), accountExpected);
        return region is null || account is null ? null : new(account, region);
    }

    private static string ReadTailnet(VariableReader read)
    {
        const string name = "TAILNET", expected = "the tailnet's name, such as example.com, or - for the credential's own";
        var value = read.Optional(name, expected) ?? "-";
        return read.Check(name, value, value.Length <= 255 && !value.AsSpan().ContainsAnyExcept(s_tailnet), expected) ?? "-";
    }

    private static Uri ReadTailscaleApi(VariableReader read)
    {
        const string name = "TAILSCALE_API_URL", standard = "https://api.tailscale.com";
        const string expected = "scheme and host alone, such as " + standard + ", and https unless the host is this machine's own";
        var value = read.Optional(name, expected) ?? standard;
        if (Uri.TryCreate(value, UriKind.Absolute, out var api) && api.UserInfo.Length > 0)
        {
            read.Note(name, "holds a user name or password, which is not shown here", expected);
        }
        else if (api is null
            || !(api.Scheme == Uri.UriSchemeHttps || (api.Scheme == Uri.UriSchemeHttp && api.IsLoopback))
            || api.Host.Length == 0
            || api.PathAndQuery != "/"
            || api.Fragment.Length > 0)
        {
            read.NoteValue(name, value, expected);
        }

        return api ?? new(standard);
    }

    private static CredentialOrigin? ReadCredential(VariableReader read)
    {
        const string name = "TAILSCALE_CREDENTIAL", start = CredentialOrigin.Federated.Start;
        const string expected = "the name of the SSM parameter that holds the credential, such as /tailnet/credential, "
            + "or " + start + " and the client ID of a federated identity, such as " + start + "kAbCdEf1CNTRL";
        var value = read.Required(name, expected);
        if (value is null)
        {
            return null;
        }

        if (value.StartsWith(start, StringComparison.Ordinal))
        {
            var id = value[start.Length..];
            if (id.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(id[0]) && !id.AsSpan().ContainsAnyExcept(s_clientId))
            {
                return new CredentialOrigin.Federated(id);
            }

            read.Note(name, $"has no client ID after '{start}', of letters, digits, hyphens and underscores alone (what is there is not shown, in case it is a secret)", expected);
            return null;
        }

        if (IsParameterName(value))
        {
            return new CredentialOrigin.Parameter(value);
        }

        // Somebody may have put the credential itself here, in a form that nobody thought of.
        read.Note(name, "is no parameter's name (it is not shown, in case it is the credential itself)", expected);
        return null;
    }

    private static string ReadParameterPrefix(VariableReader read)
    {
        const string name = "PARAMETER_PREFIX", standard = "/tailnet";
        const string expected = "an SSM path that begins with a slash and does not end with one, not under /aws or /ssm, such as " + standard;
        var value = read.Optional(name, expected) ?? standard;
        return read.Check(name, value, value[0] == '/' && IsParameterName(value), expected) ?? standard;
    }

    private static string? ReadParameterKmsKey(VariableReader read)
    {
        const string name = "PARAMETER_KMS_KEY";
        const string expected = "a KMS key's id, ARN or alias, such as alias/tailnet, or nothing for the account's default key";
        var value = read.Optional(name, expected);
        return read.Check(name, value, value is { Length: <= 2048 } && !value.AsSpan().ContainsAnyExcept(s_kmsKey), expected);
    }

    private static string? ReadLedgerTable(VariableReader read)
    {
        const string name = "LEDGER_TABLE", expected = "the name of a DynamoDB table, 3 to 255 of A-Z a-z 0-9 _ . -, such as tailnet-ledger";
        var value = read.Required(name, expected);
        return read.Check(name, value, value is { Length: >= 3 and <= 255 } && !value.AsSpan().ContainsAnyExcept(s_table), expected);
    }

    private static ImmutableArray<Scope> ReadScopes(VariableReader read, Scope? home)
    {
        const string name = "SCOPES", expected = "account/region pairs with commas between, such as 111122223333/us-east-1,444455556666/eu-west-1";
        var scopes = ImmutableArray.CreateBuilder<Scope>();
        foreach (var pair in read.Optional(name, expected)?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (!Scope.TryParse(pair, out var scope))
            {
                read.Note(name, $"has '{Printable.Of(pair)}' in it", expected);
            }
            else if (!scopes.Contains(scope))
            {
                scopes.Add(scope);
            }
        }

        return scopes.Count > 0 ? scopes.ToImmutable() : home is null ? [] : [home];
    }

    private static string? ReadMemberRole(VariableReader read, Scope? home, ImmutableArray<Scope> scopes)
    {
        const string name = "MEMBER_ROLE", expected = "the name (no path, no ARN) of the role to assume in every other account, such as tailnet-member";
        var value = read.Optional(name, expected);
        if (value is null && home is not null && scopes.FirstOrDefault(scope => scope.Account != home.Account) is { } member)
        {
            read.Note(name, $"is not set, and SCOPES has {member}, which is not in the function's account {home.Account}", expected);
        }

        return read.Check(name, value, value is { Length: <= 64 } && !value.AsSpan().ContainsAnyExcept(s_role), expected);
    }

    private static string? ReadDocument(VariableReader read, string name, string? standard)
    {
        var expected = "the name of an SSM document, 3 to 128 of A-Z a-z 0-9 _ . -, " + (standard is null ? "such as Tailnet-Probe, or nothing for none" : "such as " + standard);
        var value = read.Optional(name, expected) ?? standard;
        return read.Check(name, value, value is { Length: >= 3 and <= 128 } && !value.AsSpan().ContainsAnyExcept(s_document), expected) ?? standard;
    }

    private static bool ReadDryRun(VariableReader read)
    {
        const string name = "DRY_RUN", expected = "true (plan and report, change nothing) or false, such as false";
        var value = read.Optional(name, expected) ?? "false";
        return read.Check(name, value, value is "true" or "false", expected) == "true";
    }

    // SSM: A-Z a-z 0-9 _ . - and slashes; with a slash anywhere there is one at the beginning; nothing begins with aws or ssm; 1011 characters with the
    // ARN's head; up to 15 levels. /nodes/<instance id>/auth-key is appended to a prefix: 3 levels and 37 characters.
    private static bool IsParameterName(string value)
    {
        var levels = (value[0] == '/' ? value[1..] : value).Split('/');
        return value.Length <= 900
            && !value.AsSpan().ContainsAnyExcept(s_parameter)
            && (value[0] == '/' || levels.Length == 1)
            && levels.Length <= 12
            && levels.All(level => level.Length > 0)
            && !levels[0].StartsWith("aws", StringComparison.OrdinalIgnoreCase)
            && !levels[0].StartsWith("ssm", StringComparison.OrdinalIgnoreCase);
    }
}

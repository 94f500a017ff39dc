using System.Collections.Concurrent;
using Amazon;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Automation.Aws.Thin;
using Automation.Ledger;

namespace Automation.Aws;

/// <summary>
/// Hands out clients and keeps them for the life of the process. The function's own account is called with its own credentials,
/// every other with a role assumed there.
/// </summary>
public sealed class AwsClients : IAws
{
    private const int Route53RequestsPerSecond = 5;

    static AwsClients()
    {
        SlimPipeline.Use();
        EnumTables.PreFill();
        BuiltForms.Keep(null);
    }

    private readonly Settings _settings;
    private readonly string _session;
    private readonly TimeProvider _time;
    private readonly AWSCredentials _credentials;
    private readonly ConcurrentDictionary<Scope, Lazy<AwsScope>> _scopes = new();
    private readonly ConcurrentDictionary<string, Lazy<AWSCredentials>> _members = new();
    private readonly ConcurrentDictionary<string, Lazy<RateLimit>> _route53Paces = new();
    private readonly CallCounts _counts = new();
    private readonly Lazy<IAmazonSecurityTokenService> _sts;
    private readonly Lazy<IdentityTokenClient> _identity;
    private readonly Lazy<ILedger> _ledger;

    /// <param name="function">The function's name: CloudTrail shows it as the session's in other accounts.</param>
    public AwsClients(Settings settings, string function, TimeProvider time)
        : this(settings, function, time, new DefaultCredentials(), new AwsHttp())
    {
    }

    /// <param name="credentials">The function's own.</param>
    /// <param name="http">Makes HTTP clients.</param>
    public AwsClients(Settings settings, string function, TimeProvider time, AWSCredentials credentials, HttpClientFactory http)
    {
        _settings = settings;
        _session = SessionName(function);
        _time = time;
        _credentials = credentials;
        Http = http;
        _sts = new(() => new AmazonSecurityTokenServiceClient(
            credentials, ClientDefaults.With(new AmazonSecurityTokenServiceConfig(), settings.Home.Region, http)));
        _identity = new(() => new(
            new ThinClient(credentials, ClientDefaults.With(IdentityTokenClient.Config(), settings.Home.Region, http)),
            new(AwsService.Sts, new(settings.Home, null), time, _counts),
            settings.Home.Account));
        _ledger = new(() => new DynamoLedger(
            new LeanDynamoDb(credentials, ClientDefaults.With(new AmazonDynamoDBConfig(), settings.Home.Region, http)),
            settings.LedgerTable,
            new(AwsService.DynamoDb, new(settings.Home, null), time, _counts)));
    }

    /// <summary>In the function's own account and Region.</summary>
    public ILedger Ledger => _ledger.Value;

    /// <summary>In the function's own account and Region.</summary>
    public ISqs Sqs => Get(_settings.Home).Sqs;

    public IReadOnlyDictionary<string, int> Calls => _counts.SoFar();

    public IAwsScope In(Scope scope) => Get(scope);

    /// <summary>A token that says which role calls, for whoever trusts AWS's word for it.</summary>
    public Task<Secret> GetIdentityTokenAsync(string audience, CancellationToken stopping) => _identity.Value.GetAsync(audience, stopping);

    private AwsScope Get(Scope scope) => _scopes.GetOrAdd(scope, _ => new(() => Create(scope))).Value;

    private AwsScope Create(Scope scope)
    {
        var isOwn = scope.Account == _settings.Home.Account;
        return new(
            new(scope, isOwn ? null : _settings.MemberRole),
            _settings.ParameterKmsKey,
            CredentialsIn(scope),
            Http,
            _time,
            _counts,
            _route53Paces.GetOrAdd(scope.Account, _ => new(() => new(Route53RequestsPerSecond, _time))).Value);
    }

    internal HttpClientFactory Http { get; }

    internal AWSCredentials CredentialsIn(Scope scope) => scope.Account == _settings.Home.Account
        ? _credentials
        : _members.GetOrAdd(scope.Account, _ => new(() => Member(scope.Account))).Value;

    // Tokens from a Region's own STS hold in every Region of the partition, so one role a account is enough.
    private MemberCredentials Member(string account)
    {
        var partition = RegionEndpoint.GetBySystemName(_settings.Home.Region).PartitionName;
        return new(
            _sts.Value,
            new(AwsService.Sts, new(_settings.Home, null), _time, _counts),
            account,
            _settings.MemberRole is { } role ? $"arn:{partition}:iam::{account}:role/{role}" : null,
            _session,
            _time);
    }

    // 2 to 64 of these characters are allowed.
    private static string SessionName(string function)
    {
        var allowed = string.Concat(function.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '-'));
        return allowed.Length < 2 ? "automation" : allowed[..Math.Min(allowed.Length, 64)];
    }
}

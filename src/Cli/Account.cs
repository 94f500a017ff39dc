using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Automation.Plans;
using Automation.Reports;
using Microsoft.Extensions.Logging;

namespace Automation.Cli;

/// <summary>A real account and tailnet, or whatever <c>AWS_ENDPOINT_URL</c> and <c>TAILSCALE_API_URL</c> point at, seen from a terminal.</summary>
internal sealed class Account : IDisposable
{
    private const string RegionVariable = "AWS_REGION", AccountVariable = "ACCOUNT_ID";

    private readonly RealOutside _real;

    private Account(Settings settings, ILogger log)
    {
        Settings = settings;
        _real = new(settings, "tailnet", TimeProvider.System);
        Parts = new(settings, _real.Outside, TimeProvider.System, log);
    }

    public Settings Settings { get; }

    public Parts Parts { get; }

    /// <summary>How often each service was asked so far, by its name; whose credentials these are does not count.</summary>
    public IReadOnlyDictionary<string, int> Calls => _real.Outside.Aws.Calls;

    /// <summary>Reads the functions' own variables; the account and the Region, which Lambda or the template would set, are asked of AWS where they are missing.</summary>
    /// <exception cref="SettingsException">Names every variable that is missing or wrong.</exception>
    /// <exception cref="CliException">AWS does not say whose credentials these are.</exception>
    public static async Task<Account> OpenAsync(Func<string, string?> variable, ILogger log, CancellationToken stopping)
    {
        // The SDK for .NET leaves out AWS_DEFAULT_REGION, which the AWS CLI knows. Instance metadata is not asked: on any other
        // machine the question takes seconds and leads nowhere.
        var region = Set(RegionVariable) ?? Set("AWS_DEFAULT_REGION") ?? FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: false)?.SystemName;
        var account = Set(AccountVariable);
        if (account is not null)
        {
            return new(Read(), log);
        }

        // Whatever else is wrong is said first, and all of it, before AWS is asked.
        try
        {
            Read();
        }
        catch (SettingsException wrong) when (wrong.Problems.Any(problem => problem.Variable != AccountVariable))
        {
            throw new SettingsException([.. wrong.Problems.Where(problem => problem.Variable != AccountVariable)]);
        }
        catch (SettingsException)
        {
            account = await WhoseAsync(region!, stopping);
        }

        return new(Read(), log);

        string? Set(string name) => variable(name) is { Length: > 0 } value ? value : null;

        Settings Read() => Settings.Read(name => name switch
        {
            RegionVariable => region,
            AccountVariable => account,
            _ => variable(name),
        });
    }

    /// <param name="scopes">Scopes to look at; empty for all of the settings.</param>
    /// <exception cref="CliException">A scope is not one of the settings.</exception>
    public Scope[] Choose(string[] scopes) => scopes.Length == 0 ? [.. Settings.Scopes] :
    [
        .. scopes.Select(text => Scope.TryParse(text, out var scope) && Settings.Scopes.Contains(scope)
            ? scope
            : throw new CliException($"'{Printable.Of(text)}' is not one of SCOPES: {string.Join(", ", Settings.Scopes)}.")).Distinct(),
    ];

    public Task<Snapshot> ObserveAsync(Scope[] scopes, CancellationToken stopping) => Parts.Observer.ObserveAsync(scopes, Breadth.Everything, stopping);

    public Task<Diagnosis> DiagnoseAsync(CancellationToken stopping) =>
        new Doctor(Settings, _real.Aws, new AccountReads(_real.Aws, Settings), _real.Tailscale, TimeProvider.System).RunAsync(stopping);

    public void Dispose() => _real.Dispose();

    private static async Task<string> WhoseAsync(string region, CancellationToken stopping)
    {
        try
        {
            // Looked for here: the client, where it finds none, goes on without and fails with another reason.
            var credentials = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().WaitAsync(stopping);
            using var sts = new AmazonSecurityTokenServiceClient(credentials, RegionEndpoint.GetBySystemName(region));
            return (await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), stopping)).Account;
        }
        catch (AmazonServiceException refused)
        {
            throw NotSaid($"{refused.ErrorCode}: {refused.Message}");
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException)
        {
            throw NotSaid(e.Message);
        }
    }

    private static CliException NotSaid(string why) =>
        new($"AWS does not say whose credentials these are ({Printable.Of(why)}). Sign in, or choose a profile with AWS_PROFILE.");
}

/// <summary>What keeps a command from being carried out, with the remedy.</summary>
internal sealed class CliException(string message) : Exception(message);

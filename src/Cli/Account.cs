using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Automation.Plans;
using Automation.Reports;
using Microsoft.Extensions.Logging;

namespace Automation.Cli;

/// <summary>A real account and tailnet, or whatever <c>AWS_ENDPOINT_URL</c> and <c>TAILSCALE_API_URL</c> point at, seen from a terminal.</summary>
internal sealed class Account : IDisposable
{
    private readonly RealOutside _real;

    private Account(Settings settings, ILogger log)
    {
        Settings = settings;
        _real = new(settings, "tailnet", TimeProvider.System);
        Parts = new(settings, _real.Outside, TimeProvider.System, log);
    }

    public Settings Settings { get; }

    public Parts Parts { get; }

    /// <summary>Reads the functions' own variables; the account and the Region, which Lambda or the template would set, are asked of AWS where they are missing.</summary>
    /// <exception cref="SettingsException">Names every variable that is missing or wrong.</exception>
    /// <exception cref="CliException">AWS does not say whose credentials these are.</exception>
    public static async Task<Account> OpenAsync(ILogger log, CancellationToken stopping)
    {
        var region = Environment.GetEnvironmentVariable("AWS_REGION") ?? FallbackRegionFactory.GetRegionEndpoint()?.SystemName;
        var account = Environment.GetEnvironmentVariable("ACCOUNT_ID") ?? await WhoseAsync(region, stopping);
        return new(
            Settings.Read(name => name switch
            {
                "AWS_REGION" => region,
                "ACCOUNT_ID" => account,
                _ => Environment.GetEnvironmentVariable(name),
            }),
            log);
    }

    /// <param name="scopes">Scopes to look at; empty for all of the settings.</param>
    /// <exception cref="CliException">A scope is not one of the settings.</exception>
    public Scope[] Choose(string[] scopes) => scopes.Length == 0 ? [.. Settings.Scopes] :
    [
        .. scopes.Select(text => Scope.TryParse(text, out var scope) && Settings.Scopes.Contains(scope)
            ? scope
            : throw new CliException($"'{Printable.Of(text)}' is not one of SCOPES: {string.Join(", ", Settings.Scopes)}.")),
    ];

    public Task<Snapshot> ObserveAsync(Scope[] scopes, CancellationToken stopping) => Parts.Observer.ObserveAsync(scopes, Breadth.Everything, stopping);

    public void Dispose() => _real.Dispose();

    private static async Task<string?> WhoseAsync(string? region, CancellationToken stopping)
    {
        if (region is null)
        {
            return null;   // Settings.Read names both
        }

        try
        {
            using var sts = new AmazonSecurityTokenServiceClient(Amazon.RegionEndpoint.GetBySystemName(region));
            return (await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), stopping)).Account;
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw new CliException($"AWS does not say whose credentials these are ({e.GetType().Name}: {Printable.Of(e.Message)}). Sign in, or choose a profile with AWS_PROFILE.");
        }
    }
}

/// <summary>What keeps a command from being carried out, with the remedy.</summary>
internal sealed class CliException(string message) : Exception(message);

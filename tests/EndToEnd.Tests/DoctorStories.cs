using System.Text.Json.Nodes;

namespace Automation.EndToEnd;

/// <summary><c>tailnet doctor</c> against an account and a tailnet that lack one thing after the other.</summary>
public sealed class DoctorStories(Moto moto) : IAsyncLifetime
{
    private readonly List<string> _written = [];
    private Installation _here = null!;
    private Dictionary<string, string> _environment = null!;

    public async ValueTask InitializeAsync()
    {
        _here = await Installation.CreateAsync(moto);
        _environment = new(await _here.Account.EnvironmentAsync(Installation.Region))
        {
            ["TAILSCALE_API_URL"] = _here.Api.Uri.ToString(),
            ["TAILSCALE_CREDENTIAL"] = Installation.Credential,
            ["LEDGER_TABLE"] = Installation.Ledger,
        };
        _here.Tailnet.PolicyFile = """{"tagOwners": {"tag:aws-router": ["autogroup:admin"]}, "grants": [], /* nobody yet */}""";
    }

    public async ValueTask DisposeAsync()
    {
        string[] secrets = [_environment["AWS_SECRET_ACCESS_KEY"], _environment["AWS_SESSION_TOKEN"], _here.Client.ClientSecret.Reveal()];
        var written = string.Join('\n', _written);
        Assert.All(secrets, secret => Assert.False(written.Contains(secret, StringComparison.Ordinal), "A secret was written."));
        Assert.DoesNotMatch("tskey-[a-z]", written);
        await _here.DisposeAsync();
    }

    [Fact]
    public async Task It_says_of_each_check_what_is_so_and_fails_only_where_something_fails()
    {
        // The client of these tests has no scope for the policy file, and the account no trail.
        var warned = await CheckedAsync(exit: 0);
        Assert.Equal(
            ["cloudtrail warning", "grants warning", "policy warning"],
            warned.Where(check => (string)check["verdict"]! != "ok").Select(check => $"{check["check"]} {check["verdict"]}").Order(StringComparer.Ordinal));
        Assert.Contains("policy_file:read", Text(warned, "policy", "remedy"), StringComparison.Ordinal);
        Assert.Contains("assumed-role/tests/tests", Text(warned, "caller", "found"), StringComparison.Ordinal);
        Assert.Equal("The table is there, with the key pk.", Text(warned, "ledger", "found"));
        Assert.Equal(
            [$"{Installation.RoutesDocument} in {_here.World.Scope}: It takes the parameter routes.", $"{Installation.Dns64Document} in {_here.World.Scope}: It takes the parameter config."],
            Of(warned, "document").Select(check => $"{check["resource"]}: {check["found"]}"));

        var table = await RunAsync("doctor");
        Assert.Equal(0, table.Exit);
        Assert.EndsWith("3 warning(s), 0 failure(s).", table.Output.TrimEnd(), StringComparison.Ordinal);

        _here.Tailnet.MagicDns = false;
        _environment["ROUTES_DOCUMENT"] = "Another-SetRoutes";
        _environment["LEDGER_TABLE"] = "another-ledger";
        var failed = await CheckedAsync(exit: 1);
        Assert.Equal(
            ["document", "ledger", "magic-dns"],
            failed.Where(check => (string)check["verdict"]! == "failure").Select(check => (string)check["check"]!).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(await _here.Account.RequestsAsync(), request => request.Operation.StartsWith("Put", StringComparison.Ordinal));
        Assert.Empty(_here.Tailnet.Keys);
    }

    [Fact]
    public async Task A_trail_counts_once_it_is_on_and_records_what_changes()
    {
        await _here.World.CreateTrailAsync("reads", """ "EventSelectors":[{"ReadWriteType":"ReadOnly","IncludeManagementEvents":true}] """);
        await _here.World.SwitchTrailOnAsync("reads");
        await _here.World.CreateTrailAsync("changes", """ "AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}] """);
        var off = await CheckedAsync(exit: 0);
        Assert.Contains("reads leaves out management events that change something", Text(off, "cloudtrail", "found"), StringComparison.Ordinal);
        Assert.Contains("changes is switched off", Text(off, "cloudtrail", "found"), StringComparison.Ordinal);

        await _here.World.SwitchTrailOnAsync("changes");
        Assert.Equal("The trail changes records calls that change something.", Text(await CheckedAsync(exit: 0), "cloudtrail", "found"));
    }

    [Fact]
    public async Task What_may_not_be_read_is_said_with_the_permission_and_everything_else_is_checked()
    {
        foreach (var service in (string[])["cloudtrail", "dynamodb", "ec2"])
        {
            await _here.Account.FailAsync(MotoFault.Denied with { Times = null }, service);
        }

        var checks = await CheckedAsync(exit: 1);

        Assert.Contains("allow cloudtrail:DescribeTrails in the role or user that runs tailnet doctor", Text(checks, "cloudtrail", "found"), StringComparison.Ordinal);
        Assert.Contains("dynamodb:DescribeTable", Text(checks, "ledger", "found"), StringComparison.Ordinal);
        Assert.Equal(("warning", "failure", "ok"), (Text(checks, "ledger", "verdict"), Text(checks, "scope", "verdict"), Text(checks, "magic-dns", "verdict")));
    }

    [Fact]
    public async Task A_refused_credential_is_told_with_its_cause()
    {
        _here.Tailnet.RevokeOAuthClient(_here.Client.Id);
        var checks = await CheckedAsync(exit: 1);

        Assert.Contains("does not accept the OAuth client in the SSM parameter /tailnet/credential", Text(checks, "credential", "found"), StringComparison.Ordinal);
        Assert.Equal("ok", Text(checks, "ledger", "verdict"));
    }

    [Fact]
    public async Task A_federated_identity_is_checked_with_whoever_runs_it()
    {
        var identity = _here.Tailnet.AddFederatedIdentity(_here.Account.Issuer, "*:role/Tailnet-*", _here.Client.Tags, _here.Client.Scopes);
        _environment["TAILSCALE_CREDENTIAL"] = $"federated:{identity.Id}";
        Assert.Contains(
            $"subject arn:aws:iam::{_here.Account.Id}:role/tests, audience api.tailscale.com/{identity.Id}", Text(await CheckedAsync(exit: 1), "credential", "found"), StringComparison.Ordinal);

        var trusted = _here.Tailnet.AddFederatedIdentity(_here.Account.Issuer, "*:role/tests", _here.Client.Tags, _here.Client.Scopes);
        _environment["TAILSCALE_CREDENTIAL"] = $"federated:{trusted.Id}";
        Assert.Equal("Tailscale accepts the federated identity. It does not expire, and no secret is stored.", Text(await CheckedAsync(exit: 0), "credential", "found"));
    }

    [Fact]
    public async Task An_API_access_token_that_ends_soon_is_told_by_every_look_and_by_the_doctor()
    {
        var token = _here.Tailnet.AddApiAccessToken(TimeSpan.FromDays(10));
        await _here.World.Ssm.PutParameterAsync(
            new() { Name = Installation.Credential, Value = token.Reveal(), Type = "SecureString", KeyId = _here.Key, Overwrite = true }, TestContext.Current.CancellationToken);
        var plan = await RunAsync("plan");

        Assert.True(plan.Exit == 0, plan.ToString());
        Assert.Contains("warning: api-key-expires credential: The API access token expires on ", plan.Output, StringComparison.Ordinal);
        Assert.Equal("warning", Text(await CheckedAsync(exit: 0), "credential", "verdict"));
        Assert.Equal(2, _here.Api.Requests.Count(request => request.Path.StartsWith("/api/v2/tailnet/-/keys/k", StringComparison.Ordinal)));   // one a process
    }

    private async Task<JsonNode[]> CheckedAsync(int exit)
    {
        var run = await RunAsync("doctor", "--output", "json");
        Assert.True(run.Exit == exit, run.ToString());
        return [.. JsonNode.Parse(run.Output)!["checks"]!.AsArray().Select(check => check!)];
    }

    private static IEnumerable<JsonNode> Of(IEnumerable<JsonNode> checks, string check) => checks.Where(made => (string)made["check"]! == check);

    private static string? Text(IEnumerable<JsonNode> checks, string check, string member) => (string?)Assert.Single(Of(checks, check))[member];

    private async Task<CliRun> RunAsync(params string[] arguments)
    {
        await using var process = CliProcess.Start(_environment, arguments);
        await process.AnswerAsync(null);
        var run = await process.EndAsync();
        _written.Add(run.ToString());
        return run;
    }
}

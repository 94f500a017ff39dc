using System.Text.Json.Nodes;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace Automation.EndToEnd;

/// <summary>One AWS account of the tests, empty but for the default VPC of each Region; what is armed in it touches no other.</summary>
public sealed class MotoAccount
{
    private readonly MotoControl _control;
    private readonly Uri _endpoint;

    internal MotoAccount(Moto moto, MotoControl control, string id)
    {
        _control = control;
        _endpoint = moto.Uri;
        Id = id;
    }

    public string Id { get; }

    /// <summary>Of the account's identity tokens, as tests/aws/identity.py has it.</summary>
    public string Issuer => $"https://00000000-0000-4000-8000-{Id}.tokens.sts.global.api.aws";

    /// <summary>Builders and readers of the account's world in a Region; they are neither logged nor disturbed.</summary>
    public MotoRegion In(string region) => new(_control, this, region);

    /// <summary>Credentials of a role session in this account, for the code under test.</summary>
    /// <param name="role">It need not exist, unless <see cref="EnforceIamAsync"/> was called.</param>
    public async Task<SessionAWSCredentials> CredentialsAsync(string role = "tests")
    {
        using var sts = new AmazonSecurityTokenServiceClient(
            MotoRegion.AnyCredentials,
            new AmazonSecurityTokenServiceConfig
            {
                ServiceURL = _endpoint.ToString(),
                AuthenticationRegion = "us-east-1",
                HttpClientFactory = new SetUpHttp(Id),
            });
        var session = await sts.AssumeRoleAsync(new AssumeRoleRequest { RoleArn = $"arn:aws:iam::{Id}:role/{role}", RoleSessionName = "tests" });
        return new(session.Credentials.AccessKeyId, session.Credentials.SecretAccessKey, session.Credentials.SessionToken);
    }

    /// <summary>What a process needs to have this account for its AWS; nothing of the machine's own AWS configuration remains.</summary>
    public async Task<IReadOnlyDictionary<string, string>> EnvironmentAsync(string region, string role = "tests")
    {
        var credentials = (await CredentialsAsync(role)).GetCredentials();
        return new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL"] = _endpoint.ToString(),
            ["AWS_REGION"] = region,
            ["AWS_ACCESS_KEY_ID"] = credentials.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = credentials.SecretKey,
            ["AWS_SESSION_TOKEN"] = credentials.Token,
            ["AWS_CONFIG_FILE"] = "/dev/null",
            ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["NO_PROXY"] = "127.0.0.1",
        };
    }

    /// <summary>Creates a role with one policy; take its credentials after that.</summary>
    public async Task CreateRoleAsync(string role, string policy)
    {
        const string Trust = """{"Version":"2012-10-17","Statement":[]}""";   // moto lets anyone assume a role
        await In("us-east-1").IamAsync("CreateRole", ("RoleName", role), ("AssumeRolePolicyDocument", Trust));
        await AllowRoleAsync(role, policy);
    }

    /// <summary>Gives a role another policy in place of the one that it has.</summary>
    public Task AllowRoleAsync(string role, string policy) =>
        In("us-east-1").IamAsync("PutRolePolicy", ("RoleName", role), ("PolicyName", role), ("PolicyDocument", policy));

    /// <summary>From now on role sessions of this account are refused the actions that their policies do not allow.</summary>
    /// <param name="statements">By role: these are read with resources and conditions, which moto does not do of itself.</param>
    public Task EnforceIamAsync(IReadOnlyDictionary<string, JsonArray>? statements = null) =>
        _control.PostAsync<object>("enforce", new { account = Id, roles = statements });

    /// <summary>What was asked of the statements of enforced roles, and which of them allowed it; no reset forgets it.</summary>
    public Task<IReadOnlyList<MotoDecision>> DecisionsAsync() => _control.PostAsync<IReadOnlyList<MotoDecision>>("decisions", new { account = Id });

    /// <summary>Makes calls of the code under test fail.</summary>
    /// <param name="service">The signing name, such as <c>autoscaling</c>; null for every one.</param>
    /// <param name="operation">Such as <c>DescribeVpcs</c>; null for every one.</param>
    public Task FailAsync(MotoFault fault, string? service = null, string? operation = null) =>
        _control.PostAsync<MotoArmedFault>(
            "faults",
            new
            {
                account = Id,
                service,
                operation,
                kind = fault.Kind,
                times = fault.Times,
                passes = fault.Passes,
                done = fault.Done,
                status = fault.Status,
                code = fault.Code,
                message = fault.Message,
                contentType = fault.ContentType,
                body = fault.Body,
                elements = fault.Elements,
            });

    /// <summary>The faults armed so far: a test that arms one should see that it struck.</summary>
    public Task<IReadOnlyList<MotoArmedFault>> FaultsAsync() => _control.PostAsync<IReadOnlyList<MotoArmedFault>>("faults", new { account = Id });

    /// <summary>Stops the account's world at a call of the code under test.</summary>
    /// <param name="after">So many matching calls pass; the next one is stopped.</param>
    /// <param name="afterEffect">It is stopped when it has taken effect and only its answer is outstanding.</param>
    public async Task<MotoPause> PauseAsync(int after, bool afterEffect = false, string? service = null, string? operation = null)
    {
        var shown = await _control.PostAsync<MotoPause.Shown>(
            "pause", new { account = Id, after, when = afterEffect ? "after" : "before", service, operation });
        return new(_control, shown.Id);
    }

    /// <summary>What the code under test called, in order. Bodies are not kept: they may hold secrets.</summary>
    public Task<IReadOnlyList<MotoRequest>> RequestsAsync() => _control.PostAsync<IReadOnlyList<MotoRequest>>("requests", new { account = Id });

    /// <summary>Completions and heartbeats, also those that Auto Scaling refused.</summary>
    public Task<IReadOnlyList<MotoLifecycleRecord>> LifecycleAsync() =>
        _control.PostAsync<IReadOnlyList<MotoLifecycleRecord>>("lifecycle", new { account = Id });

    /// <summary>Forgets faults, pauses (their calls are dropped), request log and lifecycle records; the world and its roles stay.</summary>
    public Task ResetAsync() => _control.PostAsync<object>("reset", new { account = Id });
}

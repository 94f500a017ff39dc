using System.Text.Json.Nodes;

namespace Automation.Routers;

/// <summary>What the routers' role may do, decided from its statements as they are deployed.</summary>
public sealed class RoleStories(Moto moto)
{
    private const string KmsKey = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000";
    private const string Mine = "i-0a1b2c3d4e5f60718";
    private const string Other = "i-0ffffffffffffffff";

    [Fact]
    public async Task A_router_reads_its_own_parameters_and_nobody_elses()
    {
        var (role, account) = await DeployedAsync();

        Assert.True(await role.AllowsAsync("ssm:GetParameter", Parameter(account, Mine), Request(account, Mine, taggedFor: Mine)));
        Assert.False(await role.AllowsAsync("ssm:GetParameter", Parameter(account, Other), Request(account, Mine, taggedFor: Other)));
        Assert.False(await role.AllowsAsync("ssm:GetParameter", Parameter(account, Mine), Request(account, Mine, taggedFor: null)));
        Assert.False(await role.AllowsAsync("ssm:GetParameter", $"arn:aws:ssm:eu-west-1:{account}:parameter/tailnet/credential", Request(account, Mine, taggedFor: null)));
        Assert.False(await role.AllowsAsync("ssm:GetParameter", $"arn:aws:ssm:eu-west-1:{account}:parameter/another/secret", Request(account, Mine, taggedFor: Mine)));

        // The role's credentials without an instance, as after a theft through another service.
        Assert.False(await role.AllowsAsync(
            "ssm:GetParameter", Parameter(account, Mine), new Dictionary<string, string> { ["aws:ResourceTag/InstanceArn"] = InstanceArn(account, Mine) }));
    }

    [Fact]
    public async Task Neither_tags_nor_other_ways_around_are_open_even_with_a_policy_that_allows_all()
    {
        var (role, account) = await DeployedAsync(more: """{"Effect":"Allow","Action":"*","Resource":"*"}""");
        var mine = Request(account, Mine, taggedFor: Mine);

        Assert.True(await role.AllowsAsync("ssm:GetParameter", Parameter(account, Mine), mine));
        Assert.False(await role.AllowsAsync("ssm:GetParameter", Parameter(account, Other), Request(account, Mine, taggedFor: Other)));
        string[] waysAround =
        [
            "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource", "ssm:PutParameter", "ssm:DeleteParameter", "ssm:DeleteParameters",
            "ssm:LabelParameterVersion", "ssm:GetParameters", "ssm:GetParameterHistory", "ssm:GetParametersByPath",
        ];
        foreach (var action in waysAround)
        {
            Assert.False(await role.AllowsAsync(action, Parameter(account, Mine), mine), action);
        }
    }

    [Fact]
    public async Task The_key_decrypts_node_parameters_through_Systems_Manager_only()
    {
        var (role, account) = await DeployedAsync();
        Dictionary<string, string> Through(string service, string parameter) => new()
        {
            ["kms:ViaService"] = service,
            ["kms:EncryptionContext:PARAMETER_ARN"] = parameter,
        };

        Assert.True(await role.AllowsAsync("kms:Decrypt", KmsKey, Through("ssm.eu-west-1.amazonaws.com", Parameter(account, Mine))));
        Assert.False(await role.AllowsAsync("kms:Decrypt", KmsKey, Through("secretsmanager.eu-west-1.amazonaws.com", Parameter(account, Mine))));
        Assert.False(await role.AllowsAsync("kms:Decrypt", KmsKey, Through("ssm.eu-west-1.amazonaws.com", $"arn:aws:ssm:eu-west-1:{account}:parameter/tailnet/credential")));
        Assert.False(await role.AllowsAsync("kms:Decrypt", KmsKey.Replace("0a1b", "ffff", StringComparison.Ordinal), Through("ssm.eu-west-1.amazonaws.com", Parameter(account, Mine))));
    }

    [Fact]
    public async Task Without_a_key_of_its_own_the_role_has_nothing_of_KMS()
    {
        var deployment = await RouterDeployment.CreateAsync(moto);

        Assert.DoesNotContain(
            await deployment.Region.RouterRoleStatementsAsync(), statement => statement.ToJsonString().Contains("kms:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_policy_of_AWS_opens_every_parameter_to_a_router()
    {
        var deployment = await RouterDeployment.CreateAsync(moto);
        Assert.Empty(await deployment.Region.RouterManagedPoliciesAsync());
    }

    [Fact]
    public async Task No_allowed_action_is_a_pattern_and_every_star_resource_is_known()
    {
        var deployment = await RouterDeployment.CreateAsync(moto);

        var allowed = (await deployment.Region.RouterRoleStatementsAsync()).Where(statement => (string?)statement["Effect"] == "Allow").ToList();

        Assert.All(allowed, statement => Assert.DoesNotContain("*", statement["Action"]!.ToJsonString(), StringComparison.Ordinal));
        Assert.Equal(["Channels", "Messages"], allowed.Where(statement => (string?)statement["Resource"] == "*").Select(statement => (string?)statement["Sid"]));
    }

    private async Task<(Role Role, string Account)> DeployedAsync(string? more = null)
    {
        var deployment = await RouterDeployment.CreateAsync(moto, ("ParameterKmsKeyArn", KmsKey));
        var statements = await deployment.Region.RouterRoleStatementsAsync();
        return (new(deployment.Region, more is null ? statements : [.. statements, JsonNode.Parse(more)!.AsObject()]), deployment.Region.Account.Id);
    }

    private static string Parameter(string account, string instance) => $"arn:aws:ssm:eu-west-1:{account}:parameter/tailnet/nodes/{instance}/auth-key";

    private static string InstanceArn(string account, string instance) => $"arn:aws:ec2:eu-west-1:{account}:instance/{instance}";

    private static Dictionary<string, string> Request(string account, string from, string? taggedFor)
    {
        var context = new Dictionary<string, string> { ["ec2:SourceInstanceArn"] = InstanceArn(account, from) };
        if (taggedFor is not null)
        {
            context["aws:ResourceTag/InstanceArn"] = InstanceArn(account, taggedFor);
        }

        return context;
    }

    private sealed record Role(MotoRegion Region, IReadOnlyList<JsonObject> Statements)
    {
        public Task<bool> AllowsAsync(string action, string resource, IReadOnlyDictionary<string, string> context) =>
            Region.IsAllowedAsync(Statements, action, resource, context);
    }
}

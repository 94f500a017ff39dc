using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Automation.EndToEnd;
using Automation.Names;
using Automation.Tailscale;

namespace Automation.Templates;

/// <summary>What a person is asked before the stack, and told after it.</summary>
public class ParameterTests(StackTemplate template)
{
    // After its value a snippet is told about in brackets.
    private static JsonNode PolicyFile(JsonNode stack) => JsonNode.Parse($"{{{((string)stack["outputs"]!["PolicyFile"]!).Split(" (")[0]}}}")!;

    [Theory]
    [InlineData("template.yaml")]
    [InlineData("templates/router.yaml")]
    public async Task Every_parameter_is_in_a_group_described_and_takes_nothing_that_cannot_be_meant(string file)
    {
        var read = await TemplateScript.ReadAsync("read", Path.Combine(Repository.Root, file));
        var parameters = read["Parameters"]!.AsObject();
        var groups = read["Metadata"]!["AWS::CloudFormation::Interface"]!["ParameterGroups"]!.AsArray();

        Assert.Equal(
            parameters.Select(parameter => parameter.Key).Order(StringComparer.Ordinal),
            groups.SelectMany(group => group!["Parameters"]!.AsArray()).Select(name => (string)name!).Order(StringComparer.Ordinal));
        Assert.All(parameters, parameter =>
        {
            var said = parameter.Value!.AsObject();
            Assert.Matches(@"^.{10,}[^ ]$", (string?)said["Description"]);
            // AWS's own types are checked by AWS.
            Assert.True(
                ((string)said["Type"]!).Contains("AWS::", StringComparison.Ordinal) || said.ContainsKey("AllowedValues") || said.ContainsKey("MaxValue")
                    || (said.ContainsKey("AllowedPattern") && said.ContainsKey("ConstraintDescription")),
                parameter.Key);
        });
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("fd00::/8", true)]
    [InlineData("10.0.0.0", false)]
    [InlineData("10.0.0.0/8,172.16.0.0/12", false)]
    [InlineData("\"/8", false)]
    public async Task A_prefix_to_be_approved_by_the_policy_file_is_one_prefix_or_none(string prefix, bool taken)
    {
        var read = await TemplateScript.ReadAsync("read", Path.Combine(Repository.Root, "template.yaml"));
        var pattern = (string)read["Parameters"]!["AutoApprovedPrefix"]!["AllowedPattern"]!;
        Assert.Equal(taken, Regex.IsMatch(prefix, pattern));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("rds", true)]
    [InlineData("rds,eks", true)]
    [InlineData("rds, eks", false)]
    [InlineData("rds,", false)]
    [InlineData("s3", false)]
    [InlineData("rds,s3", false)]
    public void Services_are_those_that_the_program_knows(string services, bool taken) =>
        Assert.Equal(taken, Regex.IsMatch(services, (string)template.Parameters["ServiceDomains"]!["AllowedPattern"]!));

    [Theory]
    [InlineData("KeyPools", "", true)]
    [InlineData("KeyPools", "ci=agent", true)]
    [InlineData("KeyPools", "ci=agent/12,Web-2=app-connector/168", true)]
    [InlineData("KeyPools", "ci", false)]
    [InlineData("KeyPools", "ci=agent/12, web=agent", false)]
    [InlineData("KeyPools", "c_i=agent", false)]
    [InlineData("RoleTags", "", true)]
    [InlineData("RoleTags", "agent=tag:aws-agent,exit-node=tag:exit+tag:more", true)]
    [InlineData("RoleTags", "agent=aws-agent", false)]
    [InlineData("RoleTags", "agent=tag:aws-agent,", false)]
    public void Pools_and_tags_are_lists_that_the_program_reads(string parameter, string value, bool taken) =>
        Assert.Equal(taken, Regex.IsMatch(value, (string)template.Parameters[parameter]!["AllowedPattern"]!));

    [Fact]
    public async Task Pools_and_the_tags_of_their_roles_reach_the_functions()
    {
        var stack = await TemplateScript.ReadAsync("deploy", "KeyPools=ci=agent/12", "RoleTags=agent=tag:aws-agent");

        Assert.Contains("\"KEY_POOLS\":\"ci=agent/12\"", stack.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("\"NODE_TAGS\":\"subnet-router=tag:aws-router,agent=tag:aws-agent\"", stack.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_service_that_the_program_knows_can_be_asked_for()
    {
        Assert.All(ServiceDomains.Known, service => Assert.Matches((string)template.Parameters["ServiceDomains"]!["AllowedPattern"]!, service));
        Assert.Equal(["none", "tagged", "all"], template.Parameters["ZoneAssociation"]!["AllowedValues"]!.AsArray().Select(value => (string)value!));
    }

    [Fact]
    public void The_policy_file_owns_the_stacks_tag_and_approves_nothing_of_itself()
    {
        var policy = PolicyFile(template.Deployed);

        Assert.Equal("tag:aws-router-owner", (string?)policy["tagOwners"]!["tag:aws-router"]![0]);
        Assert.NotNull(policy["tagOwners"]!["tag:aws-router-owner"]);
        Assert.Null(policy["autoApprovers"]);
        Assert.Contains("No autoApprovers for tag:aws-router", (string?)template.Deployed["outputs"]!["PolicyFile"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_to_be_approved_by_the_policy_file_is_in_it_with_what_that_means()
    {
        var stack = await TemplateScript.ReadAsync("deploy", "AutoApprovedPrefix=10.0.0.0/8", "RouterTag=tag:other");

        Assert.Equal("""{"routes":{"10.0.0.0/8":["tag:other"]}}""", PolicyFile(stack)["autoApprovers"]!.ToJsonString());
        Assert.Contains("enabled without the automation's say", (string?)stack["outputs"]!["PolicyFile"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("TabcCNTRL-kdefCNTRL", true)]
    [InlineData("-k", false)]
    [InlineData("k*", false)]
    [InlineData("federated:k1", false)]
    [InlineData("tskey/client", false)]
    public void A_federated_identity_is_a_client_ID_or_nothing(string id, bool taken) =>
        Assert.Equal(taken, Regex.IsMatch(id, (string)template.Parameters["FederatedClientId"]!["AllowedPattern"]!));

    [Fact]
    public async Task With_a_federated_identity_the_outputs_say_what_to_trust_and_nothing_is_to_be_stored()
    {
        var stack = await TemplateScript.ReadAsync("deploy", "FederatedClientId=kABC1CNTRL");
        var outputs = stack["outputs"]!.AsObject();
        var trust = (string?)outputs["TrustRoles"];

        Assert.False(outputs.ContainsKey("StoreCredential"));
        Assert.All(
            (string[])["get-outbound-web-identity-federation-info", ":role/Tailnet-*Role-*", "api.tailscale.com/kABC1CNTRL", "tag:aws-router-owner", "auth_keys, devices:core, devices:routes and dns"],
            word => Assert.Contains(word, trust, StringComparison.Ordinal));
        Assert.Contains("The federated identity kABC1CNTRL is not the stack's", (string?)outputs["Deleting"], StringComparison.Ordinal);
        Assert.DoesNotContain("/tailnet/credential", outputs.ToJsonString(), StringComparison.Ordinal);
        Assert.All(stack["functions"]!.AsArray(), function =>
        {
            var variables = function!["Environment"]!["Variables"]!;
            Assert.Equal(
                new CredentialOrigin.Federated("kABC1CNTRL"), Settings.Read(name => name == "AWS_REGION" ? "eu-west-1" : (string?)variables[name]).Credential);
        });
    }

    [Fact]
    public void The_outputs_say_what_to_do_next_and_what_is_left_at_the_end()
    {
        var outputs = template.Deployed["outputs"]!.AsObject();

        Assert.Equal(
            ["StoreCredential", "PolicyFile", "TagRouters", "FirstLook", "ZoneEvents", "Deleting", "KeyArn", "AlarmTopic"], outputs.Select(output => output.Key));
        Says("StoreCredential", "--type SecureString", "--name /tailnet/credential", "file:///dev/stdin");
        Says("TagRouters", "tailscale:role=subnet-router", "tailnet-launch", "tailnet-terminate", "/tailnet/nodes/");
        Says("FirstLook", "aws lambda invoke", """{"dryRun": true}""");
        Says("Deleting", (string)template.Deployed["table"]!["name"]!, "none holds a secret", "revoke it with Tailscale");

        void Says(string output, params string[] words) =>
            Assert.All(words, word => Assert.Contains(word, (string?)outputs[output], StringComparison.Ordinal));
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Automation.EndToEnd;

namespace Automation.Templates;

/// <summary>What the roles of both templates may do on everything. That each action is needed at all, the end-to-end tests show.</summary>
public class AccessTests(StackTemplate template)
{
    // Of no call that lists, asks after a command, or keeps the agent's channels open is there a resource to name.
    [Theory]
    [InlineData(
        "template.yaml",
        "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLifecycleHooks", "ec2:DescribeInstanceStatus", "ec2:DescribeInstances", "ec2:DescribeManagedPrefixLists", "ec2:DescribeRouteTables",
        "ec2:DescribeSubnets", "ec2:DescribeTransitGatewayAttachments", "ec2:DescribeTransitGatewayRouteTables",
        "ec2:DescribeTransitGatewayVpcAttachments", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs", "route53:ListHostedZones",
        "route53:ListHostedZonesByVPC", "route53resolver:ListResolverEndpoints", "route53resolver:ListResolverRuleAssociations",
        "route53resolver:ListResolverRules", "ssm:DescribeParameters", "ssm:GetCommandInvocation", "sts:GetWebIdentityToken")]
    [InlineData(
        "templates/router.yaml",
        "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint", "ec2messages:GetMessages",
        "ec2messages:SendReply", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel")]
    public async Task Allowed_on_everything_is_only_what_AWS_knows_no_resources_of(string file, params string[] expected)
    {
        var wide = (await TemplateScript.ReadAsync("wide", Path.Combine(Repository.Root, file))).AsObject();

        Assert.All(wide, action => Assert.True(action.Value!.AsArray().Count == 0, $"{action.Key} knows resources: {action.Value}"));
        Assert.Equal(expected, wide.Select(action => action.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("template.yaml")]
    [InlineData("templates/router.yaml")]
    public void A_statement_on_everything_says_why(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, file));
        var wide = Enumerable.Range(1, lines.Length - 1).Where(line => Regex.IsMatch(lines[line], """Resource: ['"]?\*""")).ToList();

        Assert.NotEmpty(wide);
        Assert.All(wide, line => Assert.Matches(@"^\s*# .*\.$", lines[line - 1]));
    }

    [Fact]
    public void Each_function_has_a_role_of_its_own_that_holds_all_that_it_may_do()
    {
        Assert.All(template.OfType("AWS::Lambda::Function"), function => Assert.Equal($"{function.Key}Role", (string?)function.Value["Role"]!["Fn::GetAtt"]![0]));
        Assert.Equal(["NodeLifecycleRole", "ReconcileRole"], template.OfType("AWS::IAM::Role").Keys);
        Assert.All(template.OfType("AWS::IAM::Role").Values, role => Assert.Null(role["ManagedPolicyArns"]));
        Assert.Empty(template.OfType("AWS::IAM::Policy").Concat(template.OfType("AWS::IAM::ManagedPolicy")));
    }

    [Fact]
    public void No_action_of_a_role_is_a_pattern() =>
        Assert.All(
            template.OfType("AWS::IAM::Role").Keys.SelectMany(template.StatementsOf),
            statement => Assert.DoesNotContain("*", statement["Action"]!.ToJsonString(), StringComparison.Ordinal));

    [Fact]
    public void Zones_are_associated_only_where_somebody_asked_for_it_and_with_VPCs_of_the_Region_alone()
    {
        string[] actions =
        [
            "route53:AssociateVPCWithHostedZone", "route53:GetChange", "route53:ListTagsForResources",
        ];
        var statements = template.Properties("ReconcileRole")["Policies"]![0]!["PolicyDocument"]!["Statement"]!.AsArray();
        var conditional = statements.Where(statement => (string?)statement!["Fn::If"]?[0] == "AssociatesZones").ToList();

        Assert.All(conditional, statement => Assert.Equal("AWS::NoValue", (string?)statement!["Fn::If"]![2]!["Ref"]));
        Assert.Equal(actions, conditional.SelectMany(statement => Texts(statement!["Fn::If"]![1]!["Action"]!)).Order(StringComparer.Ordinal));
        AssertOfTheRegion(conditional[0]!["Fn::If"]![1]!);
    }

    [Theory]
    [InlineData("NodeLifecycleRole")]
    [InlineData("ReconcileRole")]
    public void A_stored_credential_is_read_or_an_identity_is_proved_to_Tailscale_alone_and_never_both(string role)
    {
        var statements = template.Properties(role)["Policies"]![0]!["PolicyDocument"]!["Statement"]!.AsArray();
        var stored = Of("StoresCredential");
        var proved = Assert.Single(Of("IsFederated"));

        Assert.Equal(["ReadCredential", "DecryptCredential"], stored.Select(statement => (string?)statement["Sid"]));
        Assert.Equal("sts:GetWebIdentityToken", (string?)proved["Action"]);
        Assert.Equal(
            """
            {"ForAllValues:StringEquals":{"sts:IdentityTokenAudience":{"Fn::Sub":"api.tailscale.com/${FederatedClientId}"}},
            "Null":{"sts:IdentityTokenAudience":"false"},"StringEquals":{"sts:SigningAlgorithm":"ES384"},"NumericLessThanEquals":{"sts:DurationSeconds":300}}
            """.ReplaceLineEndings(""),
            proved["Condition"]!.ToJsonString());

        List<JsonNode> Of(string condition)
        {
            var found = statements.Select(statement => statement!["Fn::If"]).Where(choice => (string?)choice?[0] == condition).ToList();
            Assert.All(found, choice => Assert.Equal("AWS::NoValue", (string?)choice![2]!["Ref"]));
            return [.. found.Select(choice => choice![1]!)];
        }
    }

    [Fact]
    public void Keys_of_pools_are_written_only_where_there_are_pools_and_never_read()
    {
        var statements = template.StatementsOf("ReconcileRole").ToList();
        var conditional = template.Properties("ReconcileRole")["Policies"]![0]!["PolicyDocument"]!["Statement"]!.AsArray()
            .Where(statement => (string?)statement!["Fn::If"]?[0] == "HasKeyPools").Select(statement => statement!["Fn::If"]![1]!).ToList();

        Assert.Equal(["kms:Encrypt", "ssm:AddTagsToResource", "ssm:PutParameter"], conditional.SelectMany(statement => Texts(statement["Action"]!)).Order(StringComparer.Ordinal));
        Assert.All(conditional, statement => Assert.Contains("/pools/*", statement.ToJsonString(), StringComparison.Ordinal));
        Assert.All(
            statements.Where(statement => statement.ToJsonString().Contains("/pools/*", StringComparison.Ordinal)),
            statement => Assert.DoesNotContain(Texts(statement["Action"]!), action => action.StartsWith("ssm:GetParameter", StringComparison.Ordinal) || action == "kms:Decrypt"));
    }

    [Fact]
    public void Routers_are_asked_for_their_health_by_Reconcile_alone_and_only_where_somebody_wants_it()
    {
        var statement = Assert.Single(
            template.Properties("ReconcileRole")["Policies"]![0]!["PolicyDocument"]!["Statement"]!.AsArray(),
            statement => (string?)statement!["Fn::If"]?[0] == "ProbesHealth")!;

        Assert.Equal("AWS::NoValue", (string?)statement["Fn::If"]![2]!["Ref"]);
        Assert.EndsWith(":document/${ProbeDocument}", (string?)statement["Fn::If"]![1]!["Resource"]!["Fn::Sub"], StringComparison.Ordinal);
        Assert.DoesNotContain("ProbeDocument", template.Properties("NodeLifecycleRole").ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""{"Fn::Equals":[{"Ref":"HealthProbe"},"true"]}""", template.Conditions["ProbesHealth"]!.ToJsonString());
        Assert.All(["NodeLifecycle", "Reconcile"], function => Assert.Equal(
            """{"Fn::If":["ProbesHealth",{"Ref":"ProbeDocument"},""]}""",
            template.Properties(function)["Environment"]!["Variables"]!["PROBE_DOCUMENT"]!.ToJsonString()));
    }

    [Fact]
    public void Lost_news_is_told_by_Reconcile_alone_and_to_NodeLifecycle_alone()
    {
        var sending = template.StatementsOf("ReconcileRole").Where(statement => Texts(statement["Action"]!).Contains("sqs:SendMessage"));

        Assert.Equal("""{"Fn::GetAtt":["NodeLifecycleQueue","Arn"]}""", Assert.Single(sending)["Resource"]!.ToJsonString());
        Assert.DoesNotContain("sqs:SendMessage", template.Properties("NodeLifecycleRole").ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""{"Ref":"NodeLifecycleQueue"}""", template.Properties("Reconcile")["Environment"]!["Variables"]!["NODE_QUEUE_URL"]!.ToJsonString());
    }

    [Fact]
    public void Associations_are_undone_also_where_none_are_made_any_more() => AssertOfTheRegion(Assert.Single(
        template.Properties("ReconcileRole")["Policies"]![0]!["PolicyDocument"]!["Statement"]!.AsArray(),
        statement => statement!["Action"] is { } action && Texts(action).Contains("route53:DisassociateVPCFromHostedZone"))!);

    private static void AssertOfTheRegion(JsonNode statement) => Assert.Equal(
        "VPCId=*,VPCRegion=${AWS::Region}",
        (string?)statement["Condition"]!["ForAllValues:StringLike"]!["route53:VPCs"]!["Fn::Sub"]);

    private static IEnumerable<string> Texts(JsonNode node) => node is JsonArray list ? list.Select(text => (string)text!) : [(string)node!];
}

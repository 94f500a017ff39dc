using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Automation.EndToEnd;
using Automation.Lambda;
using Automation.Names;
using Automation.Network;
using Automation.Tailscale;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Templates;

public class TemplateTests(StackTemplate template)
{
    // Lambda sets the one; the others are for installations of several accounts, which this stack is not, and for the AWS SDK.
    private static readonly string[] s_notOfTheStack = ["AWS_REGION", "SCOPES", "MEMBER_ROLE", "AWS_RETRY_MODE"];

    private static readonly string[] s_functions = ["NodeLifecycle", "Reconcile"];

    private static IEnumerable<string> Texts(JsonNode node) => node is JsonArray list ? list.Select(text => (string)text!) : [(string)node!];

    private JsonNode Routes => template.Properties("RoutesDocument")["Content"]!;

    private JsonNode Dns64 => template.Properties("Dns64Document")["Content"]!;

    [Fact]
    public async Task Cfn_lint_has_nothing_to_say()
    {
        var (exitCode, output, errors) = await TemplateScript.RunAsync("lint");
        Assert.Equal((0, "", ""), (exitCode, output, errors));
    }

    /// <remarks>When the function crashes, its news comes back only after the queue's visibility, and no heartbeat is sent meanwhile.</remarks>
    [Fact]
    public void Routers_hooks_outlast_the_return_of_their_news()
    {
        var hooks = File.ReadAllLines(Path.Combine(Repository.Root, "templates", "router.yaml"))
            .Where(line => line.Contains("HeartbeatTimeout:", StringComparison.Ordinal))
            .Select(line => int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))
            .ToArray();

        Assert.Equal(2, hooks.Length);
        Assert.All(hooks, seconds => Assert.True(seconds > (int)template.Properties("NodeLifecycleQueue")["VisibilityTimeout"]!));
    }

    [Fact]
    public void The_functions_are_for_arm64_unless_another_processor_is_asked_for()
    {
        Assert.Equal("arm64", (string?)template.Parameters["Architecture"]!["Default"]);
        Assert.All(s_functions, function => Assert.Equal("Architecture", (string?)template.Properties(function)["Architectures"]![0]!["Ref"]));
    }

    [Fact]
    public void Every_handler_of_the_program_is_a_function_and_the_other_way_round()
    {
        var environment = LambdaEnvironment.Read(_ => null);
        var metrics = new Metrics(new LogLines(Stream.Null), environment, TimeProvider.System);
        var handlers = new Composition(_ => null, "", NullLogger.Instance, metrics, TimeProvider.System).Handlers.Keys;

        Assert.Equal(
            handlers.Order(StringComparer.Ordinal),
            template.OfType("AWS::Lambda::Function").Values.Select(function => (string)function["Handler"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_functions_get_the_variables_that_the_program_reads_and_no_others()
    {
        var read = new HashSet<string>();
        Assert.Throws<SettingsException>(() => Settings.Read(name =>
        {
            read.Add(name);
            return null;
        }));

        Assert.All(s_functions, function => Assert.Equal(
            read.Except(s_notOfTheStack).Where(variable => function == "Reconcile" || variable != "NODE_QUEUE_URL").Order(StringComparer.Ordinal),
            template.Properties(function)["Environment"]!["Variables"]!.AsObject().Select(variable => variable.Key).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void The_deployed_functions_have_settings_that_the_program_accepts()
    {
        var functions = template.Deployed["functions"]!.AsArray();
        Assert.Equal(2, functions.Count);
        Assert.All(functions, function =>
        {
            var variables = function!["Environment"]!["Variables"]!;
            var settings = Settings.Read(name => name == "AWS_REGION" ? "eu-west-1" : (string?)variables[name]);

            Assert.Equal("Tailnet-SetRoutes", settings.RoutesDocument);
            Assert.Equal("Tailnet-SetDns64", settings.Dns64Document);
            Assert.Equal("Tailnet-Probe", settings.ProbeDocument);
            Assert.StartsWith("arn:aws:kms:eu-west-1:", settings.ParameterKmsKey, StringComparison.Ordinal);
            Assert.Equal(new CredentialOrigin.Parameter("/tailnet/credential"), settings.Credential);
            Assert.False(settings.DryRun);
            Assert.Equal((string?)variables["NODE_QUEUE_URL"], settings.NodeQueue?.ToString());
            Assert.Equal((string?)template.Deployed["table"]!["name"], settings.LedgerTable);
        });
    }

    [Theory]
    [InlineData("NodeLifecycle")]
    [InlineData("Reconcile")]
    public void A_message_stays_hidden_for_six_times_its_functions_time_and_is_received_often_enough(string function)
    {
        var queue = template.Properties(function + "Queue");
        var dead = template.Properties((string)queue["RedrivePolicy"]!["deadLetterTargetArn"]!["Fn::GetAtt"]![0]!);
        var mapping = template.Properties(function + "Messages");

        Assert.True((int)queue["VisibilityTimeout"]! >= 6 * (int)template.Properties(function)["Timeout"]!);
        // Fifteen minutes every five seconds, and ten minutes every 15.
        Assert.True((int)queue["RedrivePolicy"]!["maxReceiveCount"]! > (function == "NodeLifecycle" ? 15 * 60 / 5 : 10 * 60 / 15));
        Assert.Equal(14 * 24 * 60 * 60, (int)dead["MessageRetentionPeriod"]!);
        Assert.Equal((bool?)queue["FifoQueue"], (bool?)dead["FifoQueue"]);
        Assert.Equal(["ReportBatchItemFailures"], mapping["FunctionResponseTypes"]!.AsArray().Select(type => (string)type!));
        Assert.Equal(function + "Queue", (string?)mapping["EventSourceArn"]!["Fn::GetAtt"]![0]);
    }

    [Fact]
    public void What_lies_in_queues_topic_and_ledger_is_encrypted_with_the_stacks_key()
    {
        Assert.All(template.OfType("AWS::SQS::Queue").Values, queue => Assert.Equal("Key", (string?)queue["KmsMasterKeyId"]!["Fn::GetAtt"]![0]));
        Assert.Equal("Key", (string?)template.Properties("Alarms")["KmsMasterKeyId"]!["Fn::GetAtt"]![0]);
        Assert.Equal("Key", (string?)template.Properties("Ledger")["SSESpecification"]!["KMSMasterKeyId"]!["Fn::GetAtt"]![0]);
        Assert.True((bool)template.Properties("Key")["EnableKeyRotation"]!);
    }

    [Theory]
    [InlineData("Ledger")]
    [InlineData("Key")]
    [InlineData("NodeLifecycleLog")]
    [InlineData("ReconcileLog")]
    public void What_cannot_be_made_again_is_kept_when_the_stack_goes(string resource)
    {
        Assert.Equal("Retain", (string?)template.Resources[resource]!["DeletionPolicy"]);
        Assert.Equal("Retain", (string?)template.Resources[resource]!["UpdateReplacePolicy"]);
    }

    [Theory]
    [InlineData("NodeLifecycle", 3)]
    [InlineData("Reconcile", 4)]
    public void A_role_allows_exactly_what_the_operations_guide_says_that_its_function_calls(string function, int column)
    {
        var service = "";
        var described = new SortedSet<string>(StringComparer.Ordinal);
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
        foreach (var row in guide.Split("\n## Permissions")[1].Split("\n## ")[0].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            // `service:Action`, then `Action` alone for more of the same service.
            foreach (Match action in Regex.Matches(row, "`(?:([a-z0-9]+):)?([A-Z][a-z]\\w+)`"))
            {
                service = action.Groups[1].Success ? action.Groups[1].Value : service;
                if (row.Split('|')[column].Trim() == "yes" && !row.Split('|')[2].Contains("several accounts", StringComparison.Ordinal))
                {
                    described.Add($"{service}:{action.Groups[2].Value}");
                }
            }
        }

        Assert.Single(template.Properties(function + "Role")["Policies"]!.AsArray());
        var statements = template.StatementsOf(function + "Role").ToList();
        Assert.All(statements, statement => Assert.Equal("Allow", (string?)statement["Effect"]));
        Assert.Equal(described, statements.SelectMany(statement => Texts(statement["Action"]!)).ToHashSet().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Routes_and_names_are_set_by_the_stacks_documents_alone_and_on_routers_alone() =>
        Assert.All(s_functions, function =>
        {
            var send = template.StatementsOf(function + "Role").Where(statement => Texts(statement["Action"]!).Contains("ssm:SendCommand")).ToList();

            Assert.Equal(function == "Reconcile" ? 3 : 2, send.Count);
            Assert.Equal(
                ["document/${RoutesDocument}", "document/${Dns64Document}"],
                send[0]["Resource"]!.AsArray().Select(resource => ((string)resource!["Fn::Sub"]!).Split(':')[^1]));
            Assert.EndsWith(":instance/*", (string?)send[^1]["Resource"]!["Fn::Sub"], StringComparison.Ordinal);
            Assert.Equal("""["*subnet-router*","*exit-node*"]""", send[^1]["Condition"]!["StringLike"]!["ssm:resourceTag/tailscale:role"]!.ToJsonString());
        });

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/16")]
    [InlineData("10.0.0.0/16,2001:db8::/56")]
    [InlineData("fd7a:115c:a1e0:b1a:0:1:10.0.0.0/112,0.0.0.0/0")]
    public void The_routes_document_takes_prefixes(string routes) => Assert.Matches((string)Routes["parameters"]!["routes"]!["allowedPattern"]!, routes);

    [Theory]
    [InlineData("$(x)")]
    [InlineData(";")]
    [InlineData("10.0.0.0/16;reboot")]
    [InlineData("10.0.0.0/16 ")]
    [InlineData("10.0.0.0/16, 10.1.0.0/16")]
    [InlineData("'")]
    [InlineData("10.0.0.0/16'")]
    [InlineData("\"10.0.0.0/16\"")]
    [InlineData("`id`/8")]
    [InlineData("10.0.0.0/16,")]
    [InlineData("10.0.0.0/16\n10.1.0.0/16")]
    [InlineData("--reset/1")]
    public void The_routes_document_takes_nothing_else(string routes) =>
        Assert.DoesNotMatch((string)Routes["parameters"]!["routes"]!["allowedPattern"]!, routes);

    [Fact]
    public void The_routes_document_quotes_what_it_takes()
    {
        var step = Assert.Single(Routes["mainSteps"]!.AsArray())!;

        Assert.Equal("2.2", (string?)Routes["schemaVersion"]);
        Assert.Equal("aws:runShellScript", (string?)step["action"]);
        Assert.Equal(["tailscale set --advertise-routes='{{ routes }}'"], step["inputs"]!["runCommand"]!.AsArray().Select(line => (string)line!));
        Assert.True(int.Parse((string)step["inputs"]!["timeoutSeconds"]!, null) <= 30);   // how long a reconcile waits
    }

    [Theory]
    [InlineData("YWJj")]
    [InlineData("+/8=")]
    public void The_names_document_takes_base64(string config) => Assert.Matches((string)Dns64["parameters"]!["config"]!["allowedPattern"]!, config);

    [Theory]
    [InlineData("")]
    [InlineData("YWJj'")]
    [InlineData("$(x)")]
    [InlineData("YWJj YWJj")]
    [InlineData("YWJj\nYWJj")]
    [InlineData("--help")]
    public void The_names_document_takes_nothing_else(string config) =>
        Assert.DoesNotMatch((string)Dns64["parameters"]!["config"]!["allowedPattern"]!, config);

    [Fact]
    public void The_names_document_takes_what_the_program_writes()
    {
        var dns64 = new Dns64(65534, Address.Parse("10.0.0.2"), PrefixSet.Of(Enumerable.Range(0, 50).Select(i => Prefix.Parse($"172.31.{i + 100}.128/28"))));

        Assert.Matches((string)Dns64["parameters"]!["config"]!["allowedPattern"]!, Convert.ToBase64String(Encoding.UTF8.GetBytes(dns64.ToConfiguration())));
    }

    [Fact]
    public void The_names_document_quotes_what_it_takes_and_says_where_nobody_can_take_it()
    {
        var step = Assert.Single(Dns64["mainSteps"]!.AsArray())!;
        var lines = step["inputs"]!["runCommand"]!.AsArray().Select(line => (string)line!).ToArray();

        Assert.Equal("/usr/local/sbin/tailnet-dns64 '{{ config }}'", lines[^1]);
        Assert.StartsWith("[ -x /usr/local/sbin/tailnet-dns64 ] || { echo", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(">&2; exit 1; }", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
        Assert.True(int.Parse((string)step["inputs"]!["timeoutSeconds"]!, null) <= 30);   // how long a reconcile waits
    }

    [Fact]
    public void Moto_makes_the_stack()
    {
        var stack = template.Deployed;

        Assert.Equal("CREATE_COMPLETE", (string?)stack["status"]);
        Assert.Equal(5, stack["queues"]!.AsObject().Count);
        var fifo = stack["queues"]!["Tailnet-reconcile.fifo"]!;
        Assert.Equal(("true", "true", "1800"), ((string?)fifo["FifoQueue"], (string?)fifo["ContentBasedDeduplication"], (string?)fifo["VisibilityTimeout"]));
        Assert.Contains("Tailnet-reconcile-dead-letters.fifo", (string?)fifo["RedrivePolicy"], StringComparison.Ordinal);
        Assert.Equal(13, stack["rules"]!.AsArray().Count);
        Assert.All(stack["rules"]!.AsArray(), rule => Assert.Single(rule!["Targets"]!.AsArray()));
        Assert.Equal("rate(5 minutes)", (string?)Assert.Single(stack["rules"]!.AsArray(), rule => rule!["EventPattern"] is null)!["ScheduleExpression"]);
        Assert.Equal(2, stack["mappings"]!.AsArray().Count);
        Assert.Equal(("pk", "PAY_PER_REQUEST"), ((string?)stack["table"]!["keys"]![0]!["AttributeName"], (string?)stack["table"]!["billing"]));
        Assert.Equal(["Command", "Command", "Command"], stack["documents"]!.AsObject().Select(document => (string?)document.Value));
        Assert.Contains("aws ssm put-parameter", (string?)stack["outputs"]!["StoreCredential"], StringComparison.Ordinal);
    }
}

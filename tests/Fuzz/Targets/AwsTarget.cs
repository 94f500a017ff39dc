using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Automation.Aws;
using Automation.Names;
using Automation.Tailscale;

namespace Automation.Fuzz;

/// <summary>
/// Answers of AWS, through the real clients and the SDK: a result, or the one exception that callers know. An answer that is not well-formed,
/// or not of the call, is never taken for one that says that there is nothing.
/// </summary>
internal sealed class AwsTarget : Target
{
    private static readonly InstanceId s_instance = InstanceId.Parse("i-0a1b2c3d4e5f60718");
    private static readonly VpcId s_vpc = VpcId.Parse("vpc-0a11b22c33d44e55f");
    private static readonly ZoneId s_zone = ZoneId.Parse("Z1");
    private static readonly LifecycleWait s_wait = new("routers", "tailnet-launch", s_instance);

    private static readonly AwsCall[] s_calls =
    [
        new("EC2.DescribeInstances", "reservationSet", async (aws, _) => Listed(await aws.Ec2.DescribeNodesAsync(default))),
        new("EC2.DescribeInstances", "reservationSet", async (aws, _) => Found(await aws.Ec2.DescribeInstanceAsync(s_instance, default))),
        new("EC2.DescribeInstanceStatus", "instanceStatusSet", async (aws, _) => new((await aws.Ec2.DescribeScheduledEventsAsync([s_instance], default)).Length)),
        new("EC2.DescribeVpcs", "vpcSet", async (aws, _) => Listed(await aws.Ec2.DescribeVpcsAsync(null, default))),
        new("EC2.DescribeVpcAttribute", "vpcId", async (aws, _) => Found(await aws.Ec2.DescribeVpcDnsAsync(s_vpc, default))),
        new("EC2.DescribeSubnets", "subnetSet", async (aws, _) => Listed(await aws.Ec2.DescribeSubnetsAsync(default))),
        new("EC2.DescribeRouteTables", "routeTableSet", async (aws, _) => Listed(await aws.Ec2.DescribeRouteTablesAsync(default))),
        new("EC2.DescribeVpcPeeringConnections", "vpcPeeringConnectionSet", async (aws, _) => Listed(await aws.Ec2.DescribeVpcPeeringConnectionsAsync(default))),
        new("EC2.DescribeTransitGatewayAttachments", "transitGatewayAttachments", async (aws, _) => Listed(await aws.Ec2.DescribeTransitGatewayAttachmentsAsync(default))),
        new("EC2.DescribeTransitGatewayVpcAttachments", "transitGatewayVpcAttachments", async (aws, _) => Listed(await aws.Ec2.DescribeTransitGatewayAttachmentsAsync(default))),
        new("EC2.DescribeTransitGatewayRouteTables", "transitGatewayRouteTables", async (aws, _) => Listed(await aws.Ec2.DescribeTransitGatewayRouteTablesAsync(default))),
        new("EC2.SearchTransitGatewayRoutes", "routeSet", async (aws, _) => Listed(await aws.Ec2.DescribeTransitGatewayRouteTablesAsync(default))),
        new("EC2.DescribeManagedPrefixLists", "prefixListSet", async (aws, _) => Listed(await aws.Ec2.DescribePrefixListsAsync([PrefixListId.Parse("pl-0a1b2c3d4e5f60718")], default))),
        new("EC2.GetManagedPrefixListEntries", "entrySet", async (aws, _) => Listed(await aws.Ec2.DescribePrefixListsAsync([PrefixListId.Parse("pl-0a1b2c3d4e5f60718")], default))),
        new("EC2.CreateTags", null, async (aws, _) => await Done(aws.Ec2.TagVpcAsync(s_vpc, "a", "b", default))),
        new("AutoScaling.DescribeAutoScalingInstances", "DescribeAutoScalingInstancesResult", async (aws, _) => new((await aws.AutoScaling.DescribeLifecycleStatesAsync([s_instance], default)).Length)),
        new("AutoScaling.CompleteLifecycleAction", null, async (aws, _) => Found(await aws.AutoScaling.CompleteLifecycleActionAsync(s_wait, LifecycleResult.Continue, default))),
        new("Route53.ListHostedZonesByVPC", "HostedZoneSummaries", async (aws, _) => Listed(await aws.Route53.ListHostedZonesByVpcAsync(s_vpc, default))),
        new("Route53.ListHostedZones", "HostedZones", async (aws, _) => Listed(await aws.Route53.ListPublicZonesAsync(default))),
        new("Route53.ListTagsForResources", "ResourceTagSets", async (aws, _) => Listed(await aws.Route53.ListAssociableZonesAsync([s_zone], default))),
        new("Route53.AssociateVPCWithHostedZone", "ChangeInfo", async (aws, _) => Found(await aws.Route53.AssociateVpcAsync(s_zone, s_vpc, "eu-west-1", default))),
        new("Route53.GetChange", "ChangeInfo", async (aws, _) => Found(await aws.Route53.IsInSyncAsync("C1", default))),
        new("Route53.ListVPCAssociationAuthorizations", "VPCs", async (aws, _) => Listed(await aws.Route53.ListVpcAssociationAuthorizationsAsync(s_zone, default))),
        new("Resolver.ListResolverEndpoints", "ResolverEndpoints", async (aws, _) => Listed(await aws.Resolver.ListInboundEndpointsAsync(default))),
        new("Resolver.ListResolverEndpointIpAddresses", "IpAddresses", async (aws, _) => Listed(await aws.Resolver.ListInboundEndpointsAsync(default))),
        new("Resolver.ListResolverRules", "ResolverRules", async (aws, _) => Listed(await aws.Resolver.ListForwardRulesAsync(default))),
        new("Resolver.ListResolverRuleAssociations", "ResolverRuleAssociations", async (aws, _) => Listed(await aws.Resolver.ListForwardRulesAsync(default))),
        new("SSM.GetParameter", "Parameter", async (aws, _) => Found(await aws.Ssm.GetSecretAsync("/tailnet/credential", default))),
        new("SSM.GetParameters", null, async (aws, _) => Found(await aws.Ssm.ParameterExistsAsync("/tailnet/nodes/i-0a1b2c3d4e5f60718/auth-key", default))),
        new("SSM.PutParameter", null, async (aws, _) => Found(await aws.Ssm.CreateSecretAsync("/tailnet/a", new("x"), s_instance, default))),
        new("SSM.DeleteParameters", null, async (aws, _) => await Done(aws.Ssm.DeleteParametersAsync(["/tailnet/a"], default))),
        new("SSM.DescribeParameters", "Parameters", async (aws, _) => Listed(await aws.Ssm.DescribeNodeParametersAsync("/tailnet", default))),
        new("SSM.DescribeParameters", "Parameters", async (aws, _) => Listed(await aws.Ssm.DescribePoolParametersAsync("/tailnet", default))),
        new("SSM.SendCommand", "Command", async (aws, _) => Found(await aws.Ssm.SendCommandAsync("Tailnet-Probe", s_instance, null, "", default))),
        new("SSM.GetCommandInvocation", "Status", async (aws, _) => Found(await aws.Ssm.GetCommandInvocationAsync("11111111-2222-3333-4444-555555555555", s_instance, default))),
        new("DynamoDB.Scan", "Items", async (_, all) =>
        {
            var read = await all.Ledger.ReadAllAsync(default);
            return new(read.Nodes.Items.Length + read.Domains.Items.Length + read.Sites.Items.Length + read.Associations.Items.Length + read.Pools.Items.Length,
                new[] { read.Nodes.Problem, read.Domains.Problem, read.Sites.Problem, read.Associations.Problem, read.Pools.Problem }.All(problem => problem is not null) ? read.Nodes.Problem : null);
        }),
        new("DynamoDB.GetItem", null, async (_, all) => Found(await all.Ledger.GetNodeAsync(s_instance, default))),
        new("DynamoDB.PutItem", null, async (_, all) => Found(await all.Ledger.PutNodeAsync(new(s_instance, new("111122223333", "eu-west-1"), "agent", null, DateTimeOffset.UnixEpoch, null, null, null, [], null, 0), default))),
        new("STS.GetWebIdentityToken", "GetWebIdentityTokenResult", async (_, all) => Found(await all.GetIdentityTokenAsync("api.tailscale.com/k1CNTRL", default))),
        new("STS.AssumeRole", "", async (_, all) => Found(await all.CredentialsIn(new(AnotherAccount(), "eu-west-1")).GetCredentialsAsync())),
    ];

    private static long s_account = 444455556666;

    private static readonly HttpStatusCode[] s_statuses = [.. new[] { 204, 301, 400, 403, 404, 429, 500, 503, 599 }.Select(status => (HttpStatusCode)status)];

    // Each made once, for the life of the process: the SDK's clients cost milliseconds.
    private readonly Answers _handler;
    private readonly AwsClients _clients;
    private readonly Dictionary<string, string> _samples;
    private readonly Dictionary<string, char> _shapes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonMutator> _json;
    private readonly Dictionary<string, XmlMutator> _xml;
    private readonly JsonMutator _jsonErrors = new(["""{"__type":"com.amazonaws.service#ThrottlingException","message":"Rate exceeded"}""", """{"__type":"ParameterNotFound"}""", """{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: kms:Decrypt on resource: arn"}"""]);
    private readonly XmlMutator _xmlErrors = new(["<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>The instance does not exist</Message></Error></Errors><RequestID>r-1</RequestID></Response>", "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>No active Lifecycle Action found</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"]);

    public AwsTarget()
    {
        RuntimePipelineCustomizerRegistry.Instance.Register(new NoRetries());   // before the first client is made
        _handler = new();
        _clients = new(SettingsFor(), "tailnet-reconcile", new InstantTime(), new BasicAWSCredentials("AKIDEXAMPLE", "not-a-secret"), new AwsHttp(_handler, AwsHttp.LongestAnswer));
        var samples = Samples.In("samples/aws/");
        _samples = samples.ToDictionary(sample => Path.GetFileNameWithoutExtension(sample.Name), sample => sample.Text);
        foreach (var (_, text) in samples.Where(sample => sample.Name.EndsWith(".json", StringComparison.Ordinal)).Append(("", """{"InvalidParameters":["a"],"S":"","N":"","SS":["a"],"NS":["a"],"BS":["a"],"M":{}}""")))
        {
            using var sample = JsonDocument.Parse(text);
            AddShapes(sample.RootElement, "", _shapes);
        }

        _json = samples.Where(sample => sample.Name.EndsWith(".json", StringComparison.Ordinal)).ToDictionary(sample => Path.GetFileNameWithoutExtension(sample.Name), sample => new JsonMutator([sample.Text]));
        _xml = samples.Where(sample => sample.Name.EndsWith(".xml", StringComparison.Ordinal)).ToDictionary(sample => Path.GetFileNameWithoutExtension(sample.Name), sample => new XmlMutator([sample.Text]));
    }

    public override string Name => "aws";

    public override int Share => 60;

    public override bool IsAsynchronous => true;

    public override AllocationLimit Limit => new(4_000_000, 200);

    public override Input Make(Dice dice)
    {
        var call = dice.Of(s_calls);
        var isJson = _json.TryGetValue(call.Sample, out var json);
        var status = dice.OneIn(5) ? dice.Of(s_statuses) : HttpStatusCode.OK;
        var isError = (int)status >= 400 || dice.OneIn(40);
        var body = isJson
            ? isError ? _jsonErrors.Bytes(dice) : json!.Bytes(dice)
            : isError ? _xmlErrors.Bytes(dice, dice.Below(_xmlErrors.Count)) : _xml[call.Sample].Bytes(dice, 0);
        if (isJson && !call.Sample.StartsWith("Resolver.", StringComparison.Ordinal) && HasOtherShape(body))
        {
            body = Encoding.UTF8.GetBytes(_samples[call.Sample]);
        }

        byte[] shown = [.. Encoding.UTF8.GetBytes($"{call.Sample} {(int)status}\n"), .. body];
        return new(shown, () =>
        {
            _handler.Next = request => OperationOf(request) is var asked && asked == call.Operation
                ? Answers.Of(body, isJson ? "application/x-amz-json-1.1" : "text/xml", status, dice)
                : Answers.Of(Encoding.UTF8.GetBytes(_samples.First(sample => sample.Key.EndsWith('.' + asked)).Value), isJson ? "application/x-amz-json-1.1" : "text/xml", HttpStatusCode.OK, null);
            return Try(call, isJson, body, status);
        });
    }

    private Outcome Try(AwsCall call, bool isJson, byte[] body, HttpStatusCode status)
    {
        Answered answered;
        try
        {
            answered = call.Call(_clients.In(new("111122223333", "eu-west-1")), _clients).GetAwaiter().GetResult();
        }
        catch (CallFailedException failed)
        {
            Must.BeFitForALog(failed.Message);
            return new(false, $"{nameof(CallFailedException)} {failed.Failure}", $"{call.Sample} {failed.Message}");
        }

        if (answered.Problem is { } problem)
        {
            Must.BeFitForALog(problem);
            return new(false, "incomplete list", $"{call.Sample} {problem}");
        }

        // Of a write, the status says that it was done.
        if (call.Needs is not null && (int)status is >= 200 and <= 299)
        {
            Must.Be(IsOf(call, isJson, body), $"what is no answer of {call.Sample} was taken for one");
        }

        return Outcome.Of(call.Sample, answered.Count == 0 ? "nothing" : "something");
    }

    private static bool IsOf(AwsCall call, bool isJson, byte[] body)
    {
        try
        {
            if (isJson)
            {
                var reader = new Utf8JsonReader(WithoutMark(body), new JsonReaderOptions { MaxDepth = 64 });
                using var json = JsonDocument.ParseValue(ref reader);   // the SDK looks at nothing behind it
                return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(call.Needs!, out var needed) && needed.ValueKind != JsonValueKind.Null;
            }

            // As the SDK does, which reads what is no UTF-8 as question marks, and looks at nothing behind the root.
            using var text = new StreamReader(new MemoryStream(body));
            using var xml = XmlReader.Create(text, new() { DtdProcessing = DtdProcessing.Parse, MaxCharactersFromEntities = 10_000_000, CheckCharacters = false });
            xml.MoveToContent();
            var root = (XElement)XNode.ReadFrom(xml);
            return call.Sample.StartsWith("EC2.", StringComparison.Ordinal)
                // The SDK tells a list that is missing from an empty one by nothing. The request's id says that it is EC2 who answers.
                ? root.Elements().Any(element => element.Name.LocalName.Equals("requestId", StringComparison.OrdinalIgnoreCase))
                : call.Needs!.Length == 0 || root.Elements().Any(element => element.Name.LocalName == call.Needs);
        }
        catch (Exception e) when (e is JsonException or XmlException)
        {
            // The SDK passes over document types and their entities, whatever is wrong with them.
            return !isJson && Encoding.UTF8.GetString(body).Contains("<!DOCTYPE", StringComparison.Ordinal);
        }
        catch (InvalidOperationException)   // a member's name that is no text: it is there all the same
        {
            return true;
        }
    }

    /// <summary>
    /// AWSSDK.Core takes it for granted that JSON has lists where it expects lists, and in them what it expects: otherwise it reads on without
    /// end (docs/fuzzing.md). Such answers are left out where the SDK reads them.
    /// </summary>
    private bool HasOtherShape(byte[] body)
    {
        var reader = new Utf8JsonReader(WithoutMark(body), new JsonReaderOptions { MaxDepth = 64 });
        var around = new Stack<(string Name, bool IsList)>();
        var name = "";
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        name = reader.GetString()!;
                        break;
                    case JsonTokenType.EndArray or JsonTokenType.EndObject:
                        around.Pop();
                        break;
                    default:
                        var path = around.TryPeek(out var parent) && parent.IsList ? parent.Name + "[]" : name;
                        var kind = KindOf(reader.TokenType);
                        if (kind != ' ' && _shapes.TryGetValue(path, out var usual) && usual != kind)
                        {
                            return true;
                        }

                        if (kind is '{' or '[')
                        {
                            around.Push((path, kind == '['));
                        }

                        break;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
        }

        return false;
    }

    // The byte-order mark, which the SDK passes over.
    private static ReadOnlySpan<byte> WithoutMark(byte[] body) => body.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? body.AsSpan(Encoding.UTF8.Preamble.Length) : body;

    private static char KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => '{',
        JsonTokenType.StartArray => '[',
        JsonTokenType.Null => ' ',
        _ => '"',
    };

    private static void AddShapes(JsonElement json, string path, Dictionary<string, char> shapes)
    {
        shapes[path] = json.ValueKind switch
        {
            JsonValueKind.Object => '{',
            JsonValueKind.Array => '[',
            _ => '"',
        };
        foreach (var item in json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().ToArray() : [])
        {
            AddShapes(item, path + "[]", shapes);
        }

        foreach (var member in json.ValueKind == JsonValueKind.Object ? json.EnumerateObject().ToArray() : [])
        {
            AddShapes(member.Value, member.Name, shapes);
        }
    }

    private static string OperationOf(HttpRequestMessage request)
    {
        if (request.Headers.TryGetValues("X-Amz-Target", out var target))
        {
            return target.First().Split('.')[^1];
        }

        var path = request.RequestUri!.AbsolutePath;
        var body = request.Content?.ReadAsStringAsync().GetAwaiter().GetResult() ?? "";
        return body.Split('&').FirstOrDefault(part => part.StartsWith("Action=", StringComparison.Ordinal))?["Action=".Length..]
            ?? (path switch
            {
                _ when path.EndsWith("/hostedzonesbyvpc", StringComparison.Ordinal) => "ListHostedZonesByVPC",
                _ when path.EndsWith("/hostedzone", StringComparison.Ordinal) && request.Method == HttpMethod.Get => "ListHostedZones",
                _ when path.EndsWith("/tags/hostedzone", StringComparison.Ordinal) => "ListTagsForResources",
                _ when path.EndsWith("/associatevpc", StringComparison.Ordinal) => "AssociateVPCWithHostedZone",
                _ when path.Contains("/change/", StringComparison.Ordinal) => "GetChange",
                _ => "ListVPCAssociationAuthorizations",
            });
    }

    // Credentials are kept: those of an account that was asked before would be given without asking.
    private static string AnotherAccount() => Interlocked.Increment(ref s_account).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Answered Listed<T>(Listing<T> listing) => new(listing.Items.Length, listing.Problem);

    private static Answered Found<T>(T found) => new(found is null or false ? 0 : 1);

    private static async Task<Answered> Done(Task write)
    {
        await write;
        return new(1);
    }

    private static Settings SettingsFor() => new(
        new("111122223333", "eu-west-1"), "-", new("https://api.tailscale.com"), new CredentialOrigin.Parameter("/tailnet/credential"),
        new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty), "/tailnet", null, "ledger", [new("111122223333", "eu-west-1")], "TailnetMember",
        "Tailnet-SetRoutes", [], NameSettings.Standard, "Tailnet-SetDns64", null, [], null, null, false);

    /// <param name="Needs">What an answer has that says something; empty where the client checks what it needs of it, null where the status says all.</param>
    private sealed record AwsCall(string Sample, string? Needs, Func<IAwsScope, AwsClients, Task<Answered>> Call)
    {
        public string Operation => Sample.Split('.')[1];
    }

    private sealed record Answered(int Count, string? Problem = null);

    /// <summary>One try a call: the SDK's retries draw on a store, and an input's outcome would depend on those before it.</summary>
    private sealed class NoRetries : IRuntimePipelineCustomizer
    {
        public string UniqueName => nameof(NoRetries);

        public void Customize(Type type, RuntimePipeline pipeline)
        {
            if (pipeline.Handlers.OfType<Amazon.Runtime.Internal.RetryHandler>().Any())
            {
                pipeline.RemoveHandler<Amazon.Runtime.Internal.RetryHandler>();
            }
        }
    }
}

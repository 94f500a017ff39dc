using System.Text.Json.Nodes;
using Amazon.SQS.Model;
using Automation.Network;
using Automation.Nodes;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>One installation in an account of its own: queue, ledger, credential, document, a tailnet with its API, and the functions started for it.</summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string Region = "eu-west-1";
    public const string Ledger = "tailnet-ledger";
    public const string Credential = "/tailnet/credential";
    public const string ParameterPrefix = "/tailnet";
    public const string RoutesDocument = "Tailnet-SetRoutes";
    public const string Dns64Document = "Tailnet-SetDns64";
    public const string ProbeDocument = "Tailnet-Probe";
    public const string MemberRole = "tailnet-member";
    public const string Group = "routers";
    public const string LaunchHook = "tailnet-launch";
    public const string TerminateHook = "tailnet-terminate";

    public static readonly Dictionary<string, string> RouterTags = new() { ["tailscale:role"] = "subnet-router" };

    public static readonly Dictionary<string, string> Dns64RouterTags = new(RouterTags) { ["tailscale:dns64"] = "true" };

    private static readonly string[] s_functions = ["NodeLifecycle", "Reconcile"];

    private static readonly TimeSpan s_usualDeadline = TimeSpan.FromSeconds(60);

    private readonly List<Function> _functions = [];
    private readonly List<string> _secrets = [];
    private readonly List<string> _refused = [];
    private readonly List<MotoAccount> _accounts = [];
    private readonly Dictionary<string, JsonArray> _statements = [];

    private Installation(MotoAccount account, Tailnet tailnet, TailscaleApi api, OAuthClient client)
    {
        Account = account;
        _accounts.Add(account);
        World = account.In(Region);
        Tailnet = tailnet;
        Api = api;
        Client = client;
    }

    public MotoAccount Account { get; }

    public MotoRegion World { get; }

    public Tailnet Tailnet { get; }

    public TailscaleApi Api { get; }

    public OAuthClient Client { get; }

    /// <summary>What the functions prove to be; null where they read a stored credential.</summary>
    public FederatedIdentity? Federated { get; private init; }

    /// <summary>ARN of the KMS key of the ledger and of all secrets. It need not exist: moto encrypts nothing.</summary>
    public string Key => $"arn:aws:kms:{Region}:{Account.Id}:key/0a1b2c3d-0000-4000-8000-000000000000";

    public MotoQueuePair Queue { get; private set; } = null!;

    /// <summary>What the role of each function holds.</summary>
    public IReadOnlyDictionary<string, JsonArray> Statements => _statements;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <param name="federated">Without a stored credential: the roles of the functions are trusted.</param>
    public static async Task<Installation> CreateAsync(Moto moto, bool federated = false)
    {
        var tailnet = new Tailnet(TimeProvider.System);
        var client = tailnet.AddOAuthClient(["tag:aws-router"], ["auth_keys", "devices:core", "devices:routes", "dns"]);
        var account = moto.NewAccount();
        var installation = new Installation(account, tailnet, await TailscaleApi.StartAsync(tailnet, Stopping), client)
        {
            Federated = federated ? tailnet.AddFederatedIdentity(account.Issuer, $"arn:aws:iam::{account.Id}:role/*", client.Tags, client.Scopes) : null,
        };
        await installation.World.CreateLedgerAsync(Ledger, installation.Key);
        await installation.World.CreateRoutesDocumentAsync(RoutesDocument);
        await installation.World.CreateDns64DocumentAsync(Dns64Document);
        await installation.World.CreateProbeDocumentAsync(ProbeDocument);
        if (!federated)
        {
            await installation.World.PutSecretAsync(Credential, client.ToParameter().Reveal(), installation.Key);
        }

        installation.Queue = await installation.World.CreateQueueAsync("nodes", maxReceiveCount: 100, visibilitySeconds: 600, installation.Key);
        await installation.EnforceRolesAsync();
        return installation;
    }

    // Each function runs under its role of template.yaml, and a person at the command line may do everything.
    private async Task EnforceRolesAsync()
    {
        foreach (var function in s_functions)
        {
            var statements = await StackRoles.StatementsAsync(function, NamesFor(function, Account));
            await Account.CreateRoleAsync(function, StackRoles.ActionsAlone(statements));
            _statements[function] = statements;
        }

        await Account.CreateRoleAsync("tests", """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""");
        await Account.EnforceIamAsync(_statements);
    }

    // One queue stands for that of whichever function asks, and for the one that Reconcile tells lost news.
    private Dictionary<string, string> NamesFor(string function, MotoAccount account) => new()
    {
        ["AWS::Partition"] = "aws",
        ["AWS::Region"] = Region,
        ["AWS::AccountId"] = account.Id,
        ["TailscaleCredential"] = Credential,
        ["ParameterPrefix"] = ParameterPrefix,
        ["Key.Arn"] = Key,
        ["Ledger"] = Ledger,
        ["Ledger.Arn"] = $"arn:aws:dynamodb:{Region}:{Account.Id}:table/{Ledger}",
        ["RoutesDocument"] = RoutesDocument,
        ["Dns64Document"] = Dns64Document,
        ["ProbeDocument"] = ProbeDocument,
        ["AssociatesZones"] = "true",
        ["HasKeyPools"] = "true",
        ["ProbesHealth"] = "true",
        ["StoresCredential"] = Federated is null ? "true" : "false",
        ["IsFederated"] = Federated is null ? "false" : "true",
        ["FederatedClientId"] = Federated?.Id ?? "",
        ["NodeLifecycleQueue.Arn"] = Queue.Arn,
        [$"{function}Queue.Arn"] = Queue.Arn,
        [$"{function}Log.Arn"] = $"arn:aws:logs:{Region}:{Account.Id}:log-group:{function}:*",
    };

    /// <summary>A second account for Reconcile to look after, as docs/operations.md says: the stack is for one. The role there may do what Reconcile may do
    /// here, and authorise associations of its zones; Reconcile may assume it.</summary>
    public async Task<MotoAccount> AddMemberAsync(Moto moto)
    {
        const string Function = "Reconcile";
        var member = moto.NewAccount();
        var there = await StackRoles.StatementsAsync(Function, NamesFor(Function, member));
        there.Add(new JsonObject
        {
            ["Sid"] = "AuthorizeAssociations",
            ["Effect"] = "Allow",
            ["Action"] = new JsonArray(
                "route53:ListVPCAssociationAuthorizations", "route53:CreateVPCAssociationAuthorization", "route53:DeleteVPCAssociationAuthorization"),
            ["Resource"] = "arn:aws:route53:::hostedzone/*",
        });
        await member.CreateRoleAsync(MemberRole, StackRoles.ActionsAlone(there));
        await member.EnforceIamAsync(new Dictionary<string, JsonArray> { [MemberRole] = there });

        _statements[Function].Add(new JsonObject
        {
            ["Sid"] = "AssumeMembers", ["Effect"] = "Allow", ["Action"] = "sts:AssumeRole", ["Resource"] = $"arn:aws:iam::{member.Id}:role/{MemberRole}",
        });
        await Account.AllowRoleAsync(Function, StackRoles.ActionsAlone(_statements[Function]));
        await Account.EnforceIamAsync(_statements);
        _accounts.Add(member);
        return member;
    }

    /// <summary>Whatever a function of this installation writes from here on must not hold this text.</summary>
    public void KeepSecret(string text) => _secrets.Add(text);

    /// <summary>A role is refused this action on purpose.</summary>
    public void ExpectRefusal(string action) => _refused.Add(action);

    /// <param name="changes">Of the environment; null takes a variable out.</param>
    public async Task<Function> StartAsync(string handler, params (string Name, string? Value)[] changes)
    {
        var environment = new Dictionary<string, string>(await Account.EnvironmentAsync(Region, s_functions.Contains(handler) ? handler : "tests"))
        {
            ["ACCOUNT_ID"] = Account.Id,
            ["TAILSCALE_API_URL"] = Api.Uri.ToString(),
            ["TAILSCALE_CREDENTIAL"] = Federated is null ? Credential : $"federated:{Federated.Id}",
            ["LEDGER_TABLE"] = Ledger,
            ["PARAMETER_KMS_KEY"] = Key,
        };
        _secrets.AddRange([environment["AWS_SECRET_ACCESS_KEY"], environment["AWS_SESSION_TOKEN"]]);
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                environment.Remove(name);
            }
            else
            {
                environment[name] = value;
            }
        }

        var function = await Function.StartAsync(handler, environment);
        _functions.Add(function);
        return function;
    }

    /// <summary>A VPC with a group of routers in it, and both hooks on the group.</summary>
    public async Task<IReadOnlyList<InstanceId>> CreateRoutersAsync(string cidr, int instances = 1)
    {
        var vpc = await World.CreateVpcAsync(cidr);
        var routers = await World.CreateGroupAsync(Group, await World.CreateSubnetAsync(vpc, cidr), RouterTags, instances);
        await World.PutLaunchHookAsync(Group, LaunchHook);
        await World.PutTerminateHookAsync(Group, TerminateHook);
        return routers;
    }

    /// <summary>A router that nobody brought in: its instance, and its device with what it advertises of itself.</summary>
    public async Task<Joined> AddRouterAsync(SubnetId subnet, IReadOnlyDictionary<string, string> tags, params string[] advertised)
    {
        var instance = await World.RunInstanceAsync(subnet, tags);
        return new(instance, Tailnet.AddDevice($"subnet-router-{instance}", ["tag:aws-router"], PrefixSet.Of(advertised.Select(Prefix.Parse))));
    }

    /// <summary>The last routes document that was sent to a router takes effect there, which moto does not reach.</summary>
    public async Task ObeyAsync(Joined router)
    {
        var last = (await World.CommandsAsync()).Last(command => command.DocumentName == RoutesDocument && command.InstanceIds.Contains(router.Instance.ToString()));
        Tailnet.Advertise(router.Device, PrefixSet.Of(Assert.Single(last.Parameters["routes"]).Split(',').Select(Prefix.Parse)));
    }

    /// <summary>Puts the event into the queue with which Auto Scaling says that a hook holds an instance.</summary>
    public async Task HoldAsync(InstanceId instance, string hook, DateTimeOffset? at = null)
    {
        var hold = await World.HoldAsync(Group, hook, instance);
        await SendHeldAsync(instance, hook, hold.Token, at);
    }

    public Task SendHeldAsync(InstanceId instance, string hook, string token, DateTimeOffset? at = null) =>
        SendAsync(Samples.Tell(
            hook == TerminateHook ? "asg-terminate-lifecycle" : "asg-launch-lifecycle",
            World.Scope,
            at ?? DateTimeOffset.UtcNow,
            ("LifecycleActionToken", token),
            ("AutoScalingGroupName", Group),
            ("LifecycleHookName", hook),
            ("EC2InstanceId", instance.ToString())));

    public Task SendStateAsync(InstanceId instance, string state) =>
        SendAsync(Samples.Tell($"ec2-state-{state}", World.Scope, DateTimeOffset.UtcNow, ("instance-id", instance.ToString())));

    public Task SendAsync(string body) => World.SendAsync(Queue.Url, body);

    /// <summary>Carries what is visible in the queue to a function and does with its answer what Lambda does.</summary>
    /// <param name="left">Time to the deadline.</param>
    public async Task<Delivery> DeliverAsync(Function function, TimeSpan? left = null)
    {
        var messages = await World.ReceiveAsync(Queue.Url);
        Assert.NotEmpty(messages);
        var logged = function.Lines.Count;
        var answer = await function.InvokeAsync(Batch(messages, Queue), left ?? s_usualDeadline);
        if (answer.Kind != RuntimeAnswerKind.Response)
        {
            return new(messages, messages, answer, logged);
        }

        var failed = JsonNode.Parse(answer.Body)!["batchItemFailures"]!.AsArray().Select(item => (string)item!["itemIdentifier"]!).ToHashSet();
        Assert.Subset(messages.Select(message => message.MessageId).ToHashSet(), failed);
        foreach (var message in messages.Where(message => !failed.Contains(message.MessageId)))
        {
            await World.DeleteMessageAsync(Queue.Url, message.ReceiptHandle);
        }

        return new(messages, [.. messages.Where(message => failed.Contains(message.MessageId))], answer, logged);
    }

    /// <summary>The delay after which a message comes back is over.</summary>
    public async Task ComeBackAsync(Delivery delivery)
    {
        foreach (var message in delivery.Unfinished)
        {
            await World.Sqs.ChangeMessageVisibilityAsync(Queue.Url, message.ReceiptHandle, 0, Stopping);
        }
    }

    public async Task<Delivery> RedeliverAsync(Function function, Delivery before)
    {
        await ComeBackAsync(before);
        return await DeliverAsync(function);
    }

    /// <summary>The boot script of a node: takes its parameters and joins.</summary>
    public async Task<DeviceId> JoinAsync(InstanceId instance)
    {
        var key = await World.GetParameterAsync(KeyParameter(instance));
        Assert.NotNull(key);
        var settings = await World.GetParameterAsync(SettingsParameter(instance));
        var read = JsonNode.Parse(settings!.Value)!;
        var routes = read["advertiseRoutes"]!.AsArray().Select(route => Prefix.Parse((string)route!));
        var offered = PrefixSet.Of(routes).Union((string?)read["flags"]!["advertise-exit-node"] == "true" ? NodeProfile.DefaultRoutes : []);
        return Tailnet.Join(new(key.Value), (string)read["hostname"]!, offered);
    }

    /// <summary>A router that has been brought into service.</summary>
    public async Task<DeviceId> BringInAsync(Function function, InstanceId instance)
    {
        await HoldAsync(instance, LaunchHook);
        var registered = await DeliverAsync(function);
        var device = await JoinAsync(instance);
        var admitted = await RedeliverAsync(function, registered);
        Assert.Empty(admitted.Unfinished);
        return device;
    }

    /// <summary>Waits for the access token that a function fetches as soon as it starts.</summary>
    public async Task WarmAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!Api.Requests.Any(request => request.Path.EndsWith("/oauth/token", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    public static string KeyParameter(InstanceId instance) => $"{ParameterPrefix}/nodes/{instance}/auth-key";

    public const string PoolParameter = ParameterPrefix + "/pools/ci/auth-key";

    public static string SettingsParameter(InstanceId instance) => $"{ParameterPrefix}/nodes/{instance}/settings";

    /// <summary>Ends the functions, and looks for secrets in all that they wrote and for calls that their roles did not allow.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var function in _functions)
        {
            await function.DisposeAsync();
        }

        await Api.DisposeAsync();
        var written = string.Join('\n', _functions.SelectMany(function => function.Lines));
        var answered = string.Join('\n', _functions.SelectMany(function => function.Api.Answers).Select(answer => answer.Body));
        foreach (var secret in (string[])[.. _secrets, Client.ClientSecret.Reveal(), .. Tailnet.Keys.Select(key => key.Value.Reveal())])
        {
            // Not Assert.DoesNotContain: its message would show the secret, and where it is.
            Assert.False(written.Contains(secret, StringComparison.Ordinal), "A secret was written to the log.");
            Assert.False(answered.Contains(secret, StringComparison.Ordinal), "A secret is in an answer to Lambda.");
        }

        // All that a simulated tailnet gives out begins so; what follows must have been struck out.
        Assert.DoesNotMatch("tskey-[a-z]", written + answered);
        var decisions = await Task.WhenAll(_accounts.Select(account => account.DecisionsAsync()));
        Assert.Equal("", string.Join('\n', decisions.SelectMany(made => made).Where(decision => decision.AllowedBy.Count == 0 && !_refused.Contains(decision.Action))));
    }

    internal static string Batch(IEnumerable<Message> messages, MotoQueuePair queue) => new JsonObject
    {
        ["Records"] = new JsonArray([.. messages.Select(message => (JsonNode)new JsonObject
        {
            ["messageId"] = message.MessageId,
            ["receiptHandle"] = message.ReceiptHandle,
            ["body"] = message.Body,
            ["attributes"] = new JsonObject([.. message.Attributes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))]),
            ["messageAttributes"] = new JsonObject(),
            ["md5OfBody"] = message.MD5OfBody,
            ["eventSource"] = "aws:sqs",
            ["eventSourceARN"] = queue.Arn,
            ["awsRegion"] = Region,
        })]),
    }.ToJsonString();
}

internal sealed record Joined(InstanceId Instance, DeviceId Device);

/// <summary>One batch and its answer.</summary>
/// <param name="Unfinished">Those that come again.</param>
/// <param name="Logged">How many lines the function had written before.</param>
internal sealed record Delivery(IReadOnlyList<Message> Messages, IReadOnlyList<Message> Unfinished, RuntimeAnswer Answer, int Logged);

using System.Collections.Immutable;
using Amazon.Runtime;
using Automation.Names;
using Automation.Tailscale;
using HttpClientFactory = Amazon.Runtime.HttpClientFactory;

namespace Automation.Aws;

/// <summary>Account 111122223333 in eu-west-1, as its function sees it through a <see cref="FakeAws"/>.</summary>
internal static class AnAccount
{
    public static readonly Scope Home = new("111122223333", "eu-west-1");

    public static readonly InstanceId Router = InstanceId.Parse("i-0a1b2c3d4e5f60718");

    public static readonly VpcId RouterVpc = VpcId.Parse("vpc-0a1b2c3d4e5f60718");

    public static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static AwsClients Clients(FakeAws aws, TimeProvider? time = null, Func<Settings, Settings>? change = null, AWSCredentials? credentials = null, HttpClientFactory? http = null) => new(
        (change ?? (settings => settings))(SettingsOf(Home)),
        "tailnet-reconcile",
        time ?? TimeProvider.System,
        credentials ?? new BasicAWSCredentials("AKIDEXAMPLE", "not-a-secret"),
        http ?? aws.Http);

    public static IAwsScope Scope(FakeAws aws, string region = "eu-west-1") =>
        Clients(aws, change: _ => SettingsOf(new("111122223333", region))).In(new("111122223333", region));

    private static Settings SettingsOf(Scope home) => new(
        home,
        "-",
        new("https://api.tailscale.com"),
        new CredentialOrigin.Parameter("/tailnet/credential"),
        new(ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty),
        "/tailnet",
        null,
        "ledger",
        [home],
        "TailnetMember",
        "Tailnet-SetRoutes",
        [],
        NameSettings.Standard,
        "Tailnet-SetDns64",
        null,
        [],
        null,
        null,
        false);
}

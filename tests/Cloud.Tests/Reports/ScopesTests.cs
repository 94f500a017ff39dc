using System.Text;
using Automation.Names;
using Automation.Sandbox;
using static Automation.Names.TwoAccounts;

namespace Automation.Reports;

/// <summary>News of one scope, where several are looked after.</summary>
public sealed class ScopesTests
{
    private static readonly InstanceId s_router = InstanceId.Parse("i-0a1b2c3d4e5f60718");

    private readonly TwoAccounts _accounts = new();
    private readonly List<string> _events = [];

    private SandboxWorld World => _accounts.World;

    private SimulatedRegion HubRegion => World.Aws.Region(HubScope);

    private SimulatedRegion SpokeRegion => World.Aws.Region(SpokeScope);

    private int Looks => _accounts.Count("Tailscale GET /dns/split-dns");

    [Fact]
    public async Task What_a_route_of_another_account_lets_through_is_served_before_the_schedule_comes()
    {
        var begun = World.Clock.GetUtcNow();
        HubRegion.Launch(s_router.ToString(), _accounts.Hub, "subnet-0a1b2c3d4e5f60001");
        _accounts.Peer();
        var back = SpokeRegion.Network.MainTable(_accounts.Spoke);
        SpokeRegion.Network.DeleteRoute(back, "10.0.0.0/16");
        Assert.True(await World.SettleAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(["10.0.0.0/16"], Served());

        SpokeRegion.Network.AddRoute(back, "10.0.0.0/16", "pcx-0a1b2c3d4e5f60718");   // the hub's account has no event of it
        Assert.True(await World.SettleAsync(TimeSpan.FromMinutes(1)));

        Assert.Equal(["10.0.0.0/16", "10.20.0.0/16"], Served());
        Assert.InRange(World.Clock.GetUtcNow() - begun, TimeSpan.Zero, SandboxWorld.ReconcileEvery);
    }

    [Fact]
    public async Task One_look_answers_the_news_of_all_scopes()
    {
        await QuietAsync();
        World.Copies = null;
        HubRegion.AssociateCidr(_accounts.Hub, "10.1.0.0/16");
        SpokeRegion.AssociateCidr(_accounts.Spoke, "10.21.0.0/16");
        World.Clock.Advance(TimeSpan.FromSeconds(6));
        var before = Looks;
        await World.TickAsync();

        Assert.Equal((1, 0), (Looks - before, World.ChangeEvents.Count));
    }

    [Fact]
    public async Task A_scope_that_cannot_be_read_does_not_hold_up_the_news_of_another()
    {
        SpokeRegion.Launch(s_router.ToString(), _accounts.Spoke, "subnet-0f1b2c3d4e5f60001", hook: null);
        await QuietAsync();
        World.Copies = null;
        _accounts.Fails = call => call == "Route 53 ListHostedZonesByVPC" ? Failed(call, Failure.Denied) : null;   // asked for the spoke alone
        HubRegion.AssociateCidr(_accounts.Hub, "10.1.0.0/16");
        SpokeRegion.AssociateCidr(_accounts.Spoke, "10.21.0.0/16");
        World.Clock.Advance(TimeSpan.FromSeconds(6));
        await World.TickAsync();

        Assert.Equal(1, World.ChangeEvents.Count);
        _accounts.Fails = null;
        await World.RunAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, World.ChangeEvents.Count);
    }

    [Fact]
    public async Task A_look_at_one_scope_answers_no_news_and_a_look_at_all_does()
    {
        await QuietAsync();
        HubRegion.AssociateCidr(_accounts.Hub, "10.1.0.0/16");
        World.Clock.Advance(TimeSpan.FromSeconds(6));
        await World.InvokeAsync(Encoding.UTF8.GetBytes($$"""{"scopes":["{{HubScope}}"]}"""));
        Assert.Equal(1, await LooksForAsync(_events.Single()));
        Assert.Equal(0, await LooksForAsync(_events.Single()));
    }

    private async Task<int> LooksForAsync(string text)
    {
        var before = Looks;
        World.ChangeEvents.Send(text);
        await World.TickAsync();
        Assert.Equal(0, World.ChangeEvents.Count);
        return Looks - before;
    }

    /// <summary>All news so far is answered, and from now on none is delivered.</summary>
    private async Task QuietAsync()
    {
        Assert.True(await World.SettleAsync(TimeSpan.FromMinutes(2)));
        World.Copies = _ => 0;
        World.EventSeen = _events.Add;
    }

    private string[] Served() => [.. World.Tailnet.Devices.Single().Enabled.Select(prefix => prefix.ToString())];
}

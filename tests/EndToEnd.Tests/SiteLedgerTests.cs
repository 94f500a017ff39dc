using Automation.Aws;
using Automation.Ledger;
using Automation.Plans;
using Automation.Routes;

namespace Automation.EndToEnd;

/// <summary>The conditions under which 4via6 site ids are given, as a DynamoDB understands them.</summary>
public sealed class SiteLedgerTests(Moto moto)
{
    private const string Table = "ledger";

    private static readonly DateTimeOffset s_now = new(2026, 3, 4, 9, 0, 0, TimeSpan.Zero);

    private readonly MotoRegion _region = moto.NewAccount().In("eu-west-1");

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_id_is_one_VPC_s_until_it_has_rested()
    {
        var ledger = await LedgerAsync();
        var (one, other) = (Site(1, 'a'), Site(1, 'b'));

        Assert.True(await ledger.AssignSiteAsync(one, Free(s_now), Stopping));
        Assert.True(await ledger.AssignSiteAsync(one, Free(s_now), Stopping));
        Assert.False(await ledger.AssignSiteAsync(one with { Site = 2 }, Free(s_now), Stopping));
        Assert.False(await ledger.AssignSiteAsync(other, Free(s_now), Stopping));
        Assert.False(await ledger.ReleaseSiteAsync(other with { ReleasedAt = s_now }, Stopping));
        Assert.Equal(one, await ledger.GetSiteAsync(1, Stopping));

        var resting = one with { ReleasedAt = s_now };
        Assert.True(await ledger.ReleaseSiteAsync(resting, Stopping));
        Assert.False(await ledger.ReleaseSiteAsync(one with { ReleasedAt = s_now.AddDays(1) }, Stopping));
        Assert.Equal([resting], (await ledger.ReadAllAsync(Stopping)).Sites.Items);
        Assert.False(await ledger.AssignSiteAsync(other, Free(s_now + SiteIds.Rest), Stopping));
        Assert.True(await ledger.AssignSiteAsync(other, Free(s_now + SiteIds.Rest + TimeSpan.FromTicks(1)), Stopping));
        Assert.Equal(["site#vpc-0a1b2c3d4e5f6071b", "site-id#1"], await _region.LedgerKeysAsync(Table));
    }

    [Fact]
    public async Task A_VPC_that_comes_back_may_have_its_id_again_at_once()
    {
        var ledger = await LedgerAsync();
        await ledger.AssignSiteAsync(Site(5, 'a'), Free(s_now), Stopping);
        await ledger.ReleaseSiteAsync(Site(5, 'a') with { ReleasedAt = s_now }, Stopping);

        Assert.True(await ledger.AssignSiteAsync(Site(5, 'a'), Free(s_now), Stopping));
        Assert.Equal(Site(5, 'a'), await ledger.GetSiteAsync(5, Stopping));
    }

    [Fact]
    public async Task Of_writers_at_the_same_time_one_gets_the_id()
    {
        var ledger = await LedgerAsync();
        var second = Client();
        for (var site = 1; site <= 5; site++)
        {
            var vpcs = new[] { Site(site, (char)('0' + site)), Site(site, (char)('a' + site)) };
            var won = await Task.WhenAll(
                ledger.AssignSiteAsync(vpcs[0], Free(s_now), Stopping),
                second.AssignSiteAsync(vpcs[1], Free(s_now), Stopping));

            var winner = vpcs[Array.IndexOf(won, true)];
            Assert.Single(won, true);
            Assert.Equal(winner, await ledger.GetSiteAsync(site, Stopping));
        }

        var all = (await ledger.ReadAllAsync(Stopping)).Sites;
        Assert.True(all.IsComplete);
        Assert.Equal(5, all.Items.Select(site => site.Vpc).Distinct().Count());
    }

    private static DateTimeOffset Free(DateTimeOffset at) => at - SiteIds.Rest;

    private SiteRecord Site(int site, char vpc) => new(site, VpcId.Parse($"vpc-0a1b2c3d4e5f6071{vpc}"), _region.Scope, null);

    private async Task<ILedger> LedgerAsync()
    {
        await _region.CreateLedgerAsync(Table);
        return Client();
    }

    // Not by way of AwsClients, which trim the SDK's pipeline for the whole process: the other tests' clients need what is cut.
    private DynamoLedger Client() => new(
        _region.Account.In(_region.Name).DynamoDb, Table, new(AwsService.DynamoDb, new(_region.Scope, null), TimeProvider.System));
}

using Automation.Plans;
using Automation.Routes;

namespace Automation.Sandbox;

public sealed class SimulatedSitesTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 4, 9, 0, 0, TimeSpan.Zero);

    private static readonly Scope s_scope = new("111122223333", "eu-west-1");

    private static readonly VpcId[] s_vpcs =
        [VpcId.Parse("vpc-0a11b22c33d44e551"), VpcId.Parse("vpc-0a11b22c33d44e552"), VpcId.Parse("vpc-0a11b22c33d44e553")];

    private readonly SimulatedLedger _ledger = new(new());

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_id_rests_before_another_VPC_has_it_and_its_own_may_take_it_back()
    {
        Assert.True(await AssignAsync(s_vpcs[0], 1, s_start));
        Assert.True(await AssignAsync(s_vpcs[0], 1, s_start));
        Assert.False(await AssignAsync(s_vpcs[0], 2, s_start));
        Assert.False(await AssignAsync(s_vpcs[1], 1, s_start));
        Assert.True(await _ledger.ReleaseSiteAsync(new(1, s_vpcs[0], s_scope, s_start), Stopping));
        Assert.True(await _ledger.ReleaseSiteAsync(new(1, s_vpcs[0], s_scope, s_start), Stopping));   // its answer was lost
        Assert.False(await _ledger.ReleaseSiteAsync(new(1, s_vpcs[0], s_scope, s_start.AddDays(1)), Stopping));
        Assert.False(await _ledger.ReleaseSiteAsync(new(1, s_vpcs[1], s_scope, s_start), Stopping));

        Assert.False(await AssignAsync(s_vpcs[1], 1, s_start + SiteIds.Rest));
        Assert.True(await AssignAsync(s_vpcs[0], 1, s_start + SiteIds.Rest));
        Assert.True(await _ledger.ReleaseSiteAsync(new(1, s_vpcs[0], s_scope, s_start), Stopping));
        Assert.True(await AssignAsync(s_vpcs[1], 1, s_start + SiteIds.Rest + TimeSpan.FromTicks(1)));
        Assert.Equal(new SiteRecord(1, s_vpcs[1], s_scope, null), Assert.Single((await _ledger.ReadAllAsync(Stopping)).Sites.Items));
    }

    [Fact]
    public async Task However_writers_interleave_an_id_has_one_VPC_and_a_VPC_one_id()
    {
        // Each writer acts on what it saw some steps ago, as two functions do that look at the same time.
        for (var seed = 0; seed < 200; seed++)
        {
            var chance = new Random(seed);
            var ledger = new SimulatedLedger(new());
            var now = s_start;
            var given = new Dictionary<VpcId, int>();
            var lastOwner = new Dictionary<int, (VpcId Vpc, DateTimeOffset? ReleasedAt)>();
            for (var step = 0; step < 60; step++)
            {
                now += TimeSpan.FromDays(chance.Next(40));
                var (vpc, site) = (s_vpcs[chance.Next(s_vpcs.Length)], chance.Next(1, 4));
                if (chance.Next(3) > 0)
                {
                    if (await ledger.AssignSiteAsync(new(site, vpc, s_scope, null), now - SiteIds.Rest, Stopping))
                    {
                        Assert.True(!given.TryGetValue(vpc, out var own) || own == site, $"seed {seed}: {vpc} has {own} and is given {site}");
                        Assert.DoesNotContain(given, entry => entry.Value == site && entry.Key != vpc);
                        Assert.True(
                            !lastOwner.TryGetValue(site, out var last) || last.Vpc == vpc || now - last.ReleasedAt > SiteIds.Rest,
                            $"seed {seed}: {site} does not rest");
                        given[vpc] = site;
                        lastOwner[site] = (vpc, null);
                    }
                }
                else if (await ledger.ReleaseSiteAsync(new(site, vpc, s_scope, now), Stopping))
                {
                    Assert.Equal(site, given.GetValueOrDefault(vpc));
                    given.Remove(vpc);
                    lastOwner[site] = (vpc, now);
                }
            }
        }
    }

    private Task<bool> AssignAsync(VpcId vpc, int site, DateTimeOffset at) => _ledger.AssignSiteAsync(new(site, vpc, s_scope, null), at - SiteIds.Rest, Stopping);
}

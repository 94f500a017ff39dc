using System.Collections.Immutable;
using System.Text;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;
using CsCheck;

namespace Automation.Names;

/// <summary>What holds for names in every world. A failure names the seed of its world. NETWORKS=20000 in the environment looks at more of them.</summary>
public class EveryNameTests
{
    private static readonly int s_worlds = int.TryParse(Environment.GetEnvironmentVariable("NETWORKS"), out var worlds) ? worlds : 1000;

    private static readonly Lazy<(Snapshot Seen, Plan Plan)>[] s_cases = [.. Enumerable.Range(0, s_worlds).Select(seed => new Lazy<(Snapshot, Plan)>(() => AnyNames.Of((ulong)seed) is var seen ? (seen, ReconcilePlanner.Plan(seen)) : default))];

    [Fact]
    public void No_domain_is_forwarded_to_what_does_not_answer_or_is_not_covered() => InEach((seen, plan, _) =>
    {
        var truth = new Answering(seen, plan);
        foreach (var domain in plan.Domains)
        {
            var owned = seen.Domains.Items.FirstOrDefault(record => record.Domain == domain.Domain);
            var view = seen.Scopes.SelectMany(scope => scope.Zones.Items).Where(zone => zone.Id.ToString() == domain.Zone).Select(zone => zone.Vpc)
                .Concat(plan.Associations.Where(record => record.Zone.ToString() == domain.Zone).Select(record => record.Vpc)).Append(domain.Vpc)
                .Where(vpc => !plan.Steps.Any(step => step.Action is PlanAction.DissociateZone leaving && leaving.Record.Zone.ToString() == domain.Zone && leaving.Record.Vpc == vpc)
                    && seen.Scopes.SelectMany(scope => scope.Vpcs.Items).Any(known => known.Id == vpc && known is { DnsSupport: true, DnsHostNames: true }))
                .ToHashSet();
            var answering = domain.Resolvers.Where(resolver => truth.Answers(resolver, view)).ToArray();
            foreach (var resolver in domain.Resolvers.Except(answering))
            {
                // What is forwarded already is not taken from clients for want of anything better, nor for a moment's silence.
                Assert.True(owned?.Resolvers.Contains(resolver) == true && (answering.Length == 0 || truth.MayBlink(resolver)), $"{domain.Domain} is forwarded to {resolver}, which does not answer");
            }
        }
    });

    [Fact]
    public void A_domain_of_somebody_else_is_in_no_request() => InEach((seen, plan, _) =>
    {
        var ours = seen.Domains.Items.Select(record => record.Domain).ToHashSet();
        var theirs = seen.SplitDns.Items.Select(domain => domain.Domain).Where(domain => !ours.Contains(domain)).ToHashSet();
        Assert.DoesNotContain(plan.Steps, step => step.Action is PlanAction.SetSplitDns or PlanAction.RemoveSplitDns or PlanAction.ConfirmSplitDns or PlanAction.ForgetSplitDns && theirs.Contains(step.Action.Target));
        Assert.DoesNotContain(plan.Domains, domain => theirs.Contains(domain.Domain));
    });

    [Fact]
    public void An_association_of_somebody_else_is_in_no_request() => InEach((seen, plan, _) =>
    {
        var ours = seen.Associations.Items.Select(record => (record.Zone, record.Vpc)).ToHashSet();
        foreach (var action in plan.Steps.Select(step => step.Action))
        {
            switch (action)
            {
                case PlanAction.AssociateZone a:
                    Assert.DoesNotContain(seen.Scopes.SelectMany(scope => scope.Zones.Items), zone => zone.Id == a.Wanted.Zone && zone.Vpc == a.Wanted.Vpc);
                    break;
                case PlanAction.AwaitAssociation a:
                    Assert.True(ours.Contains((a.Record.Zone, a.Record.Vpc)) || plan.Steps.Any(step => step.Action is PlanAction.AssociateZone first && (first.Wanted.Zone, first.Wanted.Vpc) == (a.Record.Zone, a.Record.Vpc)));
                    break;
                case PlanAction.DissociateZone a:
                    Assert.Contains((a.Record.Zone, a.Record.Vpc), ours);
                    break;
                default:
                    break;
            }
        }
    });

    [Fact]
    public void After_its_own_plan_there_is_nothing_to_do() => InEach((seen, plan, _) =>
    {
        // A second zone of one name waits until the first has left the VPC.
        if (plan.Findings.All(finding => finding.Rule != "zone-conflict"))
        {
            var again = ReconcilePlanner.Plan(After.Of(seen, plan));
            Assert.Equal("", Lines(again.Steps.Where(step => step.Held is null && IsOfNames(step.Action))));
            Assert.Equal(Names(plan), Names(again));
        }
    });

    [Fact]
    public void A_plan_that_was_interrupted_anywhere_ends_the_same() => InEach((seen, plan, seed) =>
    {
        var steps = plan.Steps.Where(step => step.Held is null).ToImmutableArray();
        if (steps.IsEmpty || plan.Findings.Any(finding => finding.Rule == "zone-conflict"))
        {
            return;
        }

        var whole = Settled(After.Of(seen, plan));
        var world = After.Of(seen, plan with { Steps = steps[..(int)(seed % (ulong)steps.Length)] });
        Assert.Equal(whole, Settled(After.Of(world, ReconcilePlanner.Plan(world))));
    });

    [Fact]
    public void The_order_of_zones_and_vpcs_never_matters() => InEach((seen, plan, seed) =>
    {
        var mixed = ReconcilePlanner.Plan(AnotherLook.Shuffled(seen, seed));
        Assert.Equal(Lines(plan.Steps), Lines(mixed.Steps));
        Assert.Equal(Names(plan), Names(mixed));
        Assert.Equal(plan.Findings, mixed.Findings);
    });

    [Fact]
    public void What_was_not_read_takes_no_name_and_no_association() => InEach((seen, plan, seed) =>
    {
        var would = plan.Steps.Select(step => step.Action.ToString()).ToHashSet();
        foreach (var action in ReconcilePlanner.Plan(AnotherLook.Unread(seen, seed)).Steps.Where(step => step.Held is null).Select(step => step.Action))
        {
            switch (action)
            {
                case PlanAction.RemoveSplitDns or PlanAction.ForgetSplitDns or PlanAction.DissociateZone or PlanAction.ForgetAssociation:
                    Assert.Contains(action.ToString(), would);
                    break;
                case PlanAction.SetSplitDns { Expected: { } had } set:   // no resolver goes that a complete look would keep
                    var wanted = plan.Domains.FirstOrDefault(domain => domain.Domain == set.Wanted.Domain)?.Resolvers ?? [];
                    var owned = seen.Domains.Items.FirstOrDefault(record => record.Domain == set.Wanted.Domain)?.Resolvers ?? [];
                    Assert.DoesNotContain(had.Intersect(owned).Except(set.Wanted.Resolvers), wanted.Contains);
                    break;
                default:
                    break;
            }
        }
    });

    [Fact]
    public void No_domain_has_two_views_and_none_repeats_its_parent() => InEach((_, plan, _) =>
    {
        var all = plan.Domains.ToDictionary(domain => domain.Domain);
        Assert.Equal(all.Count, plan.Domains.Length);
        foreach (var domain in plan.Domains)
        {
            var set = plan.Steps.Select(step => step.Action).OfType<PlanAction.SetSplitDns>().Where(action => action.Wanted.Domain == domain.Domain);
            Assert.All(set, action => Assert.Equal(domain.Zone, action.Wanted.Zone));
        }
    });

    private static bool IsOfNames(PlanAction action) => action is PlanAction.SetSplitDns or PlanAction.RemoveSplitDns or PlanAction.ConfirmSplitDns or PlanAction.ForgetSplitDns
        or PlanAction.AssociateZone or PlanAction.AwaitAssociation or PlanAction.DissociateZone or PlanAction.ForgetAssociation or PlanAction.SetDns64;

    private static string Settled(Snapshot seen)
    {
        for (var look = 0; look < 3; look++)
        {
            seen = After.Of(seen, ReconcilePlanner.Plan(seen));
        }

        return string.Join('\n', seen.SplitDns.Items.Select(domain => $"{domain.Domain} {string.Join(',', domain.Resolvers)}").Order(StringComparer.Ordinal)
            .Concat(seen.Associations.Items.Select(record => $"{record.Zone} {record.Vpc} {record.InSync} {record.Authorized}").Order(StringComparer.Ordinal))
            .Concat(seen.Domains.Items.Select(record => $"{record.Domain} {record.Zone} {string.Join(',', record.Resolvers)}").Order(StringComparer.Ordinal)));
    }

    private static string Names(Plan plan) => string.Join('\n', plan.Domains.Select(domain => $"{domain.Domain} {domain.Zone} {domain.Vpc} {string.Join(',', domain.Resolvers)}").Concat(plan.Associations.Select(record => $"{record.Zone} {record.Vpc}")));

    private static string Lines(IEnumerable<PlannedStep> steps) => string.Join('\n', steps.Select(step => $"{step.Action} [{step.Group}] after {string.Join(' ', step.After)}"));

    private static void InEach(Action<Snapshot, Plan, ulong> holds)
    {
        var failures = new StringBuilder();
        var failed = 0;
        Parallel.For(0, s_worlds, seed =>
        {
            try
            {
                var (seen, plan) = s_cases[seed].Value;
                holds(seen, plan, (ulong)seed);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                lock (failures)
                {
                    if (failed++ < 3)
                    {
                        failures.AppendLine(null, $"In the world of seed {seed}: {e.Message}");
                    }
                }
            }
        });
        Assert.True(failed == 0, $"In {failed} worlds. {failures}");
    }

    /// <summary>What answers, worked out from the world and from the routes that are wanted, without the planner of names.</summary>
    private sealed class Answering(Snapshot seen, Plan plan)
    {
        private readonly Dictionary<string, Device> _devices = seen.Devices.Items.GroupBy(device => device.HostName).ToDictionary(same => same.Key, same => same.OrderByDescending(device => device.Connected).First());

        public bool Answers(string text, HashSet<VpcId> view)
        {
            var address = Address.Parse(text);
            var serving = plan.Routers.Where(router => Device(router) is { Connected: true, Authorized: true }).ToArray();
            if (serving.Any(router => view.Contains(router.Vpc) && router.Instance.Dns64 && Device(router)!.Addresses.Contains(address)))
            {
                return true;
            }

            var covering = serving.Where(router => router.Advertise.Covers(address)).ToArray();
            var endpoint = seen.Scopes.SelectMany(scope => scope.Endpoints.Items).Any(one => view.Contains(one.Vpc) && one.Serves && one.Addresses.Any(attached => attached.Address == address && attached.Status == ResolverAddress.Attached));
            return (endpoint && covering.Length > 0) || covering.Any(router => view.Contains(router.Vpc) && ResolverOf(router.Vpc) == address);
        }

        public bool MayBlink(string text)
        {
            var address = Address.Parse(text);
            return plan.Routers.Any(router => (ResolverOf(router.Vpc) == address || Device(router)?.Addresses.Contains(address) == true || endpointOf(router.Vpc).Contains(address))
                && (Device(router) is { Connected: false, LastSeen: { } last } ? seen.ObservedAt - last < TimeSpan.FromMinutes(5) : seen.ObservedAt - router.Instance.LaunchedAt < TimeSpan.FromMinutes(10)))
                || seen.Nodes.Items.Any(record => record.Vpc is { } vpc && ResolverOf(vpc) == address);

            ImmutableArray<Address> endpointOf(VpcId vpc) => [.. seen.Scopes.SelectMany(scope => scope.Endpoints.Items).Where(one => one.Vpc == vpc).SelectMany(one => one.Addresses).Select(one => one.Address)];
        }

        private Device? Device(WantedRouter router) => _devices.GetValueOrDefault(Nodes.NodeHostName.Of("subnet-router", router.Instance.Id));

        private Address? ResolverOf(VpcId id) => seen.Scopes.SelectMany(scope => scope.Vpcs.Items).FirstOrDefault(vpc => vpc.Id == id) is { } vpc ? vpc.Primary.First with { Value = vpc.Primary.First.Value + 2 } : null;
    }
}

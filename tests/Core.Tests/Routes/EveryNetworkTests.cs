using System.Text;
using Automation.Network;
using Automation.Plans;
using CsCheck;

namespace Automation.Routes;

/// <summary>
/// What holds in every network, whatever else does, against a packet walk that shares nothing with the planner.
/// A failure names the seed of its network. NETWORKS=20000 in the environment looks at more of them.
/// </summary>
public class EveryNetworkTests
{
    private static readonly int s_networks = int.TryParse(Environment.GetEnvironmentVariable("NETWORKS"), out var networks) ? networks : 1000;

    private static readonly Lazy<Case>[] s_cases = [.. Enumerable.Range(0, s_networks).Select(seed => new Lazy<Case>(() => new((ulong)seed)))];

    [Fact]
    public void Nothing_is_advertised_that_the_far_side_would_not_answer() => InEach(network =>
    {
        foreach (var wanted in network.Plan.Routers)
        {
            foreach (var prefix in wanted.Advertise.Where(prefix => !network.IsKept(wanted, prefix)))
            {
                foreach (var probe in network.Probes(prefix))
                {
                    var arrival = network.Truth.Arrival(wanted.Instance, probe);
                    Assert.True(
                        arrival.Way == PacketWalk.Way.Outside
                            ? network.Seen.OptIn.Covers(probe)
                            : network.Truth.VpcAt(wanted.Instance, probe) is { } vpc && network.Truth.Serves(wanted.Instance, vpc, probe),
                        $"{wanted.Instance.Id} advertises {prefix}, but {probe} ends {arrival.Way} in {arrival.Vpc?.ToString() ?? "no VPC"}, or does not answer");
                }
            }

            foreach (var prefix in wanted.Via6.Where(prefix => !network.IsKept(wanted, prefix)))
            {
                var (vpc, plain) = network.Unmapped(prefix);
                foreach (var probe in network.Probes(plain))
                {
                    Assert.True(network.Truth.Serves(wanted.Instance, vpc, probe), $"{wanted.Instance.Id} advertises {prefix}, but {probe} of {vpc.Id} does not answer");
                }
            }
        }
    });

    [Fact]
    public void Nothing_is_missing_that_is_reached_and_not_refused() => InEach(network =>
    {
        foreach (var vpc in network.Truth.Vpcs)
        {
            foreach (var probe in network.ProbesOf(vpc).Where(probe => network.Truth.Routers.Any(router => network.Truth.Serves(router, vpc, probe))))
            {
                Assert.True(
                    network.Plan.Routers.Any(wanted => network.IsServed(wanted, vpc, probe)) || network.MayBeHeldBack(vpc, probe),
                    $"{probe} of {vpc.Id} is served by nobody");
            }
        }
    });

    [Fact]
    public void Each_router_serves_exactly_what_it_reaches() => InEach(network =>
    {
        Assert.Equal(network.Truth.Routers.Select(router => router.Id).Order(), network.Plan.Routers.Select(wanted => wanted.Instance.Id).Distinct().Order());
        foreach (var wanted in network.Plan.Routers)
        {
            foreach (var vpc in network.Truth.Vpcs)
            {
                foreach (var probe in network.ProbesOf(vpc).Where(probe => network.Truth.Serves(wanted.Instance, vpc, probe)))
                {
                    if (network.IsHandedOver(wanted, vpc, probe))
                    {
                        continue;
                    }

                    Assert.True(
                        network.IsServed(wanted, vpc, probe) || network.MayBeHeldBack(vpc, probe),
                        $"{wanted.Instance.Id} reaches {probe} of {vpc.Id} and does not serve it: it has {wanted.Advertise} and {wanted.Via6}");
                    Assert.True(
                        !network.MustBePlain(vpc) || wanted.Advertise.Covers(probe),
                        $"{wanted.Instance.Id} serves {probe} of {vpc.Id}, and not as it is: it has {wanted.Advertise} and {wanted.Via6}");
                    Assert.True(
                        network.SiteOf(vpc) is null || probe.IsIPv6 || network.IsServedBy4via6(wanted, vpc, probe),
                        $"{wanted.Instance.Id} serves {probe} of {vpc.Id}, which has a site id, and not by 4via6: it has {wanted.Advertise} and {wanted.Via6}");
                }
            }
        }
    });

    [Fact]
    public void A_narrower_prefix_is_served_by_every_router_that_serves_a_wider_one() => InEach(network =>
    {
        var plain = network.Plan.Routers.SelectMany(wanted => wanted.Advertise.Select(prefix => (wanted, prefix, vpc: network.VpcOf(wanted, prefix)?.Id)));
        var mapped = network.Plan.Routers.SelectMany(wanted => wanted.Via6.Select(prefix => (wanted, prefix, vpc: (VpcId?)network.Unmapped(prefix).Vpc.Id)));
        foreach (var all in new[] { plain.ToArray(), [.. mapped] })
        {
            foreach (var narrow in all)
            {
                foreach (var wide in all.Where(wide => wide.prefix.Contains(narrow.prefix) && wide.vpc == narrow.vpc && !network.Truth.IsDrained(wide.wanted.Instance)
                    && !network.IsKept(wide.wanted, wide.prefix) && !network.IsKept(narrow.wanted, narrow.prefix)))
                {
                    Assert.True(
                        all.Any(other => other.wanted == wide.wanted && other.prefix == narrow.prefix),
                        $"{wide.wanted.Instance.Id} serves {wide.prefix} and not {narrow.prefix}, as {narrow.wanted.Instance.Id} does: if that one is lost, nobody answers there");
                }
            }
        }
    });

    [Fact]
    public void Plain_prefixes_of_two_VPCs_contain_one_another_only_where_both_were_approved_or_pinned() => InEach(network =>
    {
        var all = network.Plan.Routers
            .SelectMany(wanted => wanted.Advertise.Select(prefix => (Prefix: prefix, Vpc: network.VpcOf(wanted, prefix)!)))
            .Where(claim => claim.Vpc is not null).Distinct().ToArray();
        foreach (var one in all)
        {
            foreach (var other in all.Where(other => other.Vpc.Id != one.Vpc.Id && other.Prefix.Contains(one.Prefix)))
            {
                Assert.True(network.MayStayPlain(one.Vpc, one.Prefix), $"{one.Prefix} of {one.Vpc.Id} is new and inside {other.Prefix} of {other.Vpc.Id}");
                Assert.True(network.MayStayPlain(other.Vpc, other.Prefix), $"{other.Prefix} of {other.Vpc.Id} is new and contains {one.Prefix} of {one.Vpc.Id}");
            }
        }
    });

    [Fact]
    public void The_order_in_which_things_were_found_never_matters() => InEach(network =>
    {
        Assert.Equal(Text(network.Seen, network.Plan), Text(AnotherLook.Shuffled(network.Seen, network.Seed)));
        Assert.Equal(Text(network.Unread, network.UnreadPlan), Text(AnotherLook.Shuffled(network.Unread, network.Seed)));
    });

    [Fact]
    public void Nothing_changes_when_a_router_blinks() => InEach(network =>
    {
        var calm = ReconcilePlanner.Plan(network.Settled);
        foreach (var device in network.ConnectedRouters)
        {
            var blink = ReconcilePlanner.Plan(AnotherLook.Blinking(network.Settled, device.Id));

            Assert.Equal(calm.Routers.Select(Wants), blink.Routers.Select(Wants));
            Assert.Equal(Lines(calm), Lines(blink));
        }
    });

    [Fact]
    public void A_blink_while_there_is_much_to_do_only_puts_withdrawals_off() => InEach(network =>
    {
        foreach (var device in network.ConnectedRouters)
        {
            var blink = ReconcilePlanner.Plan(AnotherLook.Blinking(network.Seen, device.Id));
            foreach (var (calm, wanted) in network.Plan.Routers.Zip(blink.Routers))
            {
                var had = network.Truth.DeviceOf(calm.Instance)?.Enabled ?? [];
                Assert.Equal([], calm.All.Except(wanted.All));
                Assert.Equal([], wanted.All.Except(calm.All).Except(had));
            }

            Assert.Equal([], Withdrawn(network, blink).Except(Withdrawn(network, network.Plan)));
        }
    });

    [Fact]
    public void What_could_not_be_read_withdraws_nothing() => InEach(network =>
    {
        foreach (var step in network.UnreadPlan.Steps.Where(step => step.Held is null))
        {
            switch (step.Action)
            {
                case PlanAction.TrimRoutes trim:
                    Assert.Equal([], trim.Removed.Select(prefix => (trim.Device, prefix)).Except(Withdrawn(network, network.Plan)));
                    break;
                case PlanAction.AdvertiseRoutes advertise when network.WantedOf(advertise.HostName) is { } wanted && network.Truth.DeviceOf(wanted.Instance) is { } device:
                    Assert.Equal([], device.Advertised.Except(advertise.All).Intersect(wanted.All));
                    break;
                case PlanAction.ReleaseSite or PlanAction.DeleteDevice or PlanAction.ForgetNode:
                    Assert.Contains(step.Action.ToString(), Lines(network.Plan));
                    break;
                default:
                    break;
            }
        }
    });

    [Fact]
    public void What_could_not_be_read_adds_nothing_that_a_complete_look_would_not() => InEach(network =>
    {
        foreach (var action in network.UnreadPlan.Steps.Select(step => step.Action))
        {
            switch (action)
            {
                case PlanAction.ApproveRoutes approve:
                    var wanted = network.WantedOf(approve.HostName);
                    Assert.NotNull(wanted);
                    foreach (var prefix in approve.Added)
                    {
                        Assert.True(IsWantedBy(network, wanted, prefix), $"{prefix} is added to {approve.HostName}; a complete look wants {wanted.Advertise} and {wanted.Via6}");
                    }

                    break;
                case PlanAction.AssignSite assign:
                    Assert.True(network.Unread.Sites.IsComplete, $"{action} without the ledger");
                    Assert.True(network.SiteOf(assign.Vpc) is not null || network.MayNeedSite(assign.Vpc), $"{action}, which needs none");
                    break;
                default:
                    break;
            }
        }
    });

    [Fact]
    public void After_its_own_plan_there_is_nothing_left_to_do() => InEach(network =>
    {
        var once = After.Of(network.Unread, network.UnreadPlan);

        Assert.Equal([], Lines(ReconcilePlanner.Plan(network.Settled)));
        Assert.Equal([], Lines(ReconcilePlanner.Plan(once)));
    });

    [Fact]
    public void Site_ids_are_unique_allowed_stable_and_not_given_while_they_rest() => InEach(network =>
    {
        var before = network.Seen.Sites.Items;
        var given = network.Plan.Steps.Select(step => step.Action).OfType<PlanAction.AssignSite>().ToArray();
        var resting = before.Where(site => site.ReleasedAt is null || network.Seen.ObservedAt - site.ReleasedAt < TimeSpan.FromDays(90)).ToArray();
        Assert.All(given, action =>
        {
            Assert.True(action.Site is >= 1 and <= 65535 and not 24318, $"{action}");
            Assert.DoesNotContain(resting, site => site.Site == action.Site);
            Assert.DoesNotContain(resting, site => site.Vpc == action.Vpc && site.ReleasedAt is null);
        });

        var after = After.Of(network.Seen, network.Plan).Sites.Items.Where(site => site.ReleasedAt is null).ToArray();
        Assert.Equal(after.Length, after.DistinctBy(site => site.Site).Count());
        Assert.Equal(after.Length, after.DistinctBy(site => site.Vpc).Count());
        Assert.All(before.Where(site => site.ReleasedAt is null && network.Truth.Vpcs.Any(vpc => vpc.Id == site.Vpc)), site => Assert.Contains(after, same => same.Site == site.Site && same.Vpc == site.Vpc));
        Assert.All(network.Truth.Vpcs.Where(vpc => network.Overlaps(vpc)), vpc => Assert.True(network.SiteOf(vpc) is not null, $"{vpc.Id} overlaps another and has no site id"));
    });

    [Fact]
    public void A_network_survives_its_file_byte_for_byte() => InEach(network =>
        Assert.Equal(SnapshotJson.Write(network.Unread), SnapshotJson.Write(SnapshotJson.Read(SnapshotJson.Write(network.Unread)))), most: 200);

    [Fact]
    public void What_was_served_is_served_after_every_step_and_by_a_healthy_router_where_there_is_one() => InEach(network =>
    {
        // What is only not taken from a router need not be what it serves.
        var stays = PrefixSet.Of(network.Plan.Routers.Where(wanted => network.Truth.IsUp(wanted.Instance)).SelectMany(wanted => wanted.All.Except(wanted.HandedOver).Union(wanted.All.Intersect(network.ServedIn(network.Seen, router => router == wanted.Instance)))));
        var staysHealthy = PrefixSet.Of(network.Plan.Routers.Where(wanted => network.Truth.IsUp(wanted.Instance) && !network.Truth.IsDrained(wanted.Instance)).SelectMany(wanted => wanted.All));
        var (served, healthy) = (network.ServedIn(network.Seen, _ => true).Intersect(stays), network.ServedIn(network.Seen, router => !network.Truth.IsDrained(router)).Intersect(staysHealthy));
        var world = network.Seen;
        foreach (var step in network.Plan.Steps)
        {
            world = After.Of(world, network.Plan with { Steps = [step] });

            Assert.Equal([], served.Except(network.ServedIn(world, _ => true)));
            Assert.Equal([], healthy.Except(network.ServedIn(world, router => !network.Truth.IsDrained(router))));
        }
    });

    [Fact]
    public void Whoever_leaves_or_is_sick_serves_nothing_in_the_end_that_a_healthy_router_serves() => InEach(network =>
    {
        foreach (var served in network.Plan.Prefixes)
        {
            var heirs = network.Truth.Routers.Where(router => served.Direct.Concat(served.StandIns).Contains(router.Id) && network.Truth.IsUp(router) && !network.Truth.IsDrained(router)).ToArray();
            foreach (var wanted in network.Plan.Routers.Where(wanted => network.Truth.IsDrained(wanted.Instance) && network.VpcOf(wanted, served.Prefix)?.Id == served.Vpc))
            {
                if (network.Truth.IsLeaving(wanted.Instance) ? heirs.Length > 0 : network.Truth.IsHealthy(wanted.Instance) == false && heirs.Any(heir => network.Truth.IsHealthy(heir) == true))
                {
                    Assert.True(!wanted.All.Contains(served.Prefix), $"{wanted.Instance.Id} keeps {served.Prefix} of {served.Vpc}");
                }
            }
        }
    });

    private static void InEach(Action<Case> holds, int most = int.MaxValue)
    {
        var failures = new List<(int Seed, Exception Why)>();
        for (var seed = 0; seed < Math.Min(s_networks, most); seed++)
        {
            try
            {
                holds(s_cases[seed].Value);
            }
            catch (Exception e)   // whatever it is, the seed must be named with it
            {
                failures.Add((seed, e));
            }
        }

        if (failures is [var (first, why), ..])
        {
            throw new InvalidOperationException(
                $"In {failures.Count} networks, of the seeds {string.Join(", ", failures.Take(10).Select(failure => failure.Seed))}. In that of {first}: {why.Message}",
                why);
        }
    }

    // A VPC that was not read may turn out to claim the same addresses, and whoever is seen first stays plain; and sites are given in the
    // order in which they are needed. But nothing is added that does not answer.
    private static bool IsWantedBy(Case network, WantedRouter wanted, Prefix prefix)
    {
        // What was not read may be that it leaves, or is sick, or that those are well whom it would stand in for.
        if (wanted.All.Contains(prefix) || network.Truth.IsDrained(wanted.Instance))
        {
            return true;
        }

        var (vpc, plain) = prefix.IsIPv6 && prefix.Length >= 96 ? network.Unmapped(prefix, network.UnreadSites) : (network.VpcOf(wanted, prefix), prefix);
        return vpc is not null
            && ((network.Truth.Routers.Any(router => router.Vpc == vpc.Id && network.Truth.RecordOf(router)?.UnhealthyAt is not null) && network.Probes(plain).All(probe => network.Truth.Reaches(wanted.Instance, vpc, probe)))
                || (network.MayNeedSite(vpc.Id) && network.Probes(plain).All(probe => network.Truth.Serves(wanted.Instance, vpc, probe))));
    }

    // With a device all goes that is enabled on it.
    private static IEnumerable<(DeviceId, Prefix)> Withdrawn(Case network, Plan plan) => plan.Steps.Select(step => step.Action).SelectMany(action => action switch
    {
        PlanAction.TrimRoutes trim => trim.Removed.Select(prefix => (trim.Device, prefix)),
        PlanAction.DeleteDevice delete => network.Seen.Devices.Items.Single(device => device.Id == delete.Device).Enabled.Select(prefix => (delete.Device, prefix)),
        _ => [],
    });

    private static string Wants(WantedRouter router) => $"{router.Instance.Id} {router.Vpc} {router.Advertise}; {router.Via6}";

    private static string[] Lines(Plan plan) => [.. plan.Steps.Where(step => step.Held is null).Select(step => step.Action.ToString())];

    private static string Text(Snapshot seen) => Text(seen, ReconcilePlanner.Plan(seen));

    private static string Text(Snapshot seen, Plan plan) => $"{Encoding.UTF8.GetString(Report.Of(seen, plan).ToUtf8Json())}\n{string.Join('\n', plan.Routers.Select(Wants))}";

    /// <summary>A network, its plan, and the questions that the properties ask of both.</summary>
    private sealed class Case
    {
        private readonly Address[] _probes;
        private readonly Dictionary<VpcId, Address[]> _probesOf;
        private readonly Dictionary<VpcId, int> _sites;
        private readonly HashSet<VpcId> _overlapping = [];

        public Case(ulong seed)
        {
            Seed = seed;
            Seen = AnyNetwork.Of(seed);
            Plan = ReconcilePlanner.Plan(Seen);
            Truth = new(Seen);
            _sites = SitesIn(Plan);
            var dice = new PCG(23, seed);
            var decoded = Plan.Routers.SelectMany(wanted => wanted.Via6).Select(prefix => Unmapped(prefix).Plain);
            _probes =
            [
                .. PacketWalk.Edges(PacketWalk.EveryPrefix(Seen).Concat(Plan.Routers.SelectMany(wanted => wanted.Advertise)).Concat(decoded)),
                .. Truth.Vpcs.SelectMany(PacketWalk.Associated)
                    .Select(prefix => prefix.First with { Value = prefix.First.Value + (dice.Next(0x10000) & (prefix.Last.Value - prefix.First.Value)) }),
            ];
            _probesOf = Truth.Vpcs.ToDictionary(vpc => vpc.Id, vpc => PacketWalk.Associated(vpc).SelectMany(Probes).Distinct().ToArray());
            FindOverlaps();
        }

        public ulong Seed { get; }

        public Snapshot Seen { get; }

        public Plan Plan { get; }

        public Truth Truth { get; }

        /// <summary>With the plan carried out, as it usually is.</summary>
        public Snapshot Settled => field ??= After.Of(Seen, Plan);

        public Snapshot Unread => field ??= AnotherLook.Unread(Seen, Seed);

        public Plan UnreadPlan => field ??= ReconcilePlanner.Plan(Unread);

        public Dictionary<VpcId, int> UnreadSites => SitesIn(UnreadPlan);

        public IEnumerable<Device> ConnectedRouters => Truth.Routers.Select(Truth.DeviceOf).OfType<Device>().Where(device => device.Connected);

        public IEnumerable<Address> Probes(Prefix inside) => _probes.Where(inside.Contains);

        public Address[] ProbesOf(Vpc vpc) => _probesOf[vpc.Id];

        public WantedRouter? WantedOf(string hostName) => Plan.Routers.FirstOrDefault(wanted => AWorldHost(wanted) == hostName);

        public int? SiteOf(Vpc vpc) => SiteOf(vpc.Id);

        public int? SiteOf(VpcId vpc) => _sites.TryGetValue(vpc, out var site) ? site : null;

        /// <summary>The VPC and the IPv4 prefix behind a 4via6 one.</summary>
        public (Vpc Vpc, Prefix Plain) Unmapped(Prefix mapped, Dictionary<VpcId, int>? sites = null)
        {
            var site = (int)(uint)(mapped.First.Value >> 32);
            var owner = (sites ?? _sites).Where(given => given.Value == site).Select(given => Truth.Vpcs.FirstOrDefault(vpc => vpc.Id == given.Key)).FirstOrDefault()
                ?? throw new InvalidOperationException($"{mapped} has the site id {site}, which no VPC has");
            var plain = Prefix.Of(new(false, (uint)mapped.First.Value), mapped.Length - 96);
            Assert.Equal(AnyNetwork.Mapped(site, plain), mapped);
            return (owner, plain);
        }

        /// <summary>The VPC that a prefix of a router leads to.</summary>
        public Vpc? VpcOf(WantedRouter wanted, Prefix prefix) => Truth.VpcAt(wanted.Instance, prefix.First);

        /// <summary>It served that before, and reaches by it a VPC whose own routers may be back in a moment.</summary>
        public bool IsKept(WantedRouter wanted, Prefix prefix)
        {
            var plain = prefix.IsIPv6 && prefix.Length >= 96 ? Unmapped(prefix).Plain : prefix;
            return Truth.DeviceOf(wanted.Instance)?.Enabled.Contains(prefix) == true
                && Truth.Vpcs.Where(vpc => vpc.Id != wanted.Vpc && Truth.ServiceOf(vpc) == Truth.Service.Waiting)
                    .Any(vpc => ProbesOf(vpc).Any(probe => plain.Contains(probe) && Truth.Reaches(wanted.Instance, vpc, probe)));
        }

        /// <summary>It is drained, and another that is not is to serve that.</summary>
        public bool IsHandedOver(WantedRouter wanted, Vpc vpc, Address probe) =>
            Truth.IsDrained(wanted.Instance) && Plan.Routers.Any(other => !Truth.IsDrained(other.Instance) && IsServed(other, vpc, probe));

        /// <summary>What connected devices of routers have enabled and advertise.</summary>
        public PrefixSet ServedIn(Snapshot world, Func<Instance, bool> which) => PrefixSet.Of(Truth.Routers.Where(which)
            .SelectMany(router => world.Devices.Items.Where(device => device.HostName == $"subnet-router-{router.Id}" && device is { Connected: true, Authorized: true }))
            .SelectMany(device => device.Enabled.Intersect(device.Advertised)));

        public bool IsServed(WantedRouter wanted, Vpc vpc, Address probe) =>
            (wanted.Advertise.Covers(probe) && Truth.VpcAt(wanted.Instance, probe)?.Id == vpc.Id) || IsServedBy4via6(wanted, vpc, probe);

        public bool IsServedBy4via6(WantedRouter wanted, Vpc vpc, Address probe) =>
            SiteOf(vpc) is { } site && !probe.IsIPv6 && wanted.Via6.Covers(AnyNetwork.Mapped(site, Prefix.Of(probe, 32)).First);

        public bool Overlaps(Vpc vpc) => _overlapping.Contains(vpc.Id);

        /// <summary>Another VPC has some of its addresses, whether or not anybody serves them; or an operator wants it to be reached by 4via6.</summary>
        public bool MayNeedSite(VpcId vpc) => Truth.Vpcs.Any(one => one.Id == vpc && one.Overlap == "via6") || Truth.Vpcs.Where(one => one.Id == vpc).SelectMany(PacketWalk.Associated)
            .Any(prefix => Truth.Vpcs.Any(other => other.Id != vpc && PacketWalk.Associated(other).Any(prefix.Overlaps)));

        /// <summary>IPv6 has no 4via6 form: of two VPCs with the same addresses, a newcomer's cannot be served at all.</summary>
        public bool MayBeHeldBack(Vpc vpc, Address probe) =>
            probe.IsIPv6 && Truth.Vpcs.Any(other => other.Id != vpc.Id && PacketWalk.Associated(other).Any(prefix => prefix.Contains(probe)));

        /// <summary>Nothing stands in the way of its plain prefixes.</summary>
        public bool MustBePlain(Vpc vpc) => !Overlaps(vpc) && vpc.Overlap != "via6" && !ProbesOf(vpc).Any(probe => MayBeHeldBack(vpc, probe) || IsServedByAFormerRouter(probe));

        // Its role was taken off, and nothing is taken from it.
        private bool IsServedByAFormerRouter(Address probe) => Seen.Devices.Items.Any(device => device.Enabled.Intersect(device.Advertised).Covers(probe)
            && Truth.Routers.All(router => !device.HostName.EndsWith(router.Id.ToString(), StringComparison.Ordinal)));

        /// <summary>Some router of the VPC, or one that reaches it, has it approved, or had it last; or an operator says so.</summary>
        public bool MayStayPlain(Vpc vpc, Prefix prefix) =>
            vpc.Overlap == "plain"
            || Seen.Sites.Items.Any(site => site.Vpc == vpc.Id && site.ReleasedAt is null && site.Plain?.Covers(prefix) == true)
            || Seen.Devices.Items.Where(device => device.Enabled.Any(enabled => enabled.Contains(prefix))).Any(device => WasOf(device, vpc, prefix));

        // By its router's VPC, or by where it leads from there: what a router that is gone stood in for, those that are left show.
        private bool WasOf(Device device, Vpc vpc, Prefix prefix)
        {
            var homes = Seen.Nodes.Items.Where(record => device.HostName.EndsWith(record.Instance.ToString(), StringComparison.Ordinal)).Select(record => record.Vpc)
                .Concat(Truth.Routers.Where(router => Truth.DeviceOf(router)?.Id == device.Id).Select(router => router.Vpc));
            return homes.Any(home => home == vpc.Id
                || Truth.Routers.Any(router => router.Vpc == home && Probes(prefix).Any(probe => Truth.VpcAt(router, probe)?.Id == vpc.Id)));
        }

        private static string AWorldHost(WantedRouter wanted) => $"subnet-router-{wanted.Instance.Id}";

        private Dictionary<VpcId, int> SitesIn(Plan plan) => Seen.Sites.Items.Where(site => site.ReleasedAt is null).Select(site => (site.Vpc, site.Site))
            .Concat(plan.Steps.Select(step => step.Action).OfType<PlanAction.AssignSite>().Select(action => (action.Vpc, action.Site)))
            .DistinctBy(site => site.Vpc).ToDictionary(site => site.Vpc, site => site.Site);

        private void FindOverlaps()
        {
            var served = new Dictionary<Address, HashSet<VpcId>>();
            foreach (var vpc in Truth.Vpcs)
            {
                foreach (var probe in ProbesOf(vpc).Where(probe => !probe.IsIPv6 && Truth.Routers.Any(router => Truth.Serves(router, vpc, probe))))
                {
                    (served.TryGetValue(probe, out var by) ? by : served[probe] = []).Add(vpc.Id);
                }
            }

            foreach (var vpcs in served.Values.Where(vpcs => vpcs.Count > 1))
            {
                _overlapping.UnionWith(vpcs);
            }
        }
    }
}

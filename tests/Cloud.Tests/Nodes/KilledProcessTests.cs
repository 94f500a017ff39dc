using System.Collections.Immutable;
using Automation.Names;
using Automation.Sandbox;
using static Automation.Nodes.ANetwork;

namespace Automation.Nodes;

/// <summary>A process may end between any two outside calls. Whatever it leaves undone, the next one finishes, and the end is the same.</summary>
public sealed class KilledProcessTests
{
    /// <summary>A story: what is there before, what happens, and how long it is watched. It is deterministic, so its calls can be counted.</summary>
    private sealed record Story(Func<ANetwork, Task> Before, Action<ANetwork> Happens, TimeSpan Watched, params ImmutableArray<Scope> Scopes)
    {
        /// <summary>What happens after that, watched as long; null for nothing.</summary>
        public Action<ANetwork>? Then { get; init; }

        /// <summary>What the end is to be, beside always the same; null where another test says so.</summary>
        public Action<ANetwork>? End { get; init; }
    }

    private const string Subnet = "subnet-0a1b2c3d4e5f60001", StoppedTask = "0a1b2c3d4e5f46078a9b0c1d2e3f4a5b";

    private const string Zone = "Z0123456789ABCDEFGHIJ", Spoke = "vpc-0f99e88d77c66b55a", Twin = "vpc-0c77d66e55f44a33b";

    private static KeyPool Pool => new("ci", "agent", TimeSpan.FromHours(1));

    private static readonly ImmutableArray<Scope> s_two = [new("111122223333", "eu-west-1"), new("444455556666", "us-west-2")];

    private static readonly Dictionary<string, Story> s_stories = new()
    {
        ["a launch"] = new(
            network => network.WithAsync(Green),
            network => network.Launch(Blue),
            Minutes(1)),
        ["the first launch"] = new(
            network => Task.CompletedTask,
            network => network.Launch(Blue),
            Minutes(1)),
        ["a launch that never joins"] = new(
            network => network.WithAsync(Green),
            network => network.Launch(Blue).Boots = false,
            Minutes(11)),
        ["a termination"] = new(
            network => network.WithAsync(Blue, Green),
            network => network.Region.ScaleIn(Blue),
            Minutes(1)),
        ["the termination of the last router"] = new(
            network => network.WithAsync(Blue),
            network => network.Region.ScaleIn(Blue),
            Minutes(1)),
        ["an end without a hook"] = new(
            network => network.WithAsync(Blue, Green),
            network => network.Region.Kill(Blue),
            Minutes(1)),
        ["an end that nobody tells of"] = new(
            network => network.WithAsync(Blue, Green),
            network => network.Region.Kill(Blue, told: false),
            Minutes(16)),
        ["a router cut off from its VPC"] = new(
            async network =>
            {
                await network.WithAsync(Blue, Green);
                network.World.Reconfigure(settings => settings with { ProbeDocument = "Tailnet-Probe" });
            },
            network => network.Region.Instance(Blue).IsCutOff = true,
            Minutes(6)),
        ["a CIDR added"] = new(
            network => network.WithAsync(Blue, Green),
            network => network.Region.AssociateCidr(network.Hub, "10.64.0.0/16"),
            Minutes(1)),
        ["a CIDR removed"] = new(
            async network =>
            {
                await network.WithAsync(Blue, Green);
                network.Region.AssociateCidr(network.Hub, "10.64.0.0/16");
                Assert.True(await network.World.SettleAsync(Minutes(2)));
            },
            network => network.Region.DisassociateCidr(network.Hub, "10.64.0.0/16"),
            Minutes(1)),
        ["a zone added"] = new(
            network => network.WithAsync(Blue),
            network => network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", "corp.example.internal", network.Hub),
            Minutes(1)),
        ["a zone removed"] = new(
            async network =>
            {
                await network.WithAsync(Blue);
                network.Region.AddPrivateZone("Z0123456789ABCDEFGHIJ", "corp.example.internal", network.Hub);
                Assert.True(await network.World.SettleAsync(Minutes(2)));
            },
            network => network.Region.DeleteZone(ZoneId.Parse("Z0123456789ABCDEFGHIJ")),
            Minutes(1)),
        ["a VPC peered"] = new(
            network => network.WithAsync(Blue),
            network => network.Peer(network.Region.AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16")),
            Minutes(1)),
        ["a router in a VPC with the same addresses"] = new(
            network => network.WithAsync(Blue),
            network => network.Region.Launch(Green.ToString(), network.Region.AddVpc(Twin, "10.0.0.0/16"), "subnet-0c7b2c3d4e5f60001"),
            Minutes(2)),
        ["a router that translates names"] = new(
            async network =>
            {
                await network.WithAsync(Blue);
                network.Region.AddPrivateZone(Zone, "corp.example.internal", network.Region.AddVpc(Twin, "10.0.0.0/16"));
                Assert.True(await network.World.SettleAsync(Minutes(2)));
            },
            network => network.Region.Launch(Green.ToString(), VpcId.Parse(Twin), "subnet-0c7b2c3d4e5f60001").Dns64 = true,
            Minutes(2)),
        ["a zone associated"] = new(
            network => PeeredAsync(network, network.World.Home),
            network => network.Region.AddPrivateZone(Zone, "corp.example.internal", VpcId.Parse(Spoke)),
            Minutes(2)),
        ["an association undone for a router"] = new(
            network => AssociatedAsync(network, network.World.Home),
            network => network.Region.Launch(Green.ToString(), VpcId.Parse(Spoke), "subnet-0f1b2c3d4e5f60001"),
            Minutes(2)),
        ["a zone of another account associated"] = new(
            network => PeeredAsync(network, s_two[1]),
            network => network.World.Aws.Region(s_two[1]).AddPrivateZone(Zone, "corp.example.internal", VpcId.Parse(Spoke)),
            Minutes(2),
            s_two),
        ["a key pool's first key"] = new(
            network => Task.CompletedTask,
            network => network.WithPools(Pool),
            Minutes(17)),
        ["a key pool's next key"] = new(
            PooledAsync,
            network => network.World.Clock.Advance(Minutes(30)),
            Minutes(17)),
        ["a key pool whose parameter was deleted"] = new(
            async network =>
            {
                await PooledAsync(network);
                network.World.Clock.Advance(Minutes(30));
                await network.World.ReconcileAsync();
                network.World.Clock.Advance(Minutes(6));
            },
            network => network.Region.Parameters.Remove("/tailnet/pools/ci/auth-key"),
            Minutes(17)),
        ["a key pool taken out"] = new(
            async network =>
            {
                await PooledAsync(network);
                network.World.Clock.Advance(Minutes(6));
            },
            network => network.WithPools(),
            Minutes(17)),
        ["a router that has joined anew"] = new(
            network => network.WithAsync(Blue, Green),
            network =>
            {
                network.Tailnet.Disconnect(network.Device(Blue)!.Id);
                network.Region.Instance(Blue).Device = network.Tailnet.AddDevice($"subnet-router-{Blue}", ["tag:aws-router"], Prefixes("10.0.0.0/16"));
            },
            Minutes(16)),
        ["an association with another account undone"] = new(
            network => AssociatedAsync(network, s_two[1]),
            network => network.World.Aws.Peerings.Delete(PeeringId.Parse("pcx-0a1b2c3d4e5f60718")),
            Minutes(1),
            s_two),
        ["an instance of no group starts"] = new(
            network => network.WithAsync(Green),
            network => Start(network),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["an instance gets its tag later"] = new(
            async network =>
            {
                await network.WithAsync(Green);
                Start(network, role: "");
                await network.World.RunAsync(Minutes(12));
            },
            network => network.Region.TagInstance(Blue, NodeRoles.SubnetRouter),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a start that nobody tells of"] = new(
            network => network.WithAsync(Green),
            network =>
            {
                network.World.Copies = _ => 0;
                Start(network);
            },
            Minutes(26))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a stop beside another router"] = new(
            network => StandingByAsync(network),
            network => network.Region.SetState(Blue, "stopped"),
            Minutes(1))
        {
            End = network => AssertServe(network, Green),
        },
        ["a start after a stop that its device outlasted"] = new(
            network => StoppedAsync(network, deviceGoes: false),
            network => network.Region.SetState(Blue, "running"),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a start after a stop that its device did not outlast"] = new(
            network => StoppedAsync(network, deviceGoes: true),
            network => network.Region.SetState(Blue, "running"),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a spot instance taken back"] = new(
            network => StandingByAsync(network),
            network => network.Region.Warn(Blue, certain: true),
            Minutes(2))
        {
            End = AssertOnlyGreenIsLeft,
            Then = network => network.Region.Kill(Blue),
        },
        ["a spot instance that EC2 does not take back after all"] = new(
            network => StandingByAsync(network),
            network => network.Region.Warn(Blue, certain: true),
            Minutes(21))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a recommendation to rebalance"] = new(
            network => StandingByAsync(network),
            network => network.Region.Warn(Blue, certain: false),
            Minutes(6))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["an exit node comes"] = new(
            EveryRoleAsync,
            network => network.Launch(Blue, NodeRoles.ExitNode),
            Minutes(1))
        {
            End = network => Assert.Equal(NodeProfile.DefaultRoutes, network.Device(Blue)!.Enabled),
        },
        ["an exit node hands over to another"] = new(
            async network =>
            {
                await EveryRoleAsync(network);
                network.Launch(Blue, NodeRoles.ExitNode);
                network.Launch(Green, NodeRoles.ExitNode);
                Assert.True(await network.World.SettleAsync(Minutes(2)));
                network.Tailnet.DisableRoutes(network.Device(Green)!.Id, NodeProfile.DefaultRoutes);
            },
            network => network.Region.ScaleIn(Blue),
            Minutes(1))
        {
            End = network =>
            {
                network.AssertNothingIsLeftOf(Blue);
                Assert.Equal(NodeProfile.DefaultRoutes, network.Device(Green)!.Enabled);
            },
        },
        ["standby beside another router"] = new(
            network => StandingByAsync(network),
            network => network.Region.SetLifecycleState(Blue, "Standby", "EnterStandby"),
            Minutes(1))
        {
            End = network =>
            {
                AssertServe(network, Green);
                Assert.Empty(network.Device(Blue)!.Enabled);
            },
        },
        ["a tag that was lost"] = new(
            async network =>
            {
                network.Tailnet.SetTagOwners("tag:db", ["tag:aws-owner"]);
                await network.WithAsync(Blue);
            },
            network => network.Tailnet.SetTags(network.Device(Blue)!.Id, ["tag:db"]),
            Minutes(6))
        {
            End = network => Assert.Equal(["tag:aws-router", "tag:db"], network.Device(Blue)!.Tags.Order(StringComparer.Ordinal)),
        },
        ["back from standby"] = new(
            async network =>
            {
                await network.WithAsync(Blue, Green);
                network.Region.SetLifecycleState(Blue, "Standby", "EnterStandby");
                Assert.True(await network.World.SettleAsync(Minutes(2)));
                Assert.True(network.Device(Blue)!.Enabled.IsEmpty);
            },
            network => network.Region.SetLifecycleState(Blue, "InService", "ExitStandby"),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a task stops"] = new(
            async network =>
            {
                await network.WithAsync(Green);
                network.Tailnet.Disconnect(network.Tailnet.AddDevice($"subnet-router-{StoppedTask}", ["tag:aws-router"], []));
            },
            network => network.Region.StopTask(StoppedTask),
            Minutes(1))
        {
            End = network => Assert.DoesNotContain(network.Tailnet.Devices, device => device.HostName.Contains(StoppedTask, StringComparison.Ordinal)),
        },
        ["a launch into the warm pool"] = new(
            network => network.WithAsync(Green),
            network => network.Region.LaunchIntoWarmPool(Blue.ToString(), network.Hub, Subnet),
            Minutes(2))
        {
            End = AssertWarm,
        },
        ["a launch into a warm pool that runs"] = new(
            async network =>
            {
                await network.WithAsync(Green);
                network.Region.WarmPool = "Warmed:Running";
            },
            network => network.Region.LaunchIntoWarmPool(Blue.ToString(), network.Hub, Subnet),
            Minutes(2))
        {
            End = AssertWarm,
        },
        ["a launch out of the warm pool"] = new(
            network => WarmAsync(network),
            network => network.Region.LeaveWarmPool(Blue),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a launch out of a warm pool that runs"] = new(
            network =>
            {
                network.Region.WarmPool = "Warmed:Running";
                return WarmAsync(network);
            },
            network => network.Region.LeaveWarmPool(Blue),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["an end in the warm pool"] = new(
            network => WarmAsync(network),
            network => network.Region.ScaleIn(Blue),
            Minutes(2))
        {
            End = AssertOnlyGreenIsLeft,
        },
        ["back into the warm pool"] = new(
            network => StandingByAsync(network),
            network => network.Region.ReturnToWarmPool(Blue),
            Minutes(2))
        {
            End = AssertWarm,
        },
        ["back into the warm pool, as the hook holds it there"] = new(
            network => StandingByAsync(network),
            network => network.Region.ReturnToWarmPool(Blue, "Warmed:Pending:Wait"),
            Minutes(2))
        {
            End = AssertWarm,
        },
        ["the last router back into the warm pool"] = new(
            network => network.WithAsync(Blue),
            network => network.Region.ReturnToWarmPool(Blue),
            Minutes(2))
        {
            End = network => Assert.NotNull(network.World.Ledger.Nodes[Blue].GoneAt),
        },
        ["a launch whose news is lost"] = new(
            network => LookedAtSoonAsync(network, Green),
            network => LosesHooksNews(network).Launch(Blue),
            Minutes(10))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a launch out of the warm pool whose news is lost"] = new(
            async network =>
            {
                await WarmAsync(network);
                await LookedAtSoonAsync(network);
            },
            network => LosesHooksNews(network).Region.LeaveWarmPool(Blue),
            Minutes(10))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["a termination whose news is lost"] = new(
            async network =>
            {
                await StandingByAsync(network);
                await LookedAtSoonAsync(network);
            },
            network => LosesHooksNews(network).Region.ScaleIn(Blue),
            Minutes(10))
        {
            End = AssertOnlyGreenIsLeft,
        },
        ["a role taken off while the launch hook holds"] = new(
            async network =>
            {
                await network.WithAsync(Green);
                network.Launch(Blue).Boots = false;
                await network.World.RunAsync(Minutes(1));
            },
            network => network.Region.TagInstance(Blue, ""),
            Minutes(1))
        {
            End = network =>
            {
                AssertOnlyGreenIsLeft(network);
                Assert.Equal("InService", network.Region.Instance(Blue).LifecycleState);
            },
        },
        ["out of the warm pool for a second time"] = new(
            async network =>
            {
                await StandingByAsync(network);
                network.Region.ReturnToWarmPool(Blue);
                Assert.True(await network.World.SettleAsync(Minutes(2)));
                network.AssertNothingIsLeftOf(Blue);
            },
            network => network.Region.LeaveWarmPool(Blue),
            Minutes(1))
        {
            End = network => AssertServe(network, Blue, Green),
        },
        ["the last router out of the warm pool for a second time"] = new(
            async network =>
            {
                await network.WithAsync(Blue);
                network.Region.ReturnToWarmPool(Blue);
                Assert.True(await network.World.SettleAsync(Minutes(2)));
                Assert.NotNull(network.World.Ledger.Nodes[Blue].GoneAt);
            },
            network => network.Region.LeaveWarmPool(Blue),
            Minutes(1))
        {
            End = network =>
            {
                AssertServe(network, Blue);
                Assert.Null(network.World.Ledger.Nodes[Blue].GoneAt);
            },
        },
    };

    public static TheoryData<string> Stories => [.. s_stories.Keys];

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task The_end_is_the_same_wherever_the_process_is_killed(string name)
    {
        var story = s_stories[name];
        var (expected, calls) = await TellAsync(story, dieAt: null, afterEffect: false);
        Assert.True(calls > 1, "there is nothing to kill");

        var different = new List<string>();
        foreach (var afterEffect in new[] { false, true })
        {
            // Of ten minutes' waiting that repeats itself, the beginning and the end say all.
            for (var call = 1; call <= calls; call += calls > 300 && call > 40 && call < calls - 60 ? 37 : 1)
            {
                var (end, _) = await TellAsync(story, call, afterEffect);
                if (end != expected)
                {
                    different.Add($"killed {(afterEffect ? "after" : "before")} call {call} of {calls}:\n{Difference(expected, end)}");
                }
            }
        }

        Assert.True(different.Count == 0, $"{different.Count} different ends. {string.Join('\n', different.Take(4))}");
    }

    /// <summary>The schedule's next look comes in two and a half minutes: a process that dies with it leaves time for another.</summary>
    private static async Task LookedAtSoonAsync(ANetwork network, params InstanceId[] routers)
    {
        if (routers.Length > 0)
        {
            await network.WithAsync(routers);
        }

        var looked = false;
        network.World.Scheduled = _ => looked = true;
        while (!looked)
        {
            await network.World.RunAsync(Seconds(1));
        }

        network.World.Scheduled = null;
        await network.World.RunAsync(Minutes(2.5));
        network.Region.EndedWaits.Clear();
    }

    private static ANetwork LosesHooksNews(ANetwork network)
    {
        network.World.Copies = text => text.Contains("Lifecycle Action", StringComparison.Ordinal) ? 0 : 1;
        return network;
    }

    private static async Task PooledAsync(ANetwork network)
    {
        network.WithPools(Pool);
        await network.World.ReconcileAsync();
    }

    /// <summary>A hub with a router, and a spoke without one, whose zones may be associated with the hub.</summary>
    private static async Task PeeredAsync(ANetwork network, Scope spoke)
    {
        await network.WithAsync(Blue);
        network.World.Reconfigure(settings => settings with { Names = settings.Names with { Association = ZoneAssociation.All } });
        network.Peer(network.World.Aws.Region(spoke).AddVpc(Spoke, "10.20.0.0/16"));
        Assert.True(await network.World.SettleAsync(Minutes(2)));
    }

    private static async Task AssociatedAsync(ANetwork network, Scope spoke)
    {
        await PeeredAsync(network, spoke);
        network.World.Aws.Region(spoke).AddPrivateZone(Zone, "corp.example.internal", VpcId.Parse(Spoke));
        Assert.True(await network.World.SettleAsync(Minutes(2)));
        Assert.Contains(network.Hub, network.World.Aws.Zones.VpcsOf(ZoneId.Parse(Zone)));
    }

    private static void AssertServe(ANetwork network, params InstanceId[] routers) =>
        Assert.All(routers, router => Assert.Equal((true, "10.0.0.0/16"), (network.Device(router)?.Connected, network.Device(router)?.Enabled.ToString())));

    private static void AssertOnlyGreenIsLeft(ANetwork network)
    {
        network.AssertNothingIsLeftOf(Blue);
        AssertServe(network, Green);
    }

    /// <summary>It waits for its turn, and has nothing with which it could join before.</summary>
    private static void AssertWarm(ANetwork network)
    {
        AssertOnlyGreenIsLeft(network);
        Assert.Equal((network.Region.WarmPool, null), (network.Region.Instance(Blue).LifecycleState, network.Region.Instance(Blue).Hook));
    }

    private static SimulatedInstance Start(ANetwork network, string role = NodeRoles.SubnetRouter) => network.Region.Start(Blue.ToString(), network.Hub, Subnet, role);

    private static Task EveryRoleAsync(ANetwork network)
    {
        network.World.Reconfigure(settings => settings with { NodeTags = SandboxWorld.EveryRole });
        return Task.CompletedTask;
    }

    /// <summary>Two routers, of which the second lost its approval, so that somebody must see to it as the first one goes.</summary>
    private static async Task StandingByAsync(ANetwork network)
    {
        await network.WithAsync(Blue, Green);
        network.Tailnet.DisableRoutes(network.Device(Green)!.Id, Prefixes("10.0.0.0/16"));
    }

    private static async Task StoppedAsync(ANetwork network, bool deviceGoes)
    {
        await network.WithAsync(Green);
        Start(network);
        Assert.True(await network.World.SettleAsync(Minutes(2)));
        network.Region.SetState(Blue, "stopped");
        if (deviceGoes)
        {
            network.Tailnet.RemoveDevice(network.Device(Blue)!.Id);   // as Tailscale does with ephemeral devices
        }

        await network.World.RunAsync(Minutes(12));
    }

    private static async Task WarmAsync(ANetwork network)
    {
        await network.WithAsync(Green);
        var instance = network.Region.LaunchIntoWarmPool(Blue.ToString(), network.Hub, Subnet);
        Assert.True(await network.World.SettleAsync(Minutes(2)));
        Assert.Equal(network.Region.WarmPool, instance.LifecycleState);
    }

    private static async Task<(string End, int Calls)> TellAsync(Story story, int? dieAt, bool afterEffect)
    {
        var network = new ANetwork(null, story.Scopes);
        var world = network.World;
        await story.Before(network);
        network.Region.EndedWaits.Clear();
        var handedOut = new HashSet<string>();
        world.Calls.After = _ =>
        {
            AssertOneKeyAtMost(network, handedOut);
            Assert.True(network.UsablePoolKeys("ci").Length <= 2, "more than two keys of a pool are usable");
        };

        var begun = world.Calls.Count;
        story.Happens(network);
        if (dieAt is { } call)
        {
            world.Calls.DieAt(call, afterEffect);
        }

        await world.RunAsync(story.Watched);
        if (story.Then is { } then)
        {
            then(network);
            await world.RunAsync(story.Watched);
        }

        var calls = world.Calls.Count - begun;
        Assert.True(await world.SettleAsync(Minutes(14)), "messages wait for ever");

        // What has been left is found by the schedule, at its second time at the latest.
        await world.ReconcileAsync();
        await world.ReconcileAsync();
        var last = await world.ReconcileAsync(dryRun: true);
        Assert.True(last.Plan.IsEmpty, string.Join('\n', last.Plan.Steps.Select(step => step.Action)));
        Assert.All(network.Zones, zone => Assert.Empty(zone.Authorized));
        AssertNothingLeaked(network);
        story.End?.Invoke(network);
        return (network.State(), calls);
    }

    /// <summary>A key that still lets somebody in has a node that waits for it, and a parameter has a node that lives.</summary>
    private static void AssertNothingLeaked(ANetwork network)
    {
        var now = network.World.Clock.GetUtcNow();
        var nodes = network.World.Ledger.Nodes;
        Assert.All(
            network.Tailnet.Keys.Where(key => !key.IsInvalid(now) && !key.Description.StartsWith("aws pool ", StringComparison.Ordinal)),
            key => Assert.Contains(nodes.Values, node => node.Key == key.Id && node.Device is null && network.Parameters(node.Instance).Contains(NodeParameters.AuthKey)));
        foreach (var (name, parameter) in network.Region.Parameters.Where(parameter => parameter.Value.Reader is not null))
        {
            var instance = parameter.Reader!;
            Assert.True(nodes.ContainsKey(instance) && network.Region.Instance(instance).EndedAt is null, $"{name} is nobody's");
            Assert.True(name.EndsWith(NodeParameters.Settings, StringComparison.Ordinal) || nodes[instance].HasUsableKey(now), $"{name} is spent");
        }
    }

    private static void AssertOneKeyAtMost(ANetwork network, HashSet<string> handedOut)
    {
        handedOut.UnionWith(network.Region.Parameters.Where(parameter => parameter.Value.Secure).Select(parameter => parameter.Value.Value));
        foreach (var instance in new[] { Blue, Green })
        {
            var usable = network.Usable(instance).Where(key => handedOut.Contains(key.Value.Reveal())).Select(key => key.Id);
            Assert.True(usable.Count() <= 1, $"{instance} was handed {string.Join(" and ", usable)}");
        }
    }

    private static string Difference(string expected, string actual)
    {
        var (wanted, found) = (expected.Split('\n'), actual.Split('\n'));
        return string.Join('\n', [.. wanted.Except(found).Select(line => $"  - {line}"), .. found.Except(wanted).Select(line => $"  + {line}")]);
    }
}

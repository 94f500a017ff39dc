using Automation.Network;
using Automation.Plans;

namespace Automation.Nodes;

public class LaunchPlannerTests
{
    private static readonly DateTimeOffset s_now = AWorld.Now;
    private static readonly Instance s_instance = new(AWorld.InstanceOf(1), "running", "subnet-router", AWorld.VpcOf(1), null, s_now.AddMinutes(-2));
    private static readonly NodeTags s_tags = new(AWorld.Tags.ByRole.SetItem("agent", ["tag:agent"]).SetItem("exit-node", ["tag:exit"]));
    private static readonly NodeRecord s_record = new(
        s_instance.Id, AWorld.Scope, "subnet-router", AWorld.VpcOf(1), s_now.AddMinutes(-2), KeyId.Parse("k000001CNTRL"), s_now.AddMinutes(13), null, AWorld.Prefixes("10.0.0.0/16"), null, 1);

    private static readonly Device s_device = new(
        AWorld.DeviceOf(1), AWorld.HostOf(1), ["tag:aws-router"], true, true, s_now, null, AWorld.Prefixes("10.0.0.0/16"), PrefixSet.Empty, []);

    // Two minutes after the launch: registered, and not joined yet.
    private static readonly LaunchSeen s_waiting = new(s_now, s_now.AddMinutes(-2), HookOwner.Ours, s_instance, null, null, true, s_record, []);

    private static readonly Dictionary<string, (LaunchSeen Seen, string Step)> s_states = new()
    {
        ["new, nothing given"] = (s_waiting with { HasKeyParameter = false, Record = null }, "Register"),
        ["given, not joined"] = (s_waiting, "Wait"),
        ["pending is a state to register in"] = (s_waiting with { Instance = s_instance with { State = "pending" }, HasKeyParameter = false, Record = null }, "Register"),
        ["parameter lost"] = (s_waiting with { HasKeyParameter = false }, "Register"),
        ["record lost"] = (s_waiting with { Record = null }, "Register"),
        ["key expired"] = (s_waiting with { Record = s_record with { KeyExpires = s_now } }, "Register"),
        ["key about to expire"] = (s_waiting with { Record = s_record with { KeyExpires = s_now.AddSeconds(1) } }, "Wait"),
        ["record without a key"] = (s_waiting with { Record = s_record with { Key = null, KeyExpires = null } }, "Register"),

        ["joined"] = (s_waiting with { Devices = [s_device] }, "Admit n000001CNTRL"),
        ["joined, nothing on record"] = (s_waiting with { Devices = [s_device], Record = null }, "Admit n000001CNTRL"),
        ["joined, advertises more"] = (s_waiting with { Devices = [s_device with { Advertised = AWorld.Prefixes("10.0.0.0/16", "0.0.0.0/0") }] }, "Admit n000001CNTRL"),
        ["joined, advertises less"] = (s_waiting with { Devices = [s_device with { Advertised = AWorld.Prefixes("10.0.0.0/17") }] }, "Wait"),
        ["joined, not connected"] = (s_waiting with { Devices = [s_device with { Connected = false }] }, "Wait"),
        ["joined, not authorised"] = (s_waiting with { Devices = [s_device with { Authorized = false }] }, "Wait"),
        ["its key is spent: no second one"] = (s_waiting with { Devices = [s_device with { Connected = false }], HasKeyParameter = false, Record = null }, "Wait"),
        ["the living device before one of an earlier join"] =
            (s_waiting with { Devices = [s_device with { Id = AWorld.DeviceOf(9), Connected = false, Created = s_now.AddHours(1) }, s_device] }, "Admit n000001CNTRL"),
        ["joined late, and held no more"] = (s_waiting with { Since = s_now.AddHours(-1), Devices = [s_device] }, "Admit n000001CNTRL"),

        ["EC2 does not show it yet"] = (s_waiting with { Since = s_now.AddSeconds(-59), Instance = null }, "Wait"),
        ["EC2 never showed it"] = (s_waiting with { Instance = null, HasKeyParameter = false, Record = null }, "LeaveAlone"),
        ["EC2 no longer knows it, a record is left"] = (s_waiting with { Instance = null, HasKeyParameter = false }, "GiveUp"),
        ["EC2 no longer knows it, a parameter is left"] = (s_waiting with { Instance = null, Record = null }, "GiveUp"),
        ["terminated before it joined"] = (s_waiting with { Instance = s_instance with { State = "terminated" } }, "GiveUp"),
        ["shutting down before it was given anything"] = (s_waiting with { Instance = s_instance with { State = "shutting-down" }, HasKeyParameter = false, Record = null }, "LeaveAlone"),
        ["gone, though its device still is connected"] = (s_waiting with { Instance = s_instance with { State = "shutting-down" }, Devices = [s_device] }, "GiveUp"),

        ["tag not shown yet"] = (s_waiting with { Since = s_now.AddSeconds(-30), Instance = s_instance with { Role = "" } }, "Wait"),
        ["no tag"] = (s_waiting with { Instance = s_instance with { Role = "" } }, "PassBy"),
        ["no tag, and somebody else's hook holds it"] = (s_waiting with { Hook = HookOwner.Others, Instance = s_instance with { Role = "" } }, "LeaveAlone"),
        ["no VPC"] = (s_waiting with { Instance = s_instance with { Vpc = null } }, "PassBy"),
        ["another role"] = (s_waiting with { Instance = s_instance with { Role = "agent" } }, "Wait"),
        ["a role without tags"] = (s_waiting with { Instance = s_instance with { Role = "peer-relay" } }, "PassBy"),
        ["a role without tags, and somebody else's hook holds it"] = (s_waiting with { Hook = HookOwner.Others, Instance = s_instance with { Role = "peer-relay" } }, "LeaveAlone"),
        ["a role without tags, and no hook"] = (Runs(null, null) with { Instance = s_instance with { Role = "peer-relay" } }, "LeaveAlone"),
        ["an exit node does not offer itself yet"] = (s_waiting with { Instance = s_instance with { Role = "exit-node" }, Devices = [s_device] }, "Wait"),
        ["an exit node offers itself"] =
            (s_waiting with { Instance = s_instance with { Role = "exit-node" }, Devices = [s_device with { Advertised = AWorld.Prefixes("10.0.0.0/16", "0.0.0.0/0", "::/0") }] }, "Admit n000001CNTRL"),

        ["runs, in no group"] = (Runs(null, null), "Register"),
        ["runs, and a hook holds it"] = (Runs("routers", "Pending:Wait"), "LeaveAlone"),
        ["runs in its warm pool"] = (Runs("routers", "Warmed:Running"), "LeaveAlone"),
        ["runs in a group without hooks"] = (Runs("routers", "InService"), "Register"),
        ["runs, and its group has not taken it in yet"] = (Runs("routers", "Pending") with { Since = s_now.AddSeconds(-5) }, "Wait"),
        ["runs, and its group never took it in"] = (Runs("routers", null), "LeaveAlone"),
        ["runs, and is stopped again"] = (Runs(null, null) with { Instance = s_instance with { State = "stopping" } }, "LeaveAlone"),
        ["runs, without the tag"] = (Runs(null, null) with { Instance = s_instance with { Role = "" } }, "LeaveAlone"),
        ["runs again, and its device has gone"] =
            (Runs(null, null) with { Record = s_record with { Device = AWorld.DeviceOf(1), Key = null, RegisteredAt = s_now.AddDays(-1) } }, "Register"),
        ["runs on, and somebody deleted its device"] =
            (Runs(null, null) with { Record = s_record with { Device = AWorld.DeviceOf(1), Key = null, RegisteredAt = s_now.AddMinutes(-1) } }, "LeaveAlone"),
        ["tagged long after its start"] = (Runs(null, null) with { Instance = s_instance with { LaunchedAt = s_now.AddDays(-9) } }, "Register"),
        ["a part of the word is not the role"] = (s_waiting with { Instance = s_instance with { Role = "subnet-router-old" } }, "PassBy"),
        ["several roles"] = (s_waiting with { Instance = s_instance with { Role = "agent+subnet-router" }, HasKeyParameter = false, Record = null }, "Register"),

        ["at the end of its time"] = (s_waiting with { Since = s_now - LaunchPlanner.JoinTime }, "Wait"),
        ["late and held by our hook"] = (Late("Pending:Wait"), "GiveUp"),
        ["late and held on its way out of a warm pool"] = (Late("Warmed:Pending:Wait"), "GiveUp"),
        ["late, nothing on record"] = (Late("Pending:Wait") with { Record = null }, "GiveUp"),
        ["late, and somebody else's hook holds it"] = (Late("Pending:Wait") with { Hook = HookOwner.Others }, "LeaveAlone"),
        ["late, and in service"] = (Late("InService"), "LeaveAlone"),
        ["late, and in no group"] = (Late(null), "LeaveAlone"),
        ["late, and no longer held"] = (Late("Pending:Proceed"), "LeaveAlone"),
        ["late, held, and silent since it joined"] = (Late("Pending:Wait") with { Record = s_record with { Device = AWorld.DeviceOf(1) } }, "GiveUp"),
        ["late news of one that has joined, and is in service"] = (Late("InService") with { Record = s_record with { Device = AWorld.DeviceOf(1) } }, "LeaveAlone"),
        ["late, with a device that does not connect"] = (Late("Pending:Wait") with { Devices = [s_device with { Connected = false }] }, "GiveUp"),
    };

    public static TheoryData<string> States => [.. s_states.Keys];

    [Theory]
    [MemberData(nameof(States))]
    public void Decides_from_what_is_seen(string state)
    {
        var (seen, expected) = s_states[state];
        var step = Decide(seen);

        Assert.Equal(expected, step is LaunchStep.Admit admit ? $"Admit {admit.Device.Id}" : step.GetType().Name);
    }

    [Fact]
    public void Says_what_a_joined_node_still_lacks()
    {
        string Why(Device device) => Assert.IsType<LaunchStep.Wait>(Decide(s_waiting with { Devices = [device] })).Why;

        Assert.Contains("not connected", Why(s_device with { Connected = false }), StringComparison.Ordinal);
        Assert.Contains("approval", Why(s_device with { Authorized = false }), StringComparison.Ordinal);
        Assert.Contains("10.0.0.0/16", Why(s_device with { Advertised = PrefixSet.Empty }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_lives_longer_than_a_node_may_take_to_join_and_no_longer_than_fifteen_minutes()
    {
        Assert.True(LaunchPlanner.KeyLife > LaunchPlanner.JoinTime);
        Assert.True(LaunchPlanner.KeyLife <= TimeSpan.FromMinutes(15));
    }

    private static LaunchStep Decide(LaunchSeen seen) =>
        LaunchPlanner.Decide(seen with { Profile = seen.Instance is { } instance ? NodeProfile.Of(instance, s_tags) : null });

    private static LaunchSeen Runs(string? group, string? state) => s_waiting with
    {
        Hook = HookOwner.Nobody,
        Instance = s_instance with { Group = group },
        LifecycleState = state,
        HasKeyParameter = false,
        Record = null,
    };

    private static LaunchSeen Late(string? lifecycleState) => s_waiting with { Since = s_now.AddMinutes(-11), LifecycleState = lifecycleState };
}

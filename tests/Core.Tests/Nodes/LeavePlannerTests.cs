using Automation.Network;
using Automation.Plans;

namespace Automation.Nodes;

public class LeavePlannerTests
{
    private static readonly DateTimeOffset s_now = AWorld.Now;
    private static readonly Instance s_instance = new(AWorld.InstanceOf(1), "running", "subnet-router", AWorld.VpcOf(1), null, s_now.AddHours(-2));
    private static readonly NodeRecord s_record = new(
        s_instance.Id, AWorld.Scope, "subnet-router", AWorld.VpcOf(1), s_now.AddHours(-2), null, null, AWorld.DeviceOf(1), AWorld.Prefixes("10.0.0.0/16"), null, 2);

    private static readonly Device s_device = new(AWorld.DeviceOf(1), AWorld.HostOf(1), ["tag:aws-router"], true, true, s_now, null, PrefixSet.Empty, PrefixSet.Empty, []);

    // Ten seconds after the hook took hold.
    private static readonly LeaveSeen s_leaving = new(s_now, s_now.AddSeconds(-10), Departure.Held, s_instance, true, "Terminating:Wait", s_record, [s_device]);

    private static readonly Dictionary<string, (LeaveSeen Seen, string Step)> s_states = new()
    {
        ["held"] = (s_leaving, "HandOver"),
        ["terminating"] = (s_leaving with { LifecycleState = "Terminating" }, "HandOver"),
        ["let go by the hook"] = (s_leaving with { LifecycleState = "Terminating:Proceed" }, "HandOver"),
        ["group says terminated, EC2 not yet"] = (s_leaving with { LifecycleState = "Terminated" }, "HandOver"),
        ["out of the warm pool"] = (s_leaving with { LifecycleState = "Warmed:Terminating:Wait" }, "HandOver"),
        ["only the record is left"] = (s_leaving with { Devices = [] }, "HandOver"),
        ["only the device is left"] = (s_leaving with { Record = null, IsNode = false }, "HandOver"),
        ["only the tag is left"] = (s_leaving with { Record = null, Devices = [] }, "HandOver"),
        ["EC2 shows no VPC any more"] = (s_leaving with { Instance = s_instance with { Vpc = null } }, "HandOver"),
        ["stopped while it is held"] = (s_leaving with { Instance = s_instance with { State = "stopped" } }, "HandOver"),

        ["terminated"] = (s_leaving with { Instance = s_instance with { State = "terminated" } }, "CleanUp"),
        ["shutting down"] = (s_leaving with { Instance = s_instance with { State = "shutting-down" }, LifecycleState = null }, "CleanUp"),
        ["EC2 no longer knows it"] = (s_leaving with { Instance = null, LifecycleState = null }, "CleanUp"),
        ["EC2 no longer knows it, a device is left"] = (s_leaving with { Instance = null, Record = null }, "CleanUp"),

        ["never ours"] = (s_leaving with { IsNode = false, Record = null, Devices = [] }, "LeaveAlone"),
        ["never ours, and gone"] = (s_leaving with { IsNode = false, Instance = null, Record = null, Devices = [] }, "LeaveAlone"),

        ["Auto Scaling does not show it yet"] = (s_leaving with { LifecycleState = "InService" }, "Wait"),
        ["in no group, at once"] = (s_leaving with { LifecycleState = null }, "Wait"),
        ["old news of one in service"] = (s_leaving with { LifecycleState = "InService", Since = s_now.AddMinutes(-1) }, "LeaveAlone"),
        ["stopped is not gone"] = (s_leaving with { Instance = s_instance with { State = "stopped" }, LifecycleState = null, Since = s_now.AddMinutes(-9) }, "StandIn"),
        ["stopping"] = (Of(Departure.Stopped) with { Instance = s_instance with { State = "stopping" } }, "StandIn"),
        ["stopped, as it waits in a warm pool, and never joined"] = (Of(Departure.Stopped) with { Instance = s_instance with { State = "stopped" }, Record = null, Devices = [] }, "LeaveAlone"),
        ["old news of a stop, and it runs again"] = (Of(Departure.Stopped) with { Since = s_now.AddMinutes(-1) }, "LeaveAlone"),
        ["EC2 does not show the stop yet"] = (Of(Departure.Stopped), "Wait"),
        ["taken back by EC2"] = (Of(Departure.Interrupted), "Drain"),
        ["was to be taken back, and runs on"] = (Of(Departure.Interrupted) with { Since = s_now.AddMinutes(-5) }, "LeaveAlone"),
        ["taken back, and gone already"] = (Of(Departure.Interrupted) with { Instance = s_instance with { State = "shutting-down" } }, "CleanUp"),
        ["taken back by way of a stop"] = (Of(Departure.Interrupted) with { Instance = s_instance with { State = "stopping" } }, "StandIn"),
        ["may be taken back"] = (Of(Departure.AtRisk), "StandIn"),
        ["might have been taken back"] = (Of(Departure.AtRisk) with { Since = s_now.AddMinutes(-5) }, "LeaveAlone"),
        ["somebody else's instance may be taken back"] = (Of(Departure.AtRisk) with { IsNode = false, Record = null, Devices = [] }, "LeaveAlone"),
        ["a part of a state is not the state"] = (s_leaving with { LifecycleState = "Terminating:Retained", Since = s_now.AddMinutes(-9) }, "LeaveAlone"),
        ["back in the warm pool"] = (s_leaving with { LifecycleState = "Warmed:Stopped", Since = s_now.AddMinutes(-9) }, "HandOver"),
        ["on its way back into the warm pool"] = (s_leaving with { LifecycleState = "Warmed:Pending:Wait" }, "HandOver"),
    };

    private static LeaveSeen Of(Departure departure) => s_leaving with { Departure = departure, LifecycleState = null };

    public static TheoryData<string> States => [.. s_states.Keys];

    [Theory]
    [MemberData(nameof(States))]
    public void Decides_from_what_is_seen(string state)
    {
        var (seen, expected) = s_states[state];
        var step = LeavePlanner.Decide(seen);

        Assert.Equal(expected, step.GetType().Name);
    }
}

using System.Globalization;
using System.Xml.Linq;
using Amazon.EC2;
using Amazon.EC2.Model;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    private static readonly XNamespace s_autoScaling = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

    /// <summary>Creates a group whose instances run in a subnet. They are in service at once: hooks hold them only by
    /// <see cref="HoldAsync"/>.</summary>
    /// <param name="tags">Of the instances.</param>
    /// <returns>The instances.</returns>
    public async Task<IReadOnlyList<InstanceId>> CreateGroupAsync(
        string group, SubnetId subnet, IReadOnlyDictionary<string, string>? tags = null, int instances = 1)
    {
        var template = $"{group}-template";
        await Ec2.CreateLaunchTemplateAsync(new CreateLaunchTemplateRequest
        {
            LaunchTemplateName = template,
            LaunchTemplateData = new() { ImageId = AnyImage, InstanceType = InstanceType.T3Nano },
        });
        var tagged = (tags ?? new Dictionary<string, string>()).SelectMany((tag, index) => new[]
        {
            ($"Tags.member.{index + 1}.Key", tag.Key),
            ($"Tags.member.{index + 1}.Value", tag.Value),
            ($"Tags.member.{index + 1}.PropagateAtLaunch", "true"),
        });
        await AutoScalingAsync(
            "CreateAutoScalingGroup",
            [
                ("AutoScalingGroupName", group),
                ("LaunchTemplate.LaunchTemplateName", template),
                ("VPCZoneIdentifier", subnet.ToString()),
                ("MinSize", "0"),
                ("MaxSize", "100"),
                ("DesiredCapacity", instances.ToString(CultureInfo.InvariantCulture)),
                .. tagged,
            ]);
        return [.. (await LifecycleStatesAsync(group)).Keys];
    }

    public Task PutLaunchHookAsync(string group, string hook, string defaultResult = "ABANDON") =>
        PutHookAsync(group, hook, "autoscaling:EC2_INSTANCE_LAUNCHING", defaultResult);

    public Task PutTerminateHookAsync(string group, string hook, string defaultResult = "CONTINUE") =>
        PutHookAsync(group, hook, "autoscaling:EC2_INSTANCE_TERMINATING", defaultResult);

    /// <summary>A hook holds an instance of its group: Pending:Wait or Terminating:Wait, as the hook has it.</summary>
    public Task<MotoHold> HoldAsync(string group, string hook, InstanceId instance) =>
        _control.PostAsync<MotoHold>("hold", Wait(group, hook, instance));

    /// <summary>The hook's timeout ends and its default result takes effect.</summary>
    public Task ExpireHoldAsync(string group, string hook, InstanceId instance) =>
        _control.PostAsync<object>("expire", Wait(group, hook, instance));

    /// <summary>Somebody takes an instance out of service without ending it.</summary>
    public Task EnterStandbyAsync(string group, InstanceId instance) =>
        AutoScalingAsync("EnterStandby", [("AutoScalingGroupName", group), ("InstanceIds.member.1", instance.ToString()), ("ShouldDecrementDesiredCapacity", "true")]);

    /// <returns>LifecycleState by instance, of the instances that the group has.</returns>
    public async Task<IReadOnlyDictionary<InstanceId, string>> LifecycleStatesAsync(string group)
    {
        var answer = await AutoScalingAsync("DescribeAutoScalingGroups", [("AutoScalingGroupNames.member.1", group)]);
        return answer.Descendants(s_autoScaling + "Instances").Elements(s_autoScaling + "member").ToDictionary(
            member => InstanceId.Parse(member.Element(s_autoScaling + "InstanceId")?.Value),
            member => member.Element(s_autoScaling + "LifecycleState")!.Value);
    }

    private Task PutHookAsync(string group, string hook, string transition, string defaultResult) =>
        AutoScalingAsync(
            "PutLifecycleHook",
            [
                ("AutoScalingGroupName", group),
                ("LifecycleHookName", hook),
                ("LifecycleTransition", transition),
                ("DefaultResult", defaultResult),
            ]);

    private object Wait(string group, string hook, InstanceId instance) =>
        new { account = Account.Id, region = Name, group, hook, instance = instance.ToString() };

    private Task<XElement> AutoScalingAsync(string action, IEnumerable<(string, string)> parameters) =>
        QueryAsync("autoscaling", "2011-01-01", action, parameters);
}

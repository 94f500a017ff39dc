using Amazon;
using Automation.Aws.Thin;

namespace Automation.Aws;

/// <summary>Auto Scaling API (AWS Query), version 2011-01-01.</summary>
internal sealed class AutoScalingClient(ThinClient client, AwsCaller caller) : IAutoScaling
{
    private const string ServiceId = "Auto Scaling";
    private const string Version = "2011-01-01";

    public static ThinConfig Config() => new(ServiceId, "autoscaling", Version, Endpoint);

    public static ThinEndpoint Endpoint(RegionEndpoint region) =>
        new(new($"https://autoscaling.{region.SystemName}.{region.PartitionDnsSuffix}/"), region.SystemName);

    public Task<bool> CompleteLifecycleActionAsync(LifecycleWait wait, LifecycleResult result, CancellationToken stopping) =>
        AnswerAsync("CompleteLifecycleAction", wait, result == LifecycleResult.Continue ? "CONTINUE" : "ABANDON", stopping);

    public Task<bool> RecordLifecycleActionHeartbeatAsync(LifecycleWait wait, CancellationToken stopping) =>
        AnswerAsync("RecordLifecycleActionHeartbeat", wait, null, stopping);

    public Task<string?> DescribeLifecycleStateAsync(InstanceId instance, CancellationToken stopping)
    {
        const string Operation = "DescribeAutoScalingInstances";
        var call = ThinCall.Query(ServiceId, Version, Operation, ("InstanceIds.member.1", instance.ToString()));
        return caller.CallAsync(
            Operation,
            token => client.SendAsync(
                call,
                root => (root.Child("DescribeAutoScalingInstancesResult") ?? throw caller.Unreadable(Operation, "the answer has no result"))
                    .Child("AutoScalingInstances").Children("member")
                    .FirstOrDefault(member => member.Text("InstanceId") == instance.ToString())?.Text("LifecycleState"),
                token),
            stopping);
    }

    private async Task<bool> AnswerAsync(string operation, LifecycleWait wait, string? result, CancellationToken stopping)
    {
        var call = ThinCall.Query(
            ServiceId,
            Version,
            operation,
            ("LifecycleHookName", wait.Hook),
            ("AutoScalingGroupName", wait.Group),
            ("LifecycleActionResult", result),
            ("InstanceId", wait.Instance.ToString()));
        try
        {
            return await caller.CallAsync(operation, token => client.SendAsync(call, _ => true, token), stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.ValidationError)
        {
            // One code for "the wait is over" and for a wrong request, told apart by the sentence or else by looking.
            if (failed.Message.Contains("No active Lifecycle Action found", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            var state = await DescribeLifecycleStateAsync(wait.Instance, stopping).ConfigureAwait(false);
            if (state is null || !state.EndsWith(":Wait", StringComparison.Ordinal))
            {
                return false;
            }

            throw;
        }
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Amazon;
using Automation.Aws.Thin;
using Automation.Events;
using Automation.Plans;

namespace Automation.Aws;

/// <summary>Auto Scaling API (AWS Query), version 2011-01-01.</summary>
internal sealed class AutoScalingClient(ThinClient client, AwsCaller caller) : IAutoScaling
{
    private const string ServiceId = "Auto Scaling";
    private const string Version = "2011-01-01";

    private const int MostAsked = 50;

    public static ThinConfig Config() => new(ServiceId, "autoscaling", Version, Endpoint);

    public static ThinEndpoint Endpoint(RegionEndpoint region) =>
        new(new($"https://autoscaling.{region.SystemName}.{region.PartitionDnsSuffix}/"), region.SystemName);

    public Task<bool> CompleteLifecycleActionAsync(LifecycleWait wait, LifecycleResult result, CancellationToken stopping) =>
        AnswerAsync("CompleteLifecycleAction", wait, result == LifecycleResult.Continue ? "CONTINUE" : "ABANDON", stopping);

    public Task<bool> RecordLifecycleActionHeartbeatAsync(LifecycleWait wait, CancellationToken stopping) =>
        AnswerAsync("RecordLifecycleActionHeartbeat", wait, null, stopping);

    public async Task<string?> DescribeLifecycleStateAsync(InstanceId instance, CancellationToken stopping) =>
        (await DescribeLifecycleStatesAsync([instance], stopping).ConfigureAwait(false)).FirstOrDefault().State;

    public async Task<ImmutableArray<(InstanceId Instance, string State)>> DescribeLifecycleStatesAsync(IReadOnlyCollection<InstanceId> instances, CancellationToken stopping)
    {
        var pages = await Task.WhenAll(instances.Chunk(MostAsked).Select(some => DescribeAsync(some, stopping))).ConfigureAwait(false);
        return [.. pages.SelectMany(page => page)];
    }

    // The one list of Auto Scaling's that has no pages.
    public Task<ImmutableArray<GroupHook>> DescribeLifecycleHooksAsync(string group, CancellationToken stopping)
    {
        const string Operation = "DescribeLifecycleHooks";
        var call = ThinCall.Query(ServiceId, Version, Operation, ("AutoScalingGroupName", group));
        return caller.CallAsync<ImmutableArray<GroupHook>>(
            Operation,
            token => client.SendAsync<ImmutableArray<GroupHook>>(
                call,
                root =>
                [
                    .. (root.Child($"{Operation}Result") ?? throw caller.Unreadable(Operation, "the answer has no result"))
                        .Child("LifecycleHooks").Children("member")
                        .Select(member => new GroupHook(
                            group,
                            member.Text("LifecycleHookName") ?? throw caller.Unreadable(Operation, "a hook has no name"),
                            member.Text("LifecycleTransition") == EventParser.Terminating)),
                ],
                token),
            stopping);
    }

    // One page: no more are asked for at once than come in one.
    private Task<ImmutableArray<(InstanceId Instance, string State)>> DescribeAsync(InstanceId[] instances, CancellationToken stopping)
    {
        const string Operation = "DescribeAutoScalingInstances";
        var call = ThinCall.Query(
            ServiceId, Version, Operation, [.. instances.Select((instance, at) => ($"InstanceIds.member.{(at + 1).ToString(CultureInfo.InvariantCulture)}", (string?)instance.ToString()))]);
        return caller.CallAsync<ImmutableArray<(InstanceId, string)>>(
            Operation,
            token => client.SendAsync<ImmutableArray<(InstanceId, string)>>(
                call,
                root =>
                [
                    .. (root.Child("DescribeAutoScalingInstancesResult") ?? throw caller.Unreadable(Operation, "the answer has no result"))
                        .Child("AutoScalingInstances").Children("member")
                        .Select(member => (Instance: instances.FirstOrDefault(asked => asked.ToString() == member.Text("InstanceId")), State: member.Text("LifecycleState")))
                        .Where(member => member is { Instance: not null, State: not null })
                        .Select(member => (member.Instance!, member.State!)),
                ],
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

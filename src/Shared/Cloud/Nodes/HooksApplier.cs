using Automation.Aws;
using Automation.Events;
using Automation.Ledger;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>Hands an instance that a hook holds, and whose news was lost, to NodeLifecycle.</summary>
public sealed class HooksApplier(IAws aws, ILedger ledger, ISqs sqs, Settings settings, TimeProvider time)
{
    public async Task<StepOutcome> AttendAsync(PlanAction.AttendHook step, CancellationToken stopping)
    {
        var instance = step.Instance;
        var state = aws.In(step.Scope).AutoScaling.DescribeLifecycleStateAsync(instance.Id, stopping);
        var entry = ledger.GetNodeAsync(instance.Id, stopping);
        await Task.WhenAll(state, entry);
        if (await state != instance.LifecycleState)
        {
            return new StepOutcome.Stale("it is not held there any more");
        }

        var record = await entry;
        if (HookPlanner.IsMarked(step.For, instance, record, time.GetUtcNow()))
        {
            return new StepOutcome.AlreadySo();
        }

        // Sent first, marked then. A process that ends in between leaves news without its mark: NodeLifecycle leaves one of its own, or the next look
        // tells it once more, which it takes for the same news delivered twice. The other way round, a mark without news would let the hook time out.
        var queue = settings.NodeQueue ?? throw new InvalidOperationException("Without its queue nothing is told to NodeLifecycle, so nothing is planned.");

        // One that was marked long ago, or of which nothing is left, may be held because its hook cannot be completed. News of now would bring heartbeats
        // with each look, and keep it from dying for ever: old news is tried without them.
        var at = step.For == HeldFor.Leaving && record is not { GoneAt: null } ? time.GetUtcNow() - LaunchPlanner.JoinTime - TimeSpan.FromSeconds(1) : time.GetUtcNow();
        foreach (var hook in step.Hooks)
        {
            var held = new ChangeEvent.InstanceHeld(step.Scope, instance.Id, instance.Group!, hook, step.For == HeldFor.Leaving, step.For == HeldFor.WarmPool);
            await sqs.SendMessageAsync(queue, HeldEvent.Write(held, at), stopping);
        }

        // Whoever wrote the entry meanwhile is NodeLifecycle, with this news or the lost one, or another look that the next one makes up for.
        await ledger.PutNodeAsync(HookPlanner.Marked(step, record, time.GetUtcNow()), stopping);
        return new StepOutcome.Applied();
    }
}

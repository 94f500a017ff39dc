using Automation.Aws;
using Automation.Events;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>The hook that holds an instance, if it is ours to answer. Another team's hook is never completed, nor kept waiting.</summary>
public sealed class LifecycleHook
{
    private readonly IAutoScaling _autoScaling;
    private readonly LifecycleWait? _wait;

    private LifecycleHook(IAutoScaling autoScaling, HookOwner owner, LifecycleWait? wait)
    {
        _autoScaling = autoScaling;
        Owner = owner;
        _wait = wait;
    }

    public HookOwner Owner { get; }

    public static LifecycleHook Of(ChangeEvent.InstanceHeld held, IAutoScaling autoScaling) => new GroupHook(held.Group, held.Hook, held.Leaving).IsOurs
        ? new(autoScaling, HookOwner.Ours, new(held.Group, held.Hook, held.Instance))
        : new(autoScaling, HookOwner.Others, null);

    public static LifecycleHook None(IAutoScaling autoScaling) => new(autoScaling, HookOwner.Nobody, null);

    /// <summary>Lets the instance go on. A wait that is over already is as good.</summary>
    public Task CompleteAsync(LifecycleResult result, CancellationToken stopping) =>
        _wait is null ? Task.CompletedTask : _autoScaling.CompleteLifecycleActionAsync(_wait, result, stopping);

    public Task HeartbeatAsync(CancellationToken stopping) =>
        _wait is null ? Task.CompletedTask : _autoScaling.RecordLifecycleActionHeartbeatAsync(_wait, stopping);
}

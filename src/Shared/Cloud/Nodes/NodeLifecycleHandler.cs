using Automation.Events;
using Automation.Lambda;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Answers the queue of instance events, message by message.</summary>
/// <remarks>Every message is redelivered unless it was handled: a forgotten case repeats work, it never loses it.</remarks>
public sealed partial class NodeLifecycleHandler(Parts parts, Outside outside, Settings settings, Metrics metrics, TimeProvider time, ILogger log)
{
    /// <summary>Trouble that a person must end, such as a denied call, is tried again at this pace.</summary>
    private static readonly TimeSpan s_deniedDelay = TimeSpan.FromSeconds(30);

    /// <summary>Trouble that ends by itself is tried again soon at first, then at this pace: its tries must not use up the queue's receives.</summary>
    private static readonly TimeSpan s_outageDelay = TimeSpan.FromSeconds(15);

    /// <summary>SQS lets a message wait 12 hours; a service that asks for more than this is asked again all the same.</summary>
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_longestSpread = TimeSpan.FromSeconds(40);

    /// <summary>After this long, news that cannot be dealt with is the reconcile's: hooks have timed out, and keys have expired.</summary>
    private static readonly TimeSpan s_newsLife = LaunchPlanner.KeyLife;

    private readonly Redelivery _redelivery = new(outside.Sqs, log);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken stopping)
    {
        var batch = SqsBatch.Parse(payload);
        try
        {
            // What concerns one instance, one after the other: at the same time, each would register it.
            var messages = batch.Records.Select(record => (Record: record, News: Read(record)));
            var left = await Task.WhenAll(messages.GroupBy(message => Subject(message.News)?.Id ?? message.Record.MessageId).Select(same => HandleAsync(same, stopping)));
            return SqsBatchResponse.Redeliver(left.SelectMany(ids => ids)).ToJson();
        }
        finally
        {
            metrics.Flush();
        }
    }

    /// <returns>The ids of the messages that are to come again.</returns>
    private async Task<List<string>> HandleAsync(IEnumerable<(SqsRecord Record, News? News)> messages, CancellationToken stopping)
    {
        List<string> left = [];
        foreach (var (record, news) in messages)
        {
            if (!await HandleAsync(record, news, stopping))
            {
                left.Add(record.MessageId);
            }
        }

        return left;
    }

    /// <returns>null where the message is malformed.</returns>
    private News? Read(SqsRecord record)
    {
        try
        {
            return EventParser.Parse(record.Body);
        }
        catch (MalformedEventException malformed)
        {
            LogMalformed(log, record.MessageId, malformed.Message);
            metrics.Count("MalformedMessages");
            return null;
        }
    }

    // The instance or the task; null for what does not concern this function.
    private static (Scope Scope, string Id)? Subject(News? news) => news?.Change switch
    {
        ChangeEvent.InstanceHeld held => (held.Scope, held.Instance.ToString()),
        ChangeEvent.InstanceRuns runs => (runs.Scope, runs.Instance.ToString()),
        ChangeEvent.InstanceTagged tagged => (tagged.Scope, tagged.Instance.ToString()),
        ChangeEvent.InstanceLeaves leaves => (leaves.Scope, leaves.Instance.ToString()),
        ChangeEvent.TaskStopped stopped => (stopped.Scope, $"task {stopped.Task}"),
        _ => null,
    };

    /// <returns>Whether the message may leave the queue.</returns>
    private async Task<bool> HandleAsync(SqsRecord record, News? news, CancellationToken stopping)
    {
        if (news is null)
        {
            await _redelivery.ComeBackAsync(record, Redelivery.AtOnce, stopping);
            return false;
        }

        try
        {
            return await AttendAsync(record, news, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            LogTimeUp(log, news.Id);
            await _redelivery.ComeBackInTimeAsync(record, s_outageDelay, time);   // a hook waits: the queue's own delay may outlast it
            return false;
        }
        catch (Exception unexpected) when (unexpected is not OutOfMemoryException)   // one message's trouble must not fail the others of its batch
        {
            LogUnexpected(log, unexpected, news.Id);
            metrics.Count("UnexpectedErrors");
            return false;
        }
    }

    private async Task<bool> AttendAsync(SqsRecord record, News news, CancellationToken stopping)
    {
        if (Subject(news) is not var (scope, instance) || !settings.Scopes.Contains(scope))
        {
            LogNotOurs(log, news.Id, news.Change.ToString());
            return true;
        }

        var autoScaling = outside.Aws.In(scope).AutoScaling;
        var hook = news.Change is ChangeEvent.InstanceHeld wait ? LifecycleHook.Of(wait, autoScaling) : LifecycleHook.None(autoScaling);
        if (settings.DryRun)
        {
            LogDryRun(log, news.Change.ToString());
            return true;
        }

        NodeOutcome outcome;
        try
        {
            outcome = await AttendAsync(news, hook, stopping);
        }
        catch (CallFailedException failed)
        {
            LogFailed(log, instance, failed.Message);
            metrics.Count("FailedLooks");
            outcome = new NodeOutcome.Again(DelayAfter(failed, time.GetUtcNow() - news.Time) + Spread(failed, instance), failed.Message);
        }

        switch (outcome)
        {
            case NodeOutcome.Done done:
                LogDone(log, done.What);
                if (done.Metric is { } metric)
                {
                    metrics.Count(metric);
                }

                return true;

            case NodeOutcome.Again when time.GetUtcNow() - news.Time > s_newsLife:
                LogLeft(log, instance);
                return true;

            case NodeOutcome.Again again:
                LogAgain(log, again.Why, again.Delay.TotalSeconds);
                await Task.WhenAll(HeartbeatAsync(hook, instance, news, stopping), _redelivery.ComeBackAsync(record, again.Delay, stopping));
                return false;

            default:
                throw new NotSupportedException($"No handler knows {outcome.GetType().Name}.");
        }
    }

    private static TimeSpan DelayAfter(CallFailedException failed, TimeSpan age)
    {
        if (!failed.CanRetry && failed.Failure is not Failure.Conflict)
        {
            return s_deniedDelay;
        }

        var own = age < LaunchPlanner.SettleTime ? NodeLaunch.Delay : s_outageDelay;
        var asked = failed.RetryAfter ?? TimeSpan.Zero;
        return asked > s_longestDelay ? s_longestDelay : asked > own ? asked : own;
    }

    // Many that were throttled together would be so again if they came back together: fifty launches need a hundred of SSM's three writes a second.
    private TimeSpan Spread(CallFailedException failed, string instance)
    {
        if (failed is not { Failure: Failure.Throttled, Operation: "PutParameter" })
        {
            return TimeSpan.Zero;
        }

        var hash = 2166136261u;   // FNV-1a: the same for the same instance and moment, and for others another
        foreach (var c in $"{instance} {time.GetUtcNow().UtcTicks}")
        {
            hash = (hash ^ c) * 16777619u;
        }

        return TimeSpan.FromSeconds(hash % (uint)s_longestSpread.TotalSeconds);
    }

    private Task<NodeOutcome> AttendAsync(News news, LifecycleHook hook, CancellationToken stopping) => news.Change switch
    {
        // On its way into a warm pool a node serves nobody yet: it gets its key when it leaves the pool.
        ChangeEvent.InstanceHeld { Leaving: false, WarmPool: true } held => PassAsync(held.Instance, hook, stopping),
        ChangeEvent.InstanceHeld { Leaving: false } held => parts.Launch.AttendAsync(held.Scope, held.Instance, hook, news.Time, stopping),
        ChangeEvent.InstanceHeld held => parts.Leave.AttendAsync(held.Scope, held.Instance, hook, Departure.Held, news.Time, stopping),
        ChangeEvent.InstanceRuns runs => parts.Launch.AttendAsync(runs.Scope, runs.Instance, hook, news.Time, stopping),
        ChangeEvent.InstanceTagged tagged => parts.Launch.AttendAsync(tagged.Scope, tagged.Instance, hook, news.Time, stopping),
        ChangeEvent.InstanceLeaves leaves => parts.Leave.AttendAsync(leaves.Scope, leaves.Instance, hook, leaves.Departure, news.Time, stopping),
        ChangeEvent.TaskStopped stopped => parts.Tasks.AttendAsync(stopped.Task, time.GetUtcNow() - news.Time, stopping),
        _ => throw new NotSupportedException($"No function attends to {news.Change.GetType().Name}."),
    };

    private static async Task<NodeOutcome> PassAsync(InstanceId instance, LifecycleHook hook, CancellationToken stopping)
    {
        await hook.CompleteAsync(Aws.LifecycleResult.Continue, stopping);
        return new NodeOutcome.Done($"{instance} goes into its warm pool");
    }

    private async Task HeartbeatAsync(LifecycleHook hook, string instance, News news, CancellationToken stopping)
    {
        if (time.GetUtcNow() - news.Time > LaunchPlanner.JoinTime)
        {
            return;   // what has not come right by now is not kept waiting longer: the hook's own timeout decides
        }

        try
        {
            await hook.HeartbeatAsync(stopping);
        }
        catch (CallFailedException failed)
        {
            LogNoHeartbeat(log, instance, failed.Message);
        }
    }

    [LoggerMessage(1101, LogLevel.Error, "Message {MessageId} goes to the dead-letter queue: {Why}")]
    private static partial void LogMalformed(ILogger log, string messageId, string why);

    [LoggerMessage(1102, LogLevel.Warning, "Event {EventId} was not finished in time and comes back.")]
    private static partial void LogTimeUp(ILogger log, string eventId);

    [LoggerMessage(1103, LogLevel.Error, "Event {EventId} failed unexpectedly and comes back.")]
    private static partial void LogUnexpected(ILogger log, Exception error, string eventId);

    [LoggerMessage(1104, LogLevel.Debug, "Event {EventId} is none of this function's: {Change}.")]
    private static partial void LogNotOurs(ILogger log, string eventId, string change);

    [LoggerMessage(1105, LogLevel.Error, "{Instance}: {Why}")]
    private static partial void LogFailed(ILogger log, string instance, string why);

    [LoggerMessage(1106, LogLevel.Error, "{Instance} is left to the reconcile: its news is too old to be tried again.")]
    private static partial void LogLeft(ILogger log, string instance);

    [LoggerMessage(1107, LogLevel.Information, "{What}.")]
    private static partial void LogDone(ILogger log, string what);

    [LoggerMessage(1108, LogLevel.Information, "{Why}. It is looked at again in {DelaySeconds} s.")]
    private static partial void LogAgain(ILogger log, string why, double delaySeconds);

    [LoggerMessage(1109, LogLevel.Warning, "No heartbeat for {Instance}: {Why}")]
    private static partial void LogNoHeartbeat(ILogger log, string instance, string why);

    [LoggerMessage(1111, LogLevel.Warning, "Dry run, so nothing is done about {Change}. A hook that holds the instance is not answered: its timeout decides.")]
    private static partial void LogDryRun(ILogger log, string change);
}

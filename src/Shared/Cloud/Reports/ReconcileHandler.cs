using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Automation.Events;
using Automation.Lambda;
using Automation.Plans;
using Microsoft.Extensions.Logging;

namespace Automation.Reports;

/// <summary>Answers the queue of network and name events, the schedule, and a person's direct invocation.</summary>
public sealed partial class ReconcileHandler(Reconciler reconciler, Outside outside, Settings settings, Metrics metrics, TimeProvider time, ILogger log)
{
    /// <summary>Lambda takes 6 MB. A longer answer would fail the invocation, and Lambda would have all of it done twice more.</summary>
    private const int MostBytes = 6 * 1024 * 1024;

    /// <summary>AWS calls are accepted before they are done, and no event says when: an unfinished answer is looked at again after this.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(15);

    /// <summary>News that could not be answered for this long is left to the schedule.</summary>
    private static readonly TimeSpan s_newsLife = TimeSpan.FromMinutes(10);

    /// <summary>Descriptions may lag behind a call by this much; a look that comes sooner proves nothing.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(5);

    // News of one scope concerns others too: what is reached by a peering, and which VPCs a zone is associated with.
    private static readonly ReconcileRequest s_everything = new(DryRun: false, Scopes: null, AllowMassDelete: false);

    // When the last look at all scopes began that answered everything in one of them. Kept for the life of the process: losing it costs a look.
    private readonly Dictionary<Scope, DateTimeOffset> _answered = [];

    private readonly Redelivery _redelivery = new(outside.Sqs, log);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken stopping)
    {
        try
        {
            return Has(payload.Span, "Records") ? await HandleAsync(SqsBatch.Parse(payload), stopping)
                : Has(payload.Span, "detail-type", "source") ? await HandleEventAsync(payload, stopping)
                : Answer(await RunAsync(ReconcileRequestJson.Read(payload.Span, settings.Scopes), stopping));
        }
        finally
        {
            metrics.Flush();
        }
    }

    private async Task<ReadOnlyMemory<byte>> HandleEventAsync(ReadOnlyMemory<byte> payload, CancellationToken stopping)
    {
        var news = EventParser.Parse(Encoding.UTF8.GetString(payload.Span));
        if (ScopesOf(news.Change).IsEmpty)
        {
            LogNotOurs(log, news.Id, news.Change.ToString());
            return SqsBatchResponse.Redeliver([]).ToJson();
        }

        return Answer(await RunAsync(s_everything, stopping));
    }

    private static ReadOnlyMemory<byte> Answer(ReconcileResult result) => result.Report.ToUtf8Json(MostBytes);

    private async Task<ReadOnlyMemory<byte>> HandleAsync(SqsBatch batch, CancellationToken stopping)
    {
        var redeliver = batch.Records.Select(record => record.MessageId).ToHashSet();
        var open = new List<(SqsRecord Record, News News, ImmutableArray<Scope> Scopes)>();
        foreach (var record in batch.Records)
        {
            try
            {
                var news = EventParser.Parse(record.Body);
                var scopes = ScopesOf(news.Change).RemoveAll(scope => IsAnswered(scope, news.Time));
                if (scopes.IsEmpty || await IsNoNodesAsync(news.Change, stopping))
                {
                    LogNotOurs(log, news.Id, news.Change.ToString());
                    redeliver.Remove(record.MessageId);
                }
                else
                {
                    open.Add((record, news, scopes));
                }
            }
            catch (MalformedEventException malformed)
            {
                LogMalformed(log, record.MessageId, malformed.Message);
                metrics.Count("MalformedMessages");
                await _redelivery.ComeBackAsync(record, Redelivery.AtOnce, stopping);
            }
        }

        if (open.Count > 0)
        {
            await LookAsync(open, redeliver, stopping);
        }

        return SqsBatchResponse.Redeliver(redeliver).ToJson();
    }

    /// <summary>Most launches are of other people's groups: one call is cheaper than a look.</summary>
    private async Task<bool> IsNoNodesAsync(ChangeEvent change, CancellationToken stopping)
    {
        try
        {
            return change is ChangeEvent.InstanceLaunched launched
                && await outside.Aws.In(launched.Scope).Ec2.DescribeInstanceAsync(launched.Instance, stopping) is { Role: "" };
        }
        catch (CallFailedException)
        {
            return false;   // the look says what is wrong
        }
    }

    /// <summary>One look at all scopes answers all open news, that of a scope that could be read at once, whatever is wrong in another.</summary>
    private async Task LookAsync(
        List<(SqsRecord Record, News News, ImmutableArray<Scope> Scopes)> open, HashSet<string> redeliver, CancellationToken stopping)
    {
        ImmutableHashSet<Scope> answered = [];
        var began = time.GetUtcNow();
        try
        {
            answered = (await RunAsync(s_everything, stopping)).Answered;
        }
        catch (NothingObservedException nothing)
        {
            LogNothing(log, nothing.Message);
        }

        foreach (var (record, news, scopes) in open)
        {
            // Fresh news may be of something that AWS does not show yet: it is looked at once more.
            if (scopes.All(answered.Contains) && began - news.Time >= s_settled)
            {
                redeliver.Remove(record.MessageId);
            }
            else if (time.GetUtcNow() - news.Time > s_newsLife)
            {
                LogLeft(log, news.Id);
                redeliver.Remove(record.MessageId);
            }
            else
            {
                await _redelivery.ComeBackAsync(record, s_again, stopping);
            }
        }
    }

    private async Task<ReconcileResult> RunAsync(ReconcileRequest request, CancellationToken stopping)
    {
        var began = time.GetUtcNow();
        var result = await reconciler.RunAsync(request, stopping);
        if (!result.Report.DryRun && settings.Scopes.All((request.Scopes ?? settings.Scopes).Contains))
        {
            foreach (var scope in result.Answered)
            {
                _answered[scope] = began;
            }
        }

        Measure(result, time.GetUtcNow() - began);
        return result;
    }

    private bool IsAnswered(Scope scope, DateTimeOffset happened) => _answered.TryGetValue(scope, out var began) && happened <= began - s_settled;

    private ImmutableArray<Scope> ScopesOf(ChangeEvent change) => change switch
    {
        ChangeEvent.LookDue => settings.Scopes,
        ChangeEvent.InstanceLaunched c => [.. settings.Scopes.Where(scope => scope == c.Scope)],
        ChangeEvent.InstanceTagged c => [.. settings.Scopes.Where(scope => scope == c.Scope)],
        ChangeEvent.ScopeChanged c => [.. settings.Scopes.Where(scope => scope.Account == c.Account && (c.Region is null || c.Region == scope.Region))],
        _ => [],
    };

    // What tells a batch, an event and a person's request apart.
    private static bool Has(ReadOnlySpan<byte> payload, params ReadOnlySpan<string> members)
    {
        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!JsonElement.TryParseValue(ref reader, out var root) || root is not { ValueKind: JsonValueKind.Object } element)
            {
                return false;
            }

            foreach (var member in members)
            {
                if (!element.TryGetProperty(member, out _))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)   // the latter of half a surrogate pair in a name
        {
            return false;   // read as a request, which says what is wrong with it
        }
    }

    private void Measure(ReconcileResult result, TimeSpan took)
    {
        metrics.Value("ReconcileMilliseconds", took.TotalMilliseconds, MetricUnit.Milliseconds);
        metrics.Count("ReconcileSucceeded", result.Answers ? 1 : 0);
        foreach (var (metric, word) in new[] { ("StepsApplied", "applied"), ("StepsFailed", "failed"), ("StepsHeld", "held"), ("StepsNotReached", "not-reached") })
        {
            metrics.Count(metric, result.Report.Actions.Count(action => action.Outcome == word));
        }

        metrics.Count("FindingsOfErrors", result.Report.Findings.Count(finding => finding.Severity == Finding.Error));
        metrics.Count("FindingsOfWarnings", result.Report.Findings.Count(finding => finding.Severity == Finding.Warning));
    }

    [LoggerMessage(1201, LogLevel.Debug, "Event {EventId} needs no look: {Change}.")]
    private static partial void LogNotOurs(ILogger log, string eventId, string change);

    [LoggerMessage(1202, LogLevel.Error, "Message {MessageId} goes to the dead-letter queue: {Why}")]
    private static partial void LogMalformed(ILogger log, string messageId, string why);

    [LoggerMessage(1203, LogLevel.Error, "{Why}")]
    private static partial void LogNothing(ILogger log, string why);

    [LoggerMessage(1204, LogLevel.Warning, "Event {EventId} could not be answered in time and is left to the schedule.")]
    private static partial void LogLeft(ILogger log, string eventId);
}

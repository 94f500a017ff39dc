using Automation.Aws;
using Microsoft.Extensions.Logging;

namespace Automation.Lambda;

/// <summary>Chooses when a message that was not handled comes back. Where that fails, it comes back after its queue's own delay.</summary>
internal sealed partial class Redelivery(ISqs sqs, ILogger log)
{
    /// <summary>For a message that no look can make readable: at once, and so to the dead-letter queue, where a person sees it.</summary>
    public static readonly TimeSpan AtOnce = TimeSpan.Zero;

    public async Task ComeBackAsync(SqsRecord record, TimeSpan delay, CancellationToken stopping)
    {
        try
        {
            await sqs.ChangeMessageVisibilityAsync(record.EventSourceArn, record.ReceiptHandle, delay, stopping);
        }
        catch (CallFailedException failed)
        {
            LogSlow(log, record.MessageId, failed.Message);
        }
    }

    /// <summary>As <see cref="ComeBackAsync"/> once time is up: a call of its own, as short as fits before the answer.</summary>
    public async Task ComeBackInTimeAsync(SqsRecord record, TimeSpan delay, TimeProvider time)
    {
        using var last = new CancellationTokenSource(Budget.LastCall, time);
        try
        {
            await ComeBackAsync(record, delay, last.Token);
        }
        catch (OperationCanceledException) when (last.IsCancellationRequested)
        {
            LogSlow(log, record.MessageId, "there was no time left to ask.");
        }
    }

    [LoggerMessage(1301, LogLevel.Warning, "Message {MessageId} comes back only after its queue's own delay: {Why}")]
    private static partial void LogSlow(ILogger log, string messageId, string why);
}

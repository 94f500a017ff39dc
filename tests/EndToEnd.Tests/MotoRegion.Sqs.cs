using System.Globalization;
using System.Text.Json;
using Amazon.SQS;
using Amazon.SQS.Model;

namespace Automation.EndToEnd;

/// <summary>A queue and its dead-letter queue.</summary>
public sealed record MotoQueuePair(string Url, string Arn, string DeadLetterUrl, string DeadLetterArn);

public sealed partial class MotoRegion
{
    /// <param name="key">ARN of the KMS key that its messages are encrypted with; null for none.</param>
    public Task<MotoQueuePair> CreateQueueAsync(string name, int maxReceiveCount = 5, int visibilitySeconds = 30, string? key = null) =>
        CreateQueueAsync(name, "", key is null ? [] : new() { [QueueAttributeName.KmsMasterKeyId] = key }, maxReceiveCount, visibilitySeconds);

    /// <param name="name">Without <c>.fifo</c>.</param>
    public Task<MotoQueuePair> CreateFifoQueueAsync(string name, int maxReceiveCount = 5, int visibilitySeconds = 30) =>
        CreateQueueAsync(
            name,
            ".fifo",
            new() { [QueueAttributeName.FifoQueue] = "true", [QueueAttributeName.ContentBasedDeduplication] = "true" },
            maxReceiveCount,
            visibilitySeconds);

    /// <param name="group">Message group, for FIFO queues only.</param>
    public Task SendAsync(string queueUrl, string body, string? group = null) =>
        Sqs.SendMessageAsync(new SendMessageRequest { QueueUrl = queueUrl, MessageBody = body, MessageGroupId = group });

    /// <param name="wait">How long to wait where none is visible yet: 20 s at most.</param>
    /// <returns>Up to ten visible messages, with all their system attributes.</returns>
    public async Task<IReadOnlyList<Message>> ReceiveAsync(string queueUrl, TimeSpan wait = default)
    {
        var received = await Sqs.ReceiveMessageAsync(new ReceiveMessageRequest
        {
            QueueUrl = queueUrl,
            MaxNumberOfMessages = 10,
            WaitTimeSeconds = (int)wait.TotalSeconds,
            MessageSystemAttributeNames = ["All"],
        });
        return received.Messages ?? [];
    }

    public Task DeleteMessageAsync(string queueUrl, string receiptHandle) => Sqs.DeleteMessageAsync(queueUrl, receiptHandle);

    public async Task<(int Visible, int InFlight)> CountMessagesAsync(string queueUrl)
    {
        var counts = await Sqs.GetQueueAttributesAsync(queueUrl, [QueueAttributeName.All]);
        return (counts.ApproximateNumberOfMessages, counts.ApproximateNumberOfMessagesNotVisible);
    }

    private async Task<MotoQueuePair> CreateQueueAsync(
        string name, string suffix, Dictionary<string, string> attributes, int maxReceiveCount, int visibilitySeconds)
    {
        var dead = (await Sqs.CreateQueueAsync(new CreateQueueRequest { QueueName = $"{name}-dead{suffix}", Attributes = new(attributes) })).QueueUrl;
        var deadArn = await ArnAsync(dead);
        attributes[QueueAttributeName.VisibilityTimeout] = visibilitySeconds.ToString(CultureInfo.InvariantCulture);
        attributes[QueueAttributeName.RedrivePolicy] = JsonSerializer.Serialize(new { deadLetterTargetArn = deadArn, maxReceiveCount });
        var queue = (await Sqs.CreateQueueAsync(new CreateQueueRequest { QueueName = name + suffix, Attributes = attributes })).QueueUrl;
        return new(queue, await ArnAsync(queue), dead, deadArn);
    }

    private async Task<string> ArnAsync(string queueUrl) =>
        (await Sqs.GetQueueAttributesAsync(queueUrl, [QueueAttributeName.QueueArn])).QueueARN;
}

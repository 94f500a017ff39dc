using Amazon.SQS;
using Amazon.SQS.Model;

namespace Automation.Aws;

internal sealed class SqsClient(IAmazonSQS client, AwsCaller caller, string dnsSuffix) : ISqs
{
    private const string Operation = "ChangeMessageVisibility";

    private static readonly TimeSpan s_longest = TimeSpan.FromHours(12);

    public async Task ChangeMessageVisibilityAsync(string queueArn, string receiptHandle, TimeSpan delay, CancellationToken stopping)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, s_longest);
        var request = new ChangeMessageVisibilityRequest
        {
            QueueUrl = QueueUrl(queueArn),
            ReceiptHandle = receiptHandle,
            VisibilityTimeout = (int)Math.Ceiling(delay.TotalSeconds),
        };
        await caller.CallAsync(Operation, token => client.ChangeMessageVisibilityAsync(request, token), stopping).ConfigureAwait(false);
    }

    public Task SendMessageAsync(Uri queue, string body, CancellationToken stopping) => caller.CallAsync(
        "SendMessage", token => client.SendMessageAsync(new SendMessageRequest { QueueUrl = queue.AbsoluteUri, MessageBody = body }, token), stopping);

    // arn:<partition>:sqs:<region>:<account>:<name>. SQS reads the account and the name from the address; where the call goes is
    // the client's endpoint.
    private string QueueUrl(string arn) =>
        arn.Split(':') is ["arn", _, "sqs", var region, var account, { Length: > 0 } name] && Scope.IsRegion(region) && Scope.IsAccount(account)
            ? $"https://sqs.{region}.{dnsSuffix}/{account}/{name}"
            : throw new CallFailedException(
                Failure.Invalid, AwsService.Sqs.Name, Operation, "arn", $"'{Printable.Of(arn)}' is not the ARN of a queue");
}

using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class SqsClientTests : IDisposable
{
    private const string Sqs = "POST https://sqs.eu-west-1.amazonaws.com/";
    private const string Queue = "arn:aws:sqs:eu-west-1:111122223333:tailnet-nodes.fifo";

    private readonly FakeAws _aws = new();

    private ISqs Client => Clients(_aws).Sqs;

    public void Dispose() => _aws.Done();

    [Theory]
    [InlineData(30, 30)]
    [InlineData(1.2, 2)]
    [InlineData(0, 0)]
    public async Task Delays_a_message(double delay, int seconds)
    {
        _aws.On(
                Sqs,
                "X-Amz-Target: AmazonSQS.ChangeMessageVisibility",
                "\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/111122223333/tailnet-nodes.fifo\"",
                "\"ReceiptHandle\":\"r-1\"",
                $"\"VisibilityTimeout\":{seconds}")
            .Json("{}");

        await Client.ChangeMessageVisibilityAsync(Queue, "r-1", TimeSpan.FromSeconds(delay), Stopping);
    }

    [Fact]
    public async Task Sends_a_message()
    {
        _aws.On(
                Sqs,
                "X-Amz-Target: AmazonSQS.SendMessage",
                "\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/111122223333/nodes\"",
                "\"MessageBody\":\"news\"")
            .Json("""{"MessageId":"1","MD5OfMessageBody":"508c75c8507a2ae5223dfd2faeb98122"}""");

        await Client.SendMessageAsync(new("https://sqs.eu-west-1.amazonaws.com/111122223333/nodes"), "news", Stopping);
    }

    [Fact]
    public async Task Names_the_permission_that_sending_needs()
    {
        _aws.On(Sqs).JsonError("AccessDeniedException", "no");

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => Client.SendMessageAsync(new("https://sqs.eu-west-1.amazonaws.com/111122223333/nodes"), "news", Stopping));

        Assert.Contains("allow sqs:SendMessage in the role of the function", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(43201)]
    public async Task Refuses_a_delay_that_SQS_does_not_know(int seconds) => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        () => Client.ChangeMessageVisibilityAsync(Queue, "r-1", TimeSpan.FromSeconds(seconds), Stopping));

    [Theory]
    [InlineData("tailnet-nodes")]
    [InlineData("arn:aws:sns:eu-west-1:111122223333:tailnet-nodes")]
    [InlineData("arn:aws:sqs:eu-west-1:1:tailnet-nodes")]
    [InlineData("arn:aws:sqs:eu-west-1:111122223333:")]
    public async Task Refuses_what_is_no_queue_s_ARN(string arn)
    {
        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.ChangeMessageVisibilityAsync(arn, "r-1", TimeSpan.FromSeconds(1), Stopping));

        Assert.Equal(Failure.Invalid, failed.Failure);
    }

    [Fact]
    public async Task Names_the_missing_permission()
    {
        _aws.On(Sqs).JsonError("AccessDeniedException", "no");

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.ChangeMessageVisibilityAsync(Queue, "r-1", TimeSpan.FromSeconds(1), Stopping));

        Assert.Contains("allow sqs:ChangeMessageVisibility in the role of the function", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retries_SQS_s_throttling_and_then_says_so()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            _aws.On(Sqs).JsonError("RequestThrottled", "slow down");
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(
            () => Client.ChangeMessageVisibilityAsync(Queue, "r-1", TimeSpan.FromSeconds(1), Stopping));

        Assert.Equal(Failure.Throttled, failed.Failure);
    }
}

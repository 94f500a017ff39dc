using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Automation.Lambda;

public sealed class SqsBatchTests
{
    [Fact]
    public void Reads_a_batch_of_a_FIFO_queue()
    {
        var record = SqsBatch.Parse(Sample("lambda-sqs-fifo-batch.json")).Records[0];

        Assert.Equal("0bce9209-6326-4645-a6b2-caec9cf6b386", record.MessageId);
        Assert.Equal("AQEBexampleReceiptHandle1", record.ReceiptHandle);
        Assert.Equal("111122223333", record.MessageGroupId);
        Assert.Equal(1, record.ReceiveCount);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1772615728183), record.Sent);
        Assert.Equal("EC2 Instance-launch Lifecycle Action", JsonElement.Parse(record.Body).GetProperty("detail-type").GetString());
    }

    [Fact]
    public void Reads_a_batch_of_a_standard_queue()
    {
        var record = Assert.Single(SqsBatch.Parse(Sample("lambda-sqs-standard-batch.json")).Records);

        Assert.Equal("arn:aws:sqs:eu-west-1:111122223333:ts-events", record.EventSourceArn);
        Assert.Null(record.MessageGroupId);
    }

    [Fact]
    public void Takes_a_record_of_which_only_the_id_is_there()
    {
        var record = Assert.Single(SqsBatch.Parse(Utf8("""{"Records":[{"messageId":"a","body":null,"new":{"later":1}}]}""")).Records);

        Assert.Equal(new SqsRecord("a", "", "", "", 1, null, null), record);
    }

    [Theory]
    [InlineData("""{"Records":[{"messageId":"a"},{"body":"{}"}]}""", "record 1 has no messageId")]
    [InlineData("""{"Records":[{"messageId":""}]}""", "record 0 has no messageId")]
    [InlineData("""{"Records":[null]}""", "record 0 has no messageId")]
    [InlineData("""{"Records":null}""", "")]
    [InlineData("""{"Records":{"messageId":"a"}}""", "")]
    [InlineData("""{"Records":[{"messageId":7}]}""", "$[0].messageId")]
    [InlineData("""{"Records":[""", "")]
    [InlineData("""{"Records":[{"messageId":"a","\ud800receiptHandle":""}]}""", "a name that is no Unicode text")]
    [InlineData("""{"\ud800Records":[]}""", "a name that is no Unicode text")]
    [InlineData("", "")]
    [InlineData("{}", "it has no Records")]
    [InlineData("[]", "it has no Records")]
    public void Fails_the_whole_batch_where_a_message_could_not_be_asked_for_again(string payload, string problem)
    {
        var error = Assert.Throws<MalformedBatchException>(() => SqsBatch.Parse(Utf8(payload)));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"dryRun":true}""")]
    public void Knows_an_event_that_is_no_batch(string payload) =>
        Assert.Contains("it has no Records", Assert.Throws<MalformedBatchException>(() => SqsBatch.Parse(Utf8(payload))).Message, StringComparison.Ordinal);

    [Fact]
    public void An_empty_batch_is_a_batch() => Assert.Empty(SqsBatch.Parse(Utf8("""{"Records":[]}""")).Records);

    [Fact]
    public void Asks_for_failed_messages_in_the_form_that_Lambda_reads()
    {
        var sample = JsonElement.Parse(Sample("sqs-partial-batch-response.json").Span);
        var answer = SqsBatchResponse.Redeliver(["27cb9711-a877-4c25-a168-167c705e73a1"]).ToJson();

        Assert.True(JsonElement.DeepEquals(sample, JsonElement.Parse(answer.Span)));
        Assert.Equal("""{"batchItemFailures":[]}""", Encoding.UTF8.GetString(SqsBatchResponse.Redeliver([]).ToJson().Span));
    }

    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static ReadOnlyMemory<byte> Sample(string name, [CallerFilePath] string here = "") =>
        File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(here)!, "../../../events/wrapped", name));
}

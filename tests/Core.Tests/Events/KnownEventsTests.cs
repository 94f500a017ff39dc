using System.Text.Json;
using System.Text.Json.Nodes;

namespace Automation.Events;

public class KnownEventsTests
{
    private static readonly string s_launch = Samples.Text("asg-launch-lifecycle");

    public static TheoryData<string> Launches =>
    [
        "asg-launch-lifecycle", "asg-launch-lifecycle-from-warm-pool", "asg-launch-lifecycle-into-warm-pool", "asg-launch-lifecycle-legacy-no-origin", "asg-terminate-lifecycle",
    ];

    [Theory]
    [MemberData(nameof(Launches))]
    public void A_launch_is_read_as_the_serializer_reads_it(string sample)
    {
        var text = Samples.Text(sample);
        var expected = JsonSerializer.Deserialize(text, EventJson.Default.EventEnvelope)!;

        var envelope = KnownEvents.Envelope(text);

        Assert.NotNull(envelope);
        Assert.Equal(expected with { Detail = default, Resources = null }, envelope with { Detail = default, Resources = null });
        Assert.Equal(expected.Resources, envelope.Resources);
        Assert.True(JsonElement.DeepEquals(expected.Detail, envelope.Detail));
        Assert.Equal(JsonSerializer.Deserialize(expected.Detail, EventJson.Default.LifecycleActionDetail), KnownEvents.LifecycleAction(envelope.Detail));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("detail-type")]
    [InlineData("source")]
    [InlineData("account")]
    [InlineData("time")]
    [InlineData("region")]
    [InlineData("detail")]
    public void An_event_without_what_it_must_have_is_left_to_the_serializer(string member)
    {
        var json = JsonNode.Parse(s_launch)!.AsObject();
        json.Remove(member);

        Assert.Null(KnownEvents.Envelope(json.ToJsonString()));
    }

    [Theory]
    [InlineData("id", "7")]
    [InlineData("id", "null")]
    [InlineData("id", "\"\\ud800\"")]
    [InlineData("time", "\"yesterday\"")]
    [InlineData("time", "7")]
    [InlineData("resources", "\"arn\"")]
    [InlineData("resources", "[null]")]
    public void An_event_with_something_else_in_a_member_is_left_to_the_serializer(string member, string value) =>
        Assert.Null(KnownEvents.Envelope($"{s_launch.TrimEnd()[..^1]},\"{member}\":{value}}}"));   // of two members of a name the last one counts

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"id\":")]
    public void Text_that_is_no_event_is_left_to_the_serializer(string text) => Assert.Null(KnownEvents.Envelope(text));

    [Theory]
    [InlineData("AutoScalingGroupName", "null")]
    [InlineData("LifecycleHookName", "7")]
    [InlineData("EC2InstanceId", "\"\\ud800\"")]
    [InlineData("LifecycleTransition", "{}")]
    [InlineData("Destination", "true")]
    public void A_detail_with_something_else_in_a_member_is_left_to_the_serializer(string member, string value)
    {
        var detail = JsonNode.Parse(s_launch)!["detail"]!.ToJsonString();

        Assert.Null(KnownEvents.LifecycleAction(JsonElement.Parse($"{detail[..^1]},\"{member}\":{value}}}")));
    }
}

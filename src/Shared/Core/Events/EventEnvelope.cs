using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Events;

/// <summary>EventBridge's envelope. What cannot be missing is required; what AWS adds later is ignored.</summary>
internal sealed record EventEnvelope(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("detail-type")] string DetailType,
    [property: JsonPropertyName("source")] string Source,
    [property: JsonPropertyName("account")] string Account,
    [property: JsonPropertyName("time")] DateTimeOffset Time,
    [property: JsonPropertyName("region")] string Region,
    [property: JsonPropertyName("detail")] JsonElement Detail,
    [property: JsonPropertyName("resources")] string[]? Resources = null);

internal sealed record LifecycleActionDetail(
    string AutoScalingGroupName,
    string LifecycleHookName,
    string EC2InstanceId,
    string LifecycleTransition,
    string? Origin = null,
    string? Destination = null);

internal sealed record LaunchDetail(string EC2InstanceId);

internal sealed record InstanceStateDetail([property: JsonPropertyName("instance-id")] string InstanceId, [property: JsonPropertyName("state")] string State);

internal sealed record InstanceDetail([property: JsonPropertyName("instance-id")] string InstanceId);

internal sealed record TaskDetail([property: JsonPropertyName("taskArn")] string TaskArn, [property: JsonPropertyName("lastStatus")] string LastStatus);

internal sealed record HealthDetail(
    [property: JsonPropertyName("service")] string Service,
    [property: JsonPropertyName("eventTypeCode")] string EventTypeCode,
    [property: JsonPropertyName("eventRegion")] string? EventRegion = null);

internal sealed record ApiCallDetail(
    [property: JsonPropertyName("eventName")] string EventName,
    [property: JsonPropertyName("errorCode")] string? ErrorCode = null);

internal sealed record TagChangeDetail(
    [property: JsonPropertyName("service")] string Service,
    [property: JsonPropertyName("resource-type")] string ResourceType);

[JsonSourceGenerationOptions(
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 64, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventEnvelope))]
[JsonSerializable(typeof(LifecycleActionDetail))]
[JsonSerializable(typeof(LaunchDetail))]
[JsonSerializable(typeof(InstanceStateDetail))]
[JsonSerializable(typeof(InstanceDetail))]
[JsonSerializable(typeof(TaskDetail))]
[JsonSerializable(typeof(HealthDetail))]
[JsonSerializable(typeof(ApiCallDetail))]
[JsonSerializable(typeof(TagChangeDetail))]
internal sealed partial class EventJson : JsonSerializerContext;

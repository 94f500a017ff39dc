using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Automation.Nodes;

namespace Automation.Events;

/// <summary>Turns the text of an EventBridge event into news.</summary>
public static class EventParser
{
    /// <summary>1 MiB, the most that an SQS message or an asynchronous invocation can carry.</summary>
    public const int LargestBytes = 1024 * 1024;

    internal const string AutoScaling = "aws.autoscaling";
    internal const string LaunchAction = "EC2 Instance-launch Lifecycle Action";
    internal const string TerminateAction = "EC2 Instance-terminate Lifecycle Action";
    internal const string Launching = "autoscaling:EC2_INSTANCE_LAUNCHING";
    public const string Terminating = "autoscaling:EC2_INSTANCE_TERMINATING";
    internal const string WarmPool = "WarmPool";

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // EC2 calls after which a VPC, its addresses, its routes, what they lead to, or its DNS may have changed.
    internal static readonly FrozenSet<string> NetworkCalls = FrozenSet.Create(
        "CreateVpc", "CreateDefaultVpc", "DeleteVpc", "AssociateVpcCidrBlock", "DisassociateVpcCidrBlock", "ModifyVpcAttribute",
        "CreateSubnet", "DeleteSubnet", "AssociateSubnetCidrBlock", "DisassociateSubnetCidrBlock",
        "CreateDhcpOptions", "AssociateDhcpOptions",
        "CreateRoute", "ReplaceRoute", "DeleteRoute", "CreateRouteTable", "DeleteRouteTable",
        "AssociateRouteTable", "DisassociateRouteTable", "ReplaceRouteTableAssociation",
        "ModifyManagedPrefixList", "RestoreManagedPrefixListVersion",
        "CreateVpcPeeringConnection", "AcceptVpcPeeringConnection", "RejectVpcPeeringConnection", "DeleteVpcPeeringConnection",
        "ModifyVpcPeeringConnectionOptions",
        "CreateTransitGatewayVpcAttachment", "AcceptTransitGatewayVpcAttachment", "RejectTransitGatewayVpcAttachment",
        "ModifyTransitGatewayVpcAttachment", "DeleteTransitGatewayVpcAttachment",
        "CreateTransitGatewayPeeringAttachment", "AcceptTransitGatewayPeeringAttachment", "RejectTransitGatewayPeeringAttachment",
        "DeleteTransitGatewayPeeringAttachment",
        "CreateTransitGatewayRoute", "ReplaceTransitGatewayRoute", "DeleteTransitGatewayRoute",
        "CreateTransitGatewayPrefixListReference", "ModifyTransitGatewayPrefixListReference", "DeleteTransitGatewayPrefixListReference",
        "EnableTransitGatewayRouteTablePropagation", "DisableTransitGatewayRouteTablePropagation",
        "AssociateTransitGatewayRouteTable", "DisassociateTransitGatewayRouteTable", "DeleteTransitGatewayRouteTable");

    // Route 53 is global: its events come from us-east-1 whatever Region the VPC is in.
    internal static readonly FrozenSet<string> ZoneCalls = FrozenSet.Create(
        "CreateHostedZone", "DeleteHostedZone", "AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone", "ChangeTagsForResource",
        "CreateVPCAssociationAuthorization", "DeleteVPCAssociationAuthorization");

    internal static readonly FrozenSet<string> ResolverCalls = FrozenSet.Create(
        "CreateResolverEndpoint", "UpdateResolverEndpoint", "DeleteResolverEndpoint",
        "AssociateResolverEndpointIpAddress", "DisassociateResolverEndpointIpAddress",
        "CreateResolverRule", "UpdateResolverRule", "DeleteResolverRule", "AssociateResolverRule", "DisassociateResolverRule");

    // After these an instance serves its group no more, or again; it runs on all the while, so no hook and no change of state tells.
    internal static readonly FrozenSet<string> GroupCalls = FrozenSet.Create("EnterStandby", "ExitStandby", "AttachInstances", "DetachInstances");

    // Only EC2 resources whose tailscale: tags this automation reads.
    internal static readonly FrozenSet<string> TaggedTypes = FrozenSet.Create("vpc", "instance", "subnet");

    /// <exception cref="MalformedEventException">The text is no EventBridge event, or lacks what its kind must have.</exception>
    public static News Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Bytes(text) is var bytes && bytes > LargestBytes)
        {
            throw new MalformedEventException($"The event has {bytes} bytes; the largest that AWS delivers has {LargestBytes}.");
        }

        var envelope = KnownEvents.Envelope(text) ?? Read(text, EventJson.Default.EventEnvelope, "an EventBridge event");
        return new(Printable.Of(envelope.Id), envelope.Time, Read(envelope));
    }

    private static ChangeEvent Read(EventEnvelope envelope) => (envelope.Source, envelope.DetailType) switch
    {
        (AutoScaling, LaunchAction or TerminateAction) => Held(envelope),
        (AutoScaling, "EC2 Instance Launch Successful") =>
            new ChangeEvent.InstanceLaunched(ScopeOf(envelope), Instance(envelope, Detail(envelope, EventJson.Default.LaunchDetail).EC2InstanceId)),
        ("aws.ec2", "EC2 Instance State-change Notification") => StateChanged(envelope),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning") => Leaves(envelope, Departure.Interrupted),
        ("aws.ec2", "EC2 Instance Rebalance Recommendation") => Leaves(envelope, Departure.AtRisk),
        ("aws.ecs", "ECS Task State Change") => TaskChanged(envelope),
        ("aws.health", "AWS Health Event") => HealthChanged(envelope),
        ("aws.ec2" or AutoScaling or "aws.route53" or "aws.route53resolver", "AWS API Call via CloudTrail") => ApiCalled(envelope),
        ("aws.tag", "Tag Change on Resource") => TagsChanged(envelope),
        ("aws.events", "Scheduled Event") or ("aws.scheduler", _) => new ChangeEvent.LookDue(),
        _ => NotOurs(envelope),
    };

    private static ChangeEvent.InstanceHeld Held(EventEnvelope envelope)
    {
        var detail = KnownEvents.LifecycleAction(envelope.Detail) ?? Detail(envelope, EventJson.Default.LifecycleActionDetail);
        var leaving = detail.LifecycleTransition switch
        {
            Launching => false,
            Terminating => true,
            var other => throw new MalformedEventException($"Event {Printable.Of(envelope.Id)} has the unknown LifecycleTransition '{Printable.Of(other)}'."),
        };
        return new(
            ScopeOf(envelope),
            Instance(envelope, detail.EC2InstanceId),
            detail.AutoScalingGroupName,
            detail.LifecycleHookName,
            leaving,
            // Fields absent: the group has no warm pool.
            detail.Destination == WarmPool);
    }

    private static ChangeEvent StateChanged(EventEnvelope envelope)
    {
        var detail = Detail(envelope, EventJson.Default.InstanceStateDetail);
        var instance = Instance(envelope, detail.InstanceId);
        return detail.State switch
        {
            "running" => new ChangeEvent.InstanceRuns(ScopeOf(envelope), instance),
            "stopping" or "stopped" => new ChangeEvent.InstanceLeaves(ScopeOf(envelope), instance, Departure.Stopped),   // stopped is not gone
            "shutting-down" or "terminated" => new ChangeEvent.InstanceLeaves(ScopeOf(envelope), instance, Departure.Ended),
            _ => NotOurs(envelope),
        };
    }

    private static ChangeEvent.InstanceLeaves Leaves(EventEnvelope envelope, Departure departure) =>
        new(ScopeOf(envelope), Instance(envelope, Detail(envelope, EventJson.Default.InstanceDetail).InstanceId), departure);

    private static ChangeEvent TaskChanged(EventEnvelope envelope)
    {
        var detail = Detail(envelope, EventJson.Default.TaskDetail);
        // Ids of accounts that never opted in to the longer form are of another shape, and name no device.
        return detail.LastStatus == "STOPPED" && TaskId.TryParse(detail.TaskArn[(detail.TaskArn.LastIndexOf('/') + 1)..], out var task)
            ? new ChangeEvent.TaskStopped(ScopeOf(envelope), task)
            : NotOurs(envelope);
    }

    // Sent to a backup Region too: eventRegion is where the instances are.
    private static ChangeEvent HealthChanged(EventEnvelope envelope)
    {
        var detail = Detail(envelope, EventJson.Default.HealthDetail);
        var scope = ScopeOf(envelope);
        return detail.Service == "EC2" && detail.EventTypeCode.StartsWith("AWS_EC2_INSTANCE_", StringComparison.Ordinal)
            ? new ChangeEvent.ScopeChanged(scope.Account, Scope.IsRegion(detail.EventRegion) ? detail.EventRegion : scope.Region, Printable.Of(detail.EventTypeCode))
            : NotOurs(envelope);
    }

    private static ChangeEvent ApiCalled(EventEnvelope envelope)
    {
        var call = Detail(envelope, EventJson.Default.ApiCallDetail);
        if (call.ErrorCode is not null)   // CloudTrail delivers refused calls too: nothing changed
        {
            return NotOurs(envelope);
        }

        var scope = ScopeOf(envelope);
        return envelope.Source switch
        {
            "aws.ec2" when NetworkCalls.Contains(call.EventName) => new ChangeEvent.ScopeChanged(scope.Account, scope.Region, call.EventName),
            AutoScaling when GroupCalls.Contains(call.EventName) => new ChangeEvent.ScopeChanged(scope.Account, scope.Region, call.EventName),
            "aws.route53" when ZoneCalls.Contains(call.EventName) => new ChangeEvent.ScopeChanged(scope.Account, null, call.EventName),
            "aws.route53resolver" when ResolverCalls.Contains(call.EventName) => new ChangeEvent.ScopeChanged(scope.Account, scope.Region, call.EventName),
            _ => NotOurs(envelope),
        };
    }

    private static ChangeEvent TagsChanged(EventEnvelope envelope)
    {
        var detail = Detail(envelope, EventJson.Default.TagChangeDetail);
        var scope = ScopeOf(envelope);
        if (detail is { Service: "ec2", ResourceType: "instance" } && envelope.Resources is [{ } arn, ..])
        {
            return new ChangeEvent.InstanceTagged(scope, Instance(envelope, arn[(arn.LastIndexOf('/') + 1)..]));
        }

        return detail.Service == "ec2" && TaggedTypes.Contains(detail.ResourceType)
            ? new ChangeEvent.ScopeChanged(scope.Account, scope.Region, $"tags of {detail.ResourceType}")
            : NotOurs(envelope);
    }

    private static ChangeEvent.Irrelevant NotOurs(EventEnvelope envelope) => new(Printable.Of(envelope.Source), Printable.Of(envelope.DetailType));

    private static Scope ScopeOf(EventEnvelope envelope) =>
        Scope.TryParse($"{envelope.Account}/{envelope.Region}", out var scope)
            ? scope
            : throw new MalformedEventException($"Event {Printable.Of(envelope.Id)} names no account and Region: '{Printable.Of(envelope.Account)}', '{Printable.Of(envelope.Region)}'.");

    private static InstanceId Instance(EventEnvelope envelope, string text) =>
        InstanceId.TryParse(text, out var id)
            ? id
            : throw new MalformedEventException($"Event {Printable.Of(envelope.Id)} names no instance: '{Printable.Of(text)}'.");

    private static int Bytes(string text)
    {
        try
        {
            return s_strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw new MalformedEventException("The message is not Unicode text: it holds half a surrogate pair.");
        }
    }

    private static T Detail<T>(EventEnvelope envelope, JsonTypeInfo<T> type) =>
        Read(envelope.Detail.GetRawText(), type, $"the detail of \"{Printable.Of(envelope.DetailType)}\" from {Printable.Of(envelope.Source)}");

    private static T Read<T>(string text, JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new MalformedEventException($"The message is null, not {what}.");
        }
        catch (JsonException e)
        {
            // The message of a JsonException quotes the text, and a log prints inner exceptions too: say where, not what.
            throw new MalformedEventException($"The message is not {what}: see {Printable.Of(e.Path ?? "its start")}, line {(e.LineNumber ?? 0) + 1}.");
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Automation.Events;

public class SampleEventsTests
{
    private const string Net = "ScopeChanged 111122223333 eu-west-1 ";
    private const string Zones = "ScopeChanged 111122223333 everywhere ";

    // One line for each file: what it must be read as. A file without a line fails, so that no sample goes unlooked at.
    private static readonly Dictionary<string, string> s_expected = new()
    {
        ["account-region-opt-in"] = "Irrelevant",
        ["asg-launch-lifecycle"] = "Held ts-router-eu-west-1 tailnet-launch coming",
        ["asg-launch-lifecycle-from-warm-pool"] = "Held ts-router-eu-west-1 tailnet-launch coming",
        ["asg-launch-lifecycle-into-warm-pool"] = "Held ts-router-eu-west-1 tailnet-launch coming into the warm pool",
        ["asg-launch-lifecycle-legacy-no-origin"] = "Held ts-router-eu-west-1 tailnet-launch coming",
        ["asg-launch-successful"] = "Launched i-0a1b2c3d4e5f60718",
        ["asg-launch-unsuccessful"] = "Irrelevant",
        ["asg-terminate-lifecycle"] = "Held ts-router-eu-west-1 tailnet-terminate leaving",
        ["asg-terminate-lifecycle-from-warm-pool"] = "Held ts-router-eu-west-1 tailnet-terminate leaving",
        ["asg-terminate-lifecycle-return-to-warm-pool"] = "Held ts-router-eu-west-1 tailnet-terminate leaving into the warm pool",
        ["asg-terminate-successful"] = "Irrelevant",
        ["asg-terminate-unsuccessful"] = "Irrelevant",
        ["cloudtrail-autoscaling-enter-standby"] = Net + "EnterStandby",
        ["cloudtrail-ec2-accept-transit-gateway-vpc-attachment"] = "ScopeChanged 777788889999 eu-west-1 AcceptTransitGatewayVpcAttachment",
        ["cloudtrail-ec2-accept-vpc-peering-connection"] = "ScopeChanged 444455556666 eu-west-1 AcceptVpcPeeringConnection",
        ["cloudtrail-ec2-associate-dhcp-options"] = Net + "AssociateDhcpOptions",
        ["cloudtrail-ec2-associate-route-table"] = Net + "AssociateRouteTable",
        ["cloudtrail-ec2-associate-vpc-cidr-block"] = Net + "AssociateVpcCidrBlock",
        ["cloudtrail-ec2-associate-vpc-cidr-block-ipv6"] = Net + "AssociateVpcCidrBlock",
        ["cloudtrail-ec2-create-dhcp-options"] = Net + "CreateDhcpOptions",
        ["cloudtrail-ec2-create-route-peering"] = Net + "CreateRoute",
        ["cloudtrail-ec2-create-route-transit-gateway"] = Net + "CreateRoute",
        ["cloudtrail-ec2-create-subnet"] = Net + "CreateSubnet",
        ["cloudtrail-ec2-create-tags"] = "Irrelevant",   // aws.tag says it too, once for all services
        ["cloudtrail-ec2-create-transit-gateway-route"] = "ScopeChanged 777788889999 eu-west-1 CreateTransitGatewayRoute",
        ["cloudtrail-ec2-create-transit-gateway-vpc-attachment"] = Net + "CreateTransitGatewayVpcAttachment",
        ["cloudtrail-ec2-create-vpc"] = Net + "CreateVpc",
        ["cloudtrail-ec2-create-vpc-failed"] = "Irrelevant",
        ["cloudtrail-ec2-create-vpc-peering-connection"] = Net + "CreateVpcPeeringConnection",
        ["cloudtrail-ec2-delete-route"] = Net + "DeleteRoute",
        ["cloudtrail-ec2-delete-subnet"] = Net + "DeleteSubnet",
        ["cloudtrail-ec2-delete-tags"] = "Irrelevant",
        ["cloudtrail-ec2-delete-transit-gateway-route"] = "ScopeChanged 777788889999 eu-west-1 DeleteTransitGatewayRoute",
        ["cloudtrail-ec2-delete-transit-gateway-vpc-attachment"] = Net + "DeleteTransitGatewayVpcAttachment",
        ["cloudtrail-ec2-delete-vpc"] = Net + "DeleteVpc",
        ["cloudtrail-ec2-delete-vpc-peering-connection"] = Net + "DeleteVpcPeeringConnection",
        ["cloudtrail-ec2-disassociate-route-table"] = Net + "DisassociateRouteTable",
        ["cloudtrail-ec2-disassociate-vpc-cidr-block"] = Net + "DisassociateVpcCidrBlock",
        ["cloudtrail-ec2-enable-tgw-route-table-propagation"] = "ScopeChanged 777788889999 eu-west-1 EnableTransitGatewayRouteTablePropagation",
        ["cloudtrail-ec2-modify-vpc-attribute"] = Net + "ModifyVpcAttribute",
        ["cloudtrail-ec2-modify-vpc-peering-connection-options"] = Net + "ModifyVpcPeeringConnectionOptions",
        ["cloudtrail-ec2-reject-vpc-peering-connection"] = "ScopeChanged 444455556666 eu-west-1 RejectVpcPeeringConnection",
        ["cloudtrail-ec2-replace-route"] = Net + "ReplaceRoute",
        ["cloudtrail-ec2-replace-route-table-association"] = Net + "ReplaceRouteTableAssociation",
        ["cloudtrail-eks-create-cluster"] = "Irrelevant",
        ["cloudtrail-eks-delete-cluster"] = "Irrelevant",
        ["cloudtrail-eks-update-cluster-config"] = "Irrelevant",
        ["cloudtrail-organizations-move-account"] = "Irrelevant",
        ["cloudtrail-organizations-remove-account"] = "Irrelevant",
        ["cloudtrail-resolver-associate-endpoint-ip"] = Net + "AssociateResolverEndpointIpAddress",
        ["cloudtrail-resolver-associate-rule"] = Net + "AssociateResolverRule",
        ["cloudtrail-resolver-create-endpoint"] = Net + "CreateResolverEndpoint",
        ["cloudtrail-resolver-create-rule"] = Net + "CreateResolverRule",
        ["cloudtrail-resolver-delete-endpoint"] = Net + "DeleteResolverEndpoint",
        ["cloudtrail-resolver-delete-rule"] = Net + "DeleteResolverRule",
        ["cloudtrail-resolver-disassociate-endpoint-ip"] = Net + "DisassociateResolverEndpointIpAddress",
        ["cloudtrail-resolver-disassociate-rule"] = Net + "DisassociateResolverRule",
        ["cloudtrail-resolver-update-endpoint"] = Net + "UpdateResolverEndpoint",
        ["cloudtrail-resolver-update-rule"] = Net + "UpdateResolverRule",
        ["cloudtrail-route53-associate-vpc"] = "ScopeChanged 444455556666 everywhere AssociateVPCWithHostedZone",
        ["cloudtrail-route53-change-tags"] = Zones + "ChangeTagsForResource",
        ["cloudtrail-route53-create-hosted-zone-private"] = Zones + "CreateHostedZone",
        ["cloudtrail-route53-create-vpc-association-authorization"] = Zones + "CreateVPCAssociationAuthorization",
        ["cloudtrail-route53-delete-hosted-zone"] = Zones + "DeleteHostedZone",
        ["cloudtrail-route53-delete-vpc-association-authorization"] = Zones + "DeleteVPCAssociationAuthorization",
        ["cloudtrail-route53-disassociate-vpc"] = Zones + "DisassociateVPCFromHostedZone",
        ["ec2-rebalance-recommendation"] = "AtRisk i-0a1b2c3d4e5f60718",
        ["ec2-spot-interruption"] = "Interrupted i-0a1b2c3d4e5f60718",
        ["ec2-state-pending"] = "Irrelevant",
        ["ec2-state-running"] = "Runs i-0a1b2c3d4e5f60718",
        ["ec2-state-shutting-down"] = "Ended i-0a1b2c3d4e5f60718",
        ["ec2-state-stopped"] = "Stopped i-0a1b2c3d4e5f60718",   // stopped is not gone
        ["ec2-state-stopping"] = "Stopped i-0a1b2c3d4e5f60718",
        ["ec2-state-terminated"] = "Ended i-0a1b2c3d4e5f60718",
        ["ecs-task-running"] = "Irrelevant",
        ["ecs-task-stopped"] = "Task 0a1b2c3d4e5f46078a9b0c1d2e3f4a5b",
        ["health-ec2-retirement"] = Net + "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED",
        ["organizations-close-account-result"] = "Irrelevant",
        ["organizations-create-account-result"] = "Irrelevant",
        ["scheduled-rule"] = "LookDue",
        ["scheduler-default-payload"] = "LookDue",
        ["ssm-command-invocation-failed"] = "Irrelevant",
        ["ssm-command-invocation-success"] = "Irrelevant",
        ["ssm-parameter-create"] = "Irrelevant",
        ["ssm-parameter-delete"] = "Irrelevant",
        ["ssm-parameter-label"] = "Irrelevant",
        ["ssm-parameter-policy-expiration"] = "Irrelevant",
        ["ssm-parameter-update"] = "Irrelevant",
        ["tag-change-instance"] = "Tagged i-0a1b2c3d4e5f60718",
        ["tag-change-vpc-added"] = Net + "tags of vpc",
        ["tag-change-vpc-removed"] = Net + "tags of vpc",
    };

    [Fact]
    public void Every_sample_is_read_as_what_it_is() =>
        Assert.Equal(
            s_expected.OrderBy(line => line.Key, StringComparer.Ordinal).Select(line => $"{line.Key}: {line.Value}"),
            Samples.Names.Select(name => $"{name}: {Describe(EventParser.Parse(Samples.Text(name)).Change)}"));

    [Fact]
    public void Every_sample_keeps_its_id_and_its_moment() =>
        Assert.All(Samples.Names, name =>
        {
            var sample = JsonNode.Parse(Samples.Text(name))!;
            var news = EventParser.Parse(Samples.Text(name));
            Assert.Equal((string?)sample["id"], news.Id);
            Assert.Equal(DateTimeOffset.Parse((string)sample["time"]!, null), news.Time);
        });

    [Fact]
    public void A_held_instance_says_where_it_is()
    {
        var held = Assert.IsType<ChangeEvent.InstanceHeld>(EventParser.Parse(Samples.Text("asg-launch-lifecycle")).Change);

        Assert.Equal(new Scope("111122223333", "eu-west-1"), held.Scope);
        Assert.Equal(InstanceId.Parse("i-0a1b2c3d4e5f60718"), held.Instance);
    }

    [Theory]
    [InlineData("lambda-sqs-fifo-batch", 2)]
    [InlineData("lambda-sqs-standard-batch", 1)]
    public void The_bodies_of_a_batch_are_events_and_the_batch_itself_is_none(string name, int count)
    {
        using var batch = JsonDocument.Parse(Samples.Wrapped(name));
        var news = batch.RootElement.GetProperty("Records").EnumerateArray().Select(record => EventParser.Parse(record.GetProperty("body").GetString()!)).ToList();

        Assert.Equal(count, news.Count);
        Assert.DoesNotContain(news, item => item.Change is ChangeEvent.Irrelevant);
        Assert.Throws<MalformedEventException>(() => EventParser.Parse(Samples.Wrapped(name)));
    }

    private static string Describe(ChangeEvent change) => change switch
    {
        ChangeEvent.InstanceHeld held => $"Held {held.Group} {held.Hook} {(held.Leaving ? "leaving" : "coming")}{(held.WarmPool ? " into the warm pool" : "")}",
        ChangeEvent.InstanceLaunched launched when launched is { Scope: { Account: "111122223333", Region: "eu-west-1" } } => $"Launched {launched.Instance}",
        ChangeEvent.InstanceLeaves leaves when leaves is { Scope: { Account: "111122223333", Region: "eu-west-1" } } => $"{leaves.Departure} {leaves.Instance}",
        ChangeEvent.InstanceRuns runs when runs is { Scope: { Account: "111122223333", Region: "eu-west-1" } } => $"Runs {runs.Instance}",
        ChangeEvent.InstanceTagged tagged when tagged is { Scope: { Account: "111122223333", Region: "eu-west-1" } } => $"Tagged {tagged.Instance}",
        ChangeEvent.TaskStopped stopped when stopped is { Scope: { Account: "111122223333", Region: "eu-west-1" } } => $"Task {stopped.Task}",
        ChangeEvent.ScopeChanged scope => $"ScopeChanged {scope.Account} {scope.Region ?? "everywhere"} {scope.What}",
        _ => change.GetType().Name,
    };
}

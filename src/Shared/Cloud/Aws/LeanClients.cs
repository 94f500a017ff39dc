using Amazon.DynamoDBv2;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.SimpleSystemsManagement;
using Amazon.SQS;
using Dynamo = Amazon.DynamoDBv2.Model;
using DynamoWire = Amazon.DynamoDBv2.Model.Internal.MarshallTransformations;
using Ec2 = Amazon.EC2.Model;
using Ec2Wire = Amazon.EC2.Model.Internal.MarshallTransformations;
using Sqs = Amazon.SQS.Model;
using SqsWire = Amazon.SQS.Model.Internal.MarshallTransformations;
using Ssm = Amazon.SimpleSystemsManagement.Model;
using SsmWire = Amazon.SimpleSystemsManagement.Model.Internal.MarshallTransformations;

namespace Automation.Aws;

// The SDK's clients, except that the calls of a launch go through the pipeline under one type of answer. Each handler's method is generic
// and virtual, and a native binary builds it anew for each type at run time: with one type it does so once, not once a call.
// tests/Benchmarks/cold-start shows what that is worth.

internal delegate Task<AmazonWebServiceResponse> Pipeline(AmazonWebServiceRequest request, InvokeOptionsBase options, CancellationToken stopping);

internal static class Lean
{
    public static async Task<TResponse> CallAsync<TResponse>(
        Pipeline pipeline,
        AmazonWebServiceRequest request,
        IMarshaller<IRequest, AmazonWebServiceRequest> write,
        ResponseUnmarshaller read,
        CancellationToken stopping)
        where TResponse : AmazonWebServiceResponse =>
        (TResponse)await pipeline(request, new InvokeOptions { RequestMarshaller = write, ResponseUnmarshaller = read }, stopping).ConfigureAwait(false);
}

internal sealed class LeanEc2(AWSCredentials credentials, AmazonEC2Config config) : AmazonEC2Client(credentials, config)
{
    public override Task<Ec2.DescribeInstancesResponse> DescribeInstancesAsync(Ec2.DescribeInstancesRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeInstancesResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeInstancesRequestMarshaller.Instance, Ec2Wire.DescribeInstancesResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeInstanceStatusResponse> DescribeInstanceStatusAsync(Ec2.DescribeInstanceStatusRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeInstanceStatusResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeInstanceStatusRequestMarshaller.Instance, Ec2Wire.DescribeInstanceStatusResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeVpcsResponse> DescribeVpcsAsync(Ec2.DescribeVpcsRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeVpcsResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeVpcsRequestMarshaller.Instance, Ec2Wire.DescribeVpcsResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeSubnetsResponse> DescribeSubnetsAsync(Ec2.DescribeSubnetsRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeSubnetsResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeSubnetsRequestMarshaller.Instance, Ec2Wire.DescribeSubnetsResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeRouteTablesResponse> DescribeRouteTablesAsync(Ec2.DescribeRouteTablesRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeRouteTablesResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeRouteTablesRequestMarshaller.Instance, Ec2Wire.DescribeRouteTablesResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeVpcPeeringConnectionsResponse> DescribeVpcPeeringConnectionsAsync(Ec2.DescribeVpcPeeringConnectionsRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeVpcPeeringConnectionsResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeVpcPeeringConnectionsRequestMarshaller.Instance, Ec2Wire.DescribeVpcPeeringConnectionsResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeTransitGatewayAttachmentsResponse> DescribeTransitGatewayAttachmentsAsync(Ec2.DescribeTransitGatewayAttachmentsRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeTransitGatewayAttachmentsResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeTransitGatewayAttachmentsRequestMarshaller.Instance, Ec2Wire.DescribeTransitGatewayAttachmentsResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeTransitGatewayVpcAttachmentsResponse> DescribeTransitGatewayVpcAttachmentsAsync(Ec2.DescribeTransitGatewayVpcAttachmentsRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeTransitGatewayVpcAttachmentsResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeTransitGatewayVpcAttachmentsRequestMarshaller.Instance, Ec2Wire.DescribeTransitGatewayVpcAttachmentsResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeTransitGatewayRouteTablesResponse> DescribeTransitGatewayRouteTablesAsync(Ec2.DescribeTransitGatewayRouteTablesRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeTransitGatewayRouteTablesResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeTransitGatewayRouteTablesRequestMarshaller.Instance, Ec2Wire.DescribeTransitGatewayRouteTablesResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.SearchTransitGatewayRoutesResponse> SearchTransitGatewayRoutesAsync(Ec2.SearchTransitGatewayRoutesRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.SearchTransitGatewayRoutesResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.SearchTransitGatewayRoutesRequestMarshaller.Instance, Ec2Wire.SearchTransitGatewayRoutesResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.DescribeManagedPrefixListsResponse> DescribeManagedPrefixListsAsync(Ec2.DescribeManagedPrefixListsRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.DescribeManagedPrefixListsResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.DescribeManagedPrefixListsRequestMarshaller.Instance, Ec2Wire.DescribeManagedPrefixListsResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ec2.GetManagedPrefixListEntriesResponse> GetManagedPrefixListEntriesAsync(Ec2.GetManagedPrefixListEntriesRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ec2.GetManagedPrefixListEntriesResponse>(InvokeAsync<AmazonWebServiceResponse>, request, Ec2Wire.GetManagedPrefixListEntriesRequestMarshaller.Instance, Ec2Wire.GetManagedPrefixListEntriesResponseUnmarshaller.Instance, cancellationToken);
}

internal class LeanSsm(AWSCredentials credentials, AmazonSimpleSystemsManagementConfig config) : AmazonSimpleSystemsManagementClient(credentials, config)
{
    public override Task<Ssm.GetParameterResponse> GetParameterAsync(Ssm.GetParameterRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ssm.GetParameterResponse>(InvokeAsync<AmazonWebServiceResponse>, request, SsmWire.GetParameterRequestMarshaller.Instance, SsmWire.GetParameterResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ssm.GetParametersResponse> GetParametersAsync(Ssm.GetParametersRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ssm.GetParametersResponse>(InvokeAsync<AmazonWebServiceResponse>, request, SsmWire.GetParametersRequestMarshaller.Instance, SsmWire.GetParametersResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ssm.PutParameterResponse> PutParameterAsync(Ssm.PutParameterRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ssm.PutParameterResponse>(InvokeAsync<AmazonWebServiceResponse>, request, SsmWire.PutParameterRequestMarshaller.Instance, SsmWire.PutParameterResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Ssm.DeleteParametersResponse> DeleteParametersAsync(Ssm.DeleteParametersRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Ssm.DeleteParametersResponse>(InvokeAsync<AmazonWebServiceResponse>, request, SsmWire.DeleteParametersRequestMarshaller.Instance, SsmWire.DeleteParametersResponseUnmarshaller.Instance, cancellationToken);
}

internal sealed class LeanDynamoDb(AWSCredentials credentials, AmazonDynamoDBConfig config) : AmazonDynamoDBClient(credentials, config)
{
    public override Task<Dynamo.GetItemResponse> GetItemAsync(Dynamo.GetItemRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Dynamo.GetItemResponse>(InvokeAsync<AmazonWebServiceResponse>, request, DynamoWire.GetItemRequestMarshaller.Instance, DynamoWire.GetItemResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Dynamo.PutItemResponse> PutItemAsync(Dynamo.PutItemRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Dynamo.PutItemResponse>(InvokeAsync<AmazonWebServiceResponse>, request, DynamoWire.PutItemRequestMarshaller.Instance, DynamoWire.PutItemResponseUnmarshaller.Instance, cancellationToken);
}

internal sealed class LeanSqs(AWSCredentials credentials, AmazonSQSConfig config) : AmazonSQSClient(credentials, config)
{
    public override Task<Sqs.ChangeMessageVisibilityResponse> ChangeMessageVisibilityAsync(Sqs.ChangeMessageVisibilityRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Sqs.ChangeMessageVisibilityResponse>(InvokeAsync<AmazonWebServiceResponse>, request, SqsWire.ChangeMessageVisibilityRequestMarshaller.Instance, SqsWire.ChangeMessageVisibilityResponseUnmarshaller.Instance, cancellationToken);

    public override Task<Sqs.SendMessageResponse> SendMessageAsync(Sqs.SendMessageRequest request, CancellationToken cancellationToken = default) =>
        Lean.CallAsync<Sqs.SendMessageResponse>(InvokeAsync<AmazonWebServiceResponse>, request, SqsWire.SendMessageRequestMarshaller.Instance, SqsWire.SendMessageResponseUnmarshaller.Instance, cancellationToken);
}

using Amazon.DynamoDBv2;
using Amazon.EC2;
using Amazon.SimpleSystemsManagement;
using Amazon.SQS;

namespace Automation.ColdStart.Sdk;

internal sealed class Clients
{
    public AmazonEC2Client Ec2 { get; } = new();

    public AmazonSimpleSystemsManagementClient Ssm { get; } = new();

    public AmazonDynamoDBClient DynamoDb { get; } = new();

    public AmazonSQSClient Sqs { get; } = new();
}

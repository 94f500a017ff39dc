using System.Text;
using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using Amazon.EC2.Model;
using Amazon.SimpleSystemsManagement;
using Automation.ColdStart.Bare;

namespace Automation.ColdStart.Sdk;

internal sealed class Registration(Clients clients, Aws aws, Tailscale tailscale, string account, string prefix, string table, string[] tags)
{
    public async Task LogInAsync(string parameter)
    {
        var answer = await clients.Ssm.GetParameterAsync(new() { Name = parameter, WithDecryption = true });
        await tailscale.LogInAsync(answer.Parameter.Value);
    }

    public async Task RegisterAsync(JsonElement message, JsonElement detail, Task login)
    {
        var id = detail.GetProperty("EC2InstanceId").GetString()!;
        var folder = $"{prefix}/nodes/{id}";

        var asked = clients.Ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [id] });
        var hasKey = clients.Ssm.GetParametersAsync(new() { Names = [folder + "/auth-key"] });
        var hasRecord = clients.DynamoDb.GetItemAsync(new GetItemRequest { TableName = table, ConsistentRead = true, Key = new() { ["pk"] = new("node#" + id) } });
        await login;
        var devices = tailscale.CountDevicesAsync(tags, id);
        var instance = (await asked).Reservations[0].Instances[0];
        var role = instance.Tags.Single(tag => tag.Key == "tailscale:role").Value;
        if ((await hasKey).Parameters is { Count: > 0 } || (await hasRecord).Item is { Count: > 0 } || await devices > 0)
        {
            throw new InvalidOperationException($"{id} is not new");
        }

        var minted = tailscale.CreateKeyAsync("aws " + id, tags);
        var described = await clients.Ec2.DescribeVpcsAsync(new DescribeVpcsRequest { Filters = [new() { Name = "vpc-id", Values = [instance.VpcId] }] });
        var routes = described.Vpcs[0].CidrBlockAssociationSet.ConvertAll(association => association.CidrBlock).ToArray();
        var key = await minted;

        var settings = Encoding.UTF8.GetString(JsonText.Of(json =>
        {
            json.WriteString("hostname", $"{role}-{id}");
            json.WriteTexts("advertiseRoutes", routes);
            json.WriteTexts("advertiseTags", tags);
        }));
        await Task.WhenAll(PutRecordAsync(id, role, instance.VpcId, key, routes), PutParameterAsync(folder + "/settings", settings, ParameterType.String, id));
        await PutParameterAsync(folder + "/auth-key", key.Value, ParameterType.SecureString, id);
        await Task.WhenAll(
            aws.QueryAsync(
                "autoscaling",
                "2011-01-01",
                "RecordLifecycleActionHeartbeat",
                ("AutoScalingGroupName", detail.GetProperty("AutoScalingGroupName").GetString()!),
                ("LifecycleHookName", detail.GetProperty("LifecycleHookName").GetString()!),
                ("InstanceId", id)),
            DelayAsync(message));
    }

    private Task PutRecordAsync(string id, string role, string vpc, (string Id, string Value, string Expires) key, string[] routes) =>
        clients.DynamoDb.PutItemAsync(new PutItemRequest
        {
            TableName = table,
            ConditionExpression = "attribute_not_exists(pk)",
            Item = new()
            {
                ["pk"] = new("node#" + id),
                ["scope"] = new($"{account}/{aws.Region}"),
                ["role"] = new(role),
                ["vpc"] = new(vpc),
                ["registeredAt"] = new(DateTime.UtcNow.ToString("O")),
                ["key"] = new(key.Id),
                ["keyExpires"] = new(key.Expires),
                ["routes"] = new(string.Join(',', routes)),
            },
        });

    private Task PutParameterAsync(string name, string value, ParameterType type, string id) =>
        clients.Ssm.PutParameterAsync(new() { Name = name, Value = value, Type = type, Tags = [new() { Key = "InstanceId", Value = id }] });

    private Task DelayAsync(JsonElement message)
    {
        var arn = message.GetProperty("eventSourceARN").GetString()!.Split(':');
        return clients.Sqs.ChangeMessageVisibilityAsync(new()
        {
            QueueUrl = $"https://sqs.{arn[3]}.amazonaws.com/{arn[4]}/{arn[5]}",
            ReceiptHandle = message.GetProperty("receiptHandle").GetString(),
            VisibilityTimeout = 5,
        });
    }
}

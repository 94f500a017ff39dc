using System.Text.Json;

namespace Automation.ColdStart.Bare;

internal sealed class Registration(Aws aws, Tailscale tailscale, string account, string prefix, string table, string[] tags)
{
    public async Task LogInAsync(string parameter)
    {
        using var answer = await aws.JsonAsync("ssm", "AmazonSSM.GetParameter", json =>
        {
            json.WriteString("Name", parameter);
            json.WriteBoolean("WithDecryption", true);
        });
        await tailscale.LogInAsync(answer.RootElement.GetProperty("Parameter").GetProperty("Value").GetString()!);
    }

    public async Task RegisterAsync(JsonElement message, JsonElement detail, Task login)
    {
        var id = detail.GetProperty("EC2InstanceId").GetString()!;
        var folder = $"{prefix}/nodes/{id}";

        var instance = aws.QueryAsync("ec2", "2016-11-15", "DescribeInstances", ("InstanceId.1", id));
        var hasKey = aws.JsonAsync("ssm", "AmazonSSM.GetParameters", json => json.WriteTexts("Names", [folder + "/auth-key"]));
        var hasRecord = aws.JsonAsync("dynamodb", "DynamoDB_20120810.GetItem", json =>
        {
            json.WriteString("TableName", table);
            json.WriteBoolean("ConsistentRead", true);
            json.WriteStartObject("Key");
            json.WriteAttribute("pk", "node#" + id);
            json.WriteEndObject();
        });
        await login;
        var devices = tailscale.CountDevicesAsync(tags, id);
        var found = await instance;
        var role = Between(found, "<key>tailscale:role</key><value>", "</value>");
        var vpc = Between(found, "<vpcId>", "</vpcId>");
        if ((await hasKey).RootElement.GetProperty("Parameters").GetArrayLength() > 0
            || (await hasRecord).RootElement.TryGetProperty("Item", out _)
            || await devices > 0)
        {
            throw new InvalidOperationException($"{id} is not new");
        }

        var minted = tailscale.CreateKeyAsync("aws " + id, tags);
        var described = await aws.QueryAsync("ec2", "2016-11-15", "DescribeVpcs", ("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc));
        var routes = described.Split("<cidrBlockAssociationSet>")[1].Split("<cidrBlock>")[1..].Select(part => part[..part.IndexOf('<', StringComparison.Ordinal)]).ToArray();
        var key = await minted;

        var settings = System.Text.Encoding.UTF8.GetString(JsonText.Of(json =>
        {
            json.WriteString("hostname", $"{role}-{id}");
            json.WriteTexts("advertiseRoutes", routes);
            json.WriteTexts("advertiseTags", tags);
        }));
        await Task.WhenAll(PutRecordAsync(id, role, vpc, key, routes), PutParameterAsync(folder + "/settings", settings, "String", id));
        await PutParameterAsync(folder + "/auth-key", key.Value, "SecureString", id);
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
        aws.JsonAsync("dynamodb", "DynamoDB_20120810.PutItem", json =>
        {
            json.WriteString("TableName", table);
            json.WriteString("ConditionExpression", "attribute_not_exists(pk)");
            json.WriteStartObject("Item");
            json.WriteAttribute("pk", "node#" + id);
            json.WriteAttribute("scope", $"{account}/{aws.Region}");
            json.WriteAttribute("role", role);
            json.WriteAttribute("vpc", vpc);
            json.WriteAttribute("registeredAt", DateTime.UtcNow.ToString("O"));
            json.WriteAttribute("key", key.Id);
            json.WriteAttribute("keyExpires", key.Expires);
            json.WriteAttribute("routes", string.Join(',', routes));
            json.WriteEndObject();
        });

    private Task PutParameterAsync(string name, string value, string type, string id) => aws.JsonAsync("ssm", "AmazonSSM.PutParameter", json =>
    {
        json.WriteString("Name", name);
        json.WriteString("Value", value);
        json.WriteString("Type", type);
        json.WriteStartArray("Tags");
        json.WriteStartObject();
        json.WriteString("Key", "InstanceId");
        json.WriteString("Value", id);
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private Task DelayAsync(JsonElement message)
    {
        var arn = message.GetProperty("eventSourceARN").GetString()!.Split(':');
        return aws.JsonAsync("sqs", "AmazonSQS.ChangeMessageVisibility", json =>
        {
            json.WriteString("QueueUrl", $"https://sqs.{arn[3]}.amazonaws.com/{arn[4]}/{arn[5]}");
            json.WriteString("ReceiptHandle", message.GetProperty("receiptHandle").GetString());
            json.WriteNumber("VisibilityTimeout", 5);
        });
    }

    private static string Between(string text, string start, string end)
    {
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }
}

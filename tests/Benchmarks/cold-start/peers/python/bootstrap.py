"""Registers a new node with boto3: one call after the other, as handlers in Python are commonly written."""
import datetime
import http.client
import json
import os
import urllib.parse
import urllib.request

import boto3

TAILSCALE = os.environ["TAILSCALE_API_URL"] + "/api/v2"
TAILNET = os.environ["TAILNET"]
PREFIX = os.environ["PARAMETER_PREFIX"]
TABLE = os.environ["LEDGER_TABLE"]
TAGS = {role: tags.split("+") for role, tags in (pair.split("=") for pair in os.environ["NODE_TAGS"].split(","))}
SCOPE = f"{os.environ['ACCOUNT_ID']}/{os.environ['AWS_REGION']}"

ssm = boto3.client("ssm")
ec2 = boto3.client("ec2")
dynamodb = boto3.client("dynamodb")
autoscaling = boto3.client("autoscaling")
sqs = boto3.client("sqs")


def tailscale(method, path, *, form=None, body=None, token=None):
    data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body else None
    request = urllib.request.Request(TAILSCALE + path, data=data, method=method)
    request.add_header("Content-Type", "application/x-www-form-urlencoded" if form else "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def log_in():
    value = ssm.get_parameter(Name=os.environ["TAILSCALE_CREDENTIAL"], WithDecryption=True)["Parameter"]["Value"]
    credential = json.loads(value)
    form = {"client_id": credential["clientId"], "client_secret": credential["clientSecret"], "grant_type": "client_credentials"}
    return tailscale("POST", "/oauth/token", form=form)["access_token"]


def parameter_exists(name):
    return bool(ssm.get_parameters(Names=[name])["Parameters"])


def register(token, wait, message):
    instance_id = wait["EC2InstanceId"]
    instance = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    role = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}["tailscale:role"]
    host = f"{role}-{instance_id}"
    folder = f"{PREFIX}/nodes/{instance_id}"
    has_key = parameter_exists(folder + "/auth-key")
    record = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "node#" + instance_id}}, ConsistentRead=True).get("Item")
    query = urllib.parse.urlencode({"fields": "all", "tags": ",".join(TAGS[role]), "hostname": host})
    devices = tailscale("GET", f"/tailnet/{TAILNET}/devices?{query}", token=token)["devices"]
    if has_key or record or devices:
        raise RuntimeError(f"{instance_id} is not new")

    create = {"reusable": False, "ephemeral": True, "preauthorized": True, "tags": TAGS[role]}
    key = tailscale("POST", f"/tailnet/{TAILNET}/keys", token=token, body={
        "keyType": "auth", "description": "aws " + instance_id, "expirySeconds": 900, "capabilities": {"devices": {"create": create}}})
    vpc = ec2.describe_vpcs(VpcIds=[instance["VpcId"]])["Vpcs"][0]
    routes = [cidr["CidrBlock"] for cidr in vpc["CidrBlockAssociationSet"] if cidr["CidrBlockState"]["State"] == "associated"]

    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    dynamodb.put_item(TableName=TABLE, ConditionExpression="attribute_not_exists(pk)", Item={
        "pk": {"S": "node#" + instance_id}, "scope": {"S": SCOPE}, "role": {"S": role}, "vpc": {"S": instance["VpcId"]},
        "registeredAt": {"S": now}, "key": {"S": key["id"]}, "keyExpires": {"S": key["expires"]},
        "routes": {"L": [{"S": route} for route in routes]}, "version": {"N": "1"}})
    settings = {"hostname": host, "advertiseRoutes": routes, "advertiseTags": TAGS[role], "flags": {}}
    tags = [{"Key": "tailscale:instance", "Value": instance_id}]
    ssm.put_parameter(Name=folder + "/settings", Value=json.dumps(settings), Type="String", Tags=tags)
    ssm.put_parameter(Name=folder + "/auth-key", Value=key["key"], Type="SecureString", Tags=tags)

    autoscaling.record_lifecycle_action_heartbeat(
        AutoScalingGroupName=wait["AutoScalingGroupName"], LifecycleHookName=wait["LifecycleHookName"], InstanceId=instance_id)
    _, _, _, region, account, queue = message["eventSourceARN"].split(":")
    sqs.change_message_visibility(
        QueueUrl=f"https://sqs.{region}.amazonaws.com/{account}/{queue}", ReceiptHandle=message["receiptHandle"], VisibilityTimeout=30)
    print(json.dumps({"level": "INFO", "timestamp": now, "message": f"registered {host}, waiting for it to join"}), flush=True)


def handle(token, batch):
    redeliver = []
    for message in batch["Records"]:
        event = json.loads(message["body"])
        wait = event["detail"]
        if event["detail-type"] == "EC2 Instance-launch Lifecycle Action" and wait["LifecycleHookName"].startswith("tailnet-"):
            register(token, wait, message)
            redeliver.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": redeliver}


def main():
    token = log_in()
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        event = runtime.getresponse()
        batch = json.loads(event.read())
        answer = json.dumps(handle(token, batch))
        runtime.request("POST", f"/2018-06-01/runtime/invocation/{event.headers['Lambda-Runtime-Aws-Request-Id']}/response", answer)
        runtime.getresponse().read()


main()

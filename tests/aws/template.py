"""What the tests need to know of template.yaml that only AWS's own Python libraries know.

    python3 template.py lint                 cfn-lint's complaints, one a line; ends with 0 where there is none
    python3 template.py transform            the template as CloudFormation sees it once SAM is done, as JSON
    python3 template.py deploy URL ACCOUNT REGION
                                             creates the stack in moto at URL and prints what is there afterwards, as JSON
"""

import json
import logging
import sys
from pathlib import Path

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
STACK = "Tailnet"


def lint():
    from cfnlint.api import lint_all

    found = lint_all(TEMPLATE.read_text())
    for match in found:
        print(match)
    sys.exit(1 if found else 0)


def transformed():
    import boto3
    from cfnlint.decode import decode
    from samtranslator.translator.transform import transform

    class NoManagedPolicies:
        def load(self):
            return {}

    source, problems = decode(str(TEMPLATE))
    if problems:
        sys.exit("\n".join(map(str, problems)))
    template = json.loads(json.dumps(source))
    template["Globals"]["Function"]["CodeUri"] = "s3://code/bootstrap.zip"  # what sam package would have put there
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    boto3.setup_default_session(region_name="eu-west-1", aws_access_key_id="unused", aws_secret_access_key="unused")
    return transform(template, {}, NoManagedPolicies())


def deploy(url, account, region):
    import boto3
    from botocore.config import Config

    def client(service):
        made = boto3.client(
            service,
            endpoint_url=url,
            region_name=region,
            aws_access_key_id="unused",
            aws_secret_access_key="unused",
            config=Config(proxies={}, retries={"max_attempts": 1}),
        )
        made.meta.events.register("before-call", lambda params, **_: params["headers"].update(
            {"x-moto-account-id": account, "x-tailnet-tests": "set-up"}))
        return made

    template = transformed()
    s3 = client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_object(Bucket="code", Key="bootstrap.zip", Body=b"any")
    formation = client("cloudformation")
    formation.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]

    sqs, events, functions = client("sqs"), client("events"), client("lambda")
    dynamo, ssm, alarms = client("dynamodb"), client("ssm"), client("cloudwatch")
    table = dynamo.describe_table(TableName=dynamo.list_tables()["TableNames"][0])["Table"]
    document = ssm.get_document(Name=f"{STACK}-SetRoutes")
    print(json.dumps({
        "status": stack["StackStatus"],
        "outputs": {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
        "queues": {
            queue.rsplit("/", 1)[1]: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
            for queue in sqs.list_queues()["QueueUrls"]
        },
        "rules": [
            {**rule, "Targets": events.list_targets_by_rule(Rule=rule["Name"])["Targets"]}
            for rule in events.list_rules()["Rules"]
        ],
        "functions": [
            {key: function.get(key) for key in ("FunctionName", "Handler", "Runtime", "Timeout", "Environment")}
            for function in functions.list_functions()["Functions"]
        ],
        "mappings": [
            {key: mapping.get(key) for key in ("EventSourceArn", "FunctionArn", "FunctionResponseTypes")}
            for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
        ],
        "table": {"keys": table["KeySchema"], "billing": table.get("BillingModeSummary", {}).get("BillingMode")},
        "document": {"content": json.loads(document["Content"]), "type": document["DocumentType"]},
        "alarms": [alarm["AlarmName"] for alarm in alarms.describe_alarms()["MetricAlarms"]],
    }, default=str))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["lint"]:
            lint()
        case ["transform"]:
            print(json.dumps(transformed()))
        case ["deploy", url, account, region]:
            deploy(url, account, region)
        case _:
            sys.exit(__doc__)

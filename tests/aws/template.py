"""What the tests need to know of template.yaml that only AWS's own Python libraries know.

    python3 template.py lint                 cfn-lint's complaints, one a line; ends with 0 where there is none
    python3 template.py transform            the template as CloudFormation sees it once SAM is done, as JSON
    python3 template.py deploy               creates the stack in a moto of its own and prints what is there afterwards, as JSON
"""

import contextlib
import json
import logging
import os
import sys
from pathlib import Path

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
STACK = "Tailnet"
REGION = "eu-west-1"


def lint():
    from cfnlint.api import lint_all

    found = [match for match in lint_all(TEMPLATE.read_text()) if match.rule.severity != "informational"]
    for match in found:
        print(match)
    sys.exit(1 if found else 0)


def transformed():
    import boto3
    from cfnlint.decode import decode
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    source, problems = decode(str(TEMPLATE))
    if problems:
        sys.exit("\n".join(map(str, problems)))
    template = json.loads(json.dumps(source))
    template["Globals"]["Function"]["CodeUri"] = "s3://code/bootstrap.zip"  # what sam package would have put there
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    session = boto3.Session(region_name=REGION, aws_access_key_id="unused", aws_secret_access_key="unused")
    return Translator({}, Parser(), boto_session=session).translate(template, parameter_values={})


def deploy():
    import boto3
    from moto import mock_aws

    def client(service):
        return boto3.client(service, region_name=REGION, aws_access_key_id="unused", aws_secret_access_key="unused")

    with mock_aws(), contextlib.redirect_stdout(sys.stderr):  # moto prints now and then
        world = stack_in(client)
    print(json.dumps(world, default=str))


def stack_in(client):
    template = transformed()
    s3 = client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="code", Key="bootstrap.zip", Body=b"any")
    formation = client("cloudformation")
    formation.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]

    sqs, events, functions = client("sqs"), client("events"), client("lambda")
    dynamo, ssm = client("dynamodb"), client("ssm")
    table = dynamo.describe_table(TableName=dynamo.list_tables()["TableNames"][0])["Table"]
    document = ssm.get_document(Name=f"{STACK}-SetRoutes")
    return {
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
        "table": {"name": table["TableName"], "keys": table["KeySchema"], "billing": table.get("BillingModeSummary", {}).get("BillingMode")},
        "document": {"content": document["Content"], "type": document["DocumentType"]},
    }


if __name__ == "__main__":
    # Nothing of the caller's AWS configuration reaches boto3.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    match sys.argv[1:]:
        case ["lint"]:
            lint()
        case ["transform"]:
            print(json.dumps(transformed()))
        case ["deploy"]:
            deploy()
        case _:
            sys.exit(__doc__)

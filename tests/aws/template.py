"""What the tests need to know of template.yaml that only AWS's own Python libraries know.

    python3 template.py lint                 cfn-lint's complaints, one a line; ends with 0 where there is none
    python3 template.py transform            the template as CloudFormation sees it once SAM is done, as JSON
    python3 template.py deploy NAME=VALUE... creates the stack in a moto of its own and prints what is there afterwards, as JSON
    python3 template.py read FILE            any template as it is, as JSON
    python3 template.py wide FILE            actions that a role of the template is allowed on everything, each with the types of
                                             resources that AWS knows of it, as JSON
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


def decoded(file):
    from cfnlint.decode import decode

    source, problems = decode(str(file))
    if problems:
        sys.exit("\n".join(map(str, problems)))
    return json.loads(json.dumps(source))


def transformed():
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = decoded(TEMPLATE)
    template["Globals"]["Function"]["CodeUri"] = "s3://code/bootstrap.zip"  # what sam package would have put there
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    session = boto3.Session(region_name=REGION, aws_access_key_id="unused", aws_secret_access_key="unused")
    return Translator({}, Parser(), boto_session=session).translate(template, parameter_values={})


def wide(file):
    import cfnlint

    # cfn-lint's copy of AWS's Service Authorization Reference.
    services = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())
    found = {}
    for resource in decoded(file)["Resources"].values():
        properties = resource.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if resource["Type"] == "AWS::IAM::Policy":
            documents.append(properties["PolicyDocument"])
        for statement in [statement for document in documents for item in document["Statement"] for statement in whichever(item)]:
            if statement["Effect"] == "Allow" and "*" in texts(statement["Resource"]):
                for action in texts(statement["Action"]):
                    service, name = action.split(":")
                    found[action] = services[service]["Actions"][name.lower()].get("Resources", [])
    print(json.dumps(found))


def whichever(statement):
    """One that depends on a condition counts whatever the parameters are."""
    return [one for one in statement.get("Fn::If", [None, statement])[1:] if one != {"Ref": "AWS::NoValue"}]


def texts(value):
    return value if isinstance(value, list) else [value]


def deploy(parameters):
    import boto3
    from moto import mock_aws

    def client(service):
        return boto3.client(service, region_name=REGION, aws_access_key_id="unused", aws_secret_access_key="unused")

    with mock_aws(), contextlib.redirect_stdout(sys.stderr):  # moto prints now and then
        world = stack_in(client, parameters)
    print(json.dumps(world, default=str))


def stack_in(client, parameters):
    template = transformed()
    s3 = client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="code", Key="bootstrap.zip", Body=b"any")
    formation = client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in (text.split("=", 1) for text in parameters)]
    formation.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_IAM"])
    stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]

    sqs, events, functions = client("sqs"), client("events"), client("lambda")
    dynamo, ssm = client("dynamodb"), client("ssm")
    table = dynamo.describe_table(TableName=dynamo.list_tables()["TableNames"][0])["Table"]
    documents = {name: ssm.get_document(Name=f"{STACK}-{name}") for name in ("SetRoutes", "SetDns64", "Probe")}
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
        "documents": {name: document["DocumentType"] for name, document in documents.items()},
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
        case ["deploy", *parameters]:
            deploy(parameters)
        case ["read", file]:
            print(json.dumps(decoded(file)))
        case ["wide", file]:
            wide(file)
        case _:
            sys.exit(__doc__)

"""What a call asks IAM: actions, the resource of each, and the condition keys that the request has.

From AWS's Service Authorization Reference, for the calls that the functions make. Any other call raises: it passes for no one unread.
"""

import re
from dataclasses import dataclass

from moto.autoscaling.models import autoscaling_backends
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.sqs.models import sqs_backends
from moto.ssm.models import ssm_backends

from policy import Unread

_RESOURCE_TAG = "aws:resourcetag/"


@dataclass(frozen=True)
class Question:
    action: str
    resource: str
    context: dict
    families: tuple = ()  # beginnings of keys of which the context has all that there are

    def knows(self, key):
        return key in self.context or key.startswith(self.families)


def questions(call, asked):
    """All of them must be answered with yes. asked: the parameters of the call."""
    try:
        ask = _CALLS[call.service, call.operation]
    except KeyError:
        raise Unread(f"what {call.service}:{call.operation} asks IAM is not known") from None
    return list(ask(call, asked))


def _question(call, resource, action=None, families=(), more=None):
    context = {"aws:requestedregion": call.region, **(more or {})}
    return Question(action or f"{call.service}:{call.operation}", resource, context, tuple(families))


def _arn(call, service, resource):
    return f"arn:aws:{service}:{call.region}:{call.account}:{resource}"


def _everything(call, asked):
    """Calls without a resource."""
    yield _question(call, "*")


def _vpc(call, asked):
    yield _question(call, _arn(call, "ec2", f"vpc/{asked['VpcId']}"))


def _transit_route_table(call, asked):
    yield _question(call, _arn(call, "ec2", f"transit-gateway-route-table/{asked['TransitGatewayRouteTableId']}"))


def _prefix_list(call, asked):
    id = asked["PrefixListId"]
    known = ec2_backends[call.account][call.region].managed_prefix_lists.get(id)
    yield _question(call, known.prefix_list_arn if known else _arn(call, "ec2", f"prefix-list/{id}"))


def _create_tags(call, asked):
    """Each thing that gets the tags is a resource of the call."""
    tags = {asked[name]: asked.get(name.removesuffix("Key") + "Value", "") for name in asked if re.fullmatch(r"Tag\.\d+\.Key", name)}
    for name in asked:
        if re.fullmatch(r"ResourceId\.\d+", name):
            kind = _KINDS.get(asked[name].rpartition("-")[0])
            if kind is None:
                raise Unread(f"what kind of thing {asked[name]} is, is not known")
            has = ec2_backends[call.account][call.region].tags.get(asked[name], {})
            more = {"aws:tagkeys": list(tags), **_tags("aws:requesttag/", tags), **_tags(_RESOURCE_TAG, has)}
            yield _question(call, _arn(call, "ec2", f"{kind}/{asked[name]}"), families=["aws:requesttag/", _RESOURCE_TAG], more=more)


def _group(call, asked):
    group = autoscaling_backends[call.account][call.region].autoscaling_groups.get(asked["AutoScalingGroupName"])
    arn = group.arn if group else _arn(call, "autoscaling", f"autoScalingGroup:none:autoScalingGroupName/{asked['AutoScalingGroupName']}")
    yield _question(call, arn, families=[_RESOURCE_TAG], more=_tags(_RESOURCE_TAG, {tag["Key"]: tag["Value"] for tag in group.tags} if group else {}))


def _role(call, asked):
    yield _question(call, asked["RoleArn"])


def _identity_token(call, asked):
    """No resource; who may be told, for how long and how it is signed are conditions."""
    yield _question(call, "*", more={
        "sts:identitytokenaudience": [asked[name] for name in sorted(asked) if name.startswith("Audience.member.")],
        "sts:durationseconds": asked.get("DurationSeconds", "300"),
        "sts:signingalgorithm": asked["SigningAlgorithm"],
    })


def _queue(call, asked):
    yield _question(call, _arn(call, "sqs", asked["QueueUrl"].rsplit("/", 1)[1]))


def _send(call, asked):
    """A queue with a key of the customer's is written to in the caller's name."""
    yield from _queue(call, asked)
    queue = sqs_backends[call.account][call.region].queues.get(asked["QueueUrl"].rsplit("/", 1)[1])
    if queue and queue.kms_master_key_id:
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            yield from _key(call, action, queue.kms_master_key_id, {})


def _table(call, asked):
    yield from _of_table(call, asked["TableName"])


def _transaction(call, asked):
    """No action of its own: each part asks for what it does."""
    for part in asked["TransactItems"]:
        for kind, write in part.items():
            yield from _of_table(call, write["TableName"], f"dynamodb:{_PARTS[kind]}")


def _of_table(call, name, action=None):
    """A table with a key of the customer's is opened in the caller's name."""
    yield _question(call, _arn(call, "dynamodb", f"table/{name}"), action)
    table = dynamodb_backends[call.account][call.region].tables.get(name)
    if table and table.sse_specification:
        yield from _key(call, "kms:Decrypt", table.sse_specification["KMSMasterKeyId"], {
            "aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": call.account})


def _read_parameters(call, asked):
    for name in asked.get("Names") or [asked["Name"]]:
        yield _parameter(call, name)
        stored = ssm_backends[call.account][call.region].get_parameter(name)
        if asked.get("WithDecryption") and stored and stored.parameter_type == "SecureString":
            yield from _key(call, "kms:Decrypt", stored.keyid, {"PARAMETER_ARN": _parameter_arn(call, name)})


def _write_parameter(call, asked):
    name = asked["Name"]
    yield _parameter(call, name)
    if asked.get("Tags"):
        yield _parameter(call, name, action="ssm:AddTagsToResource", more={"aws:tagkeys": [tag["Key"] for tag in asked["Tags"]]})
    if asked.get("Type") == "SecureString":
        if asked.get("Tier", "Standard") != "Standard":
            raise Unread("the key of a parameter above the standard tier is used in another way")
        yield from _key(call, "kms:Encrypt", asked.get("KeyId", "alias/aws/ssm"), {"PARAMETER_ARN": _parameter_arn(call, name)})


def _delete_parameters(call, asked):
    for name in asked["Names"]:
        yield _parameter(call, name)


def _command(call, asked):
    """The document and each instance are resources of one call."""
    if asked.get("Targets"):
        raise Unread("instances of a command are looked up by their ids alone")
    families = ["ssm:resourcetag/", _RESOURCE_TAG]
    yield _question(call, _arn(call, "ssm", f"document/{asked['DocumentName']}"), families=families)
    for instance in asked["InstanceIds"]:
        tags = ec2_backends[call.account][call.region].tags.get(instance, {})
        more = {**_tags("ssm:resourcetag/", tags), **_tags(_RESOURCE_TAG, tags)}
        yield _question(call, _arn(call, "ec2", f"instance/{instance}"), families=families, more=more)


def _zone(call, asked):
    yield _question(call, f"arn:aws:route53:::hostedzone/{asked['Id']}")


def _zone_and_vpc(call, asked):
    """The VPC is a condition key, not a resource; Route 53 looks at it in the caller's name where it is the caller's."""
    region, vpc = (asked["body"].findtext(f".//{{*}}{name}") for name in ("VPCRegion", "VPCId"))
    yield _question(call, f"arn:aws:route53:::hostedzone/{asked['Id']}", more={"route53:vpcs": [f"VPCId={vpc},VPCRegion={region}"]})
    if call.operation in ("AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone"):
        yield _question(call, "*", "ec2:DescribeVpcs", more={"aws:requestedregion": region})


def _zones(call, asked):
    for id in asked["body"].findall(".//{*}ResourceId"):
        yield _question(call, f"arn:aws:route53:::{asked['ResourceType']}/{id.text}")


def _change(call, asked):
    yield _question(call, f"arn:aws:route53:::change/{asked['Id']}")


def _resolver_endpoint(call, asked):
    yield _question(call, _arn(call, "route53resolver", f"resolver-endpoint/{asked['ResolverEndpointId']}"))


def _parameter(call, name, action=None, more=None):
    tags = ssm_backends[call.account][call.region].list_tags_for_resource("Parameter", name) if _exists(call, name) else {}
    return _question(call, _parameter_arn(call, name), action, families=[_RESOURCE_TAG], more={**_tags(_RESOURCE_TAG, tags), **(more or {})})


def _exists(call, name):
    return ssm_backends[call.account][call.region].get_parameter(name) is not None


def _parameter_arn(call, name):
    return _arn(call, "ssm", f"parameter/{name.removeprefix('/')}")


def _key(call, action, key, encryption):
    """What a service asks KMS in the caller's name."""
    if key == "alias/aws/ssm":
        return  # its own policy lets in whoever comes through the service
    if ":key/" not in key:
        raise Unread(f"the key behind {key} is not looked up: IAM compares ARNs of keys")
    more = {"kms:viaservice": f"{call.service}.{call.region}.amazonaws.com"}
    more |= {f"kms:encryptioncontext:{name.lower()}": value for name, value in encryption.items()}
    yield _question(call, key, action, families=["kms:encryptioncontext:"], more=more)


def _tags(family, tags):
    return {family + key.lower(): value for key, value in tags.items()}


_KINDS = {"i": "instance", "subnet": "subnet", "vpc": "vpc"}

_PARTS = {"ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem", "Put": "PutItem", "Update": "UpdateItem"}

_CALLS = {
    ("autoscaling", "CompleteLifecycleAction"): _group,
    ("autoscaling", "DescribeAutoScalingInstances"): _everything,
    ("autoscaling", "DescribeLifecycleHooks"): _everything,
    ("autoscaling", "RecordLifecycleActionHeartbeat"): _group,
    ("dynamodb", "DeleteItem"): _table,
    ("dynamodb", "GetItem"): _table,
    ("dynamodb", "PutItem"): _table,
    ("dynamodb", "Scan"): _table,
    ("dynamodb", "TransactWriteItems"): _transaction,
    ("ec2", "CreateTags"): _create_tags,
    ("ec2", "DescribeInstanceStatus"): _everything,
    ("ec2", "DescribeInstances"): _everything,
    ("ec2", "DescribeManagedPrefixLists"): _everything,
    ("ec2", "DescribeRouteTables"): _everything,
    ("ec2", "DescribeSubnets"): _everything,
    ("ec2", "DescribeTransitGatewayAttachments"): _everything,
    ("ec2", "DescribeTransitGatewayRouteTables"): _everything,
    ("ec2", "DescribeTransitGatewayVpcAttachments"): _everything,
    ("ec2", "DescribeVpcAttribute"): _vpc,
    ("ec2", "DescribeVpcPeeringConnections"): _everything,
    ("ec2", "DescribeVpcs"): _everything,
    ("ec2", "GetManagedPrefixListEntries"): _prefix_list,
    ("ec2", "SearchTransitGatewayRoutes"): _transit_route_table,
    ("route53", "AssociateVPCWithHostedZone"): _zone_and_vpc,
    ("route53", "CreateVPCAssociationAuthorization"): _zone_and_vpc,
    ("route53", "DeleteVPCAssociationAuthorization"): _zone_and_vpc,
    ("route53", "DisassociateVPCFromHostedZone"): _zone_and_vpc,
    ("route53", "GetChange"): _change,
    ("route53", "ListHostedZones"): _everything,
    ("route53", "ListHostedZonesByVPC"): _everything,
    ("route53", "ListTagsForResources"): _zones,
    ("route53", "ListVPCAssociationAuthorizations"): _zone,
    ("route53resolver", "ListResolverEndpointIpAddresses"): _resolver_endpoint,
    ("route53resolver", "ListResolverEndpoints"): _everything,
    ("route53resolver", "ListResolverRuleAssociations"): _everything,
    ("route53resolver", "ListResolverRules"): _everything,
    ("sqs", "ChangeMessageVisibility"): _queue,
    ("sqs", "SendMessage"): _send,
    ("ssm", "DeleteParameters"): _delete_parameters,
    ("ssm", "DescribeParameters"): _everything,
    ("ssm", "GetCommandInvocation"): _everything,
    ("ssm", "GetParameter"): _read_parameters,
    ("ssm", "GetParameters"): _read_parameters,
    ("ssm", "PutParameter"): _write_parameter,
    ("ssm", "SendCommand"): _command,
    ("sts", "AssumeRole"): _role,
    ("sts", "GetWebIdentityToken"): _identity_token,
}

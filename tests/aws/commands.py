"""Systems Manager's commands, for the instances that they name: moto takes one without targets for a command to all.

A probe ends well, as every command does here, but on an instance with the tag test:probe: there it fails and says what the tag says, with the
agent's own words after it."""

from moto.ec2.models import ec2_backends
from moto.ssm.models import Command

_from_targets = Command._get_instance_ids_from_targets
_response = Command.invocation_response


def _invocation(command, instance_id, plugin_name):
    answer = _response(command, instance_id, plugin_name)
    said = ec2_backends[command.account_id][command.backend_region].tags.get(instance_id, {}).get("test:probe")
    if said and command.document_name.endswith("-Probe"):
        error = f"{said}\nfailed to run commands: exit status 3"
        answer |= {"Status": "Failed", "StatusDetails": "Failed", "ResponseCode": 3, "StandardErrorContent": error}
    return answer


def install():
    Command._get_instance_ids_from_targets = lambda command: _from_targets(command) if command.targets else []
    Command.invocation_response = _invocation

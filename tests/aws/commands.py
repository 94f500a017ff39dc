"""Systems Manager's commands, for the instances that they name: moto takes one without targets for a command to all."""

from moto.ssm.models import Command

_from_targets = Command._get_instance_ids_from_targets


def install():
    Command._get_instance_ids_from_targets = lambda command: _from_targets(command) if command.targets else []

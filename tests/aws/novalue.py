"""AWS::NoValue as CloudFormation has it in a list: the item is not there. moto leaves a null."""

from moto.cloudformation import parsing


def install():
    clean = parsing.clean_json

    def clean_lists(resource_json, resources_map):
        cleaned = clean(resource_json, resources_map)
        return [item for item in cleaned if item is not None] if isinstance(resource_json, list) else cleaned

    parsing.clean_json = clean_lists  # which calls itself by this name

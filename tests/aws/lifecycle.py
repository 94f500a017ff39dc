"""Lifecycle hooks that hold instances: what moto's Auto Scaling lacks.

A held instance's InstanceState carries its waits, hook name -> Wait, and lives and dies with them.
"""

import itertools
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult
from moto.ec2.models import ec2_backends

_lock = threading.RLock()
_order = itertools.count(1)
_records = []


@dataclass
class Wait:
    hook: object
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Record:
    """A completion or heartbeat as it was asked for; accepted: whether a wait was there to answer."""

    operation: str
    account: str
    region: str
    group: str
    hook: str
    instance: str | None
    token: str | None
    result: str | None
    accepted: bool = False
    order: int = field(default_factory=lambda: next(_order))
    time: float = field(default_factory=time.time)


def install():
    AutoScalingResponse.complete_lifecycle_action = _complete_lifecycle_action
    AutoScalingResponse.record_lifecycle_action_heartbeat = _record_lifecycle_action_heartbeat


def records(account):
    with _lock:
        return [asdict(record) for record in _records if account in (None, record.account)]


def clear(account):
    with _lock:
        _records[:] = [record for record in _records if account not in (None, record.account)]


def hold(account, region, group, hook, instance):
    """Puts an instance of a group where its hook makes it wait. Returns the wait's token and the LifecycleState."""
    with _lock:
        backend = autoscaling_backends[account][region]
        state = _state(backend, group, instance)
        found = backend.describe_lifecycle_hooks(group, [hook])
        if state is None or not found:
            raise ValueError(f"group {group} has no instance {instance} or no hook {hook}")
        wait = Wait(found[0])
        state.__dict__.setdefault("waits", {})[hook] = wait
        state.lifecycle_state = "Pending:Wait" if _is_launch(wait) else "Terminating:Wait"
        return {"token": wait.token, "state": state.lifecycle_state}


def expire(account, region, group, hook, instance):
    """The hook's timeout ends: Auto Scaling acts on the hook's default result."""
    with _lock:
        backend = autoscaling_backends[account][region]
        state = _state(backend, group, instance)
        wait = state and getattr(state, "waits", {}).get(hook)
        if not wait:
            raise ValueError(f"hook {hook} does not hold {instance}")
        _finish(account, region, state, wait, wait.hook.default_result)
        return {"result": wait.hook.default_result}


def age(account, region, instance, minutes):
    """An instance turns out to have been launched so long ago."""
    with _lock:
        for reservation in ec2_backends[account][region].reservations.values():
            for member in reservation.instances:
                if member.id == instance:
                    member.launch_time -= timedelta(minutes=minutes)
                    return {}
        raise ValueError(f"EC2 does not know {instance}")


def forget(account, region, instance):
    """EC2 stops knowing an instance, as it does about an hour after its end."""
    with _lock:
        ec2 = ec2_backends[account][region]
        known = False
        for reservation in list(ec2.reservations.values()):
            known |= any(member.id == instance for member in reservation.instances)
            reservation.instances = [member for member in reservation.instances if member.id != instance]
            if not reservation.instances:
                del ec2.reservations[reservation.id]
        if not known:
            raise ValueError(f"EC2 does not know {instance}")
        ec2.tags.pop(instance, None)
        for group in autoscaling_backends[account][region].autoscaling_groups.values():
            group.instance_states = [state for state in group.instance_states if state.instance.id != instance]
        return {}


def _complete_lifecycle_action(response):
    result = response._get_param("LifecycleActionResult")
    with _lock:
        if result not in ("CONTINUE", "ABANDON"):
            raise ValidationError("Lifecycle Action Result must be CONTINUE or ABANDON")
        state, wait = _answer(response, "CompleteLifecycleAction", result)
        _finish(response.current_account, response.region, state, wait, result)
    return EmptyResult()


def _record_lifecycle_action_heartbeat(response):
    with _lock:
        _answer(response, "RecordLifecycleActionHeartbeat", None)
    return EmptyResult()


def _answer(response, operation, result):
    """Records the call and finds the wait it answers."""
    record = Record(
        operation,
        response.current_account,
        response.region,
        response._get_param("AutoScalingGroupName"),
        response._get_param("LifecycleHookName"),
        response._get_param("InstanceId"),
        response._get_param("LifecycleActionToken"),
        result,
    )
    _records.append(record)
    group = response.autoscaling_backend.autoscaling_groups.get(record.group)
    for state in group.instance_states if group else []:
        wait = getattr(state, "waits", {}).get(record.hook)
        if wait and (record.token or record.instance) and record.token in (None, wait.token) and record.instance in (None, state.instance.id):
            record.accepted = True
            record.instance = state.instance.id
            return state, wait
    named = f"token {record.token}" if record.token else f"instance ID {record.instance}"
    raise ValidationError(f"No active Lifecycle Action found with {named}")


def _finish(account, region, state, wait, result):
    """CONTINUE leaves the instance to the other hooks that hold it; ABANDON ends their waits too."""
    del state.waits[wait.hook.name]
    if result == "ABANDON":
        state.waits.clear()
    if state.waits:
        return
    if _is_launch(wait) and result == "CONTINUE":
        state.lifecycle_state = "InService"
        return
    # The group shrinks, as in a scale-in: a replacement would be an instance that the test did not ask for.
    group = state.auto_scaling_group
    group.instance_states = [other for other in group.instance_states if other is not state]
    group.desired_capacity -= 1
    ec2_backends[account][region].terminate_instances([state.instance.id])


def _is_launch(wait):
    return wait.hook.lifecycle_transition == "autoscaling:EC2_INSTANCE_LAUNCHING"


def _state(backend, group, instance):
    found = backend.autoscaling_groups.get(group)
    return next((state for state in found.instance_states if state.instance.id == instance), None) if found else None

"""IAM, enforced in the accounts that ask for it.

Twice: moto compares actions, for every role that there is (its own switch holds for all accounts at once), and the statements that a
role is given here are evaluated with resources and conditions, of which moto knows nothing.
"""

import threading

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.sts.models import sts_backends

import answers
import policy
from authorization import questions
from calls import HARNESS_HEADER, parameters

_roles = {}  # by account: statements by the name of their role
_decisions = {}  # by account
_lock = threading.Lock()
_check = ActionAuthenticatorMixin._authenticate_and_authorize_action
_HEADER = HARNESS_HEADER.removeprefix("HTTP_").replace("_", "-")


def install():
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    ActionAuthenticatorMixin._authenticate_and_authorize_action = _check_where_enforced


def enforce(account, roles=None):
    for statements in (roles or {}).values():
        policy.check(statements)
    _roles[account] = roles or {}
    return {}


def decisions(account):
    """What was asked of the roles' statements, each question once. They outlive a reset, as the roles do."""
    with _lock:
        return list(_decisions.get(account, {}).values())


def refusal(call, environ):
    """The answer to a call that its caller's role does not allow; None where it does."""
    role = _role_of(call.account, call.access_key)
    statements = _roles.get(call.account, {}).get(role.name) if role else None
    if statements is None:
        return None
    try:
        for question in questions(call, parameters(environ)):
            allowed_by = policy.allowing(statements, question.action, question.resource, question.context, question.knows)
            _note(call, role.name, question.action, question.resource, allowed_by)
            if not allowed_by:
                return answers.denied(call, role.session, question.action, question.resource)
    except policy.Unread as problem:
        _note(call, role.name, f"{call.service}:{call.operation}", "", [], str(problem))
        return answers.error(call, 400, "Unread", f"tests/aws: {problem}")
    return None


def _note(call, role, action, resource, allowed_by, problem=None):
    note = {"role": role, "action": action, "resource": resource, "allowedBy": allowed_by, "problem": problem}
    with _lock:
        _decisions.setdefault(call.account, {})[role, action, resource, *allowed_by] = note


class _Role:
    def __init__(self, session):
        self.name = session.role_arn.rsplit("/", 1)[1]
        self.session = session.arn


def _role_of(account, access_key):
    sessions = sts_backends[account]["aws"].assumed_roles
    return next((_Role(session) for session in sessions if session.access_key_id == access_key), None)


def _check_where_enforced(self, *arguments, **named):
    if self.current_account in _roles and _HEADER not in self.headers and not _is_decided(self):
        _check(self, *arguments, **named)


def _is_decided(response):
    """moto takes a transaction for an action, which IAM does not know: where its parts were asked of statements, that was all."""
    if not response.headers.get("X-Amz-Target", "").endswith(".TransactWriteItems"):
        return False
    role = _role_of(response.current_account, response.access_key)
    return role is not None and role.name in _roles[response.current_account]

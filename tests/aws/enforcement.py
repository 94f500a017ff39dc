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
    role = _role_of(call)
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


def _role_of(call):
    sessions = sts_backends[call.account]["aws"].assumed_roles
    return next((_Role(session) for session in sessions if session.access_key_id == call.access_key), None)


def _check_where_enforced(self, *arguments, **named):
    if self.current_account in _roles and _HEADER not in self.headers:
        _check(self, *arguments, **named)

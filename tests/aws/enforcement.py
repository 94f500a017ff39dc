"""IAM, enforced in the accounts that ask for it: moto's own switch holds for all accounts at once."""

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin

from calls import HARNESS_HEADER

_accounts = set()
_check = ActionAuthenticatorMixin._authenticate_and_authorize_action
_HEADER = HARNESS_HEADER.removeprefix("HTTP_").replace("_", "-")


def install():
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    ActionAuthenticatorMixin._authenticate_and_authorize_action = _check_where_enforced


def enforce(account):
    _accounts.add(account)
    return {}


def clear(account):
    _accounts.difference_update(_accounts.copy() if account is None else {account})


def _check_where_enforced(self, *arguments, **named):
    if self.current_account in _accounts and _HEADER not in self.headers:
        _check(self, *arguments, **named)

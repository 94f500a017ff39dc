"""What IAM decides from statements: a matching Deny first, then a matching Allow, else no.

Only what the templates use is evaluated. Anything else raises Unread, so that no condition counts as met unread.
"""

import re

_MEMBERS = {"Sid", "Effect", "Action", "Resource", "Condition"}
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


class Unread(ValueError):
    """A statement or a request that is not evaluated here."""


def allowing(statements, action, resource, context, known=lambda key: True):
    """The Sids of the statements that allow a request; none where one denies it.

    context: the request's condition keys, each with a text, or a list where the key has several values.
    known(key): whether a key that is not in the context is known not to be in the request. In lower case, as IAM ignores the case.
    """
    context = {key.lower(): value for key, value in context.items()}
    sids = []
    for statement in statements:
        if _matches(statement, action, resource, context, known):
            if statement["Effect"] == "Deny":
                return []
            sids.append(statement.get("Sid", ""))
    return sids


def check(statements):
    """Raises where any statement holds what is not evaluated, whatever request it is for."""
    for statement in statements:
        if unread := statement.keys() - _MEMBERS:
            raise Unread(f"statements with {', '.join(sorted(unread))} are not evaluated")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise Unread(f"the effect {statement['Effect']} is none")
        if unread := statement.get("Condition", {}).keys() - _OPERATORS.keys():
            raise Unread(f"the condition {', '.join(sorted(unread))} is not evaluated")


def _matches(statement, action, resource, context, known):
    check([statement])
    return (
        any(_like(pattern, action, re.IGNORECASE) for pattern in _texts(statement["Action"]))
        and any(_like(pattern, resource) for pattern in _substituted(statement["Resource"], context))
        and all(
            _OPERATORS[operator](_found(key, context, known), _substituted(wanted, context))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _found(key, context, known):
    if key.lower() not in context and not known(key.lower()):
        raise Unread(f"the condition key {key} is not known of this request")
    return context.get(key.lower())


def _one(test):
    """A test of a key with one value; one that is not in the request meets none."""

    def is_met(found, wanted):
        if isinstance(found, list):
            raise Unread("a key of several values needs ForAllValues or ForAnyValue")
        return found is not None and any(test(pattern, found) for pattern in wanted)

    return is_met


def _substituted(values, context):
    """A value with a variable that the request does not have matches nothing."""
    for value in _texts(values):
        try:
            yield _VARIABLE.sub(lambda match: context[match.group(1).lower()], str(value))
        except KeyError:
            pass


def _like(pattern, text, flags=0):
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def _arn_like(pattern, text):
    """Part by part: a wildcard does not reach over a colon, but for those of the resource itself."""
    patterns, parts = pattern.split(":", 5), text.split(":", 5)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


def _all_like(found, wanted):
    return all(any(_like(pattern, text) for pattern in wanted) for text in found)


def _texts(value):
    return value if isinstance(value, list) else [value]


_OPERATORS = {
    "StringEquals": _one(lambda wanted, found: wanted == found),
    "StringLike": _one(_like),
    "ArnEquals": _one(_arn_like),
    "ArnLike": _one(_arn_like),
    "ArnNotEquals": lambda found, wanted: not _one(_arn_like)(found, wanted),
    "NumericLessThanEquals": _one(lambda wanted, found: float(found) <= float(wanted)),
    "Null": lambda found, wanted: any((found is None) == (text == "true") for text in wanted),
    # Also met where the request has no such key.
    "ForAllValues:StringEquals": lambda found, wanted: set(found or []) <= set(wanted),
    "ForAllValues:StringLike": lambda found, wanted: _all_like(found or [], list(wanted)),
}

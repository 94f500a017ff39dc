"""Rules that make calls fail the way AWS fails."""

import itertools
import json
import re
import threading
from dataclasses import dataclass, field

import answers
from answers import Answer

_MADE_UP_TOKEN = "tailnet-tests-next-page"


class HangUp(ConnectionAbortedError):
    """The connection ends without an answer: werkzeug closes the socket of a ConnectionError."""


@dataclass
class Fault:
    """kind: throttle | denied | expired | internal | html | error | answer | hang-up, with `done` the call takes effect first;
    without | more change the true answer."""

    kind: str
    account: str | None = None
    service: str | None = None
    operation: str | None = None
    passes: int = 0  # let this many matching calls pass first
    times: int | None = None  # then strike this often; None: for ever
    done: bool = False
    status: int = 400
    code: str = ""
    message: str = ""
    contentType: str = "text/plain"
    body: str = ""
    elements: list = field(default_factory=list)
    id: int = field(default_factory=itertools.count(1).__next__)
    hits: int = 0

    @property
    def needs_true_answer(self):
        return self.done or self.kind in ("without", "more")

    def answer(self, call, truth):
        match self.kind:
            case "throttle":
                return answers.throttled(call)
            case "denied":
                return answers.denied(call)
            case "expired":
                return answers.expired(call)
            case "internal":
                return answers.internal(call)
            case "html":
                return answers.html(call)
            case "error":
                return answers.error(call, self.status, self.code, self.message)
            case "answer":
                return Answer(self.status, self.contentType, self.body.encode())
            case "hang-up":
                raise HangUp
            case "without":
                return _without(truth, self.elements)
            case "more":
                return _more(truth, call)
        raise ValueError(f"unknown kind of fault: {self.kind}")


KINDS = {"throttle", "denied", "expired", "internal", "html", "error", "answer", "hang-up", "without", "more"}


class Faults:
    def __init__(self):
        self._lock = threading.Lock()
        self._rules = []

    def add(self, **rule):
        fault = Fault(**rule)
        if fault.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {fault.kind}")
        with self._lock:
            self._rules.append(fault)
        return fault

    def of(self, account):
        with self._lock:
            return [rule for rule in self._rules if account in (None, rule.account)]

    def clear(self, account):
        with self._lock:
            self._rules = [rule for rule in self._rules if account not in (None, rule.account)]

    def take(self, call):
        """The first rule that strikes this call; every rule that it matches counts it."""
        struck = None
        with self._lock:
            for rule in self._rules:
                if not call.matches(rule.account, rule.service, rule.operation):
                    continue
                if rule.passes > 0:
                    rule.passes -= 1
                elif struck is None and rule.times != 0:
                    rule.hits += 1
                    rule.times = None if rule.times is None else rule.times - 1
                    struck = rule
        return struck


def _without(truth, elements):
    """The answer without the elements named, or, where none is, without every empty one: services leave out what is not there."""
    if truth.body.lstrip().startswith(b"<"):
        text, before = truth.body.decode(), None
        names = "|".join(re.escape(name) for name in elements) or r"[A-Za-z]\w*"
        while text != before:
            before = text
            text = re.sub(rf"<({names})\s*/>|<({names})>\s*</\2>", "", text)
            if elements:
                text = re.sub(rf"<({names})>.*?</\1>", "", text, flags=re.DOTALL)
        return Answer(truth.status, truth.content_type, text.encode(), truth.headers)

    def prune(value):
        if isinstance(value, dict):
            return {key: prune(item) for key, item in value.items() if not (key in elements if elements else item in (None, [], {}, ""))}
        return [prune(item) for item in value] if isinstance(value, list) else value

    return Answer(truth.status, truth.content_type, json.dumps(prune(json.loads(truth.body))).encode(), truth.headers)


def _more(truth, call):
    """The answer as the first of several pages; what follows is for another rule to say."""
    if call.service == "ec2":
        text = re.sub(r"<nextToken\s*/>", "", truth.body.decode())
        text = re.sub(r"(</\w+Response>\s*)$", rf"<nextToken>{_MADE_UP_TOKEN}</nextToken>\1", text)
    elif call.service == "route53":
        text = re.sub(r"(</\w+Response>\s*)$", rf"<NextToken>{_MADE_UP_TOKEN}</NextToken>\1", truth.body.decode())
    elif truth.body.lstrip().startswith(b"<"):
        text = re.sub(r"<NextToken\s*/>", "", truth.body.decode())
        text = re.sub(r"(</\w+Result>)", rf"<NextToken>{_MADE_UP_TOKEN}</NextToken>\1", text, count=1)
    elif call.service == "dynamodb":
        raise ValueError("a page of DynamoDB ends in a key, not in a token: limit the page instead")
    else:
        text = json.dumps({**json.loads(truth.body), "NextToken": _MADE_UP_TOKEN})
    return Answer(truth.status, truth.content_type, text.encode(), truth.headers)

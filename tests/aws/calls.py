"""Which AWS call a request is: read from its signature's credential scope, its headers and its path."""

import functools
import io
import itertools
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from xml.etree import ElementTree

import botocore.session
from moto.iam.models import get_account_id_from

# Set-up and inspection by the tests themselves carry this header: they are neither logged nor disturbed.
HARNESS_HEADER = "HTTP_X_TAILNET_TESTS"

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_order = itertools.count(1)


@dataclass
class Call:
    service: str
    operation: str
    region: str
    account: str
    access_key: str = ""
    order: int = field(default_factory=lambda: next(_order))
    time: float = field(default_factory=time.time)

    def matches(self, account=None, service=None, operation=None):
        """None matches everything."""
        return account in (None, self.account) and service in (None, self.service) and operation in (None, self.operation)


def identify(environ):
    """The call a request makes; None where it is unsigned or made by the tests themselves."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None or HARNESS_HEADER in environ:
        return None
    access_key, region, service = scope.groups()
    account = environ.get("HTTP_X_MOTO_ACCOUNT_ID") or get_account_id_from(access_key)
    return Call(service, _operation(service, environ), region, account, access_key)


def _operation(service, environ):
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rpartition(".")[2]
    if service == "route53":
        return _route53(environ)[0]
    return parameters(environ).get("Action", "")


def parameters(environ):
    """Of a call of any protocol: those of REST calls are in their paths and queries, and their XML, as it is, is the one named body."""
    if environ.get("HTTP_X_AMZ_TARGET"):
        return json.loads(_body(environ) or b"{}")
    query = environ.get("QUERY_STRING", "")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        query += "&" + _body(environ).decode()
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    if "/route53/aws4_request" in environ.get("HTTP_AUTHORIZATION", ""):
        asked |= _route53(environ)[1]
        if body := _body(environ):
            asked["body"] = ElementTree.fromstring(body)
    return asked


def _route53(environ):
    """The operation, and what its path names."""
    for method, path, name in _route53_paths():
        if method == environ["REQUEST_METHOD"] and (found := path.fullmatch(environ["PATH_INFO"].rstrip("/"))):
            return name, found.groupdict()
    return "", {}


def _body(environ):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)  # moto reads it again
    return body


@functools.cache
def _route53_paths():
    model = botocore.session.get_session().get_service_model("route53")
    operations = [model.operation_model(name) for name in model.operation_names]
    return [
        (operation.http["method"], re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.http["requestUri"].split("?")[0].rstrip("/"))), operation.name)
        for operation in operations
    ]

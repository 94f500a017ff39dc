"""Errors in the form in which each AWS service really sends them."""

import json
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import escape

_QUERY = {"autoscaling", "sts", "iam", "cloudformation", "sns"}
_JSON_1_0 = {"sqs", "dynamodb"}


@dataclass
class Answer:
    status: int
    content_type: str
    body: bytes
    headers: tuple = ()

    def wsgi(self, start_response):
        start_response(
            f"{self.status} -",
            [("Content-Type", self.content_type), ("Content-Length", str(len(self.body))), *self.headers],
        )
        return [self.body]


def throttled(call):
    """400 for Query, REST-XML and JSON services, 503 for EC2: only the code tells."""
    if call.service == "ec2":
        return error(call, 503, "RequestLimitExceeded", "Request limit exceeded.")
    if call.service in _QUERY or call.service == "route53":
        return error(call, 400, "Throttling", "Rate exceeded")
    if call.service == "sqs":
        return error(call, 400, "RequestThrottled", "Request is throttled.")
    return error(call, 400, "ThrottlingException", "Rate exceeded")


def denied(call, principal=None, action=None, resource=None):
    principal = principal or f"arn:aws:sts::{call.account}:assumed-role/tests/tests"
    action = action or f"{call.service}:{call.operation}"
    place = f" on resource: {resource}" if resource else ""
    text = f"User: {principal} is not authorized to perform: {action}{place} because no identity-based policy allows the {action} action"
    if call.service == "ec2":
        return error(call, 403, "UnauthorizedOperation", "You are not authorized to perform this operation. " + text)
    if call.service in _QUERY or call.service == "route53":
        return error(call, 403, "AccessDenied", text)
    return error(call, 400, "AccessDeniedException", text)


def expired(call):
    text = "The security token included in the request is expired"
    if call.service == "ec2":
        return error(call, 400, "RequestExpired", "Request has expired.")
    if call.service in _QUERY or call.service == "route53":
        return error(call, 403, "ExpiredToken", text)
    return error(call, 400, "ExpiredTokenException", text)


def internal(call):
    code = {"ec2": "InternalError", "dynamodb": "InternalServerError", "ssm": "InternalServerError"}.get(call.service, "InternalFailure")
    return error(call, 500, code, "An internal error has occurred")


def html(call):
    """What a load balancer says in place of the service."""
    return Answer(500, "text/html", b"<html><body><h1>500 Internal Server Error</h1></body></html>")


def error(call, status, code, message):
    request_id = str(uuid.uuid4())
    if call.service == "ec2":
        return _xml(
            status,
            f"<Response><Errors><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>",
        )
    if call.service in _QUERY or call.service == "route53":
        fault = "Sender" if status < 500 else "Receiver"
        return _xml(
            status,
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        )
    # The namespace before the code comes and goes on AWS too; clients must cut it off.
    namespace = "com.amazon.coral.service#" if call.service in _JSON_1_0 else ""
    headers = [("x-amzn-RequestId", request_id)]
    if call.service == "sqs":
        headers.append(("x-amzn-query-error", f"{code};{'Sender' if status < 500 else 'Receiver'}"))
    return Answer(
        status,
        "application/x-amz-json-1.0" if call.service in _JSON_1_0 else "application/x-amz-json-1.1",
        json.dumps({"__type": namespace + code, "message": message}).encode(),
        tuple(headers),
    )


def _xml(status, text):
    return Answer(status, "text/xml;charset=UTF-8", f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())

"""The WSGI application in front of moto: control endpoints, request log, faults and pauses."""

import json
import threading
from dataclasses import asdict

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

import enforcement
import lifecycle
import policy
from answers import Answer
from calls import identify
from faults import Faults
from pauses import Pauses

PREFIX = "/tailnet-tests/"


class Interception:
    def __init__(self, moto):
        self._moto = moto
        self._faults = Faults()
        self._pauses = Pauses()
        self._log = []
        self._log_lock = threading.Lock()
        self._endpoints = {
            "hold": lifecycle.hold,
            "expire": lifecycle.expire,
            "age": lifecycle.age,
            "forget": lifecycle.forget,
            "lifecycle": lambda account=None: lifecycle.records(account),
            "enforce": enforcement.enforce,
            "decisions": enforcement.decisions,
            "decide": policy.allowing,
            "faults": self._add_or_list_faults,
            "requests": self._requests,
            "pause": lambda **pause: _shown(self._pauses.add(**pause)),
            "paused": lambda id, wait=0: _shown(self._pauses.wait_until_blocked(id, wait)),
            "release": lambda id, drop=False: _shown(self._pauses.release(id, drop)),
            "reset": self._reset,
        }

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._control(environ, start_response)
        call = identify(environ)
        if call is None:
            return self._moto(environ, start_response)
        entry = {"order": call.order, "time": call.time, "service": call.service, "operation": call.operation, "region": call.region}
        entry |= {"account": call.account, "status": None, "fault": None}
        with self._log_lock:
            self._log.append(entry)
        answer = self._answer(call, entry, environ)
        entry["status"] = answer.status
        return answer.wsgi(start_response)

    def _answer(self, call, entry, environ):
        stop_after = self._pauses.before(call)
        try:
            fault = self._faults.take(call)
            if fault is None:
                return self._truth(call, environ)
            entry["fault"] = fault.kind
            return fault.answer(call, self._truth(call, environ) if fault.needs_true_answer else None)
        finally:
            self._pauses.after(call, stop_after)

    def _truth(self, call, environ):
        if refusal := enforcement.refusal(call, environ):
            return refusal
        body, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        own = {"content-type", "content-length"}
        return Answer(
            int(status.split(" ")[0]),
            headers.get("Content-Type", "text/plain"),
            b"".join(body),
            tuple((name, value) for name, value in headers if name.lower() not in own),
        )

    def _control(self, environ, start_response):
        request = Request(environ)
        name = request.path.removeprefix(PREFIX)
        try:
            arguments = {**request.args.to_dict(), **(request.get_json() if request.data else {})}
            status, result = 200, self._endpoints[name](**arguments)
        except (KeyError, TypeError, ValueError) as problem:
            status, result = 400, {"error": f"{name}: {problem}"}
        return Response(json.dumps(result), status, content_type="application/json")(environ, start_response)

    def _add_or_list_faults(self, kind=None, account=None, **rule):
        if kind is None:
            return [asdict(fault) for fault in self._faults.of(account)]
        return asdict(self._faults.add(kind=kind, account=account, **rule))

    def _requests(self, account=None):
        with self._log_lock:
            return [entry for entry in self._log if account in (None, entry["account"])]

    def _reset(self, account=None):
        """Forgets what was logged, recorded, armed and paused; moto's own state and the roles stay."""
        self._faults.clear(account)
        self._pauses.clear(account)
        lifecycle.clear(account)
        with self._log_lock:
            self._log = [entry for entry in self._log if account not in (None, entry["account"])]
        return {}


def _shown(pause):
    shown = asdict(pause)
    shown["blocked"] = shown["blocked"] and {key: shown["blocked"][key] for key in ("service", "operation", "order")}
    return shown

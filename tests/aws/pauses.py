"""Stops the world at the Nth call, so that a test can end the caller between any two of its calls."""

import itertools
import threading
from dataclasses import dataclass, field

from faults import HangUp


@dataclass
class Pause:
    after: int  # calls that pass before one is stopped
    when: str = "before"  # the stopped call: before or after it takes effect
    account: str | None = None
    service: str | None = None
    operation: str | None = None
    id: int = field(default_factory=itertools.count(1).__next__)
    passed: int = 0
    closed: bool = False  # no further call passes
    blocked: object = None  # the call that was stopped
    released: str = ""  # "" | continue | drop


class Pauses:
    def __init__(self):
        self._changed = threading.Condition()
        self._pauses = []

    def add(self, **pause):
        pause = Pause(**pause)
        if pause.when not in ("before", "after"):
            raise ValueError("when: before or after")
        with self._changed:
            self._pauses.append(pause)
        return pause

    def find(self, id):
        with self._changed:
            found = next((pause for pause in self._pauses if pause.id == int(id)), None)
        if found is None:
            raise ValueError(f"no pause {id}")
        return found

    def wait_until_blocked(self, id, seconds):
        pause = self.find(id)
        with self._changed:
            self._changed.wait_for(lambda: pause.blocked or pause.released, timeout=float(seconds))
        return pause

    def release(self, id, drop=False):
        """Lets the stopped calls go on, or with `drop` hangs up on them: those stopped before their effect then never have one."""
        pause = self.find(id)
        with self._changed:
            pause.released = "drop" if drop else "continue"
            self._pauses.remove(pause)
            self._changed.notify_all()
        return pause

    def clear(self, account):
        with self._changed:
            doomed = [pause.id for pause in self._pauses if account in (None, pause.account)]
        for id in doomed:
            self.release(id, drop=True)

    def before(self, call):
        """Called before a call takes effect. Returns the pauses that want to stop it afterwards."""
        later = []
        with self._changed:
            for pause in [pause for pause in self._pauses if call.matches(pause.account, pause.service, pause.operation)]:
                if not pause.closed and pause.passed < pause.after:
                    pause.passed += 1
                elif not pause.closed and pause.when == "after":
                    pause.closed = True
                    later.append(pause)
                else:
                    self._stop(pause, call, announce=pause.when == "before")
        return later

    def after(self, call, later):
        with self._changed:
            for pause in later:
                self._stop(pause, call, announce=True)

    def _stop(self, pause, call, announce):
        pause.closed = True
        if announce and pause.blocked is None:
            pause.blocked = call
            self._changed.notify_all()
        self._changed.wait_for(lambda: pause.released)
        if pause.released == "drop":
            raise HangUp

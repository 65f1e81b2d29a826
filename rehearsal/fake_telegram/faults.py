"""Failures to be injected: what goes wrong, for which method and chat, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ANY_METHOD = "*"


class FaultKind(StrEnum):
    """Whether Telegram does what was asked is what tells the kinds apart."""

    TOO_MANY_REQUESTS = "too_many_requests"  # 429, not done; retry_after=seconds
    FORBIDDEN = "forbidden"  # 403, not done
    CONFLICT = "conflict"  # 409, not done
    SERVER_ERROR = "server_error"  # 5xx, not done; status=502, html=True for a proxy's page in place of JSON
    BAD_JSON = "bad_json"  # 200 with half a JSON text, not done
    UNAUTHORIZED = "unauthorized"  # 401, not done
    HANG = "hang"  # waits `seconds`, then does it, unless the caller has gone away by then
    ACCEPT_THEN_HANG = "accept_then_hang"  # does it, and answers only after `seconds`
    ACCEPT_THEN_DROP = "accept_then_drop"  # does it, and closes the connection without an answer
    REFUSE = "refuse"  # closes the connection without doing anything


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `method` is a Bot API method or "*"; `chat` None is any chat; times are
    seconds.
    """

    method: str
    kind: FaultKind
    chat: int | None = None
    seconds: float = 60.0
    retry_after: int = 1
    status: int = 502
    html: bool = False
    reason: str = "bot was blocked by the user"

    def meets(self, method: str, chat: int | None) -> bool:
        right_method = self.method == ANY_METHOD or self.method.lower() == method.lower()
        return right_method and self.chat in (None, chat)


class Faults:
    """The failures still to come. Those by `next` go first, each as often as it was asked for, in their
    order.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: list[Fault] = []
        self._always: list[Fault] = []

    def next(self, method: str, kind: str | FaultKind, times: int = 1, chat: int | None = None, **args: Any) -> None:
        """The next `times` calls of `method` (in `chat`) fail. Raises ValueError/TypeError for what is no
        fault.
        """
        fault = Fault(method, FaultKind(kind), chat, **args)
        with self._lock:
            self._next.extend([fault] * times)

    def always(self, method: str, kind: str | FaultKind, chat: int | None = None, **args: Any) -> None:
        """Every call of `method` (in `chat`) fails, until `clear`."""
        fault = Fault(method, FaultKind(kind), chat, **args)
        with self._lock:
            self._always.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._next.clear()
            self._always.clear()

    @property
    def left(self) -> int:
        """How many of the `next` failures have not happened yet; a test may ask that all have."""
        with self._lock:
            return len(self._next)

    def take(self, method: str, chat: int | None) -> Fault | None:
        """What goes wrong with this call, if anything does. Uses up a `next`."""
        with self._lock:
            for place, fault in enumerate(self._next):
                if fault.meets(method, chat):
                    return self._next.pop(place)
            return next((fault for fault in self._always if fault.meets(method, chat)), None)

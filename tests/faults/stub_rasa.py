"""Our channel in Rasa without Rasa: it says back what it was asked, and misbehaves on order.

What a turn looks like is in nlu/README.md. Nothing is understood here; what needs understanding uses the real one.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Turn = dict[str, Any]
Answer = tuple[int, Any]

SECRET = "secret-of-a-stub"
LONGEST_HANG = 60.0  # seconds after which a hanging call is let go, whoever forgot it


def echoed(turn: Turn) -> Answer:
    """The words come back, so that a test sees which message a reply belongs to."""
    shown = str(turn["text"] or turn["tap"]).encode("utf-8", "replace").decode()
    return 200, {
        "complete": True,
        "replies": [{"text": f"echo {shown}", "utter": "utter_echo", "wording": {"id": "echo", "version": 1}}],
        "state_after": {"checkin": None, "dialogue": {"last": turn["inbox_id"]}},
        "understood": {"intent": "faq/echo", "route": "answer", "answer": "echo", "confidence": 1.0},
        "model": "stub",
    }


class StubRasa:
    """`before` runs in a turn, as an action would; `answer` decides what comes back. Replace them at any time."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.before: Callable[[Turn], None] = lambda turn: None
        self.answer: Callable[[Turn], Answer] = echoed
        self.overlaps: set[str] = set()
        self._running: Counter[str] = Counter()
        self._inbox_ids: dict[str, set[int]] = {}
        self._lock = threading.Lock()
        self._let_go = threading.Event()
        self._let_go.set()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_down(self) -> bool:
        return self._server is None

    def start(self) -> None:
        """Listens, on the same port as before if it did before."""
        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hangs(self) -> None:
        """No turn is answered until `works`."""
        self._let_go.clear()

    def takes(self, seconds: float) -> None:
        """Every turn lasts so long."""
        self.before = lambda turn: time.sleep(seconds)

    def answers(self, status: int, body: Any) -> None:
        """Every turn gets this."""
        self.answer = lambda turn: (status, body)

    def works(self) -> None:
        """As at the beginning; what hung is answered."""
        self.before, self.answer = lambda turn: None, echoed
        self._let_go.set()

    def texts(self, code: str) -> list[str]:
        """What a participant said, in the order of the turns; a repeated turn is told once."""
        seen: dict[int, str] = {}
        for turn in list(self.turns):
            if turn["code"] == code:
                seen.setdefault(turn["inbox_id"], turn["text"])
        return list(seen.values())

    def tries(self, code: str) -> int:
        """How often a turn of this participant was asked for."""
        return sum(turn["code"] == code for turn in list(self.turns))

    def play(self, turn: Turn) -> Answer:
        """One turn. Two messages of one person at once are noted in `overlaps`."""
        code, inbox_id = turn["code"], turn["inbox_id"]
        with self._lock:
            self.turns.append(turn)
            self._running[code] += 1
            at_work = self._inbox_ids.setdefault(code, set())
            if at_work - {inbox_id}:
                self.overlaps.add(code)
            at_work.add(inbox_id)
        try:
            self._let_go.wait(LONGEST_HANG)
            self.before(turn)
            return self.answer(turn)
        finally:
            with self._lock:
                self._running[code] -= 1
                if not self._running[code]:
                    self._inbox_ids[code].clear()


def _handler(rasa: StubRasa) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, {"ready": True, "model": "stub"})

        def do_POST(self) -> None:
            turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["X-Alongside-Secret"] != SECRET:
                self._send(403, {"error": "wrong_secret"})
                return
            self._send(*rasa.play(turn))

        def _send(self, status: int, body: Any) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                return  # the caller gave up waiting

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a test's output is not the place for it."""

    return Handler

"""An action server that keeps to nlu/README.md, with a check-in of three items and faults to order.

What nlu/README.md asks of `actions/` is written down here a second time, as code: if the two differ, one is
wrong.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]
Answer = dict[str, Any]

FREQUENCY = ["never", "rarely", "occasionally", "frequently", "almost constantly"]
SEVERITY = ["none", "mild", "moderate", "severe", "very severe"]
ITEMS = {"nausea.frequency": FREQUENCY, "fatigue.severity": SEVERITY, "joint_pain.severity": SEVERITY}
ORDER = list(ITEMS)
OPEN = {"name": "weekly", "occurrence": 12}


def slot(name: str, value: Any) -> Event:
    return {"event": "slot", "name": name, "value": value}


class Call:
    """One call of an action, as it arrived."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.action: str = body["next_action"]
        self.sender: str = body["sender_id"]
        self.slots: dict[str, Any] = body["tracker"]["slots"]
        self.text: str = body["tracker"]["latest_message"]["text"]
        self.body = body

    @property
    def inbox_id(self) -> int:
        cause: int = self.slots["inbox_id"]
        return cause


class StubActions:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.calls: list[Call] = []
        self.stored: list[tuple[str, str]] = []
        self.before: Callable[[Call], None] = lambda call: None
        self.fail: set[str] = set()
        self.unproven: set[str] = set()
        self.instead: dict[str, Answer] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.port = server.server_port
        self.url = f"http://127.0.0.1:{server.server_port}/webhook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()

    def calls_of(self, action: str) -> list[Call]:
        return [call for call in self.calls if call.action == action]

    def answer(self, call: Call) -> tuple[int, Answer]:
        self.calls.append(call)
        self.before(call)
        if call.action in self.fail:
            return 500, {"error": "boom", "request_body": call.body}  # as rasa-sdk does
        if call.action in self.instead:
            return 200, self.instead[call.action]
        events, says = self._run(call)
        if call.action not in self.unproven:
            events = [*events, slot("proof", call.action)]
        return 200, {"events": events, "responses": [{"custom": {"say": say}} for say in says]}

    def _run(self, call: Call) -> tuple[list[Event], list[dict[str, Any]]]:
        said = [{"wording": f"stub.{call.action}", "params": {}}]
        if call.action == "validate_checkin_form":
            return self._validate(call)
        if call.action == "action_ask_item_answer":
            return [], [{"wording": f"asks.{call.slots['item']}", "params": {}}]
        if call.action == "action_start_checkin":
            return _opened(ORDER[0]), []
        if call.action == "action_tap_answer":
            return self._tapped(call)
        if call.action == "action_stop_checkin" and call.slots["item"]:
            return _closed(), said
        return [], said

    def _tapped(self, call: Call) -> tuple[list[Event], list[dict[str, Any]]]:
        tap = call.slots["tap"]
        self.stored.append((tap["item"], tap["value"]))
        following = _after(tap["item"])
        return (_opened(following), []) if following else ([], [{"wording": "checkin.done", "params": {}}])

    def _validate(self, call: Call) -> tuple[list[Event], list[dict[str, Any]]]:
        words, item, understood = call.slots["item_answer"], call.slots["item"], call.slots["understood"]
        if words is None:
            return [], []
        tap = call.slots["tap"]
        value = tap.get("value") if tap else words.lower().strip(" .!")
        if understood["digression"] and value not in ITEMS[item]:
            gave_way = {"event": "action_execution_rejected", "name": "checkin_form"}
            return [slot("item_answer", None), gave_way], []
        if value not in ITEMS[item]:
            return [slot("item_answer", None)], [{"wording": "checkin.choose", "params": {}}]
        self.stored.append((item, value))
        following = _after(item)
        if following:
            return [slot("item_answer", None), slot("item", following)], []
        done = [
            slot("item_answer", "finished"),
            *(slot(name, None) for name in ("checkin", "occurrence", "item")),
        ]
        return done, [{"wording": "checkin.done", "params": {}}]


def _after(item: str) -> str | None:
    place = ORDER.index(item) + 1
    return ORDER[place] if place < len(ORDER) else None


def _opened(item: str) -> list[Event]:
    slots = [slot("checkin", OPEN["name"]), slot("occurrence", OPEN["occurrence"]), slot("item", item)]
    return [*slots, {"event": "followup", "name": "checkin_form"}]


def _closed() -> list[Event]:
    slots = [slot(name, None) for name in ("requested_slot", "checkin", "occurrence", "item")]
    return [{"event": "active_loop", "name": None}, *slots]


def _handler(stub: StubActions) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = stub.answer(Call(body))
            content = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()
            except OSError:
                self.close_connection = True  # Rasa did not wait that long

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: test output stays readable."""

    return Handler


def slowly(seconds: float) -> Callable[[Call], None]:
    return lambda call: time.sleep(seconds)

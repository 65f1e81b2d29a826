"""The gate in front of a shared Rasa: closed, it is away for this rehearsal alone."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from rehearsal.gate import Gate

PATIENCE = 5.0


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_about: object) -> None:
        """Quiet."""


@pytest.fixture
def neighbour() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gate(neighbour: str) -> Iterator[Gate]:
    made = Gate(neighbour)
    made.start()
    yield made
    made.stop()


def through(gate: Gate) -> str:
    return httpx.get(f"{gate.url}/hello", trust_env=False, timeout=PATIENCE).text


def test_what_goes_through_an_open_gate_is_answered(gate: Gate) -> None:
    assert through(gate) == "/hello"


def test_a_closed_gate_refuses_and_an_opened_one_answers_again(gate: Gate) -> None:
    gate.close()
    with pytest.raises(httpx.ConnectError):
        through(gate)

    gate.open()
    assert through(gate) == "/hello"


def test_closing_one_gate_leaves_others_open(gate: Gate, neighbour: str) -> None:
    other = Gate(neighbour)
    other.start()
    other.close()

    assert through(gate) == "/hello"
    other.stop()


def test_a_gate_closed_for_a_while_opens_by_itself(gate: Gate) -> None:
    gate.close_for(0.2)
    with pytest.raises(httpx.ConnectError):
        through(gate)

    until = time.monotonic() + PATIENCE
    while True:
        try:
            assert through(gate) == "/hello"
            return
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_connection_in_hand_is_cut_when_the_gate_closes(gate: Gate) -> None:
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        client.get(f"{gate.url}/one")
        gate.close()
        with pytest.raises(httpx.HTTPError):
            client.get(f"{gate.url}/two")


def test_a_gate_that_was_never_started_stops_without_complaint(neighbour: str) -> None:
    Gate(neighbour).stop()

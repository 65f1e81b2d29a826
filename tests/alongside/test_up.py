"""`alongside up` with a Rasa of its own: what dies is started again, /health tells why not everything serves, SIGTERM
ends all of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from rehearsal.stack import Stack
from tests.conftest import ROOT

MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(ROOT / "protocols" / "harbor", tmp_path_factory.mktemp("up"), MONDAY)
    made.start(wait=False)
    yield made
    made.stop()


def health(stack: Stack) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{stack.settings.health_port}/health", timeout=10, trust_env=False)


@pytest.mark.stops_rasa
def test_it_starts_restarts_what_is_killed_and_ends_on_sigterm(stack: Stack) -> None:
    until = time.monotonic() + 60
    while "rasa" not in stack.pids() and time.monotonic() < until:
        time.sleep(0.1)
    waiting = health(stack)
    assert waiting.status_code == 503
    assert "rasa" in waiting.json()["reasons"]

    stack.wait_until_it_serves()
    assert health(stack).json() == {"serves": True, "reasons": {}}
    assert set(stack.pids()) == {"rasa", "actions", "bot"}
    stack.add_staff("nora", "nurse", "S1")
    ana = stack.add_participant("P-001", "S1", None, enrolled=True)
    stack.settle()

    before = stack.pids()
    for name in ("rasa", "actions", "bot"):
        stack.kill_process(name)
    assert not set(stack.pids().values()) & set(before.values())
    ana.bot.say(ana.person, "I can't breathe")
    ana.bot.wait_for(lambda: any(one.text.startswith("Call 112 now") for one in ana.bot.sent_to(ana.person)), 30)
    nurse = stack.people["nora"]
    nurse.bot.wait_for(lambda: any("EMERGENCY C-" in one.text for one in nurse.bot.sent_to(nurse.person)), 30)
    stack.wait_until_it_serves()
    ana.bot.say(ana.person, "can i leave the study if i change my mind?")
    stack.settle()
    assert "leave" in ana.bot.sent_to(ana.person)[-1].text

    running = [psutil.Process(pid) for pid in stack.pids().values()]
    assert stack.up is not None
    os.kill(stack.up.pid, signal.SIGTERM)
    assert stack.up.wait(30) == 0
    assert not [one for one in running if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert not Path(stack.folder / "run.json").exists()

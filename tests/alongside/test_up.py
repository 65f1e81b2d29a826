"""`alongside up` with a Rasa of its own: what dies is started again, /health tells why not everything serves, SIGTERM
ends all of it."""

from __future__ import annotations

import gzip
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from alongside.models import kept_models, newest_trained, sha256_of
from rehearsal.people import Someone
from rehearsal.stack import Stack
from study.services.publishing import publish, roll_back
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


def a_new_answer_reaches_the_phone_and_is_taken_back(stack: Stack, ana: Someone) -> None:
    """The coordinators' cycle on the running installation: another model is published, Rasa takes it by itself, and
    gives it back. Nothing is restarted."""
    before = stack.pids()
    first, second = (repacked(stack, number) for number in (1, 2))
    for report in (first, second):
        stack.run(partial(publish, report=report, by="C. Ruiz"))
        assert served_within(stack, report["sha256"], seconds=30)
    ana.bot.say(ana.person, "can i leave the study if i change my mind?")
    stack.settle()
    assert "leave" in ana.bot.sent_to(ana.person)[-1].text
    stack.run(partial(roll_back, by="C. Ruiz"))
    assert served_within(stack, first["sha256"], seconds=30)
    assert stack.pids() == before


def repacked(stack: Stack, number: int) -> dict[str, Any]:
    """The trained model as another file, in VAR_DIR/models, and what a gate would say of it."""
    trained = newest_trained(stack.settings)
    assert trained is not None
    file = kept_models(stack.settings) / f"alongside-{number:016x}.tar.gz"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(gzip.compress(gzip.decompress(trained.read_bytes()), compresslevel=number, mtime=number))
    return {"model": file.name, "sha256": sha256_of(file), "against": [], "texts": {}}


def served_within(stack: Stack, sha256: str, seconds: float) -> bool:
    """Whether our channel reports this hash."""
    url, secret = stack.rasa
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = httpx.get(f"{url}/webhooks/alongside/health", headers={"X-Alongside-Secret": secret}, timeout=10)
        if told.json().get("hash") == sha256:
            return True
        time.sleep(0.2)
    return False


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
    assert set(stack.pids()) == {"models", "rasa", "actions", "bot"}
    stack.add_staff("nora", "nurse", "S1")
    ana = stack.add_participant("P-001", "S1", None, enrolled=True)
    stack.settle()

    before = stack.pids()
    for name in ("models", "rasa", "actions", "bot"):
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

    a_new_answer_reaches_the_phone_and_is_taken_back(stack, ana)

    running = [psutil.Process(pid) for pid in stack.pids().values()]
    assert stack.up is not None
    os.kill(stack.up.pid, signal.SIGTERM)
    assert stack.up.wait(30) == 0
    assert not [one for one in running if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert not Path(stack.folder / "run.json").exists()

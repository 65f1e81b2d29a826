"""Starts the real Rasa with the model trained from the work tree, and speaks to our channel."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from nlu.train import MEMORY, fingerprint

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
BOOT_LIMIT = 180.0  # seconds
INBOX_IDS = count(1_000_000)


@dataclass
class Door:
    """Our channel of one Rasa."""

    url: str
    secret: str
    log: Path | None = None
    pid: int | None = None
    actions_url: str | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def post(self, place: str, body: Any, *, secret: str | None = None, timeout: float = 60) -> httpx.Response:
        headers = {"X-Alongside-Secret": self.secret if secret is None else secret}
        headers["Content-Type"] = "application/json"
        content = json.dumps(body).encode()  # with ASCII escapes: httpx's own cannot carry a lone surrogate
        return self.http.post(f"{self.url}/webhooks/{place}", content=content, headers=headers, timeout=timeout)

    def turn_body(self, text: str | None = None, **more: Any) -> dict[str, Any]:
        """A whole call; `checkin`, `slots` and `dialogue` go into state_before, the rest replaces fields."""
        state = {
            "checkin": more.pop("checkin", None),
            "slots": more.pop("slots", {"team_phone": "+34 900 000 001", "emergency_number": "112"}),
            "dialogue": more.pop("dialogue", {}),
        }
        body = {
            "inbox_id": next(INBOX_IDS),
            "run": "test",
            "code": "P-001",
            "now": "2026-03-02T07:30:00+00:00",
            "text": text,
            "tap": None,
            "actions_url": self.actions_url,
            "state_before": state,
        }
        return body | more

    def turn(self, text: str | None = None, **more: Any) -> dict[str, Any]:
        answer = self.post("alongside/turn", self.turn_body(text, **more))
        assert answer.status_code == 200, answer.text
        played: dict[str, Any] = answer.json()
        return played

    def understand(self, text: str) -> dict[str, Any]:
        answer = self.post("alongside/understand", {"text": text})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def copied_project(folder: Path) -> Path:
    """A coordinator's folder: the language project with its trained model and what was read for it, to be edited."""
    project = folder / "project"
    shutil.copytree(ROOT / "nlu", project / "nlu", ignore=shutil.ignore_patterns(".venv", "models", "__pycache__"))
    shutil.copy(ROOT / "domain.yml", project)
    (project / "nlu" / "models").mkdir()
    for name in (f"alongside-{fingerprint(ROOT)}.tar.gz", MEMORY):
        shutil.copy(ROOT / "nlu" / "models" / name, project / "nlu" / "models")
    return project


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def train() -> None:
    """Brings nlu/models up to date; a second or two when it is."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(PYTHON), "-m", "nlu.train", "--out", "nlu/models"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def running_rasa(
    folder: Path, credentials: str = "tests/nlu/credentials.yml", actions_port: int | None = None
) -> Iterator[Door]:
    """A Rasa of our own on a free port, stopped by its pid afterwards. Without a port for actions a call that names no
    server for them fails."""
    train()
    port, secret, log = free_port(), secrets.token_hex(16), folder / "rasa.log"
    command = [str(PYTHON), "-m", "nlu.environment", "run", "-i", "127.0.0.1", "-p", str(port), "-m", "nlu/models"]
    command += ["--credentials", credentials, "--endpoints", "nlu/endpoints.yml"]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'nlu'}",
        "ALONGSIDE_RASA_SECRET": secret,
        "ALONGSIDE_ACTIONS_PORT": str(actions_port or free_port()),
    }
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    door = Door(f"http://127.0.0.1:{port}", secret, log, process.pid)
    try:
        _wait_until_ready(door, process)
        yield door
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)


def _wait_until_ready(door: Door, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + BOOT_LIMIT
    while time.monotonic() < limit:
        assert process.poll() is None, f"Rasa ended: {door.log.read_text()[-2000:] if door.log else ''}"
        try:
            health = door.http.get(f"{door.url}/webhooks/alongside/health", headers={"X-Alongside-Secret": door.secret})
            if health.status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    raise AssertionError(f"Rasa was not ready within {BOOT_LIMIT:.0f} s")

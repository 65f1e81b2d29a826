"""`alongside understand`: what the bot would make of a sentence. One JSON object a line in and out."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import httpx
import typer
from pydantic import SecretStr

from alongside.processes import ROOT, CannotStart, rasa
from rehearsal.stack import free_ports
from study.bootstrap import rasa_secret
from study.settings import Settings
from study.triage.doses import with_hint
from study.triage.red_flags import set_aside, with_hints
from study.triage.symptoms import Heard, with_heard
from study.triage.told import what_is_told

START_SECONDS = 120.0


def understand(
    file: Annotated[str, typer.Argument(help="A file of JSON lines, or - for standard input")] = "-",
) -> None:
    """Adds intent, confidence, route, answer, red_flags, symptoms and dose to each {"text": ...}. Starts what it
    needs."""
    opened = contextlib.nullcontext(sys.stdin) if file == "-" else _open(file)
    with opened as lines, a_rasa(Settings()) as (url, secret), httpx.Client(trust_env=False) as client:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                given = _read(line, file, number)
                print(json.dumps(given | understood_by(client, url, secret, given["text"])), flush=True)


def _open(file: str) -> IO[str]:
    try:
        return Path(file).open(encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"{file}: {error.strerror}") from None


def _read(line: str, file: str, number: int) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except ValueError:
        raise CannotStart(f'{file}:{number}: not JSON; write {{"text": "..."}} on a line') from None
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise CannotStart(f'{file}:{number}: "text" is missing; write {{"text": "..."}} on a line')
    return given


def asked(client: httpx.Client, url: str, secret: str, text: str) -> dict[str, Any]:
    """What the model alone makes of a sentence. Raises CannotStart where Rasa does not answer as it should."""
    answer = client.post(
        f"{url}/webhooks/alongside/understand",
        content=json.dumps({"text": text, "set_aside": set_aside(text)}),
        headers={"X-Alongside-Secret": secret, "Content-Type": "application/json"},
        timeout=30.0,
    )
    if answer.status_code != 200:
        raise CannotStart(f"Rasa answered {answer.status_code}; see `alongside doctor`")
    found: dict[str, Any] = answer.json()
    return found


def understood_by(client: httpx.Client, url: str, secret: str, text: str) -> dict[str, Any]:
    """What the bot makes of a sentence. The rules have the last word: the model may not take a red flag away."""
    model = asked(client, url, secret, text)
    flags = with_hints(text, model["flags"])
    heard = [Heard(**one) for one in model["symptoms"]]
    route = (model["route"] == "unsure" and what_is_told(text)) or model["route"]
    return {
        "intent": model["intent"],
        "confidence": model["confidence"],
        "route": "emergency" if flags else route,
        "answer": None if flags else model["answer"],
        "red_flags": flags,
        "symptoms": [{"term": one.term, "negated": one.negated} for one in with_heard(text, heard)],
        "dose": with_hint(text, model["dose"]),
    }


@contextlib.contextmanager
def a_rasa(settings: Settings) -> Iterator[tuple[str, str]]:
    """The Rasa of RASA_URL, or one of our own for as long as it is needed: its address and secret."""
    if settings.rasa_url:
        yield settings.rasa_url.rstrip("/"), rasa_secret(settings).get_secret_value()
        return
    port, actions_port = free_ports(2)
    own = settings.model_copy(
        update={
            "rasa_port": port,
            "actions_port": actions_port,
            "rasa_secret": SecretStr(secrets.token_hex(16)),
        }
    )
    program = rasa(own)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            program.command,
            cwd=ROOT,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            until = time.monotonic() + START_SECONDS
            while (reason := program.reason_against()) is not None:
                if process.poll() is not None or time.monotonic() > until:
                    raise CannotStart(f"Rasa does not start ({reason}); see `alongside doctor`")
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", rasa_secret(own).get_secret_value()
        finally:
            process.terminate()
            process.wait(20)

"""The processes of an installation: what starts each, what each may see, and how it is seen to serve."""

from __future__ import annotations

import os
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from alongside.models import newest_trained, trained_models
from study.bootstrap import rasa_secret
from study.errors import AlongsideError
from study.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
RASA_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
# Loopback speaks no TLS; an empty context spares reading every certificate of the machine at each look (0.1 s of CPU).
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# Rasa's environment is old by necessity, so it is told nothing it does not need: no database, no tokens, no keys.
RASA_MAY_SEE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "OMP_NUM_THREADS")


class CannotStart(AlongsideError):
    """Something is missing or in the way; str() says what, where and how to mend it."""

    code = "cannot_start"


@dataclass(frozen=True)
class Program:
    """One process: it runs in `folder` (None: where `up` was called, so that all of ours read the same relative
    paths); `reason_against` says in a word why it does not serve yet, None once it does."""

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path | None
    reason_against: Callable[[], str | None]


def models(settings: Settings) -> Program:
    """The model server, which has to be up before Rasa."""
    url = f"http://127.0.0.1:{settings.models_port}/health"
    return Program("models", [sys.executable, "-m", "alongside.models"], _ours(), None, lambda: _answers(url, {}))


def rasa(settings: Settings, pulls: bool = False) -> Program:
    """Rasa with our channel; raises CannotStart where its environment or model is missing. `pulls`: it takes the
    published model from the model server, else the newest that was trained."""
    if not RASA_PYTHON.exists():
        raise CannotStart("nlu/.venv: Rasa's environment is missing; run `make setup`")
    if not pulls and newest_trained(settings) is None:
        raise CannotStart("nlu/models: no trained model; run `make train`")
    secret = rasa_secret(settings).get_secret_value()
    environment = {name: os.environ[name] for name in RASA_MAY_SEE if name in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "ALONGSIDE_RASA_SECRET": secret,
        "ALONGSIDE_ACTIONS_PORT": str(settings.actions_port),
        "ALONGSIDE_MODELS_PORT": str(settings.models_port),
    }
    command = [str(RASA_PYTHON), "-m", "nlu.environment", "run", "-i", "127.0.0.1", "-p", str(settings.rasa_port)]
    endpoints = "nlu/endpoints.published.yml" if pulls else "nlu/endpoints.yml"
    command += ["-m", str(trained_models(settings)), "--credentials", "nlu/credentials.yml", "--endpoints", endpoints]
    url = f"http://127.0.0.1:{settings.rasa_port}"
    return Program("rasa", command, environment, ROOT, lambda: rasa_reason(url, secret))


def actions(settings: Settings) -> Program:
    """The action server."""
    url = f"http://127.0.0.1:{settings.actions_port}/health"
    return Program(
        "actions",
        [sys.executable, "-m", "actions"],
        _ours(),
        None,
        lambda: _answers(url, {}),
    )


def bot(_settings: Settings, reason_against: Callable[[], str | None]) -> Program:
    """Receiving, conversation, delivery, ticks."""
    return Program("bot", [sys.executable, "-m", "bot"], _ours(), None, reason_against)


def rasa_reason(url: str, secret: str) -> str | None:
    """Why the Rasa at `url` does not serve us yet."""
    return _answers(f"{url.rstrip('/')}/webhooks/alongside/health", {"X-Alongside-Secret": secret})


def _ours() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(ROOT), "PTB_TIMEDELTA": "1"}


def _answers(url: str, headers: dict[str, str]) -> str | None:
    try:
        status = httpx.get(url, headers=headers, timeout=2.0, trust_env=False, verify=NO_TLS).status_code
    except httpx.HTTPError as error:
        return type(error).__name__
    return None if status == 200 else f"status_{status}"


def check_port(setting: str, port: int) -> None:
    """Raises CannotStart if something else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            mend = f"stop the program that uses it, or set {setting} to another port"
            raise CannotStart(f"127.0.0.1:{port}: the port is in use; {mend}") from None

"""A terminal to type `alongside ...` into, with an installation of its own and a Telegram that is not Telegram."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alongside import __main__ as command_line
from rehearsal.fake_telegram import TelegramServer
from rehearsal.stack import free_ports
from study.keys import new_master_key

ROOT = Path(__file__).parent.parent.parent
PARTICIPANTS, STAFF = "1000001:" + "p" * 35, "1000002:" + "s" * 35


@dataclass
class Ran:
    status: int
    out: str
    err: str


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        server.add_bot(PARTICIPANTS, "Alongside", "alongside_demo_bot")
        server.add_bot(STAFF, "Staff", "alongside_staff_bot")
        yield server


class Terminal:
    """An installation of its own, and a terminal to type into."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self.patch, self.capture = folder, patch, capture
        ports = free_ports(4)
        self.set(
            VAR_DIR=folder / "var",
            DATABASE_URL=f"sqlite:///{folder / 'var' / 'a.db'}",
            STUDY=ROOT / "protocols" / "harbor",
            FAQ=ROOT / "nlu" / "faq",
            ACTIONS_PORT=ports[0],
            HEALTH_PORT=ports[1],
            RASA_PORT=ports[2],
            MODELS_PORT=ports[3],
            DATA_KEY=new_master_key(),
            PARTICIPANT_BOT_TOKEN=PARTICIPANTS,
            STAFF_BOT_TOKEN=STAFF,
        )

    def set(self, **settings: object) -> None:
        for name, value in settings.items():
            self.patch.setenv(f"ALONGSIDE_{name}", str(value))

    def runs(self, *words: str) -> Ran:
        self.patch.setattr("sys.argv", ["alongside", *words])
        root = logging.getLogger()
        before = root.handlers[:], root.level
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        root.handlers[:], root.level = before  # `up` sets up logging for its own process
        heard = self.capture.readouterr()
        return Ran(int(ended.value.code or 0), heard.out, heard.err)

    def reads(self, *words: str) -> Any:
        """The JSON a command prints."""
        return json.loads(self.runs(*words).out)


@pytest.fixture
def terminal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    telegram: TelegramServer,
) -> Terminal:
    made = Terminal(tmp_path, monkeypatch, capsys)
    made.set(TELEGRAM_API_URL=telegram.url)
    return made

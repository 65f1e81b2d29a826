"""Every script that comes with HARBOR plays through, with the real stack and one Rasa that they share.

Two play at a time, as several rehearsals may.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rehearsal.player import Failure, Player
from rehearsal.script import read_script
from rehearsal.stack import Stack
from rehearsal.transcript import BOT, Line
from tests.conftest import ROOT

HARBOR = ROOT / "protocols" / "harbor"
SCRIPTS = sorted((HARBOR / "rehearsals").glob("*.yml"))
AT_ONCE = 2


@dataclass
class Played:
    failure: Failure | None = None
    lines: list[Line] = field(default_factory=list)

    def to(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.to == name]


@pytest.fixture(scope="module")
def plays(rasa: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Played]]]:
    """All of them, started at once; a test waits for its own."""
    url, secret = rasa
    folder = tmp_path_factory.mktemp("rehearsals")

    def play(file: Path) -> Played:
        script = read_script(file, HARBOR, ROOT / "nlu" / "faq")
        played = Played()
        with Stack(script.folder, folder / file.stem, script.begin, rasa_url=url, rasa_secret=secret) as stack:
            played.failure = Player(script, stack, played.lines.append).play()
        return played

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {file.stem: pool.submit(play, file) for file in SCRIPTS}


@pytest.mark.parametrize("name", [file.stem for file in SCRIPTS])
def test_it_plays_through(plays: dict[str, Future[Played]], name: str) -> None:
    failure = plays[name].result().failure

    assert failure is None, str(failure)


@pytest.mark.parametrize("name", [file.stem for file in SCRIPTS])
def test_every_message_keeps_its_approved_text(plays: dict[str, Future[Played]], name: str) -> None:
    out = [line for line in plays[name].result().lines if line.direction == "out"]

    assert out
    assert [line.text for line in out if not line.wordings or not line.lane] == []
    assert all(one["version"] >= 1 for line in out for one in line.wordings)


def test_the_transcript_tells_who_wrote_what_and_what_it_meant(plays: dict[str, Future[Played]]) -> None:
    lines = plays["red_flag"].result().lines
    asked, *answers = [line for line in lines if line.step == 1]

    assert (asked.who, asked.to, asked.direction, asked.kind, asked.route) == ("P-001", BOT, "in", "text", "emergency")
    assert asked.concern == {"id": "C-0001", "kind": "red_flag", "severity": "emergency", "state": "notified"}
    assert {line.to for line in answers} == {"P-001", "nora"}
    assert {line.lane for line in answers} == {"alert"}
    (alert,) = (line for line in answers if line.to == "nora")
    assert [label for row in alert.buttons for label in row] == [
        "Acknowledge",
        "Show their words",
        "Show number",
        "Message them",
        "Resolve",
    ]


def test_nobody_gets_the_same_reminder_twice(plays: dict[str, Future[Played]]) -> None:
    reminders = [
        (line.to, line.at, tuple(line.wording_names))
        for line in plays["silence"].result().lines
        if line.lane == "reminder"
    ]

    assert len(reminders) == len(set(reminders))
    assert len(reminders) > 20

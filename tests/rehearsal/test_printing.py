"""The conversation as it is printed, and as the transcript keeps it."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from alongside.rehearse import _writing
from rehearsal.printing import Printed
from rehearsal.transcript import BOT, Line, Transcript

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
HALF_AN_EMOJI = "\ud83d"


def printed(line: Line) -> list[str]:
    written = io.StringIO()
    Printed(Console(file=written, width=60), ["P-001", "nora"], MADRID).line(line)
    return written.getvalue().splitlines()


def test_a_message_shows_the_hour_where_the_person_is() -> None:
    line = Line(NOW, "P-001", BOT, "in", "hello", "America/New_York", route="smalltalk")

    assert printed(line) == ["Mon 02 Mar 02:30  P-001 › hello", " " * 26 + "· route smalltalk"]


def test_an_answer_shows_its_buttons_and_its_approved_texts() -> None:
    wordings = [{"id": "faq.risks", "version": 2}, {"id": "item.dose.taken", "version": 1}]
    line = Line(NOW, BOT, "nora", "out", "One.\nTwo.", "Europe/Madrid", buttons=[["Yes"], ["No"]], wordings=wordings)

    assert printed(line) == [
        "Mon 02 Mar 08:30  nora  ‹ One.",
        " " * 26 + "Two.",
        " " * 26 + "[Yes]  [No]",
        " " * 26 + "· faq.risks@2, item.dose.taken@1",
    ]


def test_what_people_write_is_no_markup_and_stays_on_one_line_in_a_pipe() -> None:
    words = "[red]a[/red] " + "long " * 40

    assert printed(Line(NOW, "P-001", BOT, "in", words, "Europe/Madrid"))[0] == f"Mon 02 Mar 08:30  P-001 › {words}"


def test_half_an_emoji_is_printed_and_kept_as_it_came(tmp_path: Path) -> None:
    line = Line(NOW, "P-001", BOT, "in", f"ouch {HALF_AN_EMOJI}é", "Europe/Madrid")
    file = tmp_path / "out.jsonl"

    assert printed(line) == ["Mon 02 Mar 08:30  P-001 › ouch \\ud83dé"]
    with _writing(file) as opened:
        Transcript(opened, MADRID).add(line)
    (kept,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(kept)["text"] == line.text
    assert "é" in kept

"""docs/rehearsals.md names every key of the script language and every script there is."""

import re
from zoneinfo import ZoneInfo

import pytest

from rehearsal.reading_expectations import CONCERN_KEYS, KEYS, ROW_KEYS
from rehearsal.script import ACTS, ON, PROCESSES, SWITCHES, TOP
from rehearsal.transcript import Line
from rehearsal.vocabulary import ROUTES
from tests.rehearsal.test_expectations import NOW
from tests.rehearsal.test_script import ROOT, SHIPPED

GUIDE = (ROOT / "docs" / "rehearsals.md").read_text(encoding="utf-8")
ON_KEYS = {key for keys in ON.values() for key in keys}
ROW_WORDS = [*ROW_KEYS, *(key for keys in ROW_KEYS.values() for key in keys)]


@pytest.mark.parametrize(
    "word",
    sorted({*TOP, *ACTS, *SWITCHES, *PROCESSES, *KEYS, *CONCERN_KEYS, *ROUTES, *ROW_WORDS, "wait", "at", *ON_KEYS}),
)
def test_every_key_is_explained(word: str) -> None:
    assert re.search(rf"(?<![a-z_]){word}(?![a-z_])", GUIDE)


def test_every_key_of_the_transcript_is_explained() -> None:
    line = Line(NOW, "a", "b", "in", "c", "Europe/Madrid").as_json(ZoneInfo("Europe/Madrid"))

    assert [key for key in line if f"`{key}`" not in GUIDE] == []


def test_every_script_is_listed_and_no_other() -> None:
    assert sorted(re.findall(r"^\| (\w+\.yml) ", GUIDE, re.MULTILINE)) == [file.name for file in SHIPPED]

"""A script is read wholly before anything starts; what it says is what will be done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rehearsal.player import described
from rehearsal.script import Act, Script, Switch, TurnClock, read_script
from tests.conftest import ROOT

HARBOR = ROOT / "protocols" / "harbor"
SHIPPED = sorted((HARBOR / "rehearsals").glob("*.yml"))
HEAD = """
study: protocols/harbor
begin: 2026-03-02T08:30
people:
  P-001: {site: S1, timezone: Europe/Madrid, enrolled: true}
  P-002: {site: S1, timezone: America/New_York}
  nora: {role: nurse, site: S1}
steps:
"""


def script(tmp_path: Path, steps: str, head: str = HEAD) -> Script:
    file = tmp_path / "script.yml"
    file.write_text(head + steps, encoding="utf-8")
    return read_script(file, HARBOR, ROOT / "nlu" / "faq")


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_script_reads_without_a_mistake(file: Path) -> None:
    assert read_script(file, HARBOR, ROOT / "nlu" / "faq").steps


def test_study_local_is_the_time_of_the_first_participants_site(tmp_path: Path) -> None:
    boston = HEAD.replace("P-001: {site: S1, timezone: Europe/Madrid, ", "P-001: {site: S2, ")

    assert script(tmp_path, "  - wait: 1m\n").begin == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    assert script(tmp_path, "  - wait: 1m\n", boston).begin == datetime(2026, 3, 2, 13, 30, tzinfo=UTC)


def test_a_participants_own_zone_is_not_study_local(tmp_path: Path) -> None:
    abroad = HEAD.replace("timezone: Europe/Madrid", "timezone: Asia/Tokyo")

    assert script(tmp_path, "  - wait: 1m\n", abroad).begin == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def test_waits_add_up_and_cross_the_change_of_the_clock(tmp_path: Path) -> None:
    """Madrid's clock goes forward on 29 March 2026: 24 hours after 20:00 it is 21:00."""
    read = script(tmp_path, "  - at: 2026-03-28T20:00\n  - wait: 1d\n  - at: 2026-03-29T21:00\n")

    first, second, third = (step.does for step in read.steps)
    assert isinstance(first, TurnClock)
    assert isinstance(second, TurnClock)
    assert isinstance(third, TurnClock)
    assert second.moment - first.moment == timedelta(days=1)
    assert third.moment == second.moment


def test_everything_a_person_can_do(tmp_path: Path) -> None:
    read = script(
        tmp_path,
        """
  - P-001: "Hello"
  - P-001: {text: "And this?", reply_to: "Hello"}
  - P-001: {tap: "Start"}
  - P-001: {tap: "Start", on: "weekly"}
  - P-001: {photo: any}
  - P-001: {voice: "please listen"}
  - P-001: {sticker: any}
  - P-001: {document: any}
  - P-001: {location: any}
  - P-001: {edit: "Hello again"}
""",
    )

    assert [step.does for step in read.steps] == [
        Act("P-001", "text", "Hello"),
        Act("P-001", "text", "And this?", "Hello"),
        Act("P-001", "tap", "Start"),
        Act("P-001", "tap", "Start", "weekly"),
        Act("P-001", "photo", ""),
        Act("P-001", "voice", "please listen"),
        Act("P-001", "sticker", ""),
        Act("P-001", "document", ""),
        Act("P-001", "location", ""),
        Act("P-001", "edit", "Hello again"),
    ]


def test_a_number_or_a_day_is_typed_as_it_stands(tmp_path: Path) -> None:
    read = script(tmp_path, "  - P-001: 3\n  - P-001: 2026-03-01\n  - P-001: true\n  - P-001: no\n")

    assert [step.does.words for step in read.steps if isinstance(step.does, Act)] == ["3", "2026-03-01", "true", "no"]


def test_processes_are_stopped_killed_and_started(tmp_path: Path) -> None:
    read = script(tmp_path, "  - stop: rasa\n  - start: rasa\n  - kill: bot\n")

    assert [step.does for step in read.steps] == [
        Switch("stop", "rasa"),
        Switch("start", "rasa"),
        Switch("kill", "bot"),
    ]


def test_an_expect_may_stand_alone(tmp_path: Path) -> None:
    (step,) = script(tmp_path, "  - expect: {row: {checkin: weekly, state: planned}}\n").steps

    assert step.does is None
    assert step.expect is not None
    assert step.expect.row is not None
    assert (step.expect.row.kind, step.expect.row.name, step.expect.row.wanted) == (
        "checkin",
        "weekly",
        {"state": "planned"},
    )


def test_a_step_knows_its_number_and_its_line(tmp_path: Path) -> None:
    steps = '  - P-001: "one"\n    expect: {silent: true}\n  - P-001: "two"\n'

    read = script(tmp_path, steps)

    assert [(step.number, step.line) for step in read.steps] == [(1, 9), (2, 11)]
    assert [described(step) for step in read.steps] == ['P-001 says "one"', 'P-001 says "two"']


def test_one_name_is_a_list_of_one(tmp_path: Path) -> None:
    (one, two) = script(
        tmp_path, "  - wait: 1h\n    expect: {told: nora}\n  - wait: 1h\n    expect: {told: [nora, P-001]}\n"
    ).steps

    assert one.expect is not None
    assert two.expect is not None
    assert one.expect.told == ("nora",)
    assert two.expect.told == ("nora", "P-001")


def test_without_a_study_it_is_the_configured_one(tmp_path: Path) -> None:
    read = script(tmp_path, "  - wait: 1h\n", HEAD.replace("study: protocols/harbor\n", ""))

    assert read.folder == HARBOR.resolve()

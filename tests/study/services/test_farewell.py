"""The study's own end: one farewell, on the right day, at their own hour, and to nobody it would hurt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from study.audit import AuditEvent
from study.concerns import ConcernKind
from study.participants import Participant, Standing
from study.protocol import Severity
from study.services.concerning import raise_concern
from study.services.due import next_due
from study.services.farewell import farewell_moment
from study.services.taking_concerns import resolve
from study.work import Work
from tests.study.services.conftest import Site

# Day 1 is 2 March; V8 is Day 169 and its window ends on Day 176. Day 177 is 25 August, 09:00 in Madrid (summer time).
END = datetime(2026, 8, 25, 7, 0, tzinfo=UTC)


def farewells(site: Site) -> int:
    return site.letters(to="participants").count("study.farewell")


def me(site: Site) -> Participant:
    return site.as_participant(lambda _work, participant: participant)


def only_me(site: Site) -> None:
    site.as_participant(lambda _work, p: setattr(p, "farewell_at", None), code="P-900")


def test_the_farewell_is_said_once_on_the_day_after_the_last_window(site: Site) -> None:
    only_me(site)
    assert me(site).farewell_at == END
    site.ticks(END - timedelta(minutes=1))
    assert farewells(site) == 0
    for _ in range(3):
        site.ticks(END)
    assert farewells(site) == 1
    assert me(site).standing == Standing.FINISHED
    assert me(site).farewell_at is None
    site.ticks(END + timedelta(days=60))
    assert farewells(site) == 1


def test_its_moment_is_found_as_the_next_one_due(site: Site) -> None:
    site.ticks(END - timedelta(hours=2))
    found = site.db.read(lambda session: next_due(session, site.study, END - timedelta(hours=2)))
    assert found == END


def test_a_study_may_name_the_day_itself(site: Site) -> None:
    study = site.study.model_copy(update={"farewell_day": 200})
    assert farewell_moment(study, me(site)) == END + timedelta(days=23)


def test_it_keeps_out_of_quiet_hours(site: Site) -> None:
    site.as_participant(lambda _work, p: setattr(p, "preferred_hour", "06:00"))
    assert farewell_moment(site.study, me(site)) == datetime(2026, 8, 25, 6, 0, tzinfo=UTC)  # 08:00 in Madrid


def test_after_a_night_of_downtime_it_waits_for_the_morning(site: Site) -> None:
    only_me(site)
    night = datetime(2026, 8, 25, 23, 0, tzinfo=UTC)  # 01:00 in Madrid
    site.ticks(night)
    assert farewells(site) == 0
    site.ticks(datetime(2026, 8, 26, 6, 0, tzinfo=UTC))
    assert farewells(site) == 1


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({"standing": Standing.LEFT}, Standing.LEFT),
        ({"standing": Standing.DECEASED}, Standing.DECEASED),
        ({"standing": Standing.PAUSED}, Standing.FINISHED),
        ({"reachable": False}, Standing.FINISHED),
    ],
)
def test_it_is_not_said_to_who_left_died_paused_or_is_out_of_reach(
    site: Site, change: dict[str, Any], stands: Standing
) -> None:
    only_me(site)
    for name, value in change.items():
        site.as_participant(lambda _work, p, name=name, value=value: setattr(p, name, value))  # type: ignore[misc]  # mypy infers no type for a lambda's default
    site.ticks(END)
    assert farewells(site) == 0
    assert me(site).standing == stands
    assert me(site).farewell_at is None
    assert any(row.event == "farewell" and row.details["how"] != "told" for row in site.rows(AuditEvent))


def test_it_is_put_off_while_thoughts_of_suicide_are_with_the_staff(site: Site) -> None:
    only_me(site)

    def worry(work: Work, participant: Participant) -> int:
        flags = ["suicidal_thoughts"]
        return raise_concern(work, participant, ConcernKind.RED_FLAG, Severity.EMERGENCY, flags=flags).id

    concern = site.as_participant(worry, END - timedelta(hours=1))
    site.ticks(END)
    assert farewells(site) == 0
    assert me(site).standing == Standing.ENROLLED
    site.as_staff(lambda work, nora: resolve(work, nora, concern), now=END + timedelta(hours=2))
    site.ticks(END + timedelta(days=1))
    assert farewells(site) == 1


def test_after_the_end_no_check_in_starts_and_a_red_flag_is_answered(site: Site) -> None:
    only_me(site)
    site.ticks(END)
    before = len(site.letters(lane="reminder"))
    site.ticks(END + timedelta(days=30))
    assert len(site.letters(lane="reminder")) == before
    site.says("my chest feels tight and I can't breathe", END + timedelta(days=30))
    assert "emergency.several" in site.letters(to="participants")

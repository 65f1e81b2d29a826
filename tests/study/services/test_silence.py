"""Silence: several check-ins in a row without an answer, and staff are asked to call, once for each run of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from study.checkins import Occurrence
from study.concerns import Concern
from study.participants import Standing
from study.services.dosing import report_dose
from study.services.taking_concerns import acknowledge
from study.work import Work
from tests.study.services.conftest import Site

MORNING = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)  # 10:00 in Madrid: the question of Day 1 closes


def silent(site: Site, checkin: str = "daily") -> list[Concern]:
    """P-001's; P-900 in Boston is silent as well, and noise."""
    return [one for one in site.concerns() if one.kind == "silent" and one.participant_id == 1 and one.site == "S1"]


def days(site: Site, first: int, last: int) -> None:
    """Evening and morning, day after day, without a word. Day 1 is 0."""
    for day in range(first, last + 1):
        for hours in (-14, -12, 0):
            site.ticks(MORNING + timedelta(days=day, hours=hours))


def test_after_three_silent_evenings_staff_are_asked_to_call_and_not_before(site: Site) -> None:
    days(site, 0, 1)
    assert silent(site) == []
    days(site, 2, 2)
    (concern,) = silent(site)
    assert (concern.severity, concern.details) == ("routine", {"about": ["daily"]})


def test_a_run_of_silence_is_one_task(site: Site) -> None:
    days(site, 0, 2)
    site.as_staff(lambda work, nora: acknowledge(work, nora, silent(site)[0].id), now=MORNING + timedelta(days=2))
    days(site, 3, 5)
    assert len(silent(site)) == 1


def test_an_answer_ends_the_run_and_the_next_one_counts_anew(site: Site) -> None:
    days(site, 0, 1)
    evening = MORNING + timedelta(days=2, hours=-13)
    site.ticks(evening)
    site.as_participant(lambda work, p: report_dose(work, p, "I took my pill today"), evening)
    days(site, 3, 4)
    assert silent(site) == []
    days(site, 5, 5)
    assert len(silent(site)) == 1


def test_who_paused_is_not_silent(site: Site) -> None:
    days(site, 0, 1)
    site.as_participant(lambda _work, p: setattr(p, "standing", Standing.PAUSED))
    days(site, 2, 5)
    assert silent(site) == []


def test_the_weekly_questions_have_their_own_number(site: Site) -> None:
    def only_weekly(work: Work, participant: Any) -> None:
        for one in work.session.scalars(select(Occurrence).where(Occurrence.checkin == "daily")):
            work.session.delete(one)

    site.as_participant(only_weekly)
    weekly = datetime.combine(date(2026, 3, 9), datetime.min.time(), UTC) + timedelta(hours=8)  # 09:00 in Madrid
    for week in range(2):
        assert silent(site) == []
        for hours in (0, 24, 72):
            site.ticks(weekly + timedelta(days=7 * week, hours=hours))
    assert [one.details for one in silent(site)] == [{"about": ["weekly"]}]

"""What is due: once each, at the participant's own hour, never in quiet hours, never twice, never silently dropped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.checkins import Occurrence, OccurrenceState, Skipped
from study.outbox import OutboxRow
from study.participants import Standing
from study.services.checking_in import start
from study.services.due import next_due
from study.work import Work
from tests.factories import MONDAY, later
from tests.study.services.conftest import Site

DOSE_HOUR = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # 20:00 in Madrid
WEEKLY_HOUR = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)  # Day 8, 09:00 in Madrid


def occurrence(site: Site, checkin: str = "daily", day: date = date(2026, 3, 2)) -> Occurrence:
    def read(work: Work) -> Occurrence:
        return work.session.scalars(
            select(Occurrence).where(
                Occurrence.participant_id == 1, Occurrence.checkin == checkin, Occurrence.day == day
            )
        ).one()

    return site.do(read)


def reminders(site: Site) -> list[str]:
    """P-001's only; P-900 in Boston is noise."""

    def read(work: Work) -> list[str]:
        rows = work.session.scalars(
            select(OutboxRow)
            .join(Occurrence, Occurrence.id == OutboxRow.occurrence_id)
            .where(Occurrence.participant_id == 1, OutboxRow.lane == "reminder")
            .order_by(OutboxRow.id)
        )
        return [row.wordings[0]["id"] for row in rows]

    return site.do(read)


def test_the_dose_question_comes_at_the_participants_own_hour(site: Site) -> None:
    site.ticks(DOSE_HOUR - timedelta(minutes=1))
    assert reminders(site) == []
    site.ticks(DOSE_HOUR)
    assert reminders(site) == ["checkin.daily.open"]
    assert occurrence(site).state == OccurrenceState.STARTED


def test_a_double_tick_sends_nothing_twice(site: Site) -> None:
    for _ in range(3):
        site.ticks(DOSE_HOUR)
    assert reminders(site) == ["checkin.daily.open"]


def test_silence_is_nudged_once_and_missed_only_when_the_window_closes(site: Site) -> None:
    site.ticks(DOSE_HOUR)
    site.ticks(DOSE_HOUR + timedelta(minutes=90))
    site.ticks(DOSE_HOUR + timedelta(hours=13, minutes=59))
    assert reminders(site) == ["checkin.daily.open", "checkin.daily.nudge"]
    assert occurrence(site).state == OccurrenceState.STARTED
    site.ticks(DOSE_HOUR + timedelta(hours=14))
    assert occurrence(site).state == OccurrenceState.MISSED


def test_after_eight_hours_of_downtime_a_stale_question_is_skipped_with_its_reason(site: Site) -> None:
    site.ticks(DOSE_HOUR + timedelta(hours=8))
    assert reminders(site) == []
    assert occurrence(site).skipped == Skipped.STALE
    skipped = [row for row in site.rows(AuditEvent) if row.event == "push_skipped"]
    assert {"push": "ask", "reason": "stale"}.items() <= skipped[0].details.items()
    site.ticks(DOSE_HOUR + timedelta(hours=14))
    assert occurrence(site).state == OccurrenceState.SKIPPED


def test_a_short_downtime_asks_late_but_asks(site: Site) -> None:
    site.ticks(DOSE_HOUR + timedelta(hours=1))
    assert reminders(site) == ["checkin.daily.open"]


def test_a_reminder_that_falls_into_quiet_hours_waits_for_the_morning(site: Site) -> None:
    site.as_participant(lambda _work, p: setattr(p, "timezone", "Asia/Tokyo"))  # 20:00 in Madrid is 04:00 there
    site.ticks(DOSE_HOUR)
    assert reminders(site) == []
    assert occurrence(site).next_at == DOSE_HOUR + timedelta(hours=4)
    site.ticks(DOSE_HOUR + timedelta(hours=4))
    assert reminders(site) == ["checkin.daily.open"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"standing": Standing.PAUSED}, Skipped.PAUSED),
        ({"standing": Standing.LEFT}, Skipped.LEFT),
        ({"reachable": False}, Skipped.UNREACHABLE),
    ],
)
def test_nobody_is_reminded_who_paused_left_or_cannot_be_reached(
    site: Site, change: dict[str, Any], reason: Skipped
) -> None:
    def change_them(_work: Work, participant: Any) -> None:
        for name, value in change.items():
            setattr(participant, name, value)

    site.as_participant(change_them)
    site.ticks(DOSE_HOUR)
    assert reminders(site) == []
    assert occurrence(site).skipped == reason


def test_the_weekly_push_offers_start_and_later_and_its_first_line_is_safe_on_a_locked_phone(site: Site) -> None:
    site.ticks(DOSE_HOUR)
    site.ticks(WEEKLY_HOUR)
    assert reminders(site)[-1] == "checkin.weekly.open"
    first_line = site.texts()[-1].split("\n")[0].lower()
    for word in (*site.study.private_words, "nausea", "pain", site.study.drug_name.lower()):
        assert word not in first_line


def test_a_question_begun_is_not_pushed_again_as_new(site: Site) -> None:
    site.ticks(WEEKLY_HOUR)
    weekly = occurrence(site, "weekly", date(2026, 3, 9))
    site.as_participant(lambda work, p: start(work, p, weekly.id), WEEKLY_HOUR)
    site.ticks(WEEKLY_HOUR + timedelta(hours=24))
    assert reminders(site).count("checkin.weekly.open") == 1
    assert reminders(site).count("checkin.weekly.nudge") == 1


def test_the_next_due_moment_is_found_in_order(site: Site) -> None:
    seen = []
    now = MONDAY
    for _ in range(4):
        due = site.db.read(lambda session, at=now: next_due(session, site.study, at))  # type: ignore[misc]  # mypy infers no type for a lambda's default
        assert due is not None
        seen.append(due)
        site.ticks(due)
        now = due
    assert seen == sorted(set(seen))
    assert seen[0] == DOSE_HOUR


def test_ticks_go_on_in_batches_until_nothing_is_left(site: Site) -> None:
    count = site.ticks(later(days=60))
    assert count > 100
    assert site.ticks(later(days=60)) == 0
    assert reminders(site) == []

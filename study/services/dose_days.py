"""Which day a statement about a dose speaks of, how that day is named, and which report of a day counts."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from study.checkins import DoseReport, Occurrence, OccurrenceState
from study.clock import local_date
from study.participants import Participant
from study.protocol import CheckInKind
from study.triage.doses import Dose
from study.triage.doses_by_day import WEEKDAYS
from study.work import Work

UNKNOWN = "unknown"  # the participant does not know: never a missed dose
UNCONFIRMED = "unconfirmed"  # shown back, and not said to be right (yet): counts as unknown
COUNTING = ("taken", "missed", "partial", "doubled", UNKNOWN)
"""What says how it went with the dose of a day. "I have stopped" and "I take it differently" speak of the time to come
and leave a day's dose as it is."""


def dose_of_day(session: Session, participant_id: int, day: date) -> DoseReport | None:
    """The report that counts for a day: the newest that says how it went, else the newest at all."""
    reports = session.scalars(
        select(DoseReport)
        .where(DoseReport.participant_id == participant_id, DoseReport.day == day)
        .order_by(DoseReport.id.desc())
    ).all()
    return next((one for one in reports if one.status in COUNTING), reports[0] if reports else None)


def dose_question(work: Work, participant: Participant, day: date) -> Occurrence | None:
    """The dose question of a day."""
    return work.session.scalar(
        select(Occurrence).where(
            Occurrence.participant_id == participant.id,
            Occurrence.checkin.in_(_dose_checkins(work)),
            Occurrence.day == day,
        )
    )


def day_meant(work: Work, participant: Participant, told: Dose) -> date:
    """The day spoken of; without one, the day whose question is still open, else today."""
    today = local_date(work.now, participant.timezone)
    day = day_spoken_of(told, today)
    if day is not None:
        return day
    waiting = work.session.scalar(
        select(Occurrence.day)
        .where(
            Occurrence.participant_id == participant.id,
            Occurrence.checkin.in_(_dose_checkins(work)),
            Occurrence.state.in_([OccurrenceState.ASKED, OccurrenceState.STARTED]),
        )
        .order_by(Occurrence.day.desc())
        .limit(1)
    )
    return waiting or today


def day_spoken_of(told: Dose, today: date) -> date | None:
    """The calendar day of a statement: "last night" is yesterday, "Tuesday" the last one that has been."""
    if told.day_offset is not None:
        return today + timedelta(days=told.day_offset)
    if told.weekday is not None:
        back = (today.weekday() - WEEKDAYS.index(told.weekday)) % 7
        return today - timedelta(days=back)
    return None


def is_of_the_study(work: Work, participant: Participant, day: date) -> bool:
    """Whether there can have been a dose: from Day 1 to today."""
    began = participant.day1 is None or day >= participant.day1
    return began and day <= local_date(work.now, participant.timezone)


def spoken_day(day: date, today: date) -> str:
    """ "today (Tuesday)", "yesterday (Monday)", else the weekday and date."""
    near = {0: "today", 1: "yesterday"}.get((today - day).days)
    return f"{near} ({day:%A})" if near else f"{day:%A} {day.day} {day:%B}"


def _dose_checkins(work: Work) -> list[str]:
    return [code for code, one in work.study.checkins.items() if one.kind is CheckInKind.DOSE]

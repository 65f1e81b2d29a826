"""Rows of the database as a script names them: the newest that matches, with what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rehearsal.reading_expectations import ExpectedRow
from study.alarms import Alarm
from study.checkins import Answer, Occurrence
from study.clock import local_date
from study.participants import Participant
from study.services.dose_days import dose_of_day

Row = dict[str, Any]


def newest_rows(session: Session, wanted: ExpectedRow, actor: str | None, now: datetime) -> list[Row]:
    """The newest matching row of each participant it may be of: the one named, else the one who acted, else anyone.

    A check-in's newest row is the last that has opened by `now`; one planned for later counts only where none has.
    """
    if wanted.kind == "alarm":
        newest = session.scalar(select(Alarm).where(Alarm.code == wanted.name).order_by(Alarm.id.desc()).limit(1))
        return [{"subject": newest.subject}] if newest is not None else []
    name = wanted.name if wanted.kind == "participant" else wanted.wanted.get("participant", actor)
    people = select(Participant).order_by(Participant.id)
    found = []
    for participant in session.scalars(people.where(Participant.code == name) if name else people):
        row = READERS[wanted.kind](session, wanted, participant, now)
        if row is not None:
            found.append(row | {"participant": participant.code})
    return found


def _checkin(session: Session, wanted: ExpectedRow, participant: Participant, now: datetime) -> Row | None:
    mine = select(Occurrence).where(Occurrence.participant_id == participant.id, Occurrence.checkin == wanted.name)
    if "day" in wanted.wanted:
        row = session.scalar(mine.where(Occurrence.day == day_meant(wanted.wanted["day"], participant, now)))
    else:
        opened = mine.where(Occurrence.opens_at <= now).order_by(Occurrence.opens_at.desc()).limit(1)
        row = session.scalar(opened) or session.scalar(mine.order_by(Occurrence.opens_at).limit(1))
    if row is None:
        return None
    return {"day": row.day, "state": row.state, "item": row.item, "skipped": row.skipped}


def _dose(session: Session, wanted: ExpectedRow, participant: Participant, now: datetime) -> Row | None:
    day = day_meant(wanted.name, participant, now)
    row = dose_of_day(session, participant.id, day)
    return {"status": row.status, "reason": row.reason} if row is not None else {"status": "none", "reason": None}


def _answer(session: Session, wanted: ExpectedRow, participant: Participant, _now: datetime) -> Row | None:
    row = session.scalar(
        select(Answer)
        .where(Answer.participant_id == participant.id, Answer.item == wanted.name)
        .order_by(Answer.id.desc())
        .limit(1)
    )
    return {"value": row.value if row is not None and row.value is not None else "none"}


def _participant(_session: Session, _wanted: ExpectedRow, participant: Participant, _now: datetime) -> Row | None:
    return {"standing": participant.standing, "reachable": participant.reachable, "day1": participant.day1}


READERS: dict[str, Callable[[Session, ExpectedRow, Participant, datetime], Row | None]] = {
    "checkin": _checkin,
    "dose": _dose,
    "answer": _answer,
    "participant": _participant,
}


def misses(row: Row, wanted: ExpectedRow, now: datetime, zone: str) -> list[str]:
    """What in the row is not as wanted, as `state is started`."""
    wrong = []
    for key, value in wanted.wanted.items():
        there = row[key]
        if isinstance(there, date):
            value, there = day_in(value, zone, now).isoformat(), there.isoformat()
        same = there is value if isinstance(value, bool) else str(there) == str(value)
        if not same:
            wrong.append(f"{key} is {'nothing' if there is None else there}")
    return wrong


def day_meant(name: str, participant: Participant, now: datetime) -> date:
    """ "today" and "yesterday" where the participant is; else a day of the calendar."""
    return day_in(name, participant.timezone, now)


def day_in(name: str, zone: str, now: datetime) -> date:
    """The same in a zone."""
    back = {"today": 0, "yesterday": 1}.get(name)
    return date.fromisoformat(name) if back is None else local_date(now, zone) - timedelta(days=back)

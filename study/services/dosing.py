"""What participants say about their doses. Silence is not a missed dose, and a report is never judged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from study.checkins import Answer, DoseReport, Occurrence, OccurrenceState
from study.clock import local_date
from study.concerns import ConcernKind
from study.keys import seal
from study.participants import Participant
from study.protocol import Attribute, CheckInKind, Severity
from study.replies import Say, say, who_reads
from study.services.concerning import raise_concern
from study.services.occurrences import Outcome, active_occurrence, outcome
from study.services.passing_on import pass_on
from study.services.taking_answers import complete
from study.triage.doses import Dose, dose_statement
from study.work import Work

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TO_STAFF = {"stopped": Severity.URGENT, "changed": Severity.URGENT, "partial": Severity.ROUTINE}


def report_dose(work: Work, participant: Participant, words: str, status: str | None = None) -> Outcome:
    """A statement about a dose goes to the day it speaks of. `status` is what the model understood; the rules
    decide where
    they found something themselves. Stopping or changing the medicine also reaches staff."""
    return work.once("report_dose", lambda: _report(work, participant, words, status))


def _report(work: Work, participant: Participant, words: str, status: str | None) -> dict[str, Any]:
    stated = dose_statement(words)
    said = str(stated.status) if stated.status != "none" else status or "none"
    if said == "none":  # the model heard of a dose, the rules found none: people read it
        passed_on = pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)
        return outcome(passed_on["says"], active_occurrence(work, participant))
    day, occurrence = _day(work, participant, stated)
    work.session.add(
        DoseReport(
            participant_id=participant.id,
            day=day,
            status=said,
            reason=stated.reason,
            words_sealed=seal(work.session, participant.key_id, words),
            reported_at=work.now,
            occurrence_id=occurrence.id if occurrence else None,
            cause=work.cause,
        )
    )
    work.record(participant.code, "dose_reported", f"{participant.code} {day.isoformat()}", status=said)
    if occurrence is not None and said in ("taken", "missed"):
        _answer_occurrence(work, participant, occurrence, said, stated.reason, words)
    return outcome(_told(work, participant, said, day), active_occurrence(work, participant))


def _told(work: Work, participant: Participant, said: str, day: date) -> list[Say]:
    spoken = spoken_day(day, local_date(work.now, participant.timezone))
    severity = TO_STAFF.get(said)
    if severity is None:
        return [say(f"dose.recorded_{said}", day=spoken)]
    raise_concern(work, participant, ConcernKind.DOSE, severity)
    return [say(f"dose.{said}", day=spoken, who_reads=who_reads(work, participant.site, severity))]


def _day(work: Work, participant: Participant, stated: Dose) -> tuple[date, Occurrence | None]:
    """The day spoken of; without one, the day whose question is still open, else today."""
    today = local_date(work.now, participant.timezone)
    doses = [code for code, one in work.study.checkins.items() if one.kind is CheckInKind.DOSE]
    mine = select(Occurrence).where(Occurrence.participant_id == participant.id, Occurrence.checkin.in_(doses))
    day = day_spoken_of(stated, today)
    if day is not None:
        return day, work.session.scalar(mine.where(Occurrence.day == day))
    waiting = work.session.scalar(
        mine.where(Occurrence.state.in_([OccurrenceState.ASKED, OccurrenceState.STARTED]))
        .order_by(Occurrence.day.desc())
        .limit(1)
    )
    if waiting is not None:
        return waiting.day, waiting
    return today, work.session.scalar(mine.where(Occurrence.day == today))


def day_spoken_of(stated: Dose, today: date) -> date | None:
    """The calendar day of a statement: "last night" is yesterday, "Tuesday" the last one that has been."""
    if stated.day_offset is not None:
        return today + timedelta(days=stated.day_offset)
    if stated.weekday is not None:
        back = (today.weekday() - WEEKDAYS.index(stated.weekday)) % 7
        return today - timedelta(days=back)
    return None


def _answer_occurrence(
    work: Work, participant: Participant, occurrence: Occurrence, said: str, reason: str | None, words: str
) -> None:
    """The day's own question is answered by it and asked no more. One that closed as missed is not reopened; the
    report counts."""
    if not occurrence.is_open:
        return
    for item_id in work.study.items_of(occurrence.checkin):
        item = work.study.items[item_id]
        value = {Attribute.TAKEN: said, Attribute.REASON: reason}.get(item.attribute)
        if value is None or item.choice(value) is None:
            continue
        earlier = work.session.scalars(
            select(Answer.version).where(Answer.occurrence_id == occurrence.id, Answer.item == item_id)
        ).all()
        work.session.add(
            Answer(
                occurrence_id=occurrence.id,
                participant_id=participant.id,
                item=item_id,
                version=max(earlier, default=0) + 1,
                value=value,
                words_sealed=seal(work.session, participant.key_id, words),
                answered_at=work.now,
                wording_id=item.wording,
                wording_version=work.study.wordings.get(item.wording).version,
                cause=work.cause,
            )
        )
    work.session.flush()
    complete(work, participant, occurrence)


def spoken_day(day: date, today: date) -> str:
    """ "today", "yesterday", else the weekday and date."""
    return {0: "today", 1: "yesterday"}.get((today - day).days, f"{day:%A %d %B}")

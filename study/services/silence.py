"""Silence: one missed check-in is a busy day, several in a row are a reason to call."""

from __future__ import annotations

from sqlalchemy import select

from study.checkins import Answer, Occurrence, OccurrenceState
from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.services.concerning import raise_concern
from study.work import Work

CLOSED = (OccurrenceState.COMPLETED, OccurrenceState.MISSED)


def notice_silence(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    """Called when a check-in closes as missed. Staff are asked to call once the study's number in a row is full, and
    once for each run of silence. Whoever takes no messages, or is out of reach, is not silent."""
    checkin = work.study.checkins.get(occurrence.checkin)
    if checkin is None or checkin.missed_in_a_row is None or not participant.takes_reminders:
        return
    if silent_run(work, participant, occurrence.checkin) == checkin.missed_in_a_row:
        raise_concern(work, participant, ConcernKind.SILENT, Severity.ROUTINE, details={"about": [occurrence.checkin]})


def silent_run(work: Work, participant: Participant, checkin: str) -> int:
    """How many of the newest closed ones had no answer at all. What was never asked counts as neither."""
    work.session.flush()
    newest = work.session.scalars(
        select(Occurrence)
        .where(
            Occurrence.participant_id == participant.id,
            Occurrence.checkin == checkin,
            Occurrence.state.in_(CLOSED),
        )
        .order_by(Occurrence.opens_at.desc())
    )
    run = 0
    for one in newest:
        answered = work.session.scalar(select(Answer.id).where(Answer.occurrence_id == one.id).limit(1))
        if one.state != OccurrenceState.MISSED or answered is not None:
            return run
        run += 1
    return run

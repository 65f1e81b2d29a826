"""A symptom is noted: staff hear of it, and the study's own items about it follow."""

from __future__ import annotations

from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState, audit_name
from study.clock import local_date
from study.concerns import ConcernKind
from study.participants import Participant, Standing
from study.protocol import Severity
from study.protocol.questions import TOLD
from study.replies import Say, say, who_reads
from study.services.concerning import raise_concern
from study.services.occurrences import active_occurrence
from study.work import Work


def note_symptoms(
    work: Work, participant: Participant, terms: list[str], wording: str = "symptom.passed_on"
) -> list[Say]:
    """Raise them to staff, none of them where only "I feel awful" was said. Where the study has items for a term and no
    other question is open, they follow: one occurrence a term and day, open for as long as the study says, never
    reminded of."""
    raise_concern(work, participant, ConcernKind.SYMPTOM, Severity.ROUTINE, details={"term": terms})
    told = say(wording, who_reads=who_reads(work, participant.site, Severity.ROUTINE))
    if active_occurrence(work, participant) is not None or participant.standing != Standing.ENROLLED:
        return [told]
    opened = [_open(work, participant, term) for term in reversed(terms)]
    return [told, say("symptom.may_ask")] if any(opened) else [told]


def _open(work: Work, participant: Participant, term: str) -> bool:
    """Open the occurrence of a term on this day, at its first question; whether there was anything (more) to ask."""
    code = f"{TOLD}{term}"
    items = work.study.items_of(code)
    today = local_date(work.now, participant.timezone)
    asked = work.session.scalar(
        select(Occurrence.id).where(
            Occurrence.participant_id == participant.id, Occurrence.checkin == code, Occurrence.day == today
        )
    )
    if not items or asked is not None:
        return False
    closes = work.now + work.study.timings.told_symptom_open
    occurrence = Occurrence(
        participant_id=participant.id,
        checkin=code,
        day=today,
        opens_at=work.now,
        nudge_at=closes,
        closes_at=closes,
        next_at=closes,
        asked_at=work.now,
        started_at=work.now,
        state=OccurrenceState.STARTED,
        item=items[0],
    )
    work.session.add(occurrence)
    work.session.flush()
    work.record(participant.code, "checkin_started", audit_name(participant, occurrence))
    return True

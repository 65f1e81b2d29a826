"""A symptom told out of the blue: staff hear of it at once, and the study's own items about it are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState, audit_name
from study.clock import local_date
from study.concerns import ConcernKind
from study.participants import Participant, Standing
from study.protocol import Severity
from study.protocol.questions import TOLD
from study.replies import say, who_reads
from study.services.also_told import also_doses
from study.services.concerning import raise_concern
from study.services.occurrences import Outcome, active_occurrence, outcome
from study.triage.symptoms import Heard, with_heard
from study.work import Work


def report_symptom(work: Work, participant: Participant, words: str, heard: Sequence[Heard] = ()) -> Outcome:
    """Raise it to staff. Where the study has items for it and no other question is open, they follow: one occurrence a
    term and day, open for as long as the study says, never reminded of. `heard`: terms the model heard besides."""
    return work.once("report_symptom", lambda: _report(work, participant, words, heard))


def _report(work: Work, participant: Participant, words: str, heard: Sequence[Heard]) -> dict[str, Any]:
    terms = [symptom.term for symptom in with_heard(words, heard) if not symptom.negated]
    raise_concern(work, participant, ConcernKind.SYMPTOM, Severity.ROUTINE, details={"term": terms})
    doses = also_doses(work, participant, words)
    told = say("symptom.passed_on", who_reads=who_reads(work, participant.site, Severity.ROUTINE))
    open_already = active_occurrence(work, participant)
    if open_already is not None or participant.standing != Standing.ENROLLED:
        return outcome([*doses, told], open_already)
    opened = [one for one in (_open(work, participant, term) for term in reversed(terms)) if one is not None]
    if not opened:
        return outcome([*doses, told])
    return outcome([*doses, told, say("symptom.may_ask")], active_occurrence(work, participant))


def _open(work: Work, participant: Participant, term: str) -> Occurrence | None:
    """The occurrence of a term on this day, at its first question; None where there is nothing (more) to ask."""
    code = f"{TOLD}{term}"
    items = work.study.items_of(code)
    today = local_date(work.now, participant.timezone)
    asked = work.session.scalar(
        select(Occurrence.id).where(
            Occurrence.participant_id == participant.id, Occurrence.checkin == code, Occurrence.day == today
        )
    )
    if not items or asked is not None:
        return None
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
    return occurrence

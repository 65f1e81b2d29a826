"""Somebody else writes in the participant's chat: a relative, or a doctor who treats them. Nothing is told about the
participant, nothing they write is recorded as the participant's answer, and people know of it at once."""

from __future__ import annotations

from sqlalchemy import select

from study.concerns import UNCLAIMED, Concern, ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.concerning import ladder_of, page, raise_concern
from study.triage.writers import Writer, writer
from study.work import Work

WORDINGS = {Writer.OTHER_PERSON: "other_person.noted", Writer.TREATING_DOCTOR: "unblinding.doctor"}


def somebody_else_writes(work: Work, participant: Participant, words: str) -> list[Say] | None:
    """What they are told, or None where the participant writes. Urgent: nobody knows yet why they had to write.

    A doctor gets the number where the code is broken, day and night; what the participant takes is not known here.
    """
    writes = writer(words)
    if writes is Writer.PARTICIPANT:
        return None
    severity = Severity.URGENT
    before = _told_already(work, participant)
    concern = raise_concern(work, participant, ConcernKind.OTHER_PERSON, severity, details={"about": [writes.value]})
    if before is not None and writes is Writer.TREATING_DOCTOR and writes not in before:
        concern.worsen(severity, ladder_of(work, severity), work.now)  # a doctor waits: staff are called again
        page(work, concern)
    work.record("system", "somebody_else_wrote", participant.code, who=writes.value)
    return [say(WORDINGS[writes], who_reads=who_reads(work, participant.site, severity))]


def _told_already(work: Work, participant: Participant) -> list[str] | None:
    """What the concern nobody has taken yet is about; None where there is none."""
    waiting = work.session.scalar(
        select(Concern)
        .where(
            Concern.participant_id == participant.id,
            Concern.kind == ConcernKind.OTHER_PERSON,
            Concern.state.in_([state.value for state in UNCLAIMED]),
        )
        .limit(1)
    )
    return None if waiting is None else list(waiting.details.get("about", []))

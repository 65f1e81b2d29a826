"""Somebody else writes in the participant's chat: a relative, or a doctor who treats them. Nothing is told about the
participant, nothing they write is recorded as the participant's answer, and people know of it at once."""

from __future__ import annotations

from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.concerning import raise_concern
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
    raise_concern(work, participant, ConcernKind.OTHER_PERSON, severity, details={"about": [writes.value]})
    work.record("system", "somebody_else_wrote", participant.code, who=writes.value)
    return [say(WORDINGS[writes], who_reads=who_reads(work, participant.site, severity))]

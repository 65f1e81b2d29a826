"""A forwarded message holds what somebody else wrote, perhaps. Its red flags count like any other's (receiving.py); its
doses, answers and wishes are nobody's until the participant says so in their own words."""

from __future__ import annotations

from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.concerning import raise_concern
from study.services.occurrences import active_occurrence
from study.services.unreadable import open_question
from study.triage.doses_by_day import dose_statements
from study.work import Work


def forwarded(work: Work, participant: Participant, words: str) -> list[Say] | None:
    """A plain question is answered like any other (None); all else goes to people and is noted as nothing."""
    if "?" in words and active_occurrence(work, participant) is None and not dose_statements(words):
        return None
    raise_concern(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, details={"about": ["forwarded"]})
    reads = who_reads(work, participant.site, Severity.ROUTINE)
    return [say("message.forwarded", who_reads=reads), *open_question(work, participant)]

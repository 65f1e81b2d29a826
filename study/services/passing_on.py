"""What the machine does not answer is given to people: questions, symptoms, wishes. Nothing is guessed at."""

from __future__ import annotations

from typing import Any

from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.replies import say, who_reads
from study.services.concerning import raise_concern
from study.work import Work

WORDINGS = {
    ConcernKind.QUESTION: "question.passed_on",
    ConcernKind.SYMPTOM: "symptom.passed_on",
    ConcernKind.WISH: "wish.leave_recorded",
    ConcernKind.UNREADABLE: "cannot_read",
}


def pass_on(
    work: Work, participant: Participant, kind: ConcernKind, severity: Severity, wording: str | None = None
) -> dict[str, Any]:
    """Staff get it as a concern of this kind; the participant is told who reads it and when."""

    def do() -> dict[str, Any]:
        raise_concern(work, participant, kind, severity)
        told = say(wording or WORDINGS[kind], who_reads=who_reads(work, participant.site, severity))
        return {"says": [told]}

    return work.once(f"pass_on_{kind}", do)

"""What the machine does not answer is given to people: questions, symptoms, wishes. Nothing is guessed at. What it did
answer is given to them as well where the participant would rather hear it from a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from study.concerns import Concern, ConcernKind, ConcernReport
from study.inbox import InboxRow
from study.outbox import OutboxRow
from study.participants import Participant
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.concerning import link_report, raise_concern
from study.services.tidying import put_away
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


def ask_team(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """The button below an answer: the question goes to people with its words, once however often it is tapped."""
    question = work.session.get(InboxRow, tap["question"]) if tap.get("question") else None
    if question is None or question.participant_id != participant.id:
        return [say("checkin.closed")]
    asked = select(Concern.id).join(ConcernReport, ConcernReport.concern_id == Concern.id)
    asked = asked.where(ConcernReport.inbox_id == question.id, Concern.kind == ConcernKind.QUESTION)
    if work.session.scalar(asked.limit(1)) is None:
        link_report(work, raise_concern(work, participant, ConcernKind.QUESTION, Severity.ROUTINE), question.id)
    put_away(
        work,
        OutboxRow.cause == question.id,
        OutboxRow.answer.is_not(None),
        chosen=work.study.wordings.render("button.ask_team"),
    )
    return [say("question.to_team", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]

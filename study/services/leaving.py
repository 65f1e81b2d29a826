"""Pausing, resuming and stopping the messages. What is stopped here is the messages; the trial is for people to
speak about (choosing.py)."""

from __future__ import annotations

from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState, Skipped
from study.concerns import ConcernKind
from study.outbox import Lane, OutboxRow
from study.participants import Chat, Participant, Standing
from study.protocol import Severity
from study.replies import Say, say
from study.services.concerning import raise_concern
from study.services.farewell import farewell_moment, plan_farewell
from study.services.sending import cancel_waiting
from study.services.tidying import put_away
from study.services.wishing import wish
from study.wishes import Scope
from study.work import Work


def pause(work: Work, participant: Participant) -> list[Say]:
    """No reminders until /resume. Red flags and questions are answered as before."""
    if participant.standing == Standing.FINISHED:
        return [say("over")]
    if participant.standing == Standing.ENROLLED:
        participant.standing = Standing.PAUSED
        _withdraw_reminders(work, participant)
        work.record(participant.code, "paused", participant.code)
    return [say("paused")]


def resume(work: Work, participant: Participant) -> list[Say]:
    """Reminders go on with the next one due; what was skipped is not made up for. After the study's end there are none
    to go on with."""
    if participant.standing in (Standing.PAUSED, Standing.LEFT, Standing.DECEASED):
        ends = farewell_moment(work.study, participant)
        over = ends is not None and ends <= work.now
        participant.standing = Standing.FINISHED if over else Standing.ENROLLED
        plan_farewell(work, participant)
        work.record(participant.code, "resumed", participant.code, standing=participant.standing)
    return [say("over" if participant.standing == Standing.FINISHED else "resumed")]


def stop_messages(work: Work, participant: Participant) -> list[Say]:
    """The messages stop at once. Staff are told: whether more than messages is meant is theirs to ask."""
    if participant.standing not in (Standing.LEFT, Standing.DECEASED):
        participant.standing = Standing.LEFT
        _withdraw_reminders(work, participant)
        _close_questions(work, participant)
        work.record(participant.code, "messages_stopped", participant.code)
        wish(work, participant, [Scope.MESSAGES])
    return [say("stopped")]


def participant_blocked(work: Work, participant: Participant, blocked: bool) -> None:
    """Telegram says that the bot can (not) reach them. Staff get a task when it cannot."""
    if participant.reachable == (not blocked):
        return
    participant.reachable = not blocked
    work.record("system", "unreachable" if blocked else "reachable", participant.code)
    if blocked:
        raise_concern(work, participant, ConcernKind.UNREACHABLE, Severity.ROUTINE)


def _close_questions(work: Work, participant: Participant) -> None:
    """No question is open any more: what they write later is no answer to one. What was answered is kept."""
    asked = [state.value for state in (OccurrenceState.ASKED, OccurrenceState.STARTED)]
    for occurrence in work.session.scalars(
        select(Occurrence).where(Occurrence.participant_id == participant.id, Occurrence.state.in_(asked))
    ):
        occurrence.item, occurrence.later_until, occurrence.skipped = None, None, Skipped.LEFT
        put_away(work, OutboxRow.occurrence_id == occurrence.id)


def _withdraw_reminders(work: Work, participant: Participant) -> None:
    chats = [row.id for row in work.session.query(Chat).filter_by(participant_id=participant.id)]
    cancel_waiting(work.session, OutboxRow.chat_id.in_(chats), OutboxRow.lane == Lane.REMINDER)

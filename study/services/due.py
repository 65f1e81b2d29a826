"""What is due. `do_what_is_due` may be called at any moment, twice, or after eight hours of silence: it sends
nothing twice
and drops nothing without a reason."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from study.checkins import Occurrence, OccurrenceState, Push, Skipped, audit_name
from study.concerns import Concern
from study.db.session import Database
from study.holding import is_held
from study.inbox import InboxRow, InboxState
from study.outbox import Lane, OutboxRow
from study.participants import Participant, Standing, chat_of
from study.protocol import CheckIn, CheckInKind, Study
from study.replies import ask, button, put_replies, say
from study.services.concerning import page
from study.services.confirming_doses import pass_on_unanswered
from study.services.farewell import bid_farewell
from study.services.joining import busy_joining_until
from study.services.occurrences import active_occurrence, spoken_moment
from study.services.sending import cancel_waiting
from study.services.silence import notice_silence
from study.services.tidying import put_away
from study.work import Work

BATCH = 100


def do_what_is_due(db: Database, study: Study, now: datetime) -> int:
    """Push, nudge, close and escalate whatever has come due by `now`, in batches of at most 100. How many there
    were."""
    done = 0
    for batch in (_concerns, _occurrences, _farewells):
        while count := db.run(lambda session, batch=batch: batch(Work(session, study, now))):  # type: ignore[misc]  # mypy infers no type for a lambda's default
            done += count
    return done


def next_due(session: Session, study: Study, now: datetime) -> datetime | None:
    """The next moment after `now` at which something is due; None if nothing is planned any more."""
    waiting = session.scalar(
        select(func.min(InboxRow.received_at)).where(
            InboxRow.state == InboxState.OPEN, InboxRow.received_at > now - study.timings.hand_over_after
        )
    )
    moments = [
        session.scalar(select(func.min(Occurrence.next_at)).where(Occurrence.next_at > now)),
        session.scalar(select(func.min(Concern.next_at)).where(Concern.next_at > now)),
        session.scalar(select(func.min(Participant.farewell_at)).where(Participant.farewell_at > now)),
        waiting + study.timings.hand_over_after if waiting else None,
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def _concerns(work: Work) -> int:
    due = work.session.scalars(
        select(Concern)
        .where(Concern.next_at <= work.now)
        .order_by(Concern.next_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for concern in due:
        page(work, concern)
    return len(due)


def _occurrences(work: Work) -> int:
    due = work.session.scalars(
        select(Occurrence)
        .where(Occurrence.next_at <= work.now)
        .order_by(Occurrence.next_at, Occurrence.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for occurrence in due:
        participant = work.session.get_one(Participant, occurrence.participant_id)
        _do(work, participant, occurrence)
    return len(due)


def _farewells(work: Work) -> int:
    due = work.session.scalars(
        select(Participant)
        .where(Participant.farewell_at <= work.now)
        .order_by(Participant.farewell_at, Participant.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for participant in due:
        bid_farewell(work, participant)
    return len(due)


def _do(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    push = occurrence.falls_due(work.now)
    if push is Push.CLOSE:
        _close(work, participant, occurrence)
        return
    if push is None:
        occurrence.next_at = occurrence.moment_after(work.now)
        return
    joining_until = busy_joining_until(work, participant)
    if push is Push.ASK and joining_until is not None:
        occurrence.next_at = min(occurrence.closes_at, joining_until)
        return
    checkin = work.study.checkins[occurrence.checkin]
    quiet_until = quiet_end(work.study, participant, work.now)
    reason = _reason_against(work, participant, occurrence, checkin, push)
    if reason is not None:
        _skip(work, participant, occurrence, push, reason)
    elif quiet_until is not None:
        _wait_for_morning(work, participant, occurrence, push, quiet_until)
    else:
        _push(work, participant, occurrence, checkin, push)


def _reason_against(
    work: Work, participant: Participant, occurrence: Occurrence, checkin: CheckIn, push: Push
) -> Skipped | None:
    if participant.standing == Standing.PAUSED:
        return Skipped.PAUSED
    if participant.standing == Standing.DECEASED:
        return Skipped.DECEASED
    if participant.standing != Standing.ENROLLED:
        return Skipped.LEFT
    if not participant.reachable or chat_of(work.session, participant) is None:
        return Skipped.UNREACHABLE
    if is_held(work, participant):
        return Skipped.HELD
    if work.now - push_due_at(occurrence, push) > checkin.stale_after:
        return Skipped.STALE
    return None


def push_due_at(occurrence: Occurrence, push: Push) -> datetime:
    """The moment this push was meant for: its own hour, or the one it was put off to."""
    planned = occurrence.nudge_at if push is Push.NUDGE else occurrence.opens_at
    return max(planned, occurrence.later_until) if occurrence.later_until else planned


def quiet_end(study: Study, participant: Participant, now: datetime) -> datetime | None:
    """The end of the quiet hours the participant is in, or None outside them."""
    return study.quiet_hours.end_after(now.astimezone(ZoneInfo(participant.timezone)))


def _skip(work: Work, participant: Participant, occurrence: Occurrence, push: Push, reason: Skipped) -> None:
    """Not sent, and why. What was not asked cannot be missed: it closes as skipped."""
    occurrence.skipped, occurrence.later_until = reason, None
    if push is Push.NUDGE:
        occurrence.nudged_at = work.now
    occurrence.next_at = occurrence.closes_at
    work.record("system", "push_skipped", audit_name(participant, occurrence), push=push, reason=reason)


def _wait_for_morning(
    work: Work, participant: Participant, occurrence: Occurrence, push: Push, until: datetime
) -> None:
    if until >= occurrence.closes_at:
        _skip(work, participant, occurrence, push, Skipped.QUIET_HOURS)
        return
    occurrence.later_until, occurrence.next_at = until, until
    work.record("system", "push_put_off", audit_name(participant, occurrence), push=push, reason=Skipped.QUIET_HOURS)


def _push(work: Work, participant: Participant, occurrence: Occurrence, checkin: CheckIn, push: Push) -> None:
    chat = chat_of(work.session, participant)
    if chat is None:
        return
    due_at = push_due_at(occurrence, push)
    wording = checkin.nudge_wording if push is Push.NUDGE else checkin.opens_wording
    begun = occurrence.state == OccurrenceState.STARTED and occurrence.item is not None
    if checkin.starts == "direct":
        first = work.study.items[occurrence.item or checkin.items[0]]
        question = ask(first, occurrence.id)
        if begun or push is Push.NUDGE:
            says = [say(wording), question]
        else:
            says = [question | {"wording": wording, "params": {}}]
    else:
        buttons = [[button("button.start", "start", occurrence=occurrence.id)]]
        if push is Push.ASK:
            buttons.append([button("button.later", "later", occurrence=occurrence.id)])
            buttons.append([button("button.not_now", "not_now", occurrence=occurrence.id)])
        says = [say(wording, buttons=buttons)]
    for one in says:
        one["params"]["until"] = spoken_moment(occurrence.closes_at, participant)
    letters = put_replies(
        work,
        chat,
        says,
        key=f"{push}:{occurrence.id}:{due_at.isoformat()}",
        lane=Lane.REMINDER,
        occurrence_id=occurrence.id,
    )
    for letter in letters:
        letter.expires_at = min(occurrence.closes_at, due_at + checkin.stale_after)
    if checkin.kind is CheckInKind.DOSE:
        pass_on_unanswered(work, participant)
    if push is Push.NUDGE:
        occurrence.nudged_at = work.now
    if occurrence.state == OccurrenceState.PLANNED:
        occurrence.state = OccurrenceState.ASKED
    if checkin.starts == "direct" and not begun and active_occurrence(work, participant) is None:
        occurrence.state, occurrence.item = OccurrenceState.STARTED, checkin.items[0]
        occurrence.started_at = work.now
    occurrence.asked_at = occurrence.asked_at or work.now
    occurrence.later_until, occurrence.skipped = None, None
    occurrence.next_at = occurrence.moment_after(work.now)
    work.record("system", "push", audit_name(participant, occurrence), push=push)


def _close(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    """The window is over. Silence counts as missed now, not before; never asked is skipped, with its reason."""
    asked = occurrence.state != OccurrenceState.PLANNED and occurrence.skipped not in (Skipped.DECLINED, Skipped.LEFT)
    if occurrence.completed_at is not None:  # an answer was about to be changed: what was answered stands
        occurrence.state = OccurrenceState.COMPLETED
    else:
        occurrence.state = OccurrenceState.MISSED if asked else OccurrenceState.SKIPPED
    if not asked and occurrence.skipped is None:
        occurrence.skipped = Skipped.STALE
    occurrence.next_at, occurrence.item = None, None
    cancel_waiting(work.session, OutboxRow.occurrence_id == occurrence.id, OutboxRow.lane == Lane.REMINDER)
    put_away(work, OutboxRow.occurrence_id == occurrence.id)
    work.record("system", f"checkin_{occurrence.state}", audit_name(participant, occurrence), reason=occurrence.skipped)
    if occurrence.state == OccurrenceState.MISSED:
        notice_silence(work, participant, occurrence)

"""When a rehearsal may look: nothing is on its way any more."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from study.checkins import Occurrence
from study.clock import machine_now
from study.concerns import Concern
from study.heartbeats import Heartbeat
from study.inbox import InboxRow, InboxState
from study.outbox import WAITING, OutboxRow
from study.protocol import Study

TICK_LEEWAY = timedelta(seconds=3)  # of a clock that runs while we look
SOON = 5.0  # seconds of machine time: a message put off for longer is not waited for
NEEDED_TO_ANSWER = {"rasa", "actions"}


def unrest_in(session: Session, study: Study, now: datetime, held: Set[str]) -> str | None:
    """What is still to happen at `now`, in a few words; None when all is quiet.

    `held`: processes kept down. Without Rasa or actions a message rests once its writer was told that it is kept; the
    messages behind it in the same chat rest with it, and all move on when it is time to hand it over.
    """
    oldest = select(func.min(InboxRow.id)).where(InboxRow.state == InboxState.OPEN).group_by(InboxRow.chat_id)
    for row in session.scalars(select(InboxRow).where(InboxRow.id.in_(oldest))):
        if not (held & NEEDED_TO_ANSWER) or row.told_holding_at is None:
            return f"answering message {row.id}"
        if now - row.received_at >= study.timings.hand_over_after:
            return f"handing over message {row.id}"
    letters = select(func.count()).where(
        OutboxRow.state.in_([state.value for state in WAITING]), OutboxRow.retry_at < machine_now() + SOON
    )
    if session.scalar(letters):
        return "sending"
    for due in (Occurrence.next_at, Concern.next_at):
        if session.scalar(select(func.count()).where(due <= now)):
            return "doing what is due"
    ticks = session.get(Heartbeat, "ticks")
    return None if ticks is not None and ticks.study_at >= now - TICK_LEEWAY else "ticking"

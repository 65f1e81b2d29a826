"""Taking messages from the outbox and writing down what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, or_, select
from sqlalchemy.orm import Session, aliased

from study.clock import boot_id, machine_now
from study.concerns import UNCLAIMED, Concern
from study.keys import unseal
from study.outbox import LANES, WAITING, Lane, OutboxRow, OutboxState
from study.participants import Chat, Participant
from study.staff import StaffMember


@dataclass(frozen=True)
class Letter:
    """One message on its way: where to, what, and whether it may be repeated when its sending was uncertain."""

    id: int
    lane: Lane
    chat_row: int
    chat: int
    text: str
    keyboard: list[list[dict[str, str]]]
    attempts: int
    changes: int | None = None  # the Telegram message whose buttons it changes, instead of being one of its own


def anything_waiting(session: Session, bot: str) -> bool:
    """Whether it is worth while to lease: read without SQLite's one write lock."""
    waiting = (
        select(OutboxRow.id)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .where(Chat.bot == bot, OutboxRow.state == OutboxState.PENDING)
        .limit(1)
    )
    return session.scalar(waiting) is not None


def lease_letters(
    session: Session,
    owner: str,
    bot: str,
    now: datetime,
    lanes: Iterable[Lane],
    busy: set[int],
    most: int = 10,
) -> list[Letter]:
    """Lease up to `most` waiting messages of a bot, one a chat, alerts first. Reminders past their hour are skipped
    with the reason `stale`. Within a lane a chat's messages keep their order: one behind another that has to be
    tried again waits too."""
    order = case({lane.value: place for place, lane in enumerate(LANES)}, value=OutboxRow.lane)
    machine = machine_now()
    earlier = aliased(OutboxRow)
    held_up = exists().where(
        earlier.chat_id == OutboxRow.chat_id,
        earlier.lane == OutboxRow.lane,
        earlier.id < OutboxRow.id,
        earlier.state.in_(WAITING),
    )
    rows = session.scalars(
        select(OutboxRow)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .where(
            Chat.bot == bot,
            OutboxRow.state == OutboxState.PENDING,
            OutboxRow.lane.in_(list(lanes)),
            OutboxRow.chat_id.not_in(busy),
            or_(OutboxRow.retry_at <= machine, OutboxRow.lease_boot != boot_id()),
            ~held_up,
            # Buttons are put away after the answer that is being worked out: a phone shows one change at a time.
            or_(OutboxRow.lane != Lane.TIDY, Chat.lease_owner.is_(None)),
        )
        .order_by(order, OutboxRow.id)
        .limit(most * len(LANES))
        .with_for_update(skip_locked=True, of=OutboxRow)
    ).all()
    letters: list[Letter] = []
    taken = set(busy)
    for row in rows:
        if row.expires_at is not None and now > row.expires_at:
            row.state, row.reason = OutboxState.SKIPPED, "stale"
            continue
        if row.chat_id in taken or len(letters) == most:
            continue
        taken.add(row.chat_id)
        row.state, row.lease_owner, row.lease_boot = OutboxState.LEASED, owner, boot_id()
        row.attempts += 1
        chat = session.get_one(Chat, row.chat_id)
        changed = session.get(OutboxRow, row.tidies) if row.tidies is not None else None
        letters.append(
            Letter(
                row.id,
                Lane(row.lane),
                row.chat_id,
                int(unseal(session, chat.chat_sealed) or 0),
                unseal(session, row.text_sealed) or "",
                row.keyboard,
                row.attempts,
                changed.message_id if changed is not None else None,
            )
        )
    return letters


def mark_sent(session: Session, outbox_id: int, message_id: int | None, now: datetime) -> None:
    """Telegram has it. The first alert that arrives is a concern's delivery to staff."""
    row = session.get_one(OutboxRow, outbox_id)
    row.state, row.message_id, row.sent_at = OutboxState.SENT, message_id, now
    if row.concern_id is not None and row.lane == Lane.ALERT:
        chat = session.get_one(Chat, row.chat_id)
        concern = session.get_one(Concern, row.concern_id)
        if chat.staff_id is not None and concern.delivered_at is None:
            concern.delivered_at = now


def mark_dropped(session: Session, outbox_id: int, reason: str) -> None:
    """A courtesy that Telegram would not have: not tried again."""
    row = session.get_one(OutboxRow, outbox_id)
    row.state, row.reason = OutboxState.SKIPPED, reason


def mark_retry(session: Session, outbox_id: int, reason: str, pause: float) -> None:
    """It surely did not arrive: again after `pause` machine seconds. A page about a concern that somebody took while it
    was on its way is withdrawn instead, like those that were still waiting."""
    row = session.get_one(OutboxRow, outbox_id)
    row.state, row.reason, row.retry_at = OutboxState.PENDING, reason, machine_now() + pause
    if row.lane == Lane.ALERT and row.concern_id is not None:
        to_staff = session.get_one(Chat, row.chat_id).staff_id is not None
        if to_staff and session.get_one(Concern, row.concern_id).state not in UNCLAIMED:
            row.state = OutboxState.CANCELLED


def mark_uncertain(session: Session, outbox_id: int, reason: str, pause: float) -> None:
    """It may have arrived. An alert or reply is repeated; a reminder is not: two reminders make people leave."""
    row = session.get_one(OutboxRow, outbox_id)
    if row.lane == Lane.REMINDER:
        row.state, row.reason = OutboxState.DELIVERY_UNKNOWN, reason
    else:
        mark_retry(session, outbox_id, reason, pause)


def mark_dead(session: Session, outbox_id: int, reason: str) -> tuple[Participant | None, StaffMember | None]:
    """It will never arrive. Answers who was to get it, so that staff are told."""
    row = session.get_one(OutboxRow, outbox_id)
    row.state, row.reason = OutboxState.DEAD, reason
    chat = session.get_one(Chat, row.chat_id)
    participant = session.get(Participant, chat.participant_id) if chat.participant_id else None
    member = session.get(StaffMember, chat.staff_id) if chat.staff_id else None
    return participant, member


def recover_leased(session: Session) -> None:
    """Messages a dead process had in hand: each may or may not have arrived (called when the one bot process
    starts)."""
    for row in session.scalars(select(OutboxRow).where(OutboxRow.state == OutboxState.LEASED)):
        mark_uncertain(session, row.id, "process_died", 0.0)


def cancel_waiting(session: Session, *where: Any) -> None:
    """Withdraw messages that were not handed to Telegram yet."""
    for row in session.scalars(select(OutboxRow).where(OutboxRow.state == OutboxState.PENDING, *where)):
        row.state = OutboxState.CANCELLED

"""Taking a chat's oldest open message, and putting its result back. The lease is on the chat, so that two messages
of one person are never worked on at once; the fence refuses a result whose claim was lost meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from study.clock import boot_id, machine_now
from study.errors import LostClaim
from study.inbox import InboxRow, InboxState
from study.participants import Chat

LEASE_SECONDS = 30.0


@dataclass(frozen=True)
class Claim:
    """One message of one chat, ours until the lease ends."""

    chat_id: int
    inbox_id: int
    owner: str
    fence: int
    attempts: int
    received_at: datetime


def anything_open(session: Session) -> bool:
    """Whether it is worth while to claim: read without SQLite's one write lock."""
    return session.scalar(select(InboxRow.id).where(InboxRow.state == InboxState.OPEN).limit(1)) is not None


def claim_chat(session: Session, owner: str, bot: str | None = None) -> Claim | None:
    """Lease the free chat whose oldest open message has waited longest. None if there is nothing to do."""
    now = machine_now()
    oldest = (
        select(func.min(InboxRow.id))
        .where(InboxRow.chat_id == Chat.id, InboxRow.state == InboxState.OPEN)
        .scalar_subquery()
    )
    query = (
        select(Chat)
        .where(
            exists().where(InboxRow.chat_id == Chat.id, InboxRow.state == InboxState.OPEN),
            or_(Chat.lease_owner.is_(None), Chat.lease_until < now, Chat.lease_boot != boot_id()),
            or_(Chat.retry_at <= now, Chat.lease_boot != boot_id()),
        )
        .order_by(oldest)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if bot is not None:
        query = query.where(Chat.bot == bot)
    chat = session.scalar(query)
    if chat is None:
        return None
    row = session.scalars(
        select(InboxRow)
        .where(InboxRow.chat_id == chat.id, InboxRow.state == InboxState.OPEN)
        .order_by(InboxRow.id)
        .limit(1)
    ).one()
    chat.lease_owner, chat.lease_boot, chat.lease_until = owner, boot_id(), now + LEASE_SECONDS
    chat.lease_fence += 1
    row.attempts += 1
    return Claim(chat.id, row.id, owner, chat.lease_fence, row.attempts, row.received_at)


def renew(session: Session, claim: Claim) -> None:
    """Keep a claim while a slow neighbour is waited for. Raises LostClaim."""
    _ours(session, claim).lease_until = machine_now() + LEASE_SECONDS


def finish(session: Session, claim: Claim, now: datetime, outcome: str, understood: dict[str, Any]) -> InboxRow:
    """The message is handled: done, chat free. Raises LostClaim if the claim is no longer ours."""
    chat = _ours(session, claim)
    row = session.get_one(InboxRow, claim.inbox_id)
    row.state, row.outcome, row.done_at = InboxState.DONE, outcome, now
    row.understood = understood
    chat.lease_owner, chat.retry_at = None, 0.0
    return row


def put_back(session: Session, claim: Claim, error: str, pause: float) -> InboxRow:
    """Not this time: the message stays the chat's oldest and is tried again after `pause` machine seconds."""
    chat = _ours(session, claim)
    row = session.get_one(InboxRow, claim.inbox_id)
    row.last_error = error
    chat.lease_owner, chat.retry_at = None, machine_now() + pause
    return row


def set_aside(session: Session, claim: Claim, now: datetime, error: str) -> InboxRow:
    """This message cannot be handled by the machine; the ones behind it move on."""
    row = put_back(session, claim, error, 0.0)
    row.state, row.outcome, row.done_at = InboxState.SET_ASIDE, "set_aside", now
    return row


def free_all(session: Session) -> None:
    """Drop every lease: called by the one bot process when it starts, whose forerunner is dead."""
    for chat in session.scalars(select(Chat).where(Chat.lease_owner.is_not(None))):
        chat.lease_owner, chat.retry_at = None, 0.0


def _ours(session: Session, claim: Claim) -> Chat:
    chat = session.get_one(Chat, claim.chat_id, with_for_update=True)
    if chat.lease_owner != claim.owner or chat.lease_fence != claim.fence:
        raise LostClaim(f"chat {claim.chat_id}")
    return chat

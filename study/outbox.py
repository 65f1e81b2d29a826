"""The outbox: every message to be sent, stored in the transaction that decided on it, sent later by lanes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from study.db.base import Base


class Lane(StrEnum):
    """Alerts go before replies, replies before reminders; a pause of one lane holds up no other."""

    ALERT = "alert"
    REPLY = "reply"
    REMINDER = "reminder"
    TIDY = "tidy"  # changes the buttons of a message already sent; lost without harm


LANES = list(Lane)


class OutboxState(StrEnum):
    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    DELIVERY_UNKNOWN = "delivery_unknown"


WAITING = (OutboxState.PENDING, OutboxState.LEASED)


class OutboxRow(Base):
    """One message. `key` is unique: the same decision taken twice is still one message. Words are sealed."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "state", "lane", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lane: Mapped[str]
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), index=True)
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    keyboard: Mapped[list[Any]] = mapped_column(default=list)
    wordings: Mapped[list[Any]] = mapped_column(default=list)
    cause: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"), index=True)
    concern_id: Mapped[int | None] = mapped_column(ForeignKey("concern.id"), index=True)
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    asks: Mapped[str | None]
    answer: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=OutboxState.PENDING)
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[float] = mapped_column(default=0.0)
    lease_owner: Mapped[str | None]
    lease_boot: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None]
    tidies: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)


class Button(Base):
    """What a token on a phone stands for. A token works only in the chat it was sent to."""

    __tablename__ = "button"

    token: Mapped[str] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"))
    tap: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
